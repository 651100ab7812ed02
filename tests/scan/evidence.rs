//! The folder of a run as evidence: verified, altered, signed, and without secrets.

use std::hash::{BuildHasher, RandomState};
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

/// A run that somebody signed.
fn signed_run() -> (tempfile::TempDir, PathBuf) {
    let keys = tempfile::tempdir().unwrap();
    let run = run(&["--sign-with", &key(keys.path(), "auditor").to_string_lossy()]);
    assert!(run.1.join("manifest.json.sig").is_file());
    run
}

/// Positions in a file: the first, the last, and others by chance.
fn positions(length: usize) -> Vec<usize> {
    let chance = || RandomState::new().hash_one(length) as usize % length;
    vec![0, length - 1, length / 2, chance(), chance(), chance(), chance()]
}

/// Puts every file of a run into other states, one after the other, and verifies it: the file is named as altered. Of a
/// manifest that cannot be read any more, the error tells.
fn alter_each_file(alter: impl Fn(Vec<u8>) -> Vec<(String, Vec<u8>)>) {
    let (_keep, out) = signed_run();
    let files = files(&out);
    assert_eq!(files.len(), 22, "{files:?}");
    for file in files {
        let content = std::fs::read(&file).unwrap();
        let name = file.strip_prefix(&out).unwrap().to_string_lossy().into_owned();
        for (how, altered) in alter(content.clone()) {
            std::fs::write(&file, &altered).unwrap();
            let (code, said) = verify(&out, &[]);
            let is_named = said.contains(&format!("altered   {name}\n"));
            let is_unreadable =
                name == "manifest.json" && code == 1 && said.contains("manifest.json is not a manifest");
            assert!(
                (code == 5 && is_named) || is_unreadable,
                "{name}, {how}: {code}, {said}"
            );
        }
        std::fs::write(&file, &content).unwrap();
    }
    assert_eq!(verify(&out, &[]).0, 0);
}

#[test]
fn one_other_byte_anywhere_in_a_run_is_named() {
    alter_each_file(|content| {
        let flipped = |(n, at): (usize, usize)| {
            let (mask, mut altered) = ([0x20, 0x01, 0x80, 0x08, 0xff, 0x02, 0x40][n], content.clone());
            altered[at] ^= mask;
            (format!("byte {at} of {} with {mask:#x}", content.len()), altered)
        };
        positions(content.len()).into_iter().enumerate().map(flipped).collect()
    });
}

#[test]
fn a_byte_more_or_less_anywhere_in_a_run_is_named() {
    alter_each_file(|content| {
        let more = |at: usize, byte: u8| [&content[..at], &[byte], &content[at..]].concat();
        let (last, middle) = (content.len() - 1, content.len() / 2);
        let states = [
            ("nothing", Vec::new()),
            ("the last byte less", content[..last].to_vec()),
            ("half of it", content[..middle].to_vec()),
            ("the first byte less", content[1..].to_vec()),
            ("a line feed more", more(last + 1, b'\n')),
            ("a zero more", more(last + 1, 0)),
            ("a blank before", more(0, b' ')),
            ("a byte in the middle", more(middle, b'x')),
            ("twice", content.repeat(2)),
        ];
        states
            .into_iter()
            .map(|(how, altered)| (how.to_owned(), altered))
            .collect()
    });
}

#[test]
fn any_file_that_is_missing_or_added_is_named() {
    let (_keep, out) = signed_run();
    for file in files(&out) {
        let content = std::fs::read(&file).unwrap();
        let name = file.strip_prefix(&out).unwrap().to_string_lossy().into_owned();
        std::fs::remove_file(&file).unwrap();
        let (code, said) = verify(&out, &[]);
        match name.as_str() {
            "manifest.json" => assert!(code == 1 && said.contains("has no manifest.json"), "{said}"),
            // Whether it has to be there is for whoever asks for it to say.
            "manifest.json.sig" => assert_eq!(code, 0, "{said}"),
            _ => assert!(
                code == 6 && said.contains(&format!("missing   {name}\n")),
                "{name}: {said}"
            ),
        }
        std::fs::write(&file, &content).unwrap();
        let beside = PathBuf::from(format!("{}.bak", file.display()));
        std::fs::write(&beside, &content).unwrap();
        let (code, said) = verify(&out, &[]);
        assert!(
            code == 7 && said.contains(&format!("extra     {name}.bak\n")),
            "{name}: {said}"
        );
        std::fs::remove_file(&beside).unwrap();
    }
    assert_eq!(verify(&out, &[]).0, 0);
}

#[test]
fn a_signature_that_cannot_be_looked_at_is_no_difference_unless_it_is_asked_for() {
    let (_keep, out) = signed_run();
    let verify_without_openssh = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
        let output = command
            .arg("verify")
            .arg(&out)
            .args(flags)
            .env("PATH", "/nonexistent")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = verify_without_openssh(&[]);
    assert!(
        code == Some(0) && said.contains("was not looked at: cannot run ssh-keygen"),
        "{said}"
    );
    let (code, said) = verify_without_openssh(&["--allowed-signers", "anybody"]);
    assert!(
        code == Some(8) && said.contains("Not signed: cannot run ssh-keygen"),
        "{said}"
    );
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

/// A scan in a folder that is to be signed with a key there.
fn signed_with(folder: &Path, key: &str) -> Output {
    let file = folder.join("estate.toml");
    std::fs::write(&file, ESTATE).unwrap();
    command(folder, &file).args(["--sign-with", key]).output().unwrap()
}

#[test]
fn a_key_that_cannot_sign_is_an_error_and_the_run_stays() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("no-key"), "not a key").unwrap();
    let output = signed_with(folder.path(), "no-key");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("did not sign") && said.contains("no-key"), "{said}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("Coverage:"));
    assert_eq!(verify(&folder.path().join("out"), &[]).0, 0);
}

#[test]
fn a_key_that_is_not_there_is_refused_before_the_scan_begins() {
    let folder = tempfile::tempdir().unwrap();
    let output = signed_with(folder.path(), "nowhere");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no key nowhere"), "{said}");
    assert!(!folder.path().join("out").exists());
}
