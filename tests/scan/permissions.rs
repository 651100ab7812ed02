//! Whoever runs the program can read what it writes, and nobody else, whatever the umask is.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::estate;

/// Runs the program in a folder, where whatever is made would be for everybody to read.
fn program(folder: &Path, arguments: &[&str]) {
    let output = Command::new("sh")
        .args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_kms-audit")])
        .args(arguments)
        .current_dir(folder)
        .env("KMS_AUDIT_API_SHARE", "off")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// The mode of everything below a folder.
fn modes(folder: &Path) -> BTreeMap<PathBuf, u32> {
    let entries = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .into_iter()
        .map(Result::unwrap);
    entries
        .map(|entry| {
            (
                entry.path().to_owned(),
                entry.metadata().unwrap().permissions().mode() & 0o7777,
            )
        })
        .collect()
}

#[test]
fn nobody_else_can_read_what_is_written_whatever_the_umask_is() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(
        made.expect("ssh-keygen: install OpenSSH (Debian: apt-get install openssh-client)")
            .success()
    );
    std::fs::write(folder.path().join("estate.toml"), estate("regulated.toml")).unwrap();
    let before = modes(folder.path());
    for arguments in [
        &[
            "scan",
            "--sandbox",
            "estate.toml",
            "--sign-with",
            "key",
            "--out",
            "scans/of/june",
        ][..],
        &["scan", "--sandbox", "estate.toml"],
        &["assess", "scans/of/june", "--sign-with", "key", "--out", "again"],
        &["diff", "scans/of/june", "again", "--out", "changes.txt"],
        &[
            "diff",
            "scans/of/june",
            "again",
            "--format",
            "json",
            "--out",
            "changes.json",
        ],
        &[
            "diff",
            "scans/of/june",
            "again",
            "--format",
            "markdown",
            "--out",
            "changes.md",
        ],
        &[
            "trend",
            "scans/of/june",
            "again",
            "--chart",
            "chart.svg",
            "--out",
            "numbers.txt",
        ],
        &[
            "trend",
            "scans/of/june",
            "again",
            "--format",
            "csv",
            "--out",
            "numbers.csv",
        ],
    ] {
        program(folder.path(), arguments);
    }
    let mut made = modes(folder.path());
    made.retain(|path, _| !before.contains_key(path));
    // Three runs with their folders, and six files that come of two of them.
    assert!(made.len() > 100, "{made:?}");
    for name in [
        "scans/of/june/manifest.json.sig",
        "again/manifest.json.sig",
        "changes.json",
        "chart.svg",
        "numbers.csv",
    ] {
        assert!(made.contains_key(&folder.path().join(name)), "{name}");
    }
    for (path, mode) in made {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} has mode {mode:o}", path.display());
    }
}
