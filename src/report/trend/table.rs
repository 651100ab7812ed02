//! The numbers in the terminal: a row for each run, then how close the symmetric pool of each Region came.

use std::fmt::{self, Write};

use comfy_table::Cell;

use super::super::grid::{Grid, Palette, Shape, number};
use super::super::wording::counted;
use crate::facts::Region;
use crate::numbers::{grouped, percent};
use crate::trend::{Numbers, Trend, TrendRow};
use crate::visible::visible;

/// How many Regions have a column.
const MOST_REGIONS: usize = 6;
/// Of how many runs it is said how their accounts differ from those of the newest.
const MOST_OTHER_ACCOUNTS: usize = 5;

/// Renders the numbers.
///
/// # Errors
/// Never in practice: writing to memory cannot fail.
pub fn render_trend_table(trend: &Trend, palette: Palette) -> Result<String, fmt::Error> {
    let mut out = String::new();
    if let Some(estate) = &trend.sandbox {
        let line = format!("SANDBOX: a simulated account, the estate {estate}. Nothing here is about AWS.");
        writeln!(out, "{}", visible(&line))?;
    }
    runs(&mut out, trend, palette)?;
    regions(&mut out, trend, palette)?;
    other_accounts(&mut out, trend)?;
    if trend.runs.iter().any(|run| !run.complete) {
        writeln!(out, "\n  >= : not everything could be read, and there may be more.")?;
    }
    writeln!(out, "\n  A minute hides shorter bursts: a peak is a lower bound.")?;
    Ok(out)
}

fn runs(out: &mut String, trend: &Trend, palette: Palette) -> fmt::Result {
    let shape = Shape {
        header: &[
            "As of",
            "Keys",
            "Unjustified",
            "Highest",
            "Cost a month",
            "Gaps",
            "Accounts",
            "Of the pool",
        ],
        essential: 6,
        whole: 8,
        most: usize::MAX,
    };
    let mut grid = Grid::new(palette, &shape);
    for run in &trend.runs {
        let at_least = at_least(run);
        let total = &run.total;
        grid.add(vec![
            Cell::new(as_of(run)),
            number(format!("{at_least}{}", grouped(total.keys))),
            number(format!("{at_least}{}", grouped(total.unjustified))),
            number(utilization(total.highest_utilization)),
            number(format!("{at_least}{}", total.monthly_cost_usd)),
            number(grouped(total.gaps)),
            number(grouped(run.accounts)),
            Cell::new(visible(total.highest_pool.as_deref().unwrap_or_default())),
        ]);
    }
    grid.show(out, "runs", "--format csv")
}

fn regions(out: &mut String, trend: &Trend, palette: Palette) -> fmt::Result {
    let highest = |region: &Region| {
        let parts = trend.runs.iter().filter_map(|run| run.regions.get(region));
        let parts = parts.filter_map(|numbers: &Numbers| numbers.symmetric_utilization);
        parts.fold(-1.0, f64::max)
    };
    let mut regions: Vec<&Region> = trend.regions().into_iter().collect();
    regions.sort_by(|a, b| highest(b).total_cmp(&highest(a)));
    let more = regions.len().saturating_sub(MOST_REGIONS);
    regions.truncate(MOST_REGIONS);
    if regions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  Peak of the symmetric pool, as a part of the request quota")?;
    // A report may have been made by anyone.
    let names: Vec<_> = regions.iter().map(|region| visible(region.as_str())).collect();
    let header: Vec<&str> = ["As of"]
        .into_iter()
        .chain(names.iter().map(|name| name.as_ref()))
        .collect();
    let shape = Shape {
        header: &header,
        essential: 4,
        whole: header.len(),
        most: usize::MAX,
    };
    let mut grid = Grid::new(palette, &shape);
    for run in &trend.runs {
        let of_region = |region: &&Region| {
            let numbers = run.regions.get(*region);
            number(utilization(numbers.and_then(|numbers| numbers.symmetric_utilization)))
        };
        grid.add(
            [Cell::new(as_of(run))]
                .into_iter()
                .chain(regions.iter().map(of_region))
                .collect(),
        );
    }
    grid.show(out, "runs", "--format csv")?;
    match more {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more Regions, with --format csv"),
    }
}

/// When the run was, with a mark where it looked at other accounts than the newest.
fn as_of(run: &TrendRow) -> String {
    let mark = if run.has_other_accounts() { " *" } else { "" };
    format!("{}{mark}", run.as_of)
}

/// Which runs looked at other accounts than the newest, so that a jump is not taken for growth.
fn other_accounts(out: &mut String, trend: &Trend) -> fmt::Result {
    let others: Vec<&TrendRow> = trend.runs.iter().filter(|run| run.has_other_accounts()).collect();
    if others.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  * : looked at other accounts than the newest run; a difference may be of accounts and no growth."
    )?;
    for run in others.iter().take(MOST_OTHER_ACCOUNTS) {
        let others = counted(run.accounts_not_in_newest, "other", "others");
        let words = match (run.accounts_only_in_newest, run.accounts_not_in_newest) {
            (0, _) => format!("all accounts of the newest run, and {others}"),
            (lacking, 0) => format!("without {} of the newest run", counted(lacking, "account", "accounts")),
            (lacking, _) => format!(
                "without {} of the newest run, with {others}",
                counted(lacking, "account", "accounts")
            ),
        };
        writeln!(out, "    {}: {words}", run.as_of)?;
    }
    match others.len().saturating_sub(MOST_OTHER_ACCOUNTS) {
        0 => Ok(()),
        more => writeln!(out, "    and {} more, with --format csv", grouped(more as u64)),
    }
}

fn at_least(run: &TrendRow) -> &'static str {
    if run.complete { "" } else { ">= " }
}

fn utilization(part: Option<f64>) -> String {
    part.map_or_else(|| "-".to_owned(), percent)
}
