//! Findings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::facts::{AccountId, Arn, Region};
use crate::published::MicroDollars;
use crate::severity::Severity;

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
    /// The exception that covers it, if one does: then it is in no count of findings.
    pub exception: Option<FindingException>,
}

/// Facts by their names, as data.
pub type Observed = BTreeMap<Cow<'static, str>, serde_json::Value>;

/// Why a finding is accepted for a while.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FindingException {
    /// The reason that the configuration gives.
    pub reason: String,
    /// The last day on which the exception holds.
    pub expires: Date,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// The kind of resource: `kms-key`, `kms-key-cluster`, `kms-request-quota`, `kms-resource-quota`,
    /// `kms-custom-key-store`, `cloudwatch-alarm`, `s3-bucket` or `exception`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Its ARN.
    pub arn: Arn,
    /// The account that was scanned; null where the finding is about the configuration.
    pub account_id: Option<AccountId>,
    /// The Region it lies in, where that is known.
    pub region: Option<Region>,
    /// What people call it: an alias, a pool, a bucket name.
    pub name: String,
}

/// The fingerprint of a finding: it depends on the check and the resource alone, so that it stays the same while the
/// finding is open.
pub(super) fn fingerprint(check: &str, account: &str, arn: &Arn) -> String {
    let mut hash = Sha256::new();
    for part in ["kms-audit/1", check, account, arn.as_str()] {
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
