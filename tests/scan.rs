//! The built program against estates that misbehave: what exactly is in the report, and how the program ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Two Regions and one that is not enabled, 1,200 keys so that lists have pages, a peak at 75 %, three buckets.
const ESTATE: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"

[[region]]
name = "eu-west-3"
[[region.key]]
count = 1199
alias = "alias/app-{n}"
tags = { requirement = "policy" }
[[region.key]]
alias = "alias/odd"
tags = { team = "payments" }
[[region.key]]
alias = "alias/aws/s3"
aws_managed = true
[[region.usage]]
resource = "CryptographicOperationsSymmetric"
constant = { rps = 50 }
batch = [{ start = "2026-06-14T01:30:00Z", minutes = 1, rps = 7450 }]

[[region]]
name = "us-east-1"
[[region.key]]
count = 3
tags = { DataClass = "public" }

[[region]]
name = "ap-east-1"
enabled = false

[[bucket]]
name = "plain"
region = "eu-west-3"
encryption = "SSE-S3"
[[bucket]]
name = "costly"
region = "us-east-1"
encryption = "SSE-KMS"
[[bucket]]
name = "double"
region = "eu-west-3"
encryption = "DSSE-KMS"
"#;

struct Run {
    report: Value,
    output: Output,
}

impl Run {
    fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    fn keys(&self, region: &str) -> u64 {
        let rows = self.report["inventory"].as_array().unwrap();
        let row = rows.iter().find(|row| row["region"] == region).unwrap();
        row["customer_managed"].as_u64().unwrap()
    }

    /// The gaps as operation, error code, Region and number of resources.
    fn gaps(&self) -> Vec<(String, String, String, usize)> {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let gaps = self.report["coverage"]["gaps"].as_array().unwrap();
        gaps.iter()
            .map(|gap| {
                let resources = gap["resources"].as_array().unwrap().len();
                (
                    text(&gap["operation"]),
                    text(&gap["error_code"]),
                    text(&gap["region"]),
                    resources,
                )
            })
            .collect()
    }

    fn findings(&self, check: &str) -> usize {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["check"] == check).count()
    }

    fn calls(&self, operation: &str, field: &str) -> u64 {
        let calls = self.report["api_calls"].as_array().unwrap();
        let row = calls.iter().find(|row| row["operation"] == operation);
        row.map_or(0, |row| row[field].as_u64().unwrap())
    }
}

fn scan_in(folder: &Path, estate: &str, flags: &[&str]) -> Run {
    let file = folder.join("estate.toml");
    std::fs::write(&file, estate).unwrap();
    let out = folder.join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["scan", "--api-share", "off", "--sandbox"])
        .arg(&file)
        .arg("--out")
        .arg(&out)
        .args(flags)
        .current_dir(folder)
        .env("KMS_AUDIT_PROFILE", "the sandbox needs none")
        .env("KMS_AUDIT_THRESHOLD", "")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    let report = std::fs::read(out.join("report.json")).unwrap_or_else(|_| panic!("no report: {stderr}"));
    let report = serde_json::from_slice(&report).unwrap();
    Run { report, output }
}

fn scan(faults: &str, flags: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    scan_in(folder.path(), &format!("{ESTATE}\n{faults}"), flags)
}

fn gap(operation: &str, code: &str, region: &str, resources: usize) -> (String, String, String, usize) {
    (operation.to_owned(), code.to_owned(), region.to_owned(), resources)
}

#[test]
fn without_faults_everything_is_read_and_counted() {
    let run = scan("", &["--fail-on-gaps"]);
    assert_eq!(run.code(), 0);
    assert_eq!((run.keys("eu-west-3"), run.keys("us-east-1")), (1_200, 3));
    assert_eq!(run.report["summary"]["aws_managed_keys"], 1);
    assert_eq!(run.report["summary"]["justified"], 1_202);
    assert_eq!(
        run.report["scan"]["regions_not_enabled"],
        serde_json::json!(["ap-east-1"])
    );
    assert_eq!(run.findings("unjustified-key"), 1);
    assert_eq!(run.findings("bucket-key-disabled"), 1);
    assert_eq!(run.report["coverage"]["complete"], true);
    assert!(
        run.stdout().lines().last().unwrap().starts_with("Coverage: complete."),
        "{}",
        run.stdout()
    );
    // An AWS managed key is never described and its tags never listed.
    assert_eq!(run.calls("DescribeKey", "calls"), 1_203);
    assert_eq!(run.calls("ListResourceTags", "calls"), 1_203);
}

