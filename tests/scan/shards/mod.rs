//! Scans that several processes share, and the one run that `merge` makes of them.

mod refusals;
mod restarts;
mod whole;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::accounts::ORGANIZATION;
use super::run::*;

/// The estate of these tests, in a folder of its own.
fn folder_with(estate: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("estate.toml"), estate).unwrap();
    folder
}

/// The scan of a shard into `folder/run`.
fn shard(folder: &Path, shard: &str, flags: &[&str]) -> Command {
    let mut command = command_into(folder, "estate.toml", Path::new("run"));
    command.args(["--organization", "--shard", shard]).args(flags);
    command
}

/// Scans every one of `of` shards into `folder/run`.
fn scan_shards(folder: &Path, of: u32, flags: &[&str]) {
    for number in 1..=of {
        assert_success(&shard(folder, &format!("{number}/{of}"), flags).output().unwrap());
    }
}

/// Brings the shards below `folder/run` together in `folder/merged`.
fn merge(folder: &Path, flags: &[&str]) -> Output {
    merge_of(folder, &["run"], flags)
}

fn merge_of(folder: &Path, shards: &[&str], flags: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .arg("merge")
        .args(shards)
        .args(["--out", "merged"])
        .args(flags)
        .current_dir(folder)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    output
}

fn assert_success(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
