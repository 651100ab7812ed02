//! `quota`: the figures of a scan, with fewer calls, and what becomes of what cannot be read.

mod hostile;
mod watch;

use std::path::Path;
use std::process::{Command, Output};

use kms_audit::aws::QUOTA_OPERATIONS;
use serde_json::{Value, json};

use super::accounts::ORGANIZATION;
use super::regions::default_regions;
use super::run::*;

/// `quota` of an estate, by the name of its file in this folder.
fn quota(folder: &Path, estate: &str, flags: &[&str]) -> Command {
    let file = folder.join("estate.toml");
    std::fs::write(&file, estate).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
    command
        .args(["quota", "--sandbox"])
        .arg(&file)
        .args(flags)
        .current_dir(folder)
        .env("KMS_AUDIT_API_SHARE", "off")
        .env_remove("RUST_BACKTRACE");
    command
}

fn run(estate: &str, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let output = quota(folder.path(), estate, flags).output().unwrap();
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The exit code and the JSON document.
fn document(estate: &str, flags: &[&str]) -> (i32, Value) {
    let output = run(estate, &[flags, &["--format", "json"]].concat());
    let document = serde_json::from_slice(&output.stdout);
    (
        code(&output),
        document.unwrap_or_else(|_| panic!("{}", stderr(&output))),
    )
}

fn rows(document: &Value) -> Vec<Value> {
    document["quota"].as_array().unwrap().clone()
}

/// The calls of a document as `service:Operation` and how often.
fn calls(document: &Value) -> Vec<(String, u64)> {
    let rows = document["api_calls"].as_array().unwrap().iter();
    rows.map(|row| {
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        let name = format!("{}:{}", text("service"), text("operation"));
        (name, row["calls"].as_u64().unwrap())
    })
    .collect()
}

/// The rows without what only one of the two says.
fn figures(rows: &Value) -> Vec<Value> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| {
        let mut row = row.clone();
        let fields = row.as_object_mut().unwrap();
        for field in ["verdict", "not_assessed_because", "top_keys"] {
            fields.remove(field);
        }
        row
    })
    .collect()
}

/// What `near-request-quota` said of the request quotas of a report, as rows in the same form.
fn found_by_scan(report: &Value) -> Vec<(Value, Value, Value)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> = findings
        .filter(|finding| finding["check"] == "near-request-quota" && !finding["observed"]["pool"].is_null())
        .map(|finding| {
            let resource = &finding["resource"];
            let pool = &finding["observed"]["pool"];
            (resource["account_id"].clone(), resource["region"].clone(), pool.clone())
        })
        .collect();
    found.sort_by_key(|row| format!("{row:?}"));
    found
}

fn reached(document: &Value) -> Vec<(Value, Value, Value)> {
    let reached = rows(document).into_iter().filter(|row| row["verdict"] == "reached");
    let mut reached: Vec<_> = reached
        .map(|row| (row["account_id"].clone(), row["region"].clone(), row["pool"].clone()))
        .collect();
    reached.sort_by_key(|row| format!("{row:?}"));
    reached
}

fn agree(estate: &str, flags: &[&str]) -> (Run, Value) {
    let scanned = scan_estate(estate, flags);
    let (_, document) = document(estate, flags);
    assert_eq!(figures(&document["quota"]), figures(&scanned.report["quota"]));
    assert!(!rows(&document).is_empty());
    assert_eq!(reached(&document), found_by_scan(&scanned.report));
    for field in ["as_of", "accounts", "regions", "regions_not_enabled", "region_source"] {
        assert_eq!(document[field], scanned.report["scan"][field], "{field}");
    }
    (scanned, document)
}

#[test]
fn its_figures_are_those_of_a_scan_to_the_last_digit() {
    for name in [
        "saas-tenants.toml",
        "re-encryption-incident.toml",
        "denied.toml",
        "hostile-text.toml",
    ] {
        agree(&estate(name), &[]);
    }
    let (_, document) = agree(
        &estate("organization.toml"),
        &[
            "--account",
            "333300000001",
            "--account",
            "333300000002",
            "--region",
            "eu-west-3",
        ],
    );
    assert_eq!(reached(&document).len(), 2);
}

#[test]
fn its_figures_are_those_of_a_scan_where_regions_are_probed() {
    let faults = "[[fault]]\nservice = \"account\"\nkind = \"error\"";
    let (scanned, document) = agree(&format!("{ESTATE}\n{}{faults}", default_regions()), &[]);
    assert_eq!(document["region_source"], "probed");
    assert_eq!(document["coverage"]["complete"], true);
    assert_eq!(
        document["coverage"]["fallbacks"],
        scanned.report["coverage"]["fallbacks"]
    );
    // A Region that is not enabled is asked for its quotas, and for nothing else.
    let not_enabled = document["regions_not_enabled"].as_array().unwrap().len() as u64;
    let calls = calls(&document);
    let of = |name: &str| calls.iter().find(|(operation, _)| operation == name).unwrap().1;
    assert_eq!(of("servicequotas:ListServiceQuotas"), 17 + not_enabled);
    assert_eq!(of("cloudwatch:ListMetrics"), 17);
}