#[test]
fn the_peak_is_the_busiest_minute_and_the_threshold_decides() {
    let run = scan("", &["--fail-on", "medium"]);
    assert_eq!(run.code(), 3);
    let finding = &run.report["findings"].as_array().unwrap()[0]["observed"];
    let quotas = run.report["quota"].as_array().unwrap();
    let row = quotas
        .iter()
        .find(|row| row["region"] == "eu-west-3" && row["quota_code"] == "L-6E3AF000")
        .unwrap();
    assert_eq!(row["peak_rps"], 7_500.0);
    assert_eq!(row["peak_at"], "2026-06-14T01:30:00Z");
    assert_eq!(row["utilization"], 0.75);
    assert_eq!(row["limit_source"], "applied");
    assert_eq!(row["resolution_seconds"], 60);
    assert_eq!(run.findings("near-request-quota"), 1, "{finding}");
    let silent = quotas
        .iter()
        .find(|row| row["region"] == "us-east-1" && row["quota_code"] == "L-6E3AF000")
        .unwrap();
    assert_eq!(
        (&silent["usage"], &silent["peak_rps"]),
        (&"no_datapoints".into(), &Value::Null)
    );
    assert_eq!(scan("", &["--threshold", "75.01"]).findings("near-request-quota"), 0);
}

#[test]
fn a_denied_key_costs_that_key() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\nkey = \"alias/app-7\"\nkind = \"error\"",
        &["--fail-on-gaps"],
    );
    assert_eq!(run.code(), 4);
    assert_eq!(run.keys("eu-west-3"), 1_200);
    assert_eq!(
        run.gaps(),
        [
            gap("kms:DescribeKey", "AccessDeniedException", "eu-west-3", 1),
            gap("kms:ListResourceTags", "AccessDeniedException", "eu-west-3", 1),
        ]
    );
    assert_eq!(run.report["summary"]["not_assessed"], 1);
    assert_eq!(
        run.findings("unjustified-key"),
        1,
        "the denied key is not among the findings"
    );
}

#[test]
fn a_denied_list_costs_that_region_and_is_not_an_empty_one() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"ListKeys\"\nregion = \"us-east-1\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.code(), 0);
    assert_eq!(
        run.gaps(),
        [gap("kms:ListKeys", "AccessDeniedException", "us-east-1", 0)]
    );
    assert_eq!(run.keys("eu-west-3"), 1_200);
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
    assert!(
        run.stdout().contains("at least 1,200 customer managed keys"),
        "{}",
        run.stdout()
    );
    assert!(run.stdout().lines().last().unwrap().starts_with("Coverage: INCOMPLETE"));
}

#[test]
fn a_list_that_does_not_say_where_it_goes_on_is_a_gap() {
    for (kind, code) in [
        ("missing-marker", "MissingMarker"),
        ("endless-marker", "RepeatedMarker"),
    ] {
        let fault = format!("[[fault]]\nservice = \"kms\"\noperation = \"ListKeys\"\nkind = \"{kind}\"");
        let run = scan(&fault, &[]);
        assert_eq!(run.gaps()[0], gap("kms:ListKeys", code, "eu-west-3", 0));
        assert!(
            run.keys("eu-west-3") >= 998,
            "what was seen is kept: {}",
            run.keys("eu-west-3")
        );
        assert_eq!(run.report["summary"]["key_inventory_complete"], false);
    }
}

#[test]
fn empty_pages_are_followed() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"ListKeys\"\nkind = \"empty-page-truncated\"",
        &[],
    );
    assert_eq!(run.gaps(), []);
    assert_eq!(run.keys("eu-west-3"), 1_200);
}

#[test]
fn what_passes_when_tried_again_leaves_no_gap() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"DescribeKey\"\nkind = \"error\"\ncode = \"ThrottlingException\"\n\
         status = 400\ntimes = 2\n[[fault]]\nservice = \"s3\"\nkind = \"reset\"\ntimes = 1",
        &["--fail-on-gaps"],
    );
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(run.calls("DescribeKey", "throttled"), 2);
    assert_eq!(run.calls("DescribeKey", "retried"), 2);
    assert_eq!(run.calls("DescribeKey", "calls"), 1_205);
}

