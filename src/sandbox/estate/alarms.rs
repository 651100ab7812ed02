//! The alarms of an estate.

use super::alarm_metrics::{MetricQuery, MetricStat, One, queries, stat};
use super::checked::{check_count, past, place};
use super::file::{AlarmFile, AlarmKind, AlarmState, At, Comparison, MissingData};
use super::{Problem, one_of};
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use std::collections::HashMap;
use std::ops::Range;

/// The alarms of a Region.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Alarms {
    alarms: Vec<Alarm>,
    /// Every name and the position of what it names, in the order of names.
    names: Vec<(String, usize)>,
}

/// What any number of alarms have in common. In texts, `{account}` stands for the account's id.
#[derive(Debug)]
pub(in crate::sandbox) struct Alarm {
    pub watches: Watches,
    pub description: Option<String>,
    pub actions_enabled: bool,
    pub actions: Vec<String>,
    pub ok_actions: Vec<String>,
    pub insufficient_data_actions: Vec<String>,
    pub state: AlarmState,
    pub state_reason: String,
    pub updated: Timestamp,
}

/// What an alarm watches.
#[derive(Debug)]
pub(in crate::sandbox) enum Watches {
    Metrics(MetricAlarm),
    /// Other alarms, as this rule says.
    Alarms(String),
    Logs(LogAlarm),
}

#[derive(Debug)]
pub(in crate::sandbox) struct MetricAlarm {
    pub source: Source,
    pub condition: Condition,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: Option<u32>,
    /// The query whose anomaly detection band stands in for a threshold.
    pub threshold_metric: Option<String>,
}

#[derive(Debug)]
pub(in crate::sandbox) enum Source {
    One(MetricStat),
    Several(Vec<MetricQuery>),
}

/// When a value is beyond the threshold.
#[derive(Debug)]
pub(in crate::sandbox) struct Condition {
    pub threshold: Option<f64>,
    pub comparison: Comparison,
    pub treat_missing_data: Option<MissingData>,
}

#[derive(Debug)]
pub(in crate::sandbox) struct LogAlarm {
    pub query: String,
    pub log_groups: Vec<String>,
    pub schedule: String,
    /// Seconds before a run.
    pub time_range: Range<i64>,
    pub aggregation: String,
    pub results_to_evaluate: u32,
    pub results_to_alarm: u32,
    pub condition: Condition,
}

impl Alarms {
    pub(super) fn new(files: &[At<AlarmFile>], as_of: Timestamp) -> Result<Alarms, Problem> {
        let mut names = HashMap::new();
        let mut alarms = Vec::with_capacity(files.len());
        for file in files {
            let pattern = Pattern::new(&file.name);
            let count = check_count(file.count.as_ref(), "alarm")?;
            if count > 1 && !pattern.has_number() {
                let what = "several alarms need several names: put {n} into the name";
                return Err(Problem::new(file.name.span(), what));
            }
            for name in (1..=count).map(|n| pattern.text(n)) {
                if !(1..=255).contains(&name.chars().count()) {
                    let what = "an alarm name has 1 to 255 characters";
                    return Err(Problem::new(file.name.span(), what));
                }
                if names.insert(name.clone(), alarms.len()).is_some() {
                    let what =
                        format!("alarm `{name}` is there twice; the alarms of a Region have different names");
                    return Err(Problem::new(file.name.span(), what));
                }
            }
            alarms.push(alarm(file, as_of)?);
        }
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        Ok(Alarms { alarms, names })
    }

    /// Every alarm with its name, in the order of names.
    pub fn named(&self) -> impl Iterator<Item = (&str, &Alarm)> {
        let named = self.names.iter();
        named.filter_map(|(name, position)| Some((name.as_str(), self.alarms.get(*position)?)))
    }
}

fn alarm(written: &At<AlarmFile>, as_of: Timestamp) -> Result<Alarm, Problem> {
    let file: &AlarmFile = written;
    check_fields(file)?;
    Ok(Alarm {
        watches: match file.kind {
            AlarmKind::Metric => Watches::Metrics(metric_alarm(written)?),
            AlarmKind::Composite => Watches::Alarms(rule(written)?),
            AlarmKind::Log => Watches::Logs(log_alarm(written)?),
        },
        description: file.description.clone(),
        actions_enabled: file.actions_enabled,
        actions: actions(file.actions.as_ref())?,
        ok_actions: actions(file.ok_actions.as_ref())?,
        insufficient_data_actions: actions(file.insufficient_data_actions.as_ref())?,
        state: file.state,
        state_reason: match &file.state_reason {
            Some(reason) => reason.clone(),
            None => "Unchecked: Initial alarm creation".to_owned(),
        },
        updated: match &file.updated {
            Some(updated) => past(updated.0, as_of, updated.span())?,
            None => as_of,
        },
    })
}

