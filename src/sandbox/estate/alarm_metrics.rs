//! The metrics that the alarms of an estate are on.

use super::Problem;
use super::checked::{account_id, place};
use super::file::{AlarmMetricFile, At};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// A statistic of a metric.
#[derive(Debug)]
pub(in crate::sandbox) struct MetricStat {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub statistic: String,
    /// In seconds.
    pub period: u32,
}

/// `MetricDataQuery` of the CloudWatch API.
#[derive(Debug)]
pub(in crate::sandbox) struct MetricQuery {
    pub id: String,
    pub label: Option<String>,
    pub what: Queried,
    pub return_data: bool,
    pub account: Option<String>,
}

#[derive(Debug)]
pub(in crate::sandbox) enum Queried {
    Metric(MetricStat),
    Expression {
        expression: String,
        /// In seconds.
        period: Option<u32>,
    },
}

/// The statistics that are called statistics; what else there is, are extended statistics.
pub(in crate::sandbox) const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// A statistic of one metric, as it is written.
pub(super) struct One<'a> {
    pub at: Range<usize>,
    pub namespace: Option<&'a At<String>>,
    pub metric: Option<&'a At<String>>,
    pub dimensions: Option<&'a At<BTreeMap<String, String>>>,
    pub stat: Option<&'a At<String>>,
    pub period: Option<&'a At<u32>>,
}

pub(super) fn stat(one: One<'_>) -> Result<MetricStat, Problem> {
    let (Some(namespace), Some(metric), Some(stat), Some(period)) =
        (one.namespace, one.metric, one.stat, one.period)
    else {
        let what = "a metric needs namespace, metric, stat and period, such as namespace = \"AWS/Usage\", \
                    metric = \"CallCount\", stat = \"Sum\", period = 60";
        return Err(Problem::new(one.at, what));
    };
    if !is_statistic(stat) {
        let what = format!(
            "`{}` is no statistic; use one such as `Sum`, `Maximum` or `p99`",
            **stat
        );
        return Err(Problem::new(stat.span(), what));
    }
    if let Some(dimensions) = one.dimensions.filter(|dimensions| dimensions.len() > 30) {
        return Err(Problem::new(dimensions.span(), "a metric has at most 30 dimensions"));
    }
    Ok(MetricStat {
        namespace: namespace.to_string(),
        name: metric.to_string(),
        dimensions: one
            .dimensions
            .map(|dimensions| (**dimensions).clone())
            .unwrap_or_default(),
        statistic: stat.to_string(),
        period: checked_period(period)?,
    })
}

/// The queries of an alarm. `band` is the one that stands in for a threshold.
pub(super) fn queries(
    files: &At<Vec<At<AlarmMetricFile>>>,
    band: Option<&At<String>>,
) -> Result<Vec<MetricQuery>, Problem> {
    let mut ids = HashSet::new();
    for file in files.iter() {
        let id = &file.id;
        let mut letters = id.bytes();
        let is_id = letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_id {
            let what = format!(
                "`{}` is no id; use a lower-case letter, then letters and digits: m1",
                **id
            );
            return Err(Problem::new(id.span(), what));
        }
        if !ids.insert(id.as_str()) {
            let what = format!("id `{}` is there twice; expressions could not tell them apart", **id);
            return Err(Problem::new(id.span(), what));
        }
    }
    if let Some(band) = band.filter(|band| !ids.contains(band.as_str())) {
        let what = format!(
            "no entry of `metrics` has the id `{}`; add the expression of the band",
            **band
        );
        return Err(Problem::new(band.span(), what));
    }
    let watched = files
        .iter()
        .filter(|file| file.return_data && Some(&*file.id) != band.map(|band| &**band));
    if watched.count() != 1 {
        let what = "an alarm watches one entry of `metrics`: give return_data = true to that one";
        return Err(Problem::new(files.span(), what));
    }
    files.iter().map(query).collect()
}

fn query(written: &At<AlarmMetricFile>) -> Result<MetricQuery, Problem> {
    let file: &AlarmMetricFile = written;
    let of_metric = [
        place(&file.namespace),
        place(&file.metric),
        place(&file.dimensions),
        place(&file.stat),
    ];
    let what = match (&file.expression, of_metric.into_iter().flatten().next()) {
        (Some(_), Some(of_metric)) => {
            let what = "an entry of `metrics` is an expression or a metric; make two of it";
            return Err(Problem::new(of_metric, what));
        }
        (Some(expression), None) => Queried::Expression {
            expression: expression.clone(),
            period: file.period.as_ref().map(checked_period).transpose()?,
        },
        (None, _) => Queried::Metric(stat(One {
            at: written.span(),
            namespace: file.namespace.as_ref(),
            metric: file.metric.as_ref(),
            dimensions: file.dimensions.as_ref(),
            stat: file.stat.as_ref(),
            period: file.period.as_ref(),
        })?),
    };
    Ok(MetricQuery {
        id: file.id.to_string(),
        label: file.label.clone(),
        what,
        return_data: file.return_data,
        account: file.account.as_ref().map(|id| account_id(id, id)).transpose()?,
    })
}

fn checked_period(period: &At<u32>) -> Result<u32, Problem> {
    match **period {
        seconds @ (10 | 20 | 30) => Ok(seconds),
        seconds if seconds > 0 && seconds % 60 == 0 => Ok(seconds),
        _ => Err(Problem::new(
            period.span(),
            "a period is 10, 20, 30 or a multiple of 60 seconds",
        )),
    }
}

/// A statistic or an extended statistic, such as `p99`, `tm90`, `IQM` or `PR(0:10)`:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>
fn is_statistic(name: &str) -> bool {
    let is_extended = |kind: &str| {
        let rest = name.strip_prefix(kind).unwrap_or_default();
        let number = rest
            .parse::<f64>()
            .is_ok_and(|percent| (0.0..=100.0).contains(&percent));
        let range = rest.starts_with('(') && rest.ends_with(')') && rest.contains(':');
        number || range
    };
    STATISTICS.contains(&name)
        || name == "IQM"
        || ["p", "tm", "tc", "ts", "wm", "PR", "TC", "TM", "TS", "WM"]
            .into_iter()
            .any(is_extended)
}