#[test]
fn credentials_that_expire_on_the_way_are_a_gap_for_what_was_left() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"ListResourceTags\"\nkind = \"error\"\n\
         code = \"ExpiredTokenException\"\nstatus = 400",
        &[],
    );
    assert_eq!(
        run.gaps(),
        [
            gap("kms:ListResourceTags", "ExpiredTokenException", "eu-west-3", 1_200),
            gap("kms:ListResourceTags", "ExpiredTokenException", "us-east-1", 3),
        ]
    );
    assert_eq!(run.findings("unjustified-key"), 0);
    assert_eq!(run.report["summary"]["not_assessed"], 1_203);
}

#[test]
fn a_web_page_where_an_answer_belongs_is_a_gap() {
    let run = scan(
        "[[fault]]\nservice = \"cloudwatch\"\noperation = \"GetMetricData\"\nkind = \"html\"",
        &[],
    );
    let gaps = run.gaps();
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(gaps.iter().all(|gap| gap.0 == "cloudwatch:GetMetricData"), "{gaps:?}");
    assert_eq!(run.findings("near-request-quota"), 0);
    assert_eq!(run.keys("eu-west-3"), 1_200);
}

/// The other Regions that every account has, without anything in them.
fn default_regions() -> String {
    const OTHERS: &[&str] = &[
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "sa-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ];
    OTHERS
        .iter()
        .map(|name| format!("[[region]]\nname = \"{name}\"\n"))
        .collect()
}

#[test]
fn regions_are_probed_where_they_cannot_be_listed() {
    let faults = format!(
        "{}[[fault]]\nservice = \"account\"\nkind = \"error\"",
        default_regions()
    );
    let run = scan(&faults, &["--fail-on-gaps"]);
    assert_eq!(run.code(), 0, "probing makes up for it: {:?}", run.gaps());
    assert_eq!(run.report["scan"]["regions"].as_array().unwrap().len(), 17);
    assert_eq!(
        (run.keys("eu-west-3"), run.keys("us-east-1"), run.keys("sa-east-1")),
        (1_200, 3, 0)
    );
    let not_enabled = run.report["scan"]["regions_not_enabled"].as_array().unwrap();
    assert!(not_enabled.contains(&"ap-east-1".into()) && not_enabled.contains(&"mx-central-1".into()));
    assert_eq!(run.report["scan"]["region_source"], "probed");
    assert_eq!(
        run.report["coverage"]["fallbacks"][0]["operation"],
        "account:ListRegions"
    );
    // A Region that is not enabled gets one call and no more.
    assert_eq!(run.calls("ListKeys", "calls"), not_enabled.len() as u64 + 18);
    assert_eq!(run.calls("ListServiceQuotas", "calls"), 17);
}

#[test]
fn a_region_that_every_account_has_and_that_refuses_is_a_gap() {
    let run = scan(
        "[[fault]]\nservice = \"account\"\nkind = \"error\"",
        &["--fail-on-gaps"],
    );
    assert_eq!(run.code(), 4);
    // The estate has two of the seventeen; the others do not accept its credentials.
    let refused: Vec<_> = run.gaps().into_iter().filter(|gap| gap.0 == "kms:ListKeys").collect();
    assert_eq!(refused.len(), 15, "{refused:?}");
    assert!(refused.iter().all(|gap| gap.1 == "UnrecognizedClientException"));
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
}

#[test]
fn a_named_region_that_is_not_enabled_is_a_gap() {
    let run = scan("", &["--region", "ap-east-1"]);
    assert!(
        run.gaps()
            .contains(&gap("kms:ListKeys", "UnrecognizedClientException", "ap-east-1", 0))
    );
}

#[test]
fn metrics_are_all_fetched_where_they_cannot_be_listed() {
    let run = scan(
        "[[fault]]\nservice = \"cloudwatch\"\noperation = \"ListMetrics\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.gaps(), []);
    assert_eq!(run.findings("near-request-quota"), 1);
    assert_eq!(run.report["coverage"]["fallbacks"].as_array().unwrap().len(), 2);
}

#[test]
fn without_service_quotas_the_builtin_table_finds_but_never_passes() {
    let run = scan("[[fault]]\nservice = \"servicequotas\"\nkind = \"error\"", &[]);
    assert_eq!(run.gaps().len(), 4);
    let quotas = run.report["quota"].as_array().unwrap();
    assert!(quotas.iter().all(|row| row["limit_source"] == "builtin"));
    assert_eq!(run.findings("near-request-quota"), 1);
    let rows = run.report["assessments"].as_array().unwrap();
    let row = rows.iter().find(|row| row["check"] == "near-request-quota").unwrap();
    assert_eq!(row["passed"], 0);
}

#[test]
fn an_operation_that_is_always_refused_is_not_asked_for_every_key() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"DescribeKey\"\nkind = \"error\"\n\
         [[fault]]\nservice = \"kms\"\noperation = \"ListResourceTags\"\nkind = \"error\"",
        &[],
    );
    assert!(
        run.calls("DescribeKey", "calls") < 100,
        "{}",
        run.calls("DescribeKey", "calls")
    );
    assert!(run.calls("ListResourceTags", "calls") < 100);
    assert!(
        run.gaps()
            .contains(&gap("kms:DescribeKey", "AccessDeniedException", "eu-west-3", 1_200))
    );
    assert_eq!(run.report["summary"]["not_assessed"], 1_203);
    assert_eq!(
        run.report["summary"]["monthly_cost_usd"], 0.0,
        "keys of unknown state may be free"
    );
}

