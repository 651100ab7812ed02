//! Alarms of CloudWatch, as they are written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An alarm, or several alike.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmFile {
    /// The name, with `{n}` for the number of the alarm.
    pub name: At<String>,
    /// How many alarms like this there are; one where nothing is said.
    pub count: Option<At<u32>>,
    /// What kind of alarm it is; one that watches metrics where nothing is said.
    #[serde(default, rename = "type")]
    pub kind: AlarmKind,
    /// The description.
    pub description: Option<String>,
    /// Whether its actions are executed at all; they are where nothing is said.
    #[serde(default = "super::yes")]
    pub actions_enabled: bool,
    /// What happens when it goes into ALARM: names of SNS topics of the account, or ARNs, in which `{account}` stands
    /// for the account's id.
    pub actions: Option<At<Vec<String>>>,
    /// What happens when it goes into OK.
    pub ok_actions: Option<At<Vec<String>>>,
    /// What happens when it goes into INSUFFICIENT_DATA.
    pub insufficient_data_actions: Option<At<Vec<String>>>,
    /// The state; OK where nothing is said.
    #[serde(default)]
    pub state: AlarmState,
    /// The explanation of the state.
    pub state_reason: Option<String>,
    /// When it was configured and came into its state; `as_of` where nothing is said.
    pub updated: Option<At<Instant>>,

    /// Metric and log alarms: what the value is compared with. An alarm on an anomaly detection band has none.
    pub threshold: Option<At<f64>>,
    /// Metric and log alarms: how the value is compared with the threshold.
    pub comparison: Option<At<Comparison>>,
    /// Metric and log alarms: what missing data counts as.
    pub treat_missing_data: Option<At<MissingData>>,

    /// Metric alarms on one metric: its namespace.
    pub namespace: Option<At<String>>,
    /// Metric alarms on one metric: its name.
    pub metric: Option<At<String>>,
    /// Metric alarms on one metric: its dimensions.
    pub dimensions: Option<At<BTreeMap<String, String>>>,
    /// Metric alarms on one metric: the statistic, such as `Sum` or `p99`.
    pub stat: Option<At<String>>,
    /// Metric alarms on one metric: the period, in seconds.
    pub period: Option<At<u32>>,
    /// Metric alarms on several metrics or on an expression: all of those.
    pub metrics: Option<At<Vec<At<AlarmMetricFile>>>>,
    /// Metric alarms on an anomaly detection band: the id of its expression in `metrics`.
    pub threshold_metric: Option<At<String>>,
    /// Metric alarms: how many periods are looked at; one where nothing is said.
    pub evaluation_periods: Option<At<u32>>,
    /// Metric alarms: how many of those have to breach the threshold; all where nothing is said.
    pub datapoints_to_alarm: Option<At<u32>>,

    /// Composite alarms: the rule, such as `ALARM("a") OR ALARM("b")`.
    pub rule: Option<At<String>>,

    /// Log alarms: the query.
    pub query: Option<At<String>>,
    /// Log alarms: the names or ARNs of the log groups that are queried.
    pub log_groups: Option<At<Vec<String>>>,
    /// Log alarms: how often the query runs; `rate(5 minutes)` where nothing is said.
    pub schedule: Option<At<String>>,
    /// Log alarms: how many seconds before a run its time range begins; 300 where nothing is said.
    pub start_offset: Option<At<i64>>,
    /// Log alarms: how many seconds before a run its time range ends; 0 where nothing is said.
    pub end_offset: Option<At<i64>>,
    /// Log alarms: what is made of the query's results; `count(*)` where nothing is said.
    pub aggregation: Option<At<String>>,
    /// Log alarms: how many results are looked at; one where nothing is said.
    pub results_to_evaluate: Option<At<u32>>,
    /// Log alarms: how many of those have to breach the threshold; one where nothing is said.
    pub results_to_alarm: Option<At<u32>>,
}

/// The kinds of alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlarmKind {
    /// It watches a metric, or an expression of metrics.
    #[default]
    Metric,
    /// It watches other alarms.
    Composite,
    /// It watches the results of a scheduled query of log groups.
    Log,
}

impl AlarmKind {
    /// The name in the file.
    pub fn name(self) -> &'static str {
        match self {
            AlarmKind::Metric => "metric",
            AlarmKind::Composite => "composite",
            AlarmKind::Log => "log",
        }
    }
}

/// A metric or an expression that a metric alarm is about: `MetricDataQuery` of the CloudWatch API.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmMetricFile {
    /// What expressions call it: a lower-case letter, then letters, digits and underscores.
    pub id: At<String>,
    /// The label.
    pub label: Option<String>,
    /// The expression. What has one is no metric.
    pub expression: Option<String>,
    /// The namespace of the metric.
    pub namespace: Option<At<String>>,
    /// The name of the metric.
    pub metric: Option<At<String>>,
    /// The dimensions of the metric.
    pub dimensions: Option<At<BTreeMap<String, String>>>,
    /// The statistic, such as `Sum` or `p99`.
    pub stat: Option<At<String>>,
    /// The period, in seconds.
    pub period: Option<At<u32>>,
    /// Whether this is what the alarm watches.
    #[serde(default)]
    pub return_data: bool,
    /// The id of the account that the metric is in, if it is another.
    pub account: Option<At<String>>,
}

/// `StateValue` of the CloudWatch API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// Within the threshold.
    #[default]
    Ok,
    /// Beyond the threshold.
    Alarm,
    /// Not enough data to say.
    InsufficientData,
}

/// `ComparisonOperator` of the CloudWatch API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[allow(clippy::enum_variant_names, reason = "these are the names of the API")]
pub enum Comparison {
    /// At the threshold or above it.
    GreaterThanOrEqualToThreshold,
    /// Above the threshold.
    GreaterThanThreshold,
    /// Below the threshold.
    LessThanThreshold,
    /// At the threshold or below it.
    LessThanOrEqualToThreshold,
    /// Outside of an anomaly detection band.
    LessThanLowerOrGreaterThanUpperThreshold,
    /// Below an anomaly detection band.
    LessThanLowerThreshold,
    /// Above an anomaly detection band.
    GreaterThanUpperThreshold,
}

impl Comparison {
    /// Whether it compares with an anomaly detection band and not with a number.
    pub fn is_with_a_band(self) -> bool {
        matches!(
            self,
            Comparison::LessThanLowerOrGreaterThanUpperThreshold
                | Comparison::LessThanLowerThreshold
                | Comparison::GreaterThanUpperThreshold
        )
    }
}

/// `TreatMissingData` of the CloudWatch API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// As beyond the threshold.
    Breaching,
    /// As within the threshold.
    NotBreaching,
    /// The state stays what it is.
    Ignore,
    /// As a reason for INSUFFICIENT_DATA.
    Missing,
}
