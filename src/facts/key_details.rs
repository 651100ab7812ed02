//! What is read of a key only where something depends on it: its policy, rotation, grants and use.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fact;
use super::open_enum::open_enum;

/// What is read of a key only where something depends on it, since each of these costs a call for each key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KeyDetails {
    /// Its key policy, the JSON text of the policy named `default`.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub policy: Fact<String>,
    /// The policy named `AWS_RAM`, by which AWS Resource Access Manager shares the key; `None` if there is none.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub ram_policy: Fact<Option<String>>,
    /// Its automatic rotation.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub automatic_rotation: Fact<AutomaticRotation>,
    /// The rotations it has completed, on demand ones included.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub rotations: Fact<Vec<Rotation>>,
    /// Its grants.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub grants: Fact<Vec<Grant>>,
    /// The cryptographic operations that succeeded with it in the last two weeks, as far as CloudWatch has a
    /// `SuccessfulRequest` metric of them. Whether all metrics of the Region were listed is the Region's fact.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub active_operations: Vec<String>,
    /// How many requests succeeded with it within the window of the scan.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub requests: Fact<KeyRequests>,
    /// When it was last used.
    #[serde(skip_serializing_if = "Fact::is_not_collected")]
    pub last_usage: Fact<LastUsage>,
}

/// The automatic rotation of a key, as `kms:GetKeyRotationStatus` tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutomaticRotation {
    /// Whether it is switched on.
    pub enabled: bool,
    /// Days between rotations.
    pub period_days: Option<u32>,
    /// When the next one is due.
    pub next_rotation: Option<Timestamp>,
}

/// A completed rotation of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rotation {
    /// When it was.
    pub at: Option<Timestamp>,
    /// What caused it.
    pub kind: RotationType,
}

open_enum! {
    /// What caused a rotation.
    RotationType {
        /// The rotation period.
        Automatic = "AUTOMATIC",
        /// A request to rotate.
        OnDemand = "ON_DEMAND",
    }
}

/// A grant on a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// The customer's name for it.
    pub name: Option<String>,
    /// Who may use the key: a principal, or a service principal.
    pub grantee: Option<String>,
    /// What it allows.
    pub operations: Vec<String>,
    /// Pairs that the encryption context must have among others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub encryption_context_subset: BTreeMap<String, String>,
    /// Pairs that the encryption context must be, no more and no fewer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub encryption_context_equals: BTreeMap<String, String>,
}

/// Requests that succeeded with a key, from the CloudWatch metric `AWS/KMS` `SuccessfulRequest`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRequests {
    /// The first moment looked at.
    pub window_start: Timestamp,
    /// The moment the window ends, not included.
    pub window_end: Timestamp,
    /// The `Sum` of the window, by operation; without those of which there is no metric.
    pub by_operation: BTreeMap<String, f64>,
}

/// When a key was last used, as `kms:GetKeyLastUsage` tells it. Successful cryptographic operations only, up to an hour
/// late; the replicas of a multi-Region key are tracked each by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LastUsage {
    /// The last use on record; `None` means never, if the key was created after the tracking started, and otherwise
    /// not since then.
    pub last: Option<LastUse>,
    /// When AWS began to keep track.
    pub tracking_start: Option<Timestamp>,
    /// The moment of the scan that asked AWS: an answer can be carried over from an earlier scan.
    pub read_at: Timestamp,
}

/// A use of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LastUse {
    /// The operation.
    pub operation: Option<String>,
    /// When it was.
    pub at: Timestamp,
}
