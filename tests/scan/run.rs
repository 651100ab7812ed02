//! Runs the program on an estate and reads its report.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Two Regions and one that is not enabled, 1,200 keys so that lists have pages, a peak at 75 %, an alarm that is fed by
/// the events of a trail, three buckets.
pub const ESTATE: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"

[[region]]
name = "eu-west-3"
[[region.key]]
count = 1199
alias = "alias/app-{n}"
tags = { requirement = "contract" }
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
[[region.metric_filter]]
name = "throttled"
log_group = "trail"
pattern = "{ $.errorCode = \"ThrottlingException\" }"
namespace = "Security"
metric = "KmsThrottled"
[[region.alarm]]
name = "kms-throttled"
namespace = "Security"
metric = "KmsThrottled"
stat = "Sum"
period = 60
threshold = 0
comparison = "GreaterThanThreshold"
actions = ["oncall"]

[[region]]
name = "us-east-1"
[[region.key]]
count = 3
tags = { DataClass = "public" }

[[region]]
name = "ap-east-1"
enabled = false

[[trail]]
name = "security"
home_region = "eu-west-3"
multi_region = true
bucket = "trail-{account}"
log_group = "trail"

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

/// The text of an estate of `fixtures/estates`.
pub fn estate(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", "estates", name]
        .iter()
        .collect();
    std::fs::read_to_string(path).unwrap()
}

pub struct Run {
    pub report: Value,
    pub page: String,
    pub output: Output,
}

impl Run {
    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub fn keys(&self, region: &str) -> u64 {
        let rows = self.report["inventory"].as_array().unwrap();
        let row = rows.iter().find(|row| row["region"] == region).unwrap();
        row["customer_managed"].as_u64().unwrap()
    }

    /// The gaps as operation, error code, Region and number of resources.
    pub fn gaps(&self) -> Vec<(String, String, String, usize)> {
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

    pub fn findings(&self, check: &str) -> usize {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["check"] == check).count()
    }

    pub fn calls(&self, operation: &str, field: &str) -> u64 {
        let calls = self.report["api_calls"].as_array().unwrap();
        let row = calls.iter().find(|row| row["operation"] == operation);
        row.map_or(0, |row| row[field].as_u64().unwrap())
    }
}

/// The scan of a sandbox, by the name of its file or the URL of its server, with the report in `folder/out`.
pub fn command(folder: &Path, sandbox: impl AsRef<OsStr>) -> Command {
    command_into(folder, sandbox, Path::new("out"))
}

/// The same with the report elsewhere.
pub fn command_into(folder: &Path, sandbox: impl AsRef<OsStr>, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
    command
        .args(["scan", "--sandbox"])
        .arg(sandbox)
        .env("KMS_AUDIT_OUT", out)
        .current_dir(folder)
        .env("KMS_AUDIT_API_SHARE", "off")
        .env("KMS_AUDIT_PROFILE", "the sandbox needs none")
        .env("KMS_AUDIT_THRESHOLD", "")
        // As long as it takes: what is in a report must not depend on the pace of this machine.
        .env("KMS_AUDIT_LAST_USAGE_BUDGET", "10m")
        .env_remove("RUST_BACKTRACE");
    command
}

/// Every file below a folder.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}

pub fn scan_in(folder: &Path, estate: &str, flags: &[&str]) -> Run {
    let file = folder.join("estate.toml");
    std::fs::write(&file, estate).unwrap();
    let out = folder.join("out");
    let output = command(folder, &file).args(flags).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    let report = std::fs::read(out.join("report.json")).unwrap_or_else(|_| panic!("no report: {stderr}"));
    let report = serde_json::from_slice(&report).unwrap();
    let page = std::fs::read_to_string(out.join("report.md")).unwrap();
    Run { report, page, output }
}

pub fn scan(faults: &str, flags: &[&str]) -> Run {
    scan_estate(&format!("{ESTATE}\n{faults}"), flags)
}

pub fn scan_estate(estate: &str, flags: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    scan_in(folder.path(), estate, flags)
}

pub fn gap(operation: &str, code: &str, region: &str, resources: usize) -> (String, String, String, usize) {
    (operation.to_owned(), code.to_owned(), region.to_owned(), resources)
}
