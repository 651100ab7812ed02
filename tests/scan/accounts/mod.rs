//! Scans of several accounts: which are looked at, which are not, and what entering them leaves behind.

mod adversity;
pub mod depth;
mod entering;
pub mod listing;

use serde_json::Value;

use super::run::*;

/// An organization: an account with credentials, four alike with an alarm
/// and a trail, one without the role, one that asks for an external id, one
/// that is suspended.
pub const ORGANIZATION: &str = r#"
as_of = 2026-06-15T06:00:00Z

[account]
id = "111122223333"
name = "management"

[organization]
units = ["Workloads/Production", "Workloads/Staging", "Suspended"]

[[region]]
name = ["eu-west-3", "us-east-1"]
key = [{ alias = "alias/platform", tags = { requirement = "policy" } }]

[[member]]
count = 4
id = "33330000000{n}"
name = "team-{n}"
unit = "Workloads/Production"
role = [{ name = "KmsAuditReadOnly" }]

[[member.region]]
name = ["eu-west-3", "us-east-1"]
key = [{ count = 5, alias = "alias/tenant-{n}" }, { alias = "alias/reports", tags = { requirement = "audit" } }]

[[member.region.metric_filter]]
name = "throttled"
log_group = "trail"
pattern = "{ $.errorCode = \"ThrottlingException\" }"
namespace = "Security"
metric = "KmsThrottled"

[[member.region.alarm]]
name = "kms-throttled"
namespace = "Security"
metric = "KmsThrottled"
stat = "Sum"
period = 60
threshold = 0
comparison = "GreaterThanThreshold"

[[member.trail]]
name = "security"
home_region = "eu-west-3"
multi_region = true
bucket = "trail-{account}"
log_group = "trail"

[[member.bucket]]
name = "documents-{account}"
region = "eu-west-3"
encryption = "SSE-KMS"

[[member]]
id = "444400000001"
name = "no-role"
unit = "Workloads/Staging"
[[member.region]]
name = "eu-west-3"
key = [{ alias = "alias/unseen" }]

[[member]]
id = "444400000002"
name = "careful"
unit = "Workloads/Staging"
role = [{ name = "KmsAuditReadOnly", external_id = "e-7c1f0aSECRET" }]
[[member.region]]
name = ["eu-west-3", "us-east-1"]
key = [{ alias = "alias/careful" }]

[[member]]
id = "666600000001"
name = "former"
unit = "Suspended"
state = "SUSPENDED"
[[member.region]]
name = "eu-west-3"
key = [{ alias = "alias/forgotten" }]
"#;

/// The ids under a field of `scan`.
pub fn ids(report: &Value, field: &str) -> Vec<String> {
    let rows = report["scan"][field].as_array().unwrap().iter();
    rows.map(|row| row["account_id"].as_str().or(row.as_str()).unwrap().to_owned())
        .collect()
}

/// Accounts that were listed are looked at, skipped or not entered, each once.
pub fn assert_none_is_missing(report: &Value) {
    let mut all = ids(report, "accounts");
    assert!(all.is_sorted(), "{all:?}");
    all.extend(ids(report, "accounts_skipped"));
    all.extend(ids(report, "accounts_not_entered"));
    let listed = report["scan"]["accounts_listed"].as_u64().unwrap();
    assert_eq!(all.len() as u64, listed, "{all:?}");
    all.sort();
    all.dedup();
    assert_eq!(all.len() as u64, listed, "{all:?}");
}
