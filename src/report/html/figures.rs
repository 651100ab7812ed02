//! What the charts show, and the same as tables.

use std::collections::BTreeMap;

use super::super::{Report, wording};
use super::charts::{self, BAD, Bar, CALM, Chart, GOOD, LIMIT, Mark, OTHER, THRESHOLD, WARN};
use crate::assessment::QuotaRow;
use crate::facts::{AccountId, Region};
use crate::numbers::{grouped, percent};
use crate::published::MicroDollars;
use crate::report::ChartError;

/// How many bars a chart has.
const MOST_BARS: usize = 20;
/// How long the name of a bar is.
const LONGEST_NAME: usize = 34;

/// A chart with its name, what it says, and its numbers.
#[derive(Debug)]
pub(super) struct Figure {
    pub id: String,
    pub name: String,
    pub says: String,
    pub chart: Chart,
    pub numbers: Table,
}

/// The numbers of a chart.
#[derive(Debug)]
pub(super) struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// How close each account and Region came to its ceiling: of each the pool that came closest. `None` where nothing was
/// measured.
pub(super) fn utilization(report: &Report<'_>) -> Result<Option<Figure>, ChartError> {
    let threshold = report.threshold_percent / 100.0;
    let mut closest: BTreeMap<(&AccountId, &Region), (&QuotaRow, f64)> = BTreeMap::new();
    for row in &report.document.quota {
        let Some(utilization) = row.utilization else { continue };
        let best = closest
            .entry((&row.account_id, &row.region))
            .or_insert((row, utilization));
        if utilization > best.1 {
            *best = (row, utilization);
        }
    }
    let mut rows: Vec<_> = closest.into_values().collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let Some((_, highest)) = rows.first().copied() else {
        return Ok(None);
    };
    let beyond = rows.iter().filter(|(_, part)| *part >= threshold).count() as u64;
    let says = format!(
        "The busiest minute of the fullest pool of {}, as a part of its limit. {} of {} reached {}; the highest is {}.{}",
        if wording::has_several_accounts(report.document) {
            "each account and Region"
        } else {
            "each Region"
        },
        grouped(beyond),
        grouped(rows.len() as u64),
        percent(threshold),
        percent(highest),
        and_more(rows.len(), "the fullest"),
    );
    rows.truncate(MOST_BARS);
    let bars: Vec<Bar> = rows
        .iter()
        .map(|(row, part)| Bar {
            name: place(report, &row.account_id, &row.region),
            value: part * 100.0,
            figure: percent(*part),
            colour: if *part >= 1.0 {
                BAD
            } else if *part >= threshold {
                WARN
            } else {
                CALM
            },
        })
        .collect();
    let marks = [
        Mark {
            at: report.threshold_percent,
            name: percent(threshold),
            colour: THRESHOLD,
        },
        Mark {
            at: 100.0,
            name: "limit".into(),
            colour: LIMIT,
        },
    ];
    let table = rows.iter().map(|(row, part)| {
        vec![
            row.account_id.to_string(),
            row.region.to_string(),
            row.pool.clone(),
            wording::peak(row),
            row.limit_rps.to_string(),
            percent(*part),
        ]
    });
    Ok(Some(Figure {
        id: "utilization".into(),
        name: "How close each Region came to its ceiling".into(),
        says,
        chart: charts::bars("utilization", &bars, &marks)?,
        numbers: Table {
            header: headers([
                "Account",
                "Region",
                "Pool",
                "Peak, requests/s",
                "Limit, requests/s",
                "Utilization",
            ]),
            rows: table.collect(),
        },
    }))
}

