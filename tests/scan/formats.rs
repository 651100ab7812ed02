//! `--format`: which files a run writes, and where to.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use super::run;

/// A small account with a finding and a gap.
const ESTATE: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"
[[region]]
name = "eu-west-3"
[[region.key]]
alias = "alias/odd"
[[fault]]
service = "kms"
operation = "ListAliases"
kind = "error"
code = "AccessDeniedException"
"#;

fn scan(folder: &Path, environment: &[(&str, &str)], flags: &[&str]) -> Output {
    let estate = folder.join("estate.toml");
    std::fs::write(&estate, ESTATE).unwrap();
    let mut command = run::command(folder, &estate);
    let environment = environment.iter().copied();
    command.args(flags).envs(environment).output().unwrap()
}

/// The reports in the folder of a run.
fn reports(run: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(run).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let names = files.map(|file| file.file_name().into_string().unwrap());
    names
        .filter(|name| !matches!(name.as_str(), "manifest.json" | "run.json"))
        .collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_flag_goes_before_the_environment_and_both_before_the_configuration() {
    let usual = names(&[
        "report.json",
        "report.html",
        "report.md",
        "findings.csv",
        "inventory.csv",
    ]);
    let config = "[report]\nformats = ['inventory-csv']\n";
    let environment = ("KMS_AUDIT_FORMAT", "findings-csv,markdown");
    for (environment, flags, config, expected) in [
        (&[][..], &[][..], "", usual.clone()),
        (&[("KMS_AUDIT_FORMAT", "")], &[], "", usual),
        (&[], &[], config, names(&["report.json", "inventory.csv"])),
        (
            &[environment],
            &[],
            config,
            names(&["report.json", "findings.csv", "report.md"]),
        ),
        (&[environment], &["--format", "json"], config, names(&["report.json"])),
        (
            &[],
            &["--format", "markdown", "--format", "inventory-csv,json"],
            "",
            names(&["report.json", "report.md", "inventory.csv"]),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kms-audit.toml"), config).unwrap();
        let output = scan(folder.path(), environment, flags);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            reports(&folder.path().join("out")),
            expected,
            "{environment:?} {flags:?} {config}"
        );
    }
}

#[test]
fn what_goes_to_stdout_is_there_alone_and_the_summary_is_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let output = scan(folder.path(), &[], &["--format", "json=-,findings-csv"]);
    assert!(output.status.success(), "{output:?}");
    let run = folder.path().join("out");
    assert!(output.stdout == std::fs::read(run.join("report.json")).unwrap());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("Coverage: INCOMPLETE"),
        "{stderr}"
    );
    assert!(!stderr.contains('\u{1b}'));
    assert_eq!(reports(&run), names(&["report.json", "findings.csv"]));
}

#[test]
fn what_goes_elsewhere_is_in_no_manifest_and_the_run_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let output = scan(folder.path(), &[], &["--format", "default,findings-csv=here.csv"]);
    assert!(output.status.success(), "{output:?}");
    let run = folder.path().join("out");
    let here = std::fs::read(folder.path().join("here.csv")).unwrap();
    assert!(here == std::fs::read(run.join("findings.csv")).unwrap());
    let manifest = std::fs::read_to_string(run.join("manifest.json")).unwrap();
    assert!(
        manifest.contains("\"findings.csv\"") && !manifest.contains("here.csv"),
        "{manifest}"
    );
    let program = || Command::new(env!("CARGO_BIN_EXE_kms-audit"));
    assert!(program().arg("verify").arg(&run).status().unwrap().success());
    let assessed = folder.path().join("again");
    let assess = |format: &str| {
        let mut command = program();
        command
            .arg("assess")
            .arg(&run)
            .arg("--out")
            .arg(&assessed)
            .args(["--format", format]);
        command.current_dir(folder.path()).output().unwrap()
    };
    let refused = assess("json=out/again.json");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(!assessed.exists());
    assert!(assess("inventory-csv=again.csv").status.success());
    let again = std::fs::read(folder.path().join("again.csv")).unwrap();
    assert!(again == std::fs::read(run.join("inventory.csv")).unwrap());
    assert_eq!(reports(&assessed), names(&["report.json"]));
}

#[test]
fn a_format_that_cannot_be_is_wrong_usage_and_nothing_is_scanned() {
    for (flags, words) in [
        ("sarfi", "no format `sarfi`"),
        ("json=-,markdown=-", "only one format can go to stdout"),
        ("json=no/such/folder/x", "does not exist"),
        ("json=out/x", "leave =FILE away"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("out");
        std::fs::create_dir(&run).unwrap();
        let output = scan(folder.path(), &[], &["--format", flags]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
        assert_eq!(std::fs::read_dir(&run).unwrap().count(), 0);
    }
}
