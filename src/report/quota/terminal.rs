//! The check of request quotas in the terminal.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use anstyle::AnsiColor;
use comfy_table::{Attribute, Cell, Color};
use unicode_width::UnicodeWidthStr;

use super::super::grid::{Grid, Palette, Shape, number};
use super::super::terminal::{Screen, pool, shorten};
use super::super::wording::{self, counted};
use crate::assessment::{CheckedQuota, QuotaCheck, QuotaVerdict, UsageState};
use crate::facts::Gap;
use crate::numbers::{grouped, percent};
use crate::visible::visible;

/// How many quotas are shown that are below the threshold, in a table of any length: those that are at or above it, and
/// those of which it is not known, always are.
const BELOW_SHOWN: usize = 20;

/// How many accounts that could not be entered are named.
const NOT_ENTERED_SHOWN: usize = 10;

/// What a table stands in from the left, and what is between its columns.
const INDENT: usize = 2;
const BETWEEN: usize = 2;

/// Renders the check. Where there is place for so many quotas only, those that matter most are shown.
///
/// # Errors
/// Never in practice: writing to memory cannot fail.
pub fn render_quota_terminal(
    check: &QuotaCheck,
    palette: Palette,
    place: Option<usize>,
) -> Result<String, fmt::Error> {
    let screen = Screen { palette, page: "" };
    let mut out = String::new();
    screen.head(&mut out, &check.overview, "KMS request quotas of")?;
    writeln!(
        out,
        "Busiest minute of the last {} against {} % of the limit",
        wording::window(check.rows.iter().map(|row| &row.row)),
        check.threshold_percent
    )?;
    let (silent, shown): (Vec<_>, Vec<_>) = check
        .rows
        .iter()
        .partition(|row| row.row.usage == UsageState::NoDatapoints);
    out.push('\n');
    if !shown.is_empty() {
        let below = |row: &&CheckedQuota| row.verdict == QuotaVerdict::Below;
        let most = shown.iter().copied().filter(|row| !below(row)).count() + BELOW_SHOWN;
        table(check, shown, palette, place.unwrap_or(most), &mut out)?;
    }
    not_entered(check, palette, &mut out)?;
    reasons(check, palette, &mut out)?;
    if !silent.is_empty() {
        let quotas = counted(silent.len() as u64, "quota has", "quotas have");
        let line = format!("{quotas} no datapoint: not assessed, and not zero.");
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "  A minute hides shorter bursts: a peak is a lower bound.\n")?;
    writeln!(out, "{}", screen.paint(&verdict_line(check), colour(check)))?;
    let complete = check.overview.coverage.complete;
    let of_coverage = if complete { AnsiColor::Green } else { AnsiColor::Yellow };
    let line = wording::coverage_of(&check.overview, everything(check));
    writeln!(out, "{}", screen.paint(&line, of_coverage))?;
    Ok(out)
}

fn everything(check: &QuotaCheck) -> &'static str {
    match check.names_pools {
        true => "Every request quota of the named pools",
        false => "Every request quota",
    }
}

/// What could not be read, a line for each gap, and what was found another way.
pub fn quota_gap_lines(check: &QuotaCheck) -> Vec<String> {
    let gaps = check.gaps.iter().map(gap_line);
    let fallbacks = check.overview.coverage.fallbacks.iter().map(|fallback| {
        let region = fallback
            .region
            .as_ref()
            .map_or(String::new(), |region| format!("{region}: "));
        format!(
            "found another way: {region}{}: {}: {}",
            fallback.operation, fallback.error_code, fallback.instead
        )
    });
    gaps.chain(fallbacks).map(|line| visible(&line).into_owned()).collect()
}

fn gap_line(gap: &Gap) -> String {
    let region = gap.region.as_ref().map_or(String::new(), |region| format!(" {region}"));
    let resources = match gap.resources.len() {
        0 => String::new(),
        number => format!(" ({})", counted(number as u64, "quota", "quotas")),
    };
    format!(
        "not read: {}{region}: {}: {}: {}. So {}{resources}.",
        gap.account_id,
        gap.operation,
        gap.error_code,
        gap.message.trim_end_matches('.'),
        gap.effect
    )
}

fn verdict_line(check: &QuotaCheck) -> String {
    let count = |verdict| grouped(check.count(verdict));
    format!(
        "Quota: {} at or above {} %, {} below, {} not assessed.",
        count(QuotaVerdict::Reached),
        check.threshold_percent,
        count(QuotaVerdict::Below),
        count(QuotaVerdict::NotAssessed)
    )
}

fn colour(check: &QuotaCheck) -> AnsiColor {
    if check.count(QuotaVerdict::Reached) > 0 {
        AnsiColor::Red
    } else if check.count(QuotaVerdict::Below) == 0 || !check.overview.coverage.complete {
        AnsiColor::Yellow
    } else {
        AnsiColor::Green
    }
}

/// The quotas: those that reach the threshold, then those of which it is not known, then the others, each the most used
/// first.
fn table(
    check: &QuotaCheck,
    mut rows: Vec<&CheckedQuota>,
    palette: Palette,
    most: usize,
    out: &mut String,
) -> fmt::Result {
    let used = |row: &CheckedQuota| row.row.utilization.unwrap_or(-1.0);
    rows.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(used(b).total_cmp(&used(a))));
    let layout = Layout::fitting(&rows, wording::has_several_accounts(&check.overview), palette);
    let shape = Shape {
        header: &layout.header(),
        essential: layout.columns.len(),
        whole: layout.columns.len(),
        most,
    };
    let mut grid = Grid::new(palette, &shape);
    for row in rows {
        grid.add(layout.columns.iter().map(|column| column.cell(row, palette)).collect());
    }
    grid.show_and(out, |more| {
        format!("and {more} more, of less weight; --format json has all")
    })
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Account,
    Region,
    Pool,
    Used,
    Verdict,
    /// Both of them, where there is no place for two.
    UsedAndVerdict,
    Peak,
    Limit,
    LimitFrom,
    Minute,
}