#[test]
fn it_asks_for_who_it_is_the_regions_the_quotas_and_their_use_and_nothing_else() {
    let (code, document) = document(&estate("saas-tenants.toml"), &[]);
    assert_eq!(code, 3);
    // Three Regions; five metrics of fourteen days go into one request.
    let expected = [
        ("account:ListRegions", 1),
        ("cloudwatch:GetMetricData", 3),
        ("cloudwatch:ListMetrics", 3),
        ("servicequotas:ListAWSDefaultServiceQuotas", 3),
        ("servicequotas:ListServiceQuotas", 3),
        ("sts:GetCallerIdentity", 1),
    ];
    assert_eq!(calls(&document), expected.map(|(name, calls)| (name.to_owned(), calls)));
    let table: Vec<String> = QUOTA_OPERATIONS.iter().map(|operation| operation.id()).collect();
    assert_eq!(
        table,
        expected.map(|(name, _)| name),
        "what the IAM policy is printed from"
    );
}

#[test]
fn with_one_region_and_one_pool_it_takes_five_calls() {
    let flags = ["--region", "eu-west-3", "--pool", "CryptographicOperationsRsa"];
    let (code, document) = document(&estate("saas-tenants.toml"), &flags);
    assert_eq!(code, 0, "2.5 of 1,000 requests a second");
    assert_eq!(calls(&document).iter().map(|(_, calls)| calls).sum::<u64>(), 5);
    assert_eq!(rows(&document).len(), 1);
    assert_eq!(rows(&document)[0]["verdict"], "below");
    assert_eq!(document["parameters"]["pools"], json!(["CryptographicOperationsRsa"]));
}

#[test]
fn a_pool_may_be_called_as_the_table_calls_it() {
    let [(code, whole), (same_code, short)] =
        ["CryptographicOperationsSymmetric", "Symmetric"].map(|pool| document(ESTATE, &["--pool", pool]));
    assert_eq!((code, rows(&whole)), (same_code, rows(&short)));
    assert!(!rows(&whole).is_empty());
}

