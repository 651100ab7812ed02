//! How the program behaves to people and to what reads it: a pipe that closes, a file that is there, an error that says
//! what to do.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::run::ESTATE;

fn kms_audit(folder: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
    command
        .args(flags)
        .current_dir(folder)
        .env("KMS_AUDIT_API_SHARE", "off")
        .env("AWS_CONFIG_FILE", "/nonexistent/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_PROFILE")
        .env_remove("RUST_BACKTRACE");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with the estate, and a run of it in `run`.
fn with_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("estate.toml"), ESTATE).unwrap();
    let scan = ["scan", "--sandbox", "estate.toml", "--out", "run"];
    let output = kms_audit(folder.path(), &scan).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    folder
}

#[test]
fn a_pipe_that_nobody_reads_is_no_error_for_any_command() {
    let folder = with_run();
    for line in [
        "scan --sandbox estate.toml",
        "scan --sandbox estate.toml --format findings-csv=-",
        "quota --sandbox estate.toml --region us-east-1",
        "quota --sandbox estate.toml --region us-east-1 --format json",
        "quota --sandbox estate.toml --region us-east-1 --format prometheus",
        "assess run",
        "diff run run",
        "diff run run --format json",
        "diff run run --format markdown",
        "trend run",
        "trend run --format csv",
        "trend run --format json",
        "verify run",
        "checks list",
        "checks show near-request-quota",
        "template iam-policy",
        "template organization-policy",
        "template role-stackset",
        "init --out -",
        "init --out new.toml",
        "completions bash",
        "man",
        "sandbox generate",
        "--help",
        "scan --help",
        "--version",
    ] {
        let flags: Vec<&str> = line.split(' ').collect();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = kms_audit(folder.path(), &flags)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = stderr(&output);
        // The summary is there where stdout is taken.
        let expected = if line.contains("=-") { "SANDBOX:" } else { "" };
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        assert!(
            said.starts_with(expected) && said.is_empty() == expected.is_empty(),
            "{line}: {said}"
        );
        assert!(!said.contains("kms-audit:"), "{line}: {said}");
    }
}

#[test]
fn nothing_that_is_no_terminal_gets_colours() {
    let folder = with_run();
    for line in [
        "assess run",
        "quota --sandbox estate.toml -v",
        "diff run run",
        "trend run",
        "scan --help",
        "scan --no",
    ] {
        let flags: Vec<&str> = line.split(' ').collect();
        let output = kms_audit(folder.path(), &flags).output().unwrap();
        for text in [&output.stdout, &output.stderr] {
            assert!(!text.contains(&0x1b), "{line}: {}", String::from_utf8_lossy(text));
        }
    }
}

#[test]
fn the_summary_names_the_report_that_is_written() {
    let folder = with_run();
    for (formats, page) in [
        ("default", "report.html"),
        ("markdown", "report.md"),
        ("json", "report.json"),
    ] {
        let out = format!("run-{formats}");
        let flags = ["assess", "run", "--out", &out, "--format", formats];
        let said = String::from_utf8(kms_audit(folder.path(), &flags).output().unwrap().stdout).unwrap();
        assert!(said.contains(&format!("Report in {out}/{page}\n")), "{said}");
        assert!(folder.path().join(&out).join(page).exists());
    }
}

#[test]
fn a_folder_that_is_not_there_is_named_with_what_to_give_instead() {
    let folder = tempfile::tempdir().unwrap();
    for (line, expected) in [
        (
            "scan --resume nope",
            "there is no folder nope: --resume takes the folder that a scan was begun in",
        ),
        (
            "verify nope",
            "there is no nope: expected the folder that a scan has written, with manifest.json in it\n  Check the path.",
        ),
        (
            "assess nope",
            "there is no nope: expected the folder that a scan has written, with snapshot/ in it\n  Check the path.",
        ),
        (
            "merge nope",
            "there is no nope: expected the folder that a scan has written, with manifest.json or shard-K-of-N/ in \
             it\n  Check the path.",
        ),
        (
            "diff nope nope",
            "there is no nope: expected the folder that a scan has written, with snapshot/ or report.json in it\n  \
             Check the path.",
        ),
        (
            "trend nope",
            "there is no nope: expected the folder that a scan has written, with report.json in it\n  Check the path.",
        ),
    ] {
        let flags: Vec<&str> = line.split(' ').collect();
        let output = kms_audit(folder.path(), &flags).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(stderr(&output).contains(expected), "{line}: {}", stderr(&output));
    }
}

