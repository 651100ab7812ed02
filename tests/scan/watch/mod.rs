//! What watches KMS, alarms, metric filters and trails: what of it is read, what is not asked for, and what a denial
//! costs.

mod alarms;
mod trails;

use kms_audit::facts::{AccountFacts, AccountId, RegionFacts};
use kms_audit::snapshot::SnapshotReader;

use super::run::*;

/// An account with a key in Paris, where the alarms are, keys for an audit in Dublin and Frankfurt, and none in London.
const WATCHED: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"

[[region]]
name = "eu-west-3"
[[region.key]]
tags = { requirement = "policy" }
[[region]]
name = "eu-west-1"
[[region.key]]
tags = { requirement = "audit" }
[[region]]
name = "eu-central-1"
[[region.key]]
tags = { requirement = "audit" }
[[region]]
name = "eu-west-2"
[[region.key]]
alias = "alias/aws/s3"
aws_managed = true
"#;

/// Alarms of every kind, and many that do not matter.
const ALARMS: &str = r#"
[[region.alarm]]
name = "cpu-{n:03}"
count = 250
namespace = "AWS/EC2"
metric = "CPUUtilization"
stat = "Average"
period = 300
threshold = 80
comparison = "GreaterThanThreshold"

[[region.alarm]]
name = "near-quota"
metrics = [
    { id = "m1", namespace = "AWS/Usage", metric = "CallCount", stat = "Sum", period = 60, dimensions = { Service = "KMS" } },
    { id = "e1", expression = "m1/SERVICE_QUOTA(m1)*100", return_data = true },
]
threshold = 70
comparison = "GreaterThanThreshold"
treat_missing_data = "notBreaching"
evaluation_periods = 3
datapoints_to_alarm = 2
actions = ["oncall"]
actions_enabled = false
state = "INSUFFICIENT_DATA"

[[region.alarm]]
name = "slow"
namespace = "AWS/KMS"
metric = "XksProxyLatency"
dimensions = { CustomKeyStoreId = "cks-1" }
stat = "p90"
period = 60
threshold = 250
comparison = "GreaterThanThreshold"

[[region.alarm]]
type = "composite"
name = "of-cpus"
rule = 'ALARM("cpu-001") OR ALARM("cpu-002")'

[[region.alarm]]
type = "composite"
name = "of-kms"
rule = 'ALARM("cpu-001") OR ALARM("near-quota")'
actions = ["arn:aws:sns:eu-west-3:{account}:pager"]

[[region.alarm]]
type = "log"
name = "throttled"
query = "filter errorCode = 'ThrottlingException'"
log_groups = ["trail"]
threshold = 0
comparison = "GreaterThanThreshold"
"#;

/// An alarm on a metric that a metric filter feeds, among many that feed others.
const FED: &str = r#"
[[region.alarm]]
name = "kms-throttled"
namespace = "Security"
metric = "KmsThrottled"
stat = "Sum"
period = 60
threshold = 0
comparison = "GreaterThanThreshold"
[[region.metric_filter]]
name = "other-{n}"
count = 120
log_group = "app"
pattern = "ERROR"
namespace = "App"
metric = "Errors"
[[region.metric_filter]]
name = "throttled"
log_group = "trail"
pattern = "{ $.errorCode = \"ThrottlingException\" }"
namespace = "Security"
metric = "KmsThrottled"
"#;

/// The estate with more in Paris.
fn with_paris(more: &str) -> String {
    WATCHED.replacen(
        "[[region]]\nname = \"eu-west-1\"",
        &format!("{more}\n[[region]]\nname = \"eu-west-1\""),
        1,
    )
}

/// A scan, and what it wrote down.
fn facts(estate: &str) -> (Run, AccountFacts) {
    facts_of(estate, "111122223333")
}

