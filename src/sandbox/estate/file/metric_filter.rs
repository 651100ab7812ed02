//! Metric filters of CloudWatch Logs, as they are written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A metric filter, or several alike: it makes a metric of the log events that match its pattern.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricFilterFile {
    /// The name, with `{n}` for the number of the filter.
    pub name: At<String>,
    /// How many filters like this there are; one where nothing is said.
    pub count: Option<At<u32>>,
    /// The name of the log group.
    pub log_group: At<String>,
    /// The filter pattern.
    pub pattern: At<String>,
    /// The namespace of the metric.
    pub namespace: At<String>,
    /// The name of the metric.
    pub metric: At<String>,
    /// What a match adds to the metric: a number or a field such as `$.size`; `1` where nothing is said.
    pub value: Option<String>,
    /// What is put into the metric when nothing matches.
    pub default_value: Option<f64>,
    /// The dimensions of the metric: names, and the fields that they are taken from.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// When it was created; `as_of` where nothing is said.
    pub created: Option<At<Instant>>,
}
