//! Trails of CloudTrail, as they are written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A trail.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrailFile {
    /// The name.
    pub name: At<String>,
    /// The Region it was created in.
    pub home_region: At<String>,
    /// Whether it records the events of every Region.
    #[serde(default)]
    pub multi_region: bool,
    /// Whether it records the events of every account of the organization. Only the management account has such
    /// trails; the other accounts see them.
    pub organization: Option<At<bool>>,
    /// The bucket it delivers to; `{account}` stands for the account's id.
    pub bucket: String,
    /// The log group it delivers to: the name of one in its home Region, or an ARN, in which `{account}` stands for
    /// the account's id.
    pub log_group: Option<At<String>>,
    /// What went wrong when it last delivered to the log group, such as `AccessDenied`.
    pub log_group_error: Option<String>,
    /// Whether it is recording; it is where nothing is said.
    #[serde(default = "super::yes")]
    pub logging: bool,
    /// When recording began; where nothing is said, `as_of` or when it ended.
    pub started: Option<At<Instant>>,
    /// When recording ended, if it is not recording; `as_of` where nothing is said.
    pub stopped: Option<At<Instant>>,
    /// Which events it records; all management events where nothing is said.
    pub event_selectors: Option<At<Vec<At<EventSelectorFile>>>>,
    /// The same as advanced event selectors.
    pub advanced_event_selectors: Option<At<Vec<At<AdvancedSelectorFile>>>>,
}

/// `EventSelector` of the CloudTrail API.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSelectorFile {
    /// Whether events that read or events that write are recorded; All where nothing is said.
    #[serde(default)]
    pub read_write: ReadWrite,
    /// Whether management events are recorded; they are where nothing is said.
    #[serde(default = "super::yes")]
    pub management: bool,
    /// Event sources whose management events are not recorded, such as `kms.amazonaws.com`.
    #[serde(default)]
    pub exclude: Vec<At<String>>,
    /// The data events that are recorded.
    #[serde(default)]
    pub data: Vec<DataResourceFile>,
}

/// `ReadWriteType` of the CloudTrail API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum ReadWrite {
    /// Both.
    #[default]
    All,
    /// Events that read.
    ReadOnly,
    /// Events that write.
    WriteOnly,
}

/// `DataResource` of the CloudTrail API.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataResourceFile {
    /// The type of resource, such as `AWS::S3::Object`.
    #[serde(rename = "type")]
    pub kind: At<String>,
    /// ARNs, or what they begin with.
    pub values: Vec<String>,
}

/// `AdvancedEventSelector` of the CloudTrail API: events that satisfy all of its fields are recorded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvancedSelectorFile {
    /// The name.
    pub name: Option<String>,
    /// Conditions on the fields of an event.
    pub fields: Vec<At<FieldSelector>>,
}

/// `AdvancedFieldSelector` of the CloudTrail API: a condition on one field of an event.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all(serialize = "PascalCase"))]
pub struct FieldSelector {
    /// The field, such as `eventCategory` or `eventSource`.
    pub field: String,
    /// It is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// It begins with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// It ends with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// It is none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// It begins with none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// It ends with none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}