#[test]
fn a_key_that_may_be_aws_managed_is_left_in_peace() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"DescribeKey\"\nkind = \"error\"\n\
         [[fault]]\nservice = \"kms\"\noperation = \"ListAliases\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.calls("ListResourceTags", "calls"), 0);
    assert_eq!(run.report["summary"]["customer_managed_keys"], 0);
    assert_eq!(run.report["summary"]["keys"], 1_204);
}

#[test]
fn buckets_that_could_not_be_read_do_not_look_fine() {
    let run = scan(
        "[[fault]]\nservice = \"s3\"\noperation = \"GetBucketEncryption\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.report["summary"]["buckets_not_assessed"], 3);
    assert!(
        run.stdout().contains("of 3 buckets; 3 could not be read"),
        "{}",
        run.stdout()
    );
    let run = scan(
        "[[fault]]\nservice = \"s3\"\noperation = \"ListBuckets\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.report["summary"]["bucket_inventory_complete"], false);
    assert!(
        run.stdout().contains("Buckets  could not be listed"),
        "{}",
        run.stdout()
    );
}

#[test]
fn every_key_is_in_the_report_with_its_reason() {
    let run = scan("", &[]);
    let keys = run.report["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1_203);
    let odd = keys.iter().find(|key| key["aliases"][0] == "alias/odd").unwrap();
    assert_eq!(
        (&odd["standing"], &odd["tags"]["team"]),
        (&"unjustified".into(), &"payments".into())
    );
    assert_eq!(
        keys.iter().filter(|key| key["justification"] == "policy").count(),
        1_199
    );
    assert_eq!(
        run.report["scan"]["sandbox"].as_str().unwrap().rsplit('/').next(),
        Some("estate.toml")
    );
    assert!(run.stdout().starts_with("SANDBOX"), "{}", run.stdout());
}

#[test]
fn a_denied_bucket_costs_that_bucket() {
    let run = scan(
        "[[fault]]\nservice = \"s3\"\nbucket = \"costly\"\nkind = \"error\"\ncode = \"AccessDenied\"",
        &[],
    );
    assert_eq!(
        run.gaps(),
        [gap("s3:GetBucketEncryption", "AccessDenied", "us-east-1", 1)]
    );
    assert_eq!(run.findings("bucket-key-disabled"), 0);
    assert_eq!(run.report["summary"]["buckets"], 3);
}

#[test]
fn the_operation_table_holds_nothing_that_is_never_called() {
    let run = scan("", &[]);
    let called: Vec<String> = run.report["api_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!(
                "{}:{}",
                row["service"].as_str().unwrap(),
                row["operation"].as_str().unwrap()
            )
        })
        .collect();
    let table: Vec<String> = kms_audit::aws::OPERATIONS
        .iter()
        .map(|operation| operation.id())
        .collect();
    assert_eq!(called, table);
}

#[test]
fn a_wrong_estate_is_an_error_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, ESTATE.replace("SSE-S3", "SSE-S4")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["scan", "--sandbox"])
        .arg(&file)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("SSE-S4") && stderr.contains("line"), "{stderr}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no output folder is left behind"
    );
}
