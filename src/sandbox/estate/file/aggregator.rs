//! AWS Config, as it is written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An aggregator of AWS Config in the account of the credentials.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AggregatorFile {
    /// The name: letters, digits, `-` and `_`.
    pub name: At<String>,
    /// The Region it is in.
    pub region: At<String>,
    /// The Regions it collects from; all where nothing is said.
    pub source_regions: Option<Vec<At<String>>>,
    /// The ids of the accounts it collects from; all active ones of the estate where nothing is said.
    pub source_accounts: Option<Vec<At<String>>>,
    /// The sources whose data is not the most recent.
    #[serde(default)]
    pub trouble: Vec<TroubleFile>,
}

/// What keeps an aggregator from collecting.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TroubleFile {
    /// A glob for the ids of the accounts.
    pub account: String,
    /// A glob for the names of the Regions.
    pub region: String,
    /// What the aggregator says of them.
    pub status: SourceStatus,
    /// When it last collected from them.
    pub since: Option<At<Instant>>,
    /// The error code, if there is one.
    pub error_code: Option<String>,
    /// What it says of the error.
    pub error_message: Option<String>,
}

/// `AggregatedSourceStatusType` of AWS Config, but for what is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceStatus {
    /// The data could not be moved.
    Failed,
    /// The data is not the most recent.
    Outdated,
}

/// What AWS Config records in a Region.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecorderFile {
    /// Whether it is recording.
    #[serde(default = "super::yes")]
    pub recording: bool,
    /// The only types that it records, such as `AWS::KMS::Key`; every type where nothing is said.
    pub resource_types: Option<Vec<String>>,
    /// The types that it does not record.
    #[serde(default)]
    pub excluded_types: Vec<String>,
    /// How often it records.
    #[serde(default)]
    pub frequency: RecordingFrequency,
    /// It knows nothing of what was created later.
    pub until: Option<At<Instant>>,
}

/// `RecordingFrequency` of AWS Config.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordingFrequency {
    /// Each change.
    #[default]
    Continuous,
    /// The state of each day.
    Daily,
}
