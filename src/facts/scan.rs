//! The scan itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountId, Arn};

/// When, by whom and how a scan was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScanFacts {
    /// The moment every judgement refers to.
    pub as_of: Timestamp,
    /// When the first call was made; in a sandbox, where time stands still, `as_of`.
    pub started_at: Timestamp,
    /// When the last call was answered; in a sandbox, `as_of`.
    pub finished_at: Timestamp,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// The estate, where the scan was of the sandbox and not of AWS.
    pub sandbox: Option<String>,
    /// Whom AWS says was asking.
    pub caller_arn: Arn,
    /// The partition of the caller.
    pub partition: String,
    /// The accounts looked at.
    pub accounts: Vec<AccountId>,
    /// What was asked for: flags, environment and configuration together.
    #[serde(deserialize_with = "super::bounded_parameters")]
    pub parameters: BTreeMap<String, serde_json::Value>,
}
