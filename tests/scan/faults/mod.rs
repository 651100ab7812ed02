//! Every kind of fault that an estate can ask for, each with what exactly is in the report then. Denials of one
//! operation, key or bucket are in `failures.rs`.

mod clock;
mod credentials;
mod denials;
mod lists;
mod network;
mod random;
mod throttling;
mod web_pages;

use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use super::run::*;

/// Two Regions, 23 keys, a peak at 75 %, three buckets.
const SMALL: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"

[[region]]
name = "eu-west-3"
[[region.key]]
count = 20
alias = "alias/app-{n:02}"
tags = { requirement = "policy" }
policy = '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:role/app" }, "Action": "kms:*", "Resource": "*" }] }'
[[region.usage]]
resource = "CryptographicOperationsSymmetric"
constant = { rps = 50 }
batch = [{ start = "2026-06-14T01:30:00Z", minutes = 1, rps = 7450 }]

[[region]]
name = "eu-central-1"
[[region.key]]
count = 3
tags = { requirement = "audit" }

[[bucket]]
name = "plain"
region = "eu-west-3"
encryption = "SSE-S3"
[[bucket]]
name = "costly"
region = "eu-central-1"
encryption = "SSE-KMS"
[[bucket]]
name = "frugal"
region = "eu-west-3"
encryption = "SSE-KMS"
bucket_key = true
"#;

/// The small estate with a fault.
fn with_fault(fault: &str) -> String {
    format!("{SMALL}\n[[fault]]\n{fault}")
}

/// What the report says of the account: all but how, when and on which file the scan ran.
fn findings_and_facts(run: &Run) -> Value {
    let mut report = run.report.clone();
    for field in ["api_calls", "scan"] {
        report.as_object_mut().unwrap().remove(field);
    }
    report
}

/// The scan of the small estate when nothing goes wrong.
fn calm_run() -> &'static Run {
    static CALM: OnceLock<Run> = OnceLock::new();
    CALM.get_or_init(|| {
        let run = scan_estate(SMALL, &["--fail-on-gaps"]);
        assert_eq!((run.code(), run.gaps()), (0, vec![]));
        assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (20, 3));
        for row in run.report["api_calls"].as_array().unwrap() {
            assert_eq!((&row["throttled"], &row["retried"]), (&0.into(), &0.into()), "{row}");
        }
        run
    })
}

/// What its report says of the account.
fn calm() -> &'static Value {
    static CALM: OnceLock<Value> = OnceLock::new();
    CALM.get_or_init(|| findings_and_facts(calm_run()))
}

/// A scan that is to find all that it would find without the fault.
fn scan_that_misses_nothing(fault: &str) -> Run {
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(findings_and_facts(&run), *calm());
    for row in run.report["api_calls"].as_array().unwrap() {
        let operation = row["operation"].as_str().unwrap();
        let asked = run.calls(operation, "calls") - run.calls(operation, "retried");
        assert_eq!(asked, calm_run().calls(operation, "calls"), "{operation}");
    }
    run
}

/// The operations that were tried again, and how often. Nothing is asked that is not asked without the fault.
fn retried(run: &Run) -> Vec<(String, u64)> {
    let mut retried = Vec::new();
    for row in run.report["api_calls"].as_array().unwrap() {
        let operation = row["operation"].as_str().unwrap();
        let again = run.calls(operation, "retried");
        let asked = run.calls(operation, "calls") - again;
        assert!(asked <= calm_run().calls(operation, "calls"), "{operation}");
        if again > 0 {
            retried.push((operation.to_owned(), again));
        }
    }
    retried
}

fn times(operation: &str, times: u64) -> (String, u64) {
    (operation.to_owned(), times)
}

/// How often AWS said that a scan is too fast.
fn throttled(run: &Run) -> u64 {
    let rows = run.report["api_calls"].as_array().unwrap();
    rows.iter().map(|row| row["throttled"].as_u64().unwrap()).sum()
}

/// The program on an estate, with these flags alone, and the report if there is one.
fn program(estate: &str, flags: &[&str]) -> (Output, Option<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, estate).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["scan", "--out", "out", "--sandbox"])
        .arg(&file)
        .args(flags)
        .current_dir(folder.path())
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("panicked"),
        "{output:?}"
    );
    let report = std::fs::read(folder.path().join("out/report.json")).ok();
    (output, report.map(|report| serde_json::from_slice(&report).unwrap()))
}