/// Fields of one kind of alarm mean nothing to another.
fn check_fields(file: &AlarmFile) -> Result<(), Problem> {
    use AlarmKind::{Composite, Log, Metric};
    let given = [
        ("threshold", place(&file.threshold), &[Metric, Log][..]),
        ("comparison", place(&file.comparison), &[Metric, Log]),
        ("treat_missing_data", place(&file.treat_missing_data), &[Metric, Log]),
        ("namespace", place(&file.namespace), &[Metric]),
        ("metric", place(&file.metric), &[Metric]),
        ("dimensions", place(&file.dimensions), &[Metric]),
        ("stat", place(&file.stat), &[Metric]),
        ("period", place(&file.period), &[Metric]),
        ("metrics", place(&file.metrics), &[Metric]),
        ("threshold_metric", place(&file.threshold_metric), &[Metric]),
        ("evaluation_periods", place(&file.evaluation_periods), &[Metric]),
        ("datapoints_to_alarm", place(&file.datapoints_to_alarm), &[Metric]),
        ("rule", place(&file.rule), &[Composite]),
        ("query", place(&file.query), &[Log]),
        ("log_groups", place(&file.log_groups), &[Log]),
        ("schedule", place(&file.schedule), &[Log]),
        ("start_offset", place(&file.start_offset), &[Log]),
        ("end_offset", place(&file.end_offset), &[Log]),
        ("aggregation", place(&file.aggregation), &[Log]),
        ("results_to_evaluate", place(&file.results_to_evaluate), &[Log]),
        ("results_to_alarm", place(&file.results_to_alarm), &[Log]),
    ];
    for (field, place, kinds) in given {
        if let Some(place) = place.filter(|_| !kinds.contains(&file.kind)) {
            let kind = file.kind.name();
            let right = one_of(kinds.iter().map(|kind| kind.name()));
            let what = format!("a {kind} alarm has no {field}; remove it, or use the type {right}");
            return Err(Problem::new(place, what));
        }
    }
    Ok(())
}

/// A field that this kind of alarm must have.
fn needed<'a, T>(alarm: &At<AlarmFile>, value: &'a Option<At<T>>, example: &str) -> Result<&'a At<T>, Problem> {
    value.as_ref().ok_or_else(|| {
        let kind = alarm.kind.name();
        Problem::new(alarm.span(), format!("a {kind} alarm needs more: add {example}"))
    })
}

fn actions(file: Option<&At<Vec<String>>>) -> Result<Vec<String>, Problem> {
    match file {
        None => Ok(Vec::new()),
        Some(actions) if actions.len() <= 5 => Ok(actions.to_vec()),
        Some(actions) => Err(Problem::new(actions.span(), "an alarm has at most 5 actions of a kind")),
    }
}

fn metric_alarm(written: &At<AlarmFile>) -> Result<MetricAlarm, Problem> {
    let file: &AlarmFile = written;
    let band = file.threshold_metric.as_ref();
    let source = match &file.metrics {
        Some(metrics) => Source::Several(queries(metrics, band)?),
        None => Source::One(stat(One {
            at: written.span(),
            namespace: file.namespace.as_ref(),
            metric: file.metric.as_ref(),
            dimensions: file.dimensions.as_ref(),
            stat: file.stat.as_ref(),
            period: file.period.as_ref(),
        })?),
    };
    let of_one = [
        place(&file.namespace),
        place(&file.metric),
        place(&file.dimensions),
        place(&file.stat),
        place(&file.period),
    ];
    let of_one = of_one.into_iter().flatten().next();
    if let Some(at) = of_one.filter(|_| file.metrics.is_some()) {
        let what = "an alarm is on one metric or on `metrics`; move this into an entry of `metrics`";
        return Err(Problem::new(at, what));
    }
    let evaluation_periods = at_least_one(file.evaluation_periods.as_ref())?;
    Ok(MetricAlarm {
        source,
        condition: condition(written, band)?,
        evaluation_periods,
        datapoints_to_alarm: match &file.datapoints_to_alarm {
            Some(datapoints) => Some(within(datapoints, evaluation_periods, "evaluation_periods")?),
            None => None,
        },
        threshold_metric: band.map(|id| id.to_string()),
    })
}

