//! `[checks.<id>]`: how one check judges.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::severity::Severity;

/// How one check judges. Which thresholds there are is the check's own; `kms-audit checks show <id>` lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckSettings {
    /// Whether it judges at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The severity of its findings, in place of those that the check would give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Its thresholds, by name.
    #[serde(flatten)]
    pub thresholds: BTreeMap<String, f64>,
}

fn yes() -> bool {
    true
}