fn facts_of(estate: &str, account: &str) -> (Run, AccountFacts) {
    let folder = tempfile::tempdir().unwrap();
    let run = scan_in(folder.path(), estate, &[]);
    let snapshot = SnapshotReader::open(&folder.path().join("out/snapshot")).unwrap();
    let account = snapshot.account(&AccountId::new(account)).unwrap();
    (run, account)
}

fn region<'a>(account: &'a AccountFacts, name: &str) -> &'a RegionFacts {
    account
        .regions
        .iter()
        .find(|region| region.region.as_str() == name)
        .unwrap()
}

#[test]
fn a_denial_costs_what_would_have_been_read_and_what_follows_from_it() {
    let denied = "AccessDeniedException";
    // The operation, its gaps, and what was therefore not asked.
    let cases = [
        (
            ("cloudwatch", "DescribeAlarms"),
            vec![
                gap("cloudwatch:DescribeAlarms", "AccessDenied", "eu-west-3", 0),
                gap("cloudwatch:DescribeAlarms", "AccessDenied", "us-east-1", 0),
            ],
            [
                "DescribeMetricFilters",
                "DescribeTrails",
                "GetTrailStatus",
                "GetEventSelectors",
            ]
            .as_slice(),
        ),
        (
            ("logs", "DescribeMetricFilters"),
            vec![gap("logs:DescribeMetricFilters", denied, "eu-west-3", 0)],
            &["DescribeTrails", "GetTrailStatus", "GetEventSelectors"],
        ),
        (
            ("cloudtrail", "DescribeTrails"),
            vec![gap("cloudtrail:DescribeTrails", denied, "eu-west-3", 0)],
            &["GetTrailStatus", "GetEventSelectors"],
        ),
        (
            ("cloudtrail", "GetTrailStatus"),
            vec![gap("cloudtrail:GetTrailStatus", denied, "eu-west-3", 1)],
            &[],
        ),
        (
            ("cloudtrail", "GetEventSelectors"),
            vec![gap("cloudtrail:GetEventSelectors", denied, "eu-west-3", 1)],
            &[],
        ),
    ];
    let operations = [
        "DescribeAlarms",
        "DescribeMetricFilters",
        "DescribeTrails",
        "GetTrailStatus",
        "GetEventSelectors",
    ];
    let estate = ESTATE.replace("count = 1199", "count = 5");
    let calm = scan_estate(&estate, &["--fail-on-gaps"]);
    assert_eq!(calm.code(), 0);
    for ((service, operation), gaps, not_asked) in cases {
        let fault = format!("[[fault]]\nkind = \"error\"\nservice = \"{service}\"\noperation = \"{operation}\"");
        let run = scan_estate(&format!("{estate}\n{fault}"), &["--fail-on-gaps"]);
        assert_eq!((run.code(), run.gaps()), (4, gaps), "{operation}");
        for other in operations {
            let expected = match not_asked.contains(&other) {
                true => 0,
                false => calm.calls(other, "calls"),
            };
            assert_eq!(run.calls(other, "calls"), expected, "{operation} denied: {other}");
        }
        for part in ["keys", "inventory", "quota"] {
            assert_eq!(run.report[part], calm.report[part], "{operation}: {part}");
        }
    }
}

#[test]
fn lists_that_do_not_say_where_they_go_on_are_gaps() {
    let estate = with_paris(&format!("{ALARMS}{FED}"));
    for (service, operation) in [("cloudwatch", "DescribeAlarms"), ("logs", "DescribeMetricFilters")] {
        let fault = format!(
            "[[fault]]\nkind = \"endless-marker\"\nservice = \"{service}\"\noperation = \"{operation}\"\nregion = \"eu-west-3\""
        );
        let (run, account) = facts(&format!("{estate}{fault}"));
        let lost = gap(&format!("{service}:{operation}"), "RepeatedMarker", "eu-west-3", 0);
        assert_eq!(run.gaps(), [lost]);
        let paris = region(&account, "eu-west-3");
        assert!(paris.metric_filters.known().is_none());
        assert_eq!(paris.alarms.known().is_some(), operation == "DescribeMetricFilters");
    }
}
