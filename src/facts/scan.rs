//! The scan itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountId, ApiCalls, Arn, Fact, Gap, Shard, Unavailable};

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
    /// The accounts looked at, in the order of their ids.
    pub accounts: Vec<AccountId>,
    /// How many accounts were found: those looked at, those skipped, those not entered and those in other shards add up
    /// to it.
    #[serde(default)]
    pub accounts_listed: u64,
    /// Those that were not asked, in the order of their ids.
    #[serde(default)]
    pub accounts_skipped: Vec<SkippedAccount>,
    /// Those that could not be entered, in the order of their ids.
    #[serde(default)]
    pub accounts_not_entered: Vec<AccountNotEntered>,
    /// Which slice of the accounts was looked at, where several processes share the scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The accounts of the other slices, in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts_in_other_shards: Vec<AccountElsewhere>,
    /// Whether the accounts of the organization were listed to the end, where they were listed.
    #[serde(default)]
    pub account_listing: Fact<()>,
    /// What was asked for: flags, environment and configuration together.
    #[serde(deserialize_with = "super::bounded_parameters")]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// The calls that are of no account looked at: who is asking, which accounts there are, and the entering of accounts
    /// that could not be entered. Where shards were merged, the first two are counted once: each shard made them.
    #[serde(default)]
    pub api_calls: Vec<ApiCalls>,
}

impl ScanFacts {
    /// The gaps that are of no account looked at.
    pub fn gaps(&self) -> Vec<Gap> {
        let listing = self
            .account_listing
            .unavailable()
            .map(|reason| self.listing_gap(reason));
        let entering = self.accounts_not_entered.iter().map(AccountNotEntered::gap);
        listing.into_iter().chain(entering).collect()
    }

    fn listing_gap(&self, reason: &Unavailable) -> Gap {
        Gap {
            // Whoever could ask for the list has an account.
            account_id: self.caller_arn.account().unwrap_or_else(|| AccountId::new("")),
            region: None,
            operation: reason.operation.clone(),
            error_code: reason.code.clone(),
            message: reason.message.clone(),
            effect: "accounts of the organization are missing from the scan".to_owned(),
            resources: Vec::new(),
        }
    }
}

/// An account that was not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedAccount {
    /// The account.
    pub account_id: AccountId,
    /// Its name, where the organization told it.
    pub name: Option<String>,
    /// The state in which AWS says it is (`SUSPENDED`, `CLOSED` ...), or `EXCLUDED` where `--exclude-account` names it.
    pub state: String,
}

/// An account that another shard looks at, or has to skip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountElsewhere {
    /// The account.
    pub account_id: AccountId,
    /// Its name, where the organization told it.
    pub name: Option<String>,
    /// The state for which it is skipped there, as [`SkippedAccount::state`] says it; null where it is looked at.
    pub state: Option<String>,
}

/// An account that could not be entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountNotEntered {
    /// The account.
    pub account_id: AccountId,
    /// Its name, where the organization told it.
    pub name: Option<String>,
    /// The operation that failed, as `service:Operation`.
    pub operation: String,
    /// The error code of AWS, or one of ours where no AWS error came back.
    pub error_code: String,
    /// What AWS said.
    pub message: String,
}

impl AccountNotEntered {
    /// An account and why it could not be entered.
    pub fn new(account_id: AccountId, name: Option<String>, reason: Unavailable) -> Self {
        AccountNotEntered {
            account_id,
            name,
            operation: reason.operation,
            error_code: reason.code,
            message: reason.message,
        }
    }

    fn gap(&self) -> Gap {
        Gap {
            account_id: self.account_id.clone(),
            region: None,
            operation: self.operation.clone(),
            error_code: self.error_code.clone(),
            message: self.message.clone(),
            effect: "nothing of this account was looked at".to_owned(),
            resources: Vec::new(),
        }
    }
}
