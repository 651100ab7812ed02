//! What the charts show, and the same as tables.

use std::collections::BTreeMap;

use super::super::{Report, wording};
use super::charts::{self, BAD, Bar, CALM, Cell, Chart, ChartError, GOOD, LIMIT, Mark, OTHER, THRESHOLD, WARN};
use crate::assessment::{BusyPool, QuotaRow};
use crate::facts::{AccountId, BusiestDay, Region, RequestsPerSecond};
use crate::model::QuietStretch;
use crate::numbers::{grouped, percent};
use crate::published::MicroDollars;

/// How many bars a chart has.
const MOST_BARS: usize = 20;
/// How long the name of a bar is.
const LONGEST_NAME: usize = 34;

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

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

/// A pool with its day and its week.
#[derive(Debug)]
pub(super) struct PoolFigures {
    pub name: String,
    pub day: Option<Figure>,
    pub week: Figure,
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

/// The day and the week of each pool that came close to its limit.
pub(super) fn pools(report: &Report<'_>) -> Result<Vec<PoolFigures>, ChartError> {
    let pools = report.highlights.pools.iter().enumerate();
    pools.map(|(number, pool)| of_pool(report, number, pool)).collect()
}

fn of_pool(report: &Report<'_>, number: usize, pool: &BusyPool) -> Result<PoolFigures, ChartError> {
    let name = format!("{} in {}", pool.pool, place(report, &pool.account_id, &pool.region));
    let day = pool.pattern.busiest_day.as_ref();
    Ok(PoolFigures {
        day: day.map(|day| of_day(report, number, pool, day, &name)).transpose()?,
        week: of_week(report, number, pool, &name)?,
        name,
    })
}

fn of_day(
    report: &Report<'_>,
    number: usize,
    pool: &BusyPool,
    day: &BusiestDay,
    name: &str,
) -> Result<Figure, ChartError> {
    let rate = |sum: f64| sum / f64::from(pool.resolution_seconds);
    let threshold = report.threshold_percent / 100.0;
    let marks = [
        Mark {
            at: pool.limit.0 * threshold,
            name: percent(threshold),
            colour: WARN,
        },
        Mark {
            at: pool.limit.0,
            name: format!("limit {}/s", pool.limit),
            colour: BAD,
        },
    ];
    let rates: Vec<Option<f64>> = day.minutes.iter().map(|sum| sum.map(rate)).collect();
    let beyond = |part: f64| {
        let minutes = day.minutes.iter().flatten();
        minutes.filter(|sum| pool.part_of_limit(**sum) >= part).count() as u64
    };
    let rows = day.minutes.chunks(60).enumerate().map(|(hour, minutes)| {
        let busiest = minutes.iter().flatten().copied().reduce(f64::max);
        vec![
            format!("{hour:02}:00"),
            busiest.map_or("no datapoint".into(), |sum| RequestsPerSecond(rate(sum)).to_string()),
            busiest.map_or_else(String::new, |sum| percent(pool.part_of_limit(sum))),
        ]
    });
    let id = format!("day-{number}");
    Ok(Figure {
        name: format!("The busiest day, minute by minute: {name}"),
        says: format!(
            "{} (UTC). The busiest minute, {}, had {} requests/s, {} of the limit; {} reached {} and {} the limit.",
            day.date,
            pool.peak.at.strftime("%H:%M"),
            RequestsPerSecond(rate(pool.peak.sum)),
            percent(pool.utilization),
            wording::counted(beyond(threshold), "minute", "minutes"),
            percent(threshold),
            grouped(beyond(1.0)),
        ),
        chart: charts::day(&id, &rates, &marks)?,
        numbers: Table {
            header: headers(["Hour (UTC)", "Busiest minute, requests/s", "Of the limit"]),
            rows: rows.collect(),
        },
        id,
    })
}

fn of_week(report: &Report<'_>, number: usize, pool: &BusyPool, name: &str) -> Result<Figure, ChartError> {
    let threshold = report.threshold_percent / 100.0;
    let hours = &pool.pattern.hours;
    let parts: Vec<Option<f64>> = hours
        .busiest_minute
        .iter()
        .map(|sum| sum.map(|sum| pool.part_of_limit(sum)))
        .collect();
    let cells: Vec<Cell> = parts
        .iter()
        .map(|part| match part {
            None => Cell::default(),
            Some(part) => Cell {
                step: heat(*part, threshold),
                figure: format!("{:.0}", (part * 100.0 + 1e-9).floor()),
            },
        })
        .collect();
    let rows = (0..24).map(|hour| {
        let days = (0..7).map(|day| match parts.get(day * 24 + hour).copied().flatten() {
            Some(part) => percent(part),
            None => "no datapoint".to_owned(),
        });
        std::iter::once(format!("{hour:02}:00")).chain(days).collect()
    });
    let quiet = match pool.quiet {
        Some(quiet) => quiet_words(quiet, pool),
        None => format!(
            "No hour of the week is known to have stayed below {} of the limit.",
            percent(threshold / 2.0)
        ),
    };
    let silent = match parts.iter().filter(|part| part.is_none()).count() as u64 {
        0 => String::new(),
        silent => format!(
            " {} without a datapoint: likely idle, and not counted as quiet.",
            wording::counted(silent, "hour is", "hours are")
        ),
    };
    let id = format!("week-{number}");
    Ok(Figure {
        name: format!("When a batch job is safe: {name}"),
        says: format!(
            "For each hour of the week (UTC), its busiest minute as a percentage of the limit. {quiet}{silent} The \
             window has each hour about twice, and a minute hides shorter bursts: a quiet hour is likely room, and no promise of it.",
        ),
        chart: charts::week(&id, &cells)?,
        numbers: Table {
            header: std::iter::once("Hour (UTC)").chain(DAYS).map(str::to_owned).collect(),
            rows: rows.collect(),
        },
        id,
    })
}

/// The step of colour of an hour: four up to the threshold, one up to the limit, one beyond.
fn heat(part: f64, threshold: f64) -> usize {
    let of_threshold = part / threshold;
    match () {
        () if part >= 1.0 => 6,
        () if of_threshold >= 1.0 => 5,
        () if of_threshold >= 0.7 => 4,
        () if of_threshold >= 0.35 => 3,
        () if of_threshold >= 0.1 => 2,
        () => 1,
    }
}

/// The steps of colour of an hour, and what they stand for.
pub(super) fn legend(threshold_percent: f64) -> Vec<(usize, String)> {
    let of = |part: f64| percent(threshold_percent / 100.0 * part);
    vec![
        (0, "no datapoint".to_owned()),
        (1, format!("below {}", of(0.1))),
        (2, format!("below {}", of(0.35))),
        (3, format!("below {}", of(0.7))),
        (4, format!("below {}", of(1.0))),
        (5, format!("{} or more", of(1.0))),
        (6, "at or beyond the limit".to_owned()),
    ]
}

fn quiet_words(quiet: QuietStretch, pool: &BusyPool) -> String {
    let when = |hour: usize| format!("{} {:02}:00", DAYS[hour / 24 % 7], hour % 24);
    let stretch = match quiet.hours {
        hours if hours >= 168 => "The whole week was quiet".to_owned(),
        hours => format!(
            "The longest quiet stretch is {}, from {} to {}",
            wording::counted(hours as u64, "hour", "hours"),
            when(quiet.first),
            when(quiet.first + hours),
        ),
    };
    format!(
        "{stretch}: no minute of it used more than {} of the limit.",
        percent(pool.part_of_limit(quiet.busiest_minute))
    )
}

fn place(report: &Report<'_>, account: &AccountId, region: &Region) -> String {
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

fn headers<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}
