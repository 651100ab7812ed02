//! The folder of a run as evidence: verified, altered, signed, and without secrets.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::run::{command, scan_in};

const ESTATE: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"
[[region]]
name = "eu-west-3"
[[region.key]]
count = 20
alias = "alias/app-{n:02}"
tags = { requirement = "policy" }
[[bucket]]
name = "costly"
region = "eu-west-3"
encryption = "SSE-KMS"
"#;

/// The folder of a finished run.
fn run(flags: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let run = scan_in(folder.path(), ESTATE, flags);
    assert_eq!(run.code(), 0, "{:?}", run.output);
    let out = folder.path().join("out");
    (folder, out)
}

fn verify(folder: &Path, flags: &[&str]) -> (i32, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .arg("verify")
        .arg(folder)
        .args(flags)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn a_run_that_nobody_touched_is_verified_and_its_manifest_says_what_it_was() {
    let (_keep, out) = run(&["--threshold", "69.99"]);
    let (code, said) = verify(&out, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("asked by arn:aws:"), "{said}");
    assert!(said.lines().last().unwrap().starts_with("Verified: "), "{said}");
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["parameters"]["threshold_percent"], 69.99);
    assert_eq!(manifest["coverage_complete"], true);
    assert_eq!(manifest["files"].as_array().unwrap().len(), files(&out).len() - 1);
    assert!(!manifest["api_calls"].as_array().unwrap().is_empty());
}

#[test]
fn one_other_byte_anywhere_in_a_run_is_named() {
    let (_keep, out) = run(&[]);
    for file in files(&out) {
        let content = std::fs::read(&file).unwrap();
        let name = file.strip_prefix(&out).unwrap().to_string_lossy().into_owned();
        // The first, the last, and some in between.
        for position in [0, content.len() / 3, content.len() / 2, content.len() - 1] {
            let mut altered = content.clone();
            altered[position] ^= 0x20;
            std::fs::write(&file, &altered).unwrap();
            let (code, said) = verify(&out, &[]);
            assert!(said.contains(&name), "{name}, byte {position}: {said}");
            // A manifest that is no JSON any more cannot be held against anything.
            assert!(
                code == 5 || (code == 1 && name == "manifest.json"),
                "{name}, byte {position}: {said}"
            );
        }
        std::fs::write(&file, &content).unwrap();
    }
    assert_eq!(verify(&out, &[]).0, 0);
}

#[test]
fn the_exit_code_says_what_is_wrong() {
    let (_keep, out) = run(&[]);
    std::fs::write(out.join("notes.txt"), "x").unwrap();
    let (code, said) = verify(&out, &[]);
    assert_eq!((code, said.lines().next().unwrap()), (7, "extra     notes.txt"));
    std::fs::remove_file(out.join("report.md")).unwrap();
    let (code, said) = verify(&out, &[]);
    assert_eq!((code, said.lines().nth(1).unwrap()), (6, "missing   report.md"));
    std::fs::write(out.join("report.json"), "{}").unwrap();
    let (code, said) = verify(&out, &[]);
    assert_eq!((code, said.lines().nth(1).unwrap()), (5, "altered   report.json"));
    assert_eq!(verify(&out.join("snapshot"), &[]).0, 1, "no manifest");
}

fn key(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&path)
        .status()
        .expect("ssh-keygen: install OpenSSH (Debian: apt-get install openssh-client)");
    assert!(made.success());
    path
}

#[test]
fn a_signature_holds_for_those_who_may_sign_and_for_this_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, other) = (key(folder.path(), "auditor"), key(folder.path(), "stranger"));
    let allowed = |name: &str, key: &Path| {
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        let path = folder.path().join(format!("allowed-{name}"));
        std::fs::write(&path, format!("{name}@example.com {public}")).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (allowed_mine, allowed_other) = (allowed("auditor", &mine), allowed("stranger", &other));
    let (_keep, out) = run(&["--sign-with", &mine.to_string_lossy()]);

    let (code, said) = verify(&out, &["--allowed-signers", &allowed_mine]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Signed by auditor@example.com."), "{said}");
    let (code, said) = verify(&out, &["--allowed-signers", &allowed_other]);
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("Not signed"), "{said}");
    assert_eq!(
        verify(&out, &[]).0,
        0,
        "without being asked, nobody's signature is looked at"
    );

    // A manifest that was made anew after a change has a right digest and no signature.
    let (_keep, forged) = run(&[]);
    std::fs::copy(forged.join("manifest.json"), out.join("manifest.json")).unwrap();
    let (_, said) = verify(&out, &["--allowed-signers", &allowed_mine]);
    assert!(said.contains("NOT VERIFIED"), "{said}");
    let (_keep, unsigned) = run(&[]);
    assert_eq!(verify(&unsigned, &["--allowed-signers", &allowed_mine]).0, 8);
}

#[test]
fn a_key_that_cannot_sign_is_an_error_and_the_run_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, ESTATE).unwrap();
    let output = command(folder.path(), &file)
        .args(["--sign-with", "nowhere"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("did not sign") && said.contains("nowhere"), "{said}");
    assert_eq!(verify(&folder.path().join("out"), &[]).0, 0);
}
