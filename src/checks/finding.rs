//! Findings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::facts::{AccountId, Arn, Region};
use crate::published::MicroDollars;

/// How much a finding matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be put in order.
    Low,
    /// Costs money or hides a risk.
    Medium,
    /// Close to harm.
    High,
    /// Harm, now or at the next peak.
    Critical,
}

impl Severity {
    /// All of them, the most severe first.
    pub const ALL: [Severity; 5] = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Info,
    ];

    /// The word used in reports and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Severity::ALL
            .into_iter()
            .find(|severity| severity.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| "expected one of info, low, medium, high, critical".to_owned())
    }
}

/// One thing that is wrong with one resource.
// There can be a hundred thousand in an account, so what the check says of all of them alike is not copied for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The same for the same check and resource in every scan.
    pub fingerprint: String,
    /// The id of the check.
    pub check: Cow<'static, str>,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub resource: Resource,
    /// What is wrong.
    pub title: Cow<'static, str>,
    /// What is wrong with this resource, in a sentence or two, and why it matters.
    pub detail: String,
    /// The facts that were observed, as data.
    pub observed: Observed,
    /// What to do.
    pub remediation: Cow<'static, str>,
    /// What it costs a month, where that is known.
    pub monthly_cost_usd: Option<MicroDollars>,
    /// The exception of the configuration that covers it, if one does. Such a finding is counted as excepted, and
    /// neither by severity nor for `--fail-on`.
    pub exception: Option<FindingException>,
}

/// Facts by their names, as data.
pub type Observed = BTreeMap<Cow<'static, str>, serde_json::Value>;

/// Why a finding is accepted, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingException {
    /// The reason, in the words of whoever accepted it.
    pub reason: String,
    /// The last day on which it is accepted.
    pub expires: Date,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// The kind of resource: `kms-key`, `kms-request-quota` or `s3-bucket`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Its ARN.
    pub arn: Arn,
    /// The account that was scanned; null where the finding is about the configuration, which no account has.
    pub account_id: Option<AccountId>,
    /// The Region it lies in, where that is known.
    pub region: Option<Region>,
    /// What people call it: an alias, a pool, a bucket name.
    pub name: String,
}

/// The fingerprint of a finding: it depends on the check and the resource alone, so that it stays the same while the
/// finding is open.
pub(super) fn fingerprint(check: &str, account: &AccountId, arn: &Arn) -> String {
    let mut hash = Sha256::new();
    for part in ["kms-audit/1", check, account.as_str(), arn.as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut text = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
