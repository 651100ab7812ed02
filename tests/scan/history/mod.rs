//! Earlier runs, read again: judged anew, compared, and over time.

mod assess;
mod diff;
mod trend;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::run::{Run, scan_in};

/// A week before the second run: keys with and without a reason, a peak, buckets with and without a Bucket Key.
const ESTATE: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"
[[region]]
name = "eu-west-3"
[[region.key]]
count = 5
alias = "alias/app-{n}"
description = "orders"
tags = { requirement = "policy" }
created = "2026-01-01T00:00:00Z"
[[region.key]]
alias = "alias/odd"
tags = { team = "payments" }
created = "2026-01-01T00:00:00Z"
[[region.usage]]
resource = "CryptographicOperationsSymmetric"
constant = { rps = 50 }
[[region]]
name = "us-east-1"
[[region.key]]
alias = "alias/public"
tags = { DataClass = "public" }
created = "2026-01-01T00:00:00Z"
[[bucket]]
name = "costly"
region = "us-east-1"
encryption = "SSE-KMS"
[[bucket]]
name = "plain"
region = "eu-west-3"
encryption = "SSE-S3"
"#;

/// Runs of estates, each in a folder of its own.
struct Runs {
    folder: tempfile::TempDir,
    made: u32,
}

impl Runs {
    fn new() -> Self {
        Runs {
            folder: tempfile::tempdir().unwrap(),
            made: 0,
        }
    }

    fn scan(&mut self, estate: &str, flags: &[&str]) -> PathBuf {
        self.scanned(estate, flags).0
    }

    fn scanned(&mut self, estate: &str, flags: &[&str]) -> (PathBuf, Run) {
        self.made += 1;
        let folder = self.folder.path().join(format!("run-{}", self.made));
        std::fs::create_dir(&folder).unwrap();
        let run = scan_in(&folder, estate, flags);
        (folder.join("out"), run)
    }

    /// What changed, as the program says it in JSON.
    fn diff(&mut self, old: &Path, new: &Path) -> Value {
        let output = kms_audit(&[&"diff", &old, &new, &"--format", &"json"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn kms_audit(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    let output = command.env_remove("RUST_BACKTRACE").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    output
}

fn said(output: &Output) -> String {
    String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap()
}

fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn kinds(diff: &Value) -> Vec<&str> {
    let changes = diff["changes"].as_array().unwrap();
    changes
        .iter()
        .map(|change| change["change"].as_str().unwrap())
        .collect()
}

fn not_comparable(diff: &Value) -> Vec<(&str, &str)> {
    let rows = diff["not_comparable"].as_array().unwrap();
    rows.iter()
        .map(|row| (row["what"].as_str().unwrap(), row["run"].as_str().unwrap()))
        .collect()
}
