//! What a scan finds where everything answers.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::accounts::ORGANIZATION;
use super::accounts::listing::unit_ids;
use super::run::*;

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
        keys.iter().filter(|key| key["justification"] == "contract").count(),
        1_199
    );
    assert_eq!(
        run.report["scan"]["sandbox"].as_str().unwrap().rsplit('/').next(),
        Some("estate.toml")
    );
    assert!(run.stdout().starts_with("SANDBOX"), "{}", run.stdout());
}

#[test]
fn the_operation_table_holds_nothing_that_is_never_called() {
    let called_in = |estate: &str, flags: &[&str]| -> Vec<String> {
        let run = scan_estate(estate, flags);
        let rows = run.report["api_calls"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        rows.map(|row| format!("{}:{}", text(&row["service"]), text(&row["operation"])))
            .collect()
    };
    let aggregator = format!("{ESTATE}\n[[config_aggregator]]\nname = \"all\"\nregion = \"eu-west-3\"");
    let unit = unit_ids(ORGANIZATION)["Workloads"].clone();
    let called: BTreeSet<String> = [
        (ESTATE, &[][..]),
        (&estate("regulated.toml"), &[]),
        (ORGANIZATION, &["--organization", "--tags-from", "resource-groups"]),
        (ORGANIZATION, &["--organizational-unit", &unit]),
        (&aggregator, &["--source", "config-aggregator"]),
    ]
    .into_iter()
    .flat_map(|(estate, flags)| called_in(estate, flags))
    .collect();
    let table: BTreeSet<String> = kms_audit::aws::OPERATIONS
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