#[test]
fn without_credentials_it_is_said_where_they_were_looked_for_and_the_rest_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let said = |flags: &[&str]| {
        let output = kms_audit(folder.path(), flags).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let short = said(&["scan"]);
    let lines: Vec<&str> = short.lines().collect();
    assert_eq!(lines.len(), 2, "{short}");
    assert!(
        lines[0].contains("no credentials were found. Looked in: the environment,"),
        "{short}"
    );
    assert!(
        lines[1].starts_with("  Provide credentials:") && !short.contains("Attempted"),
        "{short}"
    );
    assert!(said(&["scan", "-v"]).contains("Attempted"));
    for command in ["scan", "quota"] {
        assert!(said(&[command]).contains("without any, add --sandbox to it."));
    }
}

#[test]
fn a_profile_that_gives_no_credentials_is_named_with_the_files_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("config"),
        "[profile production]\nregion = eu-west-1\n[profile audit]\nregion = eu-west-1\n",
    )
    .unwrap();
    let said = |flags: &[&str], profile: &str| {
        let output = kms_audit(folder.path(), flags)
            .env("AWS_CONFIG_FILE", "config")
            .env("AWS_SHARED_CREDENTIALS_FILE", "nowhere")
            .env("AWS_PROFILE", profile)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert!(
            said.lines().count() == 2 && !said.contains("dispatch failure"),
            "{said}"
        );
        said
    };
    let missing = "kms-audit: cannot find out whose account this is: there is no profile `prodction`. Looked in: config \
                   and nowhere (not there)\n  Did you mean `production`? ";
    for said in [
        said(&["scan", "--profile", "prodction"], ""),
        said(&["quota", "--profile", "prodction"], "audit"),
        said(&["quota"], "prodction"),
    ] {
        assert!(said.starts_with(missing), "{said}");
    }
    let there = said(&["scan", "--profile", "audit"], "");
    assert!(
        there.contains("the profile `audit` gives no credentials. Looked in: config"),
        "{there}"
    );
}

#[test]
fn runs_without_an_account_in_common_cannot_be_compared() {
    let folder = with_run();
    std::fs::write(
        folder.path().join("estate.toml"),
        ESTATE.replace("111122223333", "444455556666"),
    )
    .unwrap();
    let scan = ["scan", "--sandbox", "estate.toml", "--out", "other"];
    kms_audit(folder.path(), &scan).output().unwrap();
    for format in ["text", "markdown"] {
        let output = kms_audit(folder.path(), &["diff", "run", "other", "--format", format])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            said.contains("Nothing could be compared: no account is in both runs. The first has 111122223333, the second 444455556666."),
            "{said}"
        );
        assert!(!said.contains("Nothing changed"), "{said}");
    }
}

#[test]
fn a_configuration_is_written_once_for_the_user_alone_and_changes_nothing() {
    let folder = with_run();
    let first = kms_audit(folder.path(), &["init"]).output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let path = folder.path().join("kms-audit.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&path, format!("{text}# mine\n")).unwrap();
    let second = kms_audit(folder.path(), &["init"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        stderr(&second).contains("kms-audit.toml exists and is left as it is"),
        "{}",
        stderr(&second)
    );
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("# mine\n"));
    let listed = kms_audit(folder.path(), &["checks", "list"]).output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let plain = kms_audit(folder.path(), &["checks", "list"]).output().unwrap();
    assert_eq!((listed.status.code(), listed.stdout), (Some(0), plain.stdout));
}

#[test]
fn flags_in_the_environment_do_what_they_do_on_the_command_line() {
    let folder = with_run();
    let output = kms_audit(folder.path(), &["quota", "--sandbox", "estate.toml"])
        .env("KMS_AUDIT_VERBOSE", "2")
        .env("KMS_AUDIT_LOG_FORMAT", "json")
        .env("KMS_AUDIT_QUIET", "true")
        .env("KMS_AUDIT_ORGANIZATION", "")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let lines: Vec<serde_json::Value> = stderr(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines.iter().any(|line| line["operation"] == "ListServiceQuotas"),
        "{lines:?}"
    );
    let trend = kms_audit(folder.path(), &["trend", "run"])
        .env("KMS_AUDIT_TREND_FORMAT", "json")
        .output()
        .unwrap();
    assert!(
        serde_json::from_slice::<serde_json::Value>(&trend.stdout).is_ok(),
        "{trend:?}"
    );
    let listed = kms_audit(folder.path(), &["checks", "list"])
        .env("KMS_AUDIT_CONFIG", "")
        .output()
        .unwrap();
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
}
