//! KMS keys, as they are written.

use super::{At, CurveFile, Instant, OneOrMany};
use crate::sandbox::key_operation::KeyOperation;
use crate::sandbox::key_template::{KeyState, Origin};
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
    /// The key state.
    #[serde(default)]
    pub state: KeyState,
    /// When the first key was created; `as_of` where nothing is said.
    pub created: Option<At<Instant>>,
    /// When the last key was created; the others lie between, evenly.
    pub created_until: Option<At<Instant>>,
    /// When imported key material expires.
    pub valid_to: Option<Instant>,
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
