//! Rotation and imported key material, as they are written.

use super::{At, Instant};
use crate::sandbox::keys::rotations::{PendingMaterial, RotationType};
use schemars::JsonSchema;
use serde::Deserialize;

/// How key material that AWS KMS made rotates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotationFile {
    /// Whether automatic rotation is on.
    pub enabled: bool,
    /// The days between two automatic rotations, 90 to 2,560; 365 where nothing is said.
    pub period_days: Option<At<u32>>,
    /// When it was enabled; when the key was created where nothing is said.
    pub since: Option<At<Instant>>,
    /// When a rotation on demand began that is still in progress.
    pub on_demand_started: Option<At<Instant>>,
}

/// A completed rotation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletedRotationFile {
    /// When it was completed.
    pub date: At<Instant>,
    /// Whether it was scheduled or asked for.
    #[serde(rename = "type")]
    pub kind: RotationType,
}

/// Imported key material.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialFile {
    /// The description it was imported with.
    pub description: Option<At<String>>,
    /// When it expires; never where nothing is said.
    pub valid_to: Option<At<Instant>>,
    /// Whether it is in AWS KMS: false once it was deleted or has expired.
    #[serde(default = "yes")]
    pub imported: bool,
    /// When a rotation on demand made it current; never for the first.
    pub rotated: Option<At<Instant>>,
    /// What the newest waits for before it can become current.
    pub pending: Option<PendingMaterial>,
}

fn yes() -> bool {
    true
}
