//! CloudTrail trails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arn, Fact, Region};

/// A trail that records events of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trail {
    /// Its ARN.
    pub arn: Arn,
    /// The Region it was created in.
    pub home_region: Region,
    /// Whether it records the events of every Region.
    pub is_multi_region: bool,
    /// Whether it records the events of every account of the organization.
    pub is_organization: bool,
    /// The log group it delivers to, an ARN.
    pub log_group: Option<String>,
    /// Whether it records at all.
    pub status: Fact<TrailStatus>,
    /// Which events it records.
    pub selectors: Fact<TrailSelectors>,
}

impl Trail {
    /// Whether the trail records events of a Region.
    pub fn covers(&self, region: &Region) -> bool {
        self.is_multi_region || self.home_region == *region
    }
}

/// Whether a trail records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrailStatus {
    /// Whether recording is switched on.
    pub is_logging: bool,
    /// What went wrong when it last delivered to its log group.
    pub log_group_error: Option<String>,
}

/// Which events a trail records. A trail has basic selectors or advanced ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrailSelectors {
    /// Event selectors.
    Basic(Vec<EventSelector>),
    /// Advanced event selectors.
    Advanced(Vec<AdvancedEventSelector>),
}

/// A basic event selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSelector {
    /// Whether management events are recorded.
    pub include_management_events: bool,
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// Event sources whose management events are left out, for example `kms.amazonaws.com`.
    pub exclude_management_event_sources: Vec<String>,
}

/// An advanced event selector: an event is recorded if all of its fields match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdvancedEventSelector {
    /// Its name.
    pub name: Option<String>,
    /// What an event must be.
    pub fields: Vec<FieldSelector>,
}

/// What a field of an event must be. Of several values in a list, one is enough; the `not_` lists exclude.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FieldSelector {
    /// The field: `eventCategory`, `eventSource`, `readOnly`, `eventName` …
    pub field: String,
    /// Values it may have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Values it may begin with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Values it may end with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// Values it must not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Values it must not begin with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Values it must not end with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}