/// `band` is the query that stands in for a threshold.
fn condition(alarm: &At<AlarmFile>, band: Option<&At<String>>) -> Result<Condition, Problem> {
    let comparison = needed(alarm, &alarm.comparison, "comparison = \"GreaterThanThreshold\"")?;
    match (band, &alarm.threshold) {
        (Some(_), Some(threshold)) => {
            let what = "threshold_metric stands in for a threshold; remove one of the two";
            return Err(Problem::new(threshold.span(), what));
        }
        (None, None) => {
            needed(alarm, &alarm.threshold, "threshold = 70")?;
        }
        _ => {}
    }
    if comparison.is_with_a_band() != band.is_some() {
        let what = match band {
            Some(_) => {
                "this compares with a number; use a comparison with a band, such as GreaterThanUpperThreshold"
            }
            None => {
                "this compares with an anomaly detection band; add threshold_metric, or use GreaterThanThreshold"
            }
        };
        return Err(Problem::new(comparison.span(), what));
    }
    Ok(Condition {
        threshold: alarm.threshold.as_deref().copied(),
        comparison: **comparison,
        treat_missing_data: alarm.treat_missing_data.as_deref().copied(),
    })
}

fn rule(alarm: &At<AlarmFile>) -> Result<String, Problem> {
    let rule = needed(alarm, &alarm.rule, "rule = 'ALARM(\"the name of an alarm\")'")?;
    if (1..=10_240).contains(&rule.chars().count()) {
        return Ok(rule.to_string());
    }
    Err(Problem::new(rule.span(), "a rule has 1 to 10240 characters"))
}

fn log_alarm(written: &At<AlarmFile>) -> Result<LogAlarm, Problem> {
    let file: &AlarmFile = written;
    let query = needed(
        written,
        &file.query,
        "query = \"filter errorCode = 'ThrottlingException'\"",
    )?;
    let log_groups = needed(written, &file.log_groups, "log_groups = [\"the name of a log group\"]")?;
    if !(1..=50).contains(&log_groups.len()) {
        return Err(Problem::new(
            log_groups.span(),
            "a log alarm queries 1 to 50 log groups",
        ));
    }
    let start = file.start_offset.as_deref().copied().unwrap_or(300);
    let end = file.end_offset.as_deref().copied().unwrap_or(0);
    if !(0..start).contains(&end) || start > 2_592_000 {
        let at = place(&file.start_offset).or_else(|| place(&file.end_offset));
        let what = "a query's time range begins 1 to 2592000 seconds before its run and ends after that: \
                    start_offset = 300, end_offset = 0";
        return Err(Problem::new(at.unwrap_or_else(|| written.span()), what));
    }
    let results_to_evaluate = at_least_one(file.results_to_evaluate.as_ref())?;
    let text = |given: &Option<At<String>>, otherwise: &str| match given {
        Some(text) => text.to_string(),
        None => otherwise.to_owned(),
    };
    Ok(LogAlarm {
        query: query.to_string(),
        log_groups: log_groups.to_vec(),
        schedule: text(&file.schedule, "rate(5 minutes)"),
        time_range: start..end,
        aggregation: text(&file.aggregation, "count(*)"),
        results_to_evaluate,
        results_to_alarm: match &file.results_to_alarm {
            Some(results) => within(results, results_to_evaluate, "results_to_evaluate")?,
            None => 1,
        },
        condition: condition(written, None)?,
    })
}

fn at_least_one(number: Option<&At<u32>>) -> Result<u32, Problem> {
    match number {
        None => Ok(1),
        Some(number) if **number > 0 => Ok(**number),
        Some(number) => Err(Problem::new(number.span(), "an alarm looks at 1 or more; use 1")),
    }
}

fn within(number: &At<u32>, most: u32, of: &str) -> Result<u32, Problem> {
    if (1..=most).contains(&**number) {
        return Ok(**number);
    }
    let what = format!("the number that has to breach is 1 to {most}, which is {of}");
    Err(Problem::new(number.span(), what))
}
