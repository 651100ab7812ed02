//! The day and the week of the pools that came closest to their limits.

use super::super::{Report, wording};
use super::charts::{self, BAD, Cell, Mark, WARN};
use super::figures::{Figure, Table, headers, place};
use crate::assessment::BusyPool;
use crate::facts::{BusiestDay, RequestsPerSecond};
use crate::model::QuietStretch;
use crate::numbers::{grouped, percent};
use crate::report::ChartError;

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A pool with its day and its week.
#[derive(Debug)]
pub(super) struct PoolFigures {
    pub name: String,
    pub day: Option<Figure>,
    pub week: Figure,
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