/// The keys by what justifies them.
pub(super) fn justification(report: &Report<'_>) -> Result<Figure, ChartError> {
    let summary = &report.document.summary;
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &report.document.inventory {
        for (reason, keys) in &row.by_justification {
            *reasons.entry(reason).or_default() += keys;
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let others = reasons.len().saturating_sub(MOST_BARS);
    let shown = reasons.iter().take(MOST_BARS);
    let mut rows: Vec<(String, u64, _)> = shown
        .map(|(reason, keys)| (format!("justified: {reason}"), *keys, GOOD))
        .collect();
    if others > 0 {
        let keys = reasons.iter().skip(MOST_BARS).map(|(_, keys)| keys).sum();
        rows.push((format!("justified: {others} other reasons"), keys, GOOD));
    }
    let standings = [
        ("unjustified: no reason", summary.unjustified, BAD),
        ("unrecognized: unknown words", summary.unrecognized, WARN),
        ("pending deletion", summary.pending_deletion, OTHER),
        ("not assessed: unread", summary.not_assessed, OTHER),
    ];
    rows.splice(
        0..0,
        standings.map(|(name, keys, colour)| (name.to_owned(), keys, colour)),
    );
    rows.retain(|(_, keys, _)| *keys > 0);
    let all = summary.customer_managed_keys;
    let bars: Vec<Bar> = rows
        .iter()
        .map(|(name, keys, colour)| Bar {
            name: shortened(name),
            value: *keys as f64,
            figure: format!("{} ({})", grouped(*keys), of_all(*keys, all)),
            colour: *colour,
        })
        .collect();
    Ok(Figure {
        id: "justification".into(),
        name: "Keys by justification".into(),
        says: format!(
            "Of {}{}: {} with a reason of the vocabulary, {} without any.",
            if summary.key_inventory_complete {
                ""
            } else {
                "at least "
            },
            wording::counted(all, "customer managed key", "customer managed keys"),
            grouped(summary.justified),
            grouped(summary.unjustified),
        ),
        chart: charts::bars("justification", &bars, &[])?,
        numbers: Table {
            header: headers(["Standing", "Keys", "Of all"]),
            rows: rows
                .into_iter()
                .map(|(name, keys, _)| vec![name, grouped(keys), of_all(keys, all)])
                .collect(),
        },
    })
}

/// What the keys of each account cost; of a single account, those of each Region. `None` where there are none.
pub(super) fn cost(report: &Report<'_>) -> Result<Option<Figure>, ChartError> {
    let several = report.document.scan.accounts.len() > 1;
    let mut costs: BTreeMap<String, (MicroDollars, u64)> = BTreeMap::new();
    for row in &report.document.inventory {
        let place = match several {
            true => row.account_id.to_string(),
            false => row.region.to_string(),
        };
        let (cost, keys) = costs.entry(place).or_default();
        *cost += row.monthly_cost_usd;
        *keys += row.customer_managed;
    }
    let mut rows: Vec<_> = costs.into_iter().filter(|(_, (_, keys))| *keys > 0).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    let says = format!(
        "Together at least {} a month. {}{}",
        report.document.summary.monthly_cost_usd,
        wording::COST_NOTE,
        and_more(rows.len(), "the dearest"),
    );
    rows.truncate(MOST_BARS);
    let bars: Vec<Bar> = rows
        .iter()
        .map(|(place, (cost, _))| Bar {
            name: place.clone(),
            value: cost.dollars(),
            figure: cost.to_string(),
            colour: CALM,
        })
        .collect();
    let (name, place) = match several {
        true => ("Cost of keys by account", "Account"),
        false => ("Cost of keys by Region", "Region"),
    };
    Ok(Some(Figure {
        id: "cost".into(),
        name: name.into(),
        says,
        chart: charts::bars("cost", &bars, &[])?,
        numbers: Table {
            header: headers([place, "Customer managed keys", "At least, a month"]),
            rows: rows
                .into_iter()
                .map(|(place, (cost, keys))| vec![place, grouped(keys), cost.to_string()])
                .collect(),
        },
    }))
}

pub(super) fn place(report: &Report<'_>, account: &AccountId, region: &Region) -> String {
    if wording::has_several_accounts(report.document) {
        format!("{account} {region}")
    } else {
        region.to_string()
    }
}

fn of_all(part: u64, all: u64) -> String {
    percent(part as f64 / all.max(1) as f64)
}

fn and_more(rows: usize, which: &str) -> String {
    match rows.saturating_sub(MOST_BARS) {
        0 => String::new(),
        more => format!(
            " Shown are {MOST_BARS} of them, {which}; there are {} more.",
            grouped(more as u64)
        ),
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let start: String = name.chars().take(LONGEST_NAME - 1).collect();
    format!("{start}…")
}

pub(super) fn headers<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}
