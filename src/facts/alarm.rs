//! CloudWatch alarms, and the metric filters that feed some of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Arn;
use super::open_enum::open_enum;

/// A CloudWatch alarm of an account in a Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Its ARN.
    pub arn: Arn,
    /// Its name.
    pub name: String,
    /// Whether its actions are switched on.
    pub actions_enabled: bool,
    /// What it does when it goes off: the ARNs of topics and other actions.
    pub actions: Vec<String>,
    /// Its state.
    pub state: AlarmState,
    /// What it watches.
    pub kind: AlarmKind,
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// One metric, or an expression over several.
    Metric(MetricAlarm),
    /// Other alarms.
    Composite {
        /// The rule, for example `ALARM("a") OR ALARM("b")`.
        rule: String,
    },
    /// The result of a query over log groups.
    Log(LogAlarm),
}

/// An alarm on metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricAlarm {
    /// The metrics and expressions; a single one for an alarm on one metric.
    pub metrics: Vec<AlarmMetric>,
    /// The comparison, as AWS spells it.
    pub comparison: String,
    /// The threshold; `None` for an anomaly detection alarm.
    pub threshold: Option<f64>,
    /// Over how many periods.
    pub evaluation_periods: Option<u32>,
    /// Of these, how many must breach; all if not stated.
    pub datapoints_to_alarm: Option<u32>,
    /// How missing data is treated, as AWS spells it.
    pub treat_missing_data: Option<String>,
}

/// A metric or an expression of an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmMetric {
    /// What expressions call it; `None` for an alarm on one metric.
    pub id: Option<String>,
    /// The metric or the expression.
    pub source: AlarmMetricSource,
    /// Whether the alarm watches this one.
    pub returns_data: bool,
    /// The account it is of, where a monitoring account watches another.
    pub account_id: Option<String>,
}

/// Where the data of an alarm comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmMetricSource {
    /// A statistic of a metric.
    Statistic {
        /// The namespace.
        namespace: String,
        /// The metric name.
        name: String,
        /// All of its dimensions.
        dimensions: BTreeMap<String, String>,
        /// The statistic, or the extended one.
        statistic: String,
        /// The period in seconds.
        period_seconds: u32,
    },
    /// A metric math expression.
    Expression {
        /// The expression.
        expression: String,
        /// Its period in seconds, where it states one.
        period_seconds: Option<u32>,
    },
}

/// An alarm on the result of a scheduled query over log groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogAlarm {
    /// The query.
    pub query: String,
    /// The log groups, by name or ARN.
    pub log_groups: Vec<String>,
    /// The comparison, as AWS spells it.
    pub comparison: String,
    /// The threshold.
    pub threshold: Option<f64>,
}

open_enum! {
    /// The state of an alarm.
    AlarmState {
        /// All is well.
        Ok = "OK",
        /// It goes off.
        Alarm = "ALARM",
        /// There is not enough data to tell.
        InsufficientData = "INSUFFICIENT_DATA",
    }
}

/// A CloudWatch Logs metric filter: it counts log events of a pattern as a metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricFilter {
    /// Its name.
    pub name: String,
    /// The log group it reads.
    pub log_group: String,
    /// The pattern.
    pub pattern: String,
    /// The metrics it feeds: namespace and name.
    pub metrics: Vec<FilterMetric>,
}

/// A metric that a metric filter feeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterMetric {
    /// The namespace.
    pub namespace: String,
    /// The metric name.
    pub name: String,
}
