//! Scans that were killed, stopped or broken off, and gone on with.

mod disk;
mod kills;
mod parameters;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::accounts::ORGANIZATION;
use super::run::*;

/// A scan of the estate of this folder into a folder of its own.
fn scan(folder: &Path, flags: &[&str]) -> Command {
    let mut command = command(folder, "estate.toml");
    command.args(flags);
    command
}

/// The same run, gone on with.
fn resume(folder: &Path, flags: &[&str]) -> Command {
    let mut command = command(folder, "estate.toml");
    command.args(["--resume", "out"]).args(flags);
    command
}

fn write_estate(folder: &Path, estate: &str) {
    std::fs::write(folder.join("estate.toml"), estate).unwrap();
}

fn stderr(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

fn assert_success(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

fn report(out: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap()
}

/// Every file of a run, with the tables unpacked. No file is half-written, and nothing is left that locks the folder.
fn files(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let unpacked = |path: PathBuf| {
        let mut bytes = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "zst") {
            bytes = zstd::decode_all(bytes.as_slice()).unwrap();
        }
        (path.strip_prefix(out).unwrap().to_owned(), bytes)
    };
    let files: BTreeMap<_, _> = walk(out).into_iter().map(unpacked).collect();
    for name in files.keys() {
        let name = name.file_name().unwrap().to_str().unwrap();
        assert!(!name.starts_with('.'), "{name} is left behind");
    }
    files
}

/// Two runs hold the same, to the byte.
fn assert_same_run(resumed: &Path, uninterrupted: &Path) {
    let (resumed, uninterrupted) = (files(resumed), files(uninterrupted));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&resumed), names(&uninterrupted));
    let differs = |name: &PathBuf| resumed[name] != uninterrupted[name];
    // The manifest, which has the hashes of the others, last: the name of another says more.
    let (manifest, others): (Vec<_>, Vec<_>) =
        uninterrupted.keys().partition(|name| name.ends_with("manifest.json"));
    if let Some(name) = others.into_iter().chain(manifest).find(|name| differs(name)) {
        let text = |files: &BTreeMap<PathBuf, Vec<u8>>| String::from_utf8_lossy(&files[name]).into_owned();
        let (resumed, uninterrupted) = (text(&resumed), text(&uninterrupted));
        let line = resumed.lines().zip(uninterrupted.lines()).find(|(a, b)| a != b);
        panic!("{} differs: {line:?}", name.display());
    }
}

fn assert_verified(out: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .arg("verify")
        .arg(out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
