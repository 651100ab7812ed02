//! KMS keys, as they are written.

use super::{At, CompletedRotationFile, CurveFile, GrantFile, Instant, MaterialFile, OneOrMany, RotationFile};
use crate::sandbox::keys::lifecycle::{KeyState, Origin};
use crate::sandbox::keys::operation::KeyOperation;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A KMS key, or several alike. In texts `{n}` stands for the number of the key, from 1 up, and `{n:04}` for the same
/// with leading zeros.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// How many keys like this there are; one where nothing is said.
    pub count: Option<At<u32>>,
    /// The alias, or several.
    pub alias: Option<At<OneOrMany>>,
    /// The description.
    #[serde(default)]
    pub description: String,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// `KeySpec` of the KMS API; SYMMETRIC_DEFAULT where nothing is said.
    pub spec: Option<At<String>>,
    /// `KeyUsage` of the KMS API; the first that the spec allows where nothing is said.
    pub usage: Option<At<String>>,
    /// Where the key material comes from.
    #[serde(default)]
    pub origin: Origin,
    /// The key state. Where nothing is said, Unavailable in a custom key store that is not connected, PendingImport
    /// while imported key material is missing, and else Enabled.
    pub state: Option<At<KeyState>>,
    /// When the first key was created; `as_of` where nothing is said.
    pub created: Option<At<Instant>>,
    /// When the last key was created; the others lie between, evenly.
    pub created_until: Option<At<Instant>>,
    /// When imported key material expires.
    pub valid_to: Option<At<Instant>>,
    /// Imported key material of a symmetric encryption key, from the first to the newest; one that expires at
    /// `valid_to` where nothing is said.
    pub material: Option<Vec<At<MaterialFile>>>,
    /// The rest of the waiting period of a key pending deletion: 7 to 30 days.
    pub deletion_in_days: Option<At<i64>>,
    /// The part in a multi-Region set.
    pub multi_region: Option<MultiRegionRole>,
    /// The name that a primary key and its replicas share in this file.
    pub multi_region_set: Option<At<String>>,
    /// How often each of these keys is used in a cryptographic operation, minute by minute: what AWS/KMS has as
    /// SuccessfulRequest.
    #[serde(default)]
    pub requests: BTreeMap<KeyOperation, At<CurveFile>>,
    /// An AWS managed key.
    #[serde(default)]
    pub aws_managed: bool,
    /// The key policy, as JSON, in which `{account}`, `{region}` and `{partition}` stand for those of the key; the
    /// default key policy where nothing is said.
    pub policy: Option<At<String>>,
    /// The policy of resource shares of AWS RAM, written like `policy`; none where nothing is said.
    pub ram_policy: Option<At<String>>,
    /// Rotation of the key material; off where nothing is said. A replica has its primary's.
    pub rotation: Option<At<RotationFile>>,
    /// The completed rotations. Where nothing is said, those that automatic rotation has made since it was enabled.
    pub rotations: Option<Vec<At<CompletedRotationFile>>>,
    /// The grants of each of the keys.
    #[serde(default)]
    pub grants: Vec<At<GrantFile>>,
    /// The last successful cryptographic operation with each of the keys; none on record where nothing is said.
    pub last_usage: Option<At<LastUsageFile>>,
    /// The name of the custom key store that the keys are in.
    pub custom_key_store: Option<At<String>>,
    /// The id of the key outside of AWS, in an external key store; made up where nothing is said.
    pub xks_key_id: Option<At<String>>,
}

/// What GetKeyLastUsage says of a key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastUsageFile {
    /// The operation, such as `Decrypt`.
    pub operation: At<String>,
    /// When it was.
    pub at: At<Instant>,
}

/// A key's part in a multi-Region set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MultiRegionRole {
    /// The primary key.
    Primary,
    /// A replica key.
    Replica,
}