#[test]
fn a_pool_that_does_not_exist_is_wrong_usage_and_the_nearest_is_offered() {
    let output = run(ESTATE, &["--pool", "Symetric"]);
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(
        said.contains("there is no pool `Symetric`, but `CryptographicOperationsSymmetric`\n"),
        "{said}"
    );
    assert!(!said.contains("ListKeys") && said.contains("quota --help"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn the_threshold_comes_from_the_flag_then_from_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kms-audit.toml"), "[quota]\nthreshold-percent = 80").unwrap();
    // The peak is at 75 %.
    for (flags, expected) in [(&[][..], 0), (&["--threshold", "75"], 3), (&["--threshold", "75.1"], 0)] {
        let output = quota(folder.path(), ESTATE, flags).output().unwrap();
        assert_eq!(code(&output), expected, "{flags:?}");
    }
    assert_eq!(code(&run(ESTATE, &[])), 3, "70 % without either");
}

const NO_METRICS: &str = "[[fault]]\nservice = \"cloudwatch\"\noperation = \"GetMetricData\"\nkind = \"error\"";

#[test]
fn what_could_not_be_read_is_not_assessed_in_every_format_and_a_gap() {
    let estate = format!("{ESTATE}\n{NO_METRICS}");
    let (exit, document) = document(&estate, &["--fail-on-gaps"]);
    assert_eq!(exit, 4);
    assert!(rows(&document).iter().all(|row| row["verdict"] == "not_assessed"));
    assert!(rows(&document).iter().all(|row| row["utilization"].is_null()));
    assert_eq!(document["coverage"]["complete"], false);
    assert_eq!(
        document["coverage"]["gaps"].as_array().unwrap().len(),
        2,
        "one for each Region"
    );
    let output = run(&estate, &[]);
    assert_eq!(code(&output), 0, "without --fail-on-gaps");
    let table = stdout(&output);
    assert_eq!(table.matches("not assessed").count(), 8 + 2, "{table}");
    assert!(
        table.contains("Quota: 0 at or above 70 %, 0 below, 8 not assessed."),
        "{table}"
    );
    assert!(table.contains("Coverage: INCOMPLETE. 2 gaps"), "{table}");
    let said = stderr(&output);
    assert_eq!(
        said.lines()
            .filter(|line| line.starts_with("not read: 111122223333 "))
            .count(),
        2,
        "{said}"
    );
    assert!(said.contains("cloudwatch:GetMetricData: AccessDenied"), "{said}");
    let metrics = stdout(&run(&estate, &["--format", "prometheus"]));
    assert!(metrics.contains("kms_audit_coverage_complete 0\n"));
    assert!(
        !metrics.contains("utilization_ratio{") && !metrics.contains("request_quota_peak{"),
        "{metrics}"
    );
    let assessed = metrics
        .lines()
        .filter(|line| line.starts_with("kms_audit_request_quota_assessed{"));
    assert_eq!(assessed.filter(|line| line.ends_with(" 0")).count(), 8, "{metrics}");
}

#[test]
fn a_pool_at_the_threshold_goes_before_a_gap() {
    let (code, document) = document(&estate("denied.toml"), &["--fail-on-gaps"]);
    assert_eq!((code, &document["coverage"]["complete"]), (3, &json!(false)));
}

#[test]
fn a_low_peak_is_not_below_while_the_applied_quotas_are_unknown() {
    let denied = "[[fault]]\nservice = \"servicequotas\"\nkind = \"error\"";
    let flags = ["--threshold", "90", "--fail-on-gaps"];
    let (code, document) = document(&format!("{ESTATE}\n{denied}"), &flags);
    assert_eq!(code, 4);
    let peak = rows(&document)
        .into_iter()
        .find(|row| row["usage"] == "measured")
        .unwrap();
    assert_eq!(
        (&peak["utilization"], &peak["verdict"]),
        (&json!(0.75), &json!("not_assessed"))
    );
    assert_eq!(peak["limit_source"], "builtin");
}

#[test]
fn an_account_that_cannot_be_entered_is_a_gap_and_the_others_are_looked_at() {
    let (code, document) = document(ORGANIZATION, &["--organization", "--fail-on-gaps"]);
    assert_eq!(code, 4);
    assert_eq!(document["accounts"].as_array().unwrap().len(), 5);
    assert_eq!(document["accounts_not_entered"].as_array().unwrap().len(), 2);
    let gaps = document["coverage"]["gaps"].as_array().unwrap();
    assert!(gaps.iter().all(|gap| gap["operation"] == "sts:AssumeRole"), "{gaps:?}");
    assert_eq!(gaps.len(), 2);
    // Five accounts, two Regions, four pools.
    assert_eq!(rows(&document).len(), 5 * 2 * 4);
    let output = run(ORGANIZATION, &["--organization"]);
    assert!(stderr(&output).contains("not read: 444400000001: sts:AssumeRole: AccessDenied"));
    assert!(stdout(&output).contains("  444400000001  not assessed: not entered, AccessDenied\n"));
    assert!(stdout(&output).contains("8 accounts listed: 5 looked at, 1 skipped, 2 not entered"));
}

#[cfg(unix)]
#[test]
fn a_check_that_is_stopped_says_what_it_has_and_that_it_is_not_everything() {
    use std::process::Stdio;

    let slow = "[[fault]]\nservice = \"cloudwatch\"\noperation = \"GetMetricData\"\nregion = \"us-east-1\"\n\
                kind = \"delay\"\nms = 60000";
    let folder = tempfile::tempdir().unwrap();
    let mut command = quota(folder.path(), &format!("{ESTATE}\n{slow}"), &["--format", "json"]);
    let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let sent = Command::new("kill").args(["-INT", &process.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let output = process.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["interrupted"], &document["coverage"]["complete"]),
        (&json!(true), &json!(false))
    );
    let of = |region: &str| {
        let mut rows = rows(&document).into_iter();
        let row = rows.find(|row| row["region"] == region && row["pool"] == "CryptographicOperationsSymmetric");
        row.unwrap()["verdict"].clone()
    };
    assert_eq!(
        (of("eu-west-3"), of("us-east-1")),
        (json!("reached"), json!("not_assessed"))
    );
}

#[test]
fn a_file_appears_whole_and_stdout_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--format", "prometheus", "--out", "kms-audit.prom"];
    let output = quota(folder.path(), ESTATE, &flags).output().unwrap();
    assert_eq!((code(&output), stdout(&output)), (3, String::new()));
    let file = std::fs::read_to_string(folder.path().join("kms-audit.prom")).unwrap();
    let again = quota(folder.path(), ESTATE, &["--format", "prometheus"])
        .output()
        .unwrap();
    assert_eq!(file, stdout(&again));
    let table = folder.path().join("table.txt");
    let flags = ["--output", "table.txt"];
    assert_eq!(code(&quota(folder.path(), ESTATE, &flags).output().unwrap()), 3);
    assert!(!std::fs::read_to_string(table).unwrap().contains('\u{1b}'));
}

#[test]
fn its_series_are_those_of_a_scan() {
    let series = |metrics: &str| {
        let lines = metrics.lines().filter(|line| line.contains("kms_audit_request_quota_"));
        let shared = lines.filter(|line| !line.contains("request_quota_assessed"));
        shared.map(str::to_owned).collect::<Vec<_>>()
    };
    let folder = tempfile::tempdir().unwrap();
    scan_in(folder.path(), ESTATE, &["--format", "default,prometheus"]);
    let of_scan = std::fs::read_to_string(folder.path().join("out/metrics.prom")).unwrap();
    let of_quota = stdout(&run(ESTATE, &["--format", "prometheus"]));
    assert!(series(&of_quota).len() > 10);
    assert_eq!(series(&of_quota), series(&of_scan));
}