/// The columns that fit.
struct Layout {
    columns: Vec<Column>,
}

impl Layout {
    /// As many columns as the screen is wide for; how much is used and what that means are always there.
    fn fitting(rows: &[&CheckedQuota], several_accounts: bool, palette: Palette) -> Layout {
        use Column::{Account, Limit, LimitFrom, Minute, Peak, Pool, Region, Used, UsedAndVerdict, Verdict};
        let account: &[Column] = if several_accounts { &[Account] } else { &[] };
        let place = usize::from(palette.width).saturating_sub(INDENT + 1);
        let wide = [account, &[Region, Pool, Used, Verdict, Peak, Limit, LimitFrom, Minute]].concat();
        let narrowest = account.len() + 4;
        for number in (narrowest..=wide.len()).rev() {
            let columns: Vec<Column> = wide.iter().copied().take(number).collect();
            if width(&columns, rows) <= place {
                return Layout { columns };
            }
        }
        Layout {
            columns: [account, &[Region, Pool, UsedAndVerdict]].concat(),
        }
    }

    fn header(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.title()).collect()
    }
}

fn width(columns: &[Column], rows: &[&CheckedQuota]) -> usize {
    let widths = columns.iter().map(|column| {
        let cells = rows.iter().map(|row| column.text(row).width());
        cells.max().unwrap_or(0).max(column.title().width()) + BETWEEN
    });
    widths.sum()
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Column::Account => "Account",
            Column::Region => "Region",
            Column::Pool => "Pool",
            Column::Used | Column::UsedAndVerdict => "Used",
            Column::Verdict => "Verdict",
            Column::Peak => "Peak/s",
            Column::Limit => "Limit/s",
            Column::LimitFrom => "Limit from",
            Column::Minute => "Minute (UTC)",
        }
    }

    fn text(self, checked: &CheckedQuota) -> String {
        let row = &checked.row;
        let used = || row.utilization.map(percent).unwrap_or_default();
        match self {
            Column::Account => row.account_id.to_string(),
            Column::Region => row.region.to_string(),
            Column::Pool => visible(pool(&row.pool)).into_owned(),
            Column::Used => used(),
            Column::Verdict => word(checked.verdict).to_owned(),
            Column::UsedAndVerdict => match checked.verdict {
                QuotaVerdict::NotAssessed => word(checked.verdict).to_owned(),
                QuotaVerdict::Reached => format!("{} {}", used(), word(checked.verdict)),
                QuotaVerdict::Below => used(),
            },
            Column::Peak => wording::peak(row),
            Column::Limit => row.limit_rps.to_string(),
            Column::LimitFrom => row.limit_source.as_str().to_owned(),
            Column::Minute => {
                let at = row.peak_at.map(|at| at.strftime("%m-%d %H:%M").to_string());
                at.unwrap_or_default()
            }
        }
    }

    fn cell(self, row: &CheckedQuota, palette: Palette) -> Cell {
        let text = self.text(row);
        match self {
            Column::Pool if usize::from(palette.width) < 2 * text.len() => {
                Cell::new(shorten(&text, usize::from(palette.width / 2)))
            }
            Column::Used | Column::Peak | Column::Limit => number(text),
            Column::Verdict | Column::UsedAndVerdict if palette.colours => coloured(Cell::new(text), row.verdict),
            _ => Cell::new(text),
        }
    }
}

fn word(verdict: QuotaVerdict) -> &'static str {
    match verdict {
        QuotaVerdict::Reached => "REACHED",
        QuotaVerdict::NotAssessed => "not assessed",
        QuotaVerdict::Below => "below",
    }
}

fn coloured(cell: Cell, verdict: QuotaVerdict) -> Cell {
    match verdict {
        QuotaVerdict::Reached => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        QuotaVerdict::NotAssessed => cell.fg(Color::Yellow),
        QuotaVerdict::Below => cell,
    }
}

/// The accounts of which nothing is known.
fn not_entered(check: &QuotaCheck, palette: Palette, out: &mut String) -> fmt::Result {
    let accounts = &check.overview.scan.accounts_not_entered;
    for account in accounts.iter().take(NOT_ENTERED_SHOWN) {
        let line = format!(
            "{}  not assessed: not entered, {}",
            account.account_id, account.error_code
        );
        writeln!(out, "  {}", shortened(&line, palette))?;
    }
    match accounts.len().saturating_sub(NOT_ENTERED_SHOWN) {
        0 => Ok(()),
        more => writeln!(
            out,
            "  and {} more not entered; --format json has all",
            grouped(more as u64)
        ),
    }
}

/// A line that fits the screen, whoever typed what is in it.
fn shortened(line: &str, palette: Palette) -> String {
    shorten(&visible(line), usize::from(palette.width).max(40) - INDENT)
}

/// Why quotas were not assessed, where it is not for want of datapoints.
fn reasons(check: &QuotaCheck, palette: Palette, out: &mut String) -> fmt::Result {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in check
        .rows
        .iter()
        .filter(|row| row.row.usage != UsageState::NoDatapoints)
    {
        if let Some(because) = &row.not_assessed_because {
            *counts.entry(because).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    for (because, count) in counts {
        let line = format!("{} not assessed: {because}", grouped(count));
        writeln!(out, "  {}", shortened(&line, palette))?;
    }
    Ok(())
}
