//! Runs that read their inventory in another way than the services one by one, killed and gone on with.

use super::kills::{small_organization, start};
use super::*;

/// One Region, and ways to read what is in it.
const REGION: [&str; 3] = ["--organization", "--region", "eu-west-3"];
const FROM_CONFIG: [&str; 4] = ["--source", "config-aggregator", "--aggregator-region", "eu-central-1"];
const FROM_RESOURCE_GROUPS: [&str; 2] = ["--tags-from", "resource-groups"];

/// A small organization with an aggregator. Named accounts of it can all be entered.
fn estate_with_aggregator() -> String {
    format!("{ORGANIZATION}\n[[config_aggregator]]\nname = \"all\"\nregion = \"eu-west-3\"\n")
}

fn with<'f>(flags: &[&'f str]) -> Vec<&'f str> {
    REGION.iter().chain(flags).copied().collect()
}

/// How many temporary folders a killed scan left here. Nobody else can read what is in them.
#[cfg(unix)]
fn left_behind(folder: &Path) -> usize {
    use std::os::unix::fs::PermissionsExt;
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_left = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("kms-audit-");
    let left: Vec<PathBuf> = entries.filter(is_left).collect();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for folder in &left {
        let files = walk(folder);
        assert_eq!(mode(folder), 0o700);
        assert!(
            !files.is_empty() && files.iter().all(|file| mode(file) == 0o600),
            "{files:?}"
        );
    }
    left.len()
}

fn calls_of(out: &Path, service: &str) -> u64 {
    let report = report(out);
    let rows = report["api_calls"].as_array().unwrap().iter();
    let of_service = rows.filter(|row| row["service"] == service);
    of_service.map(|row| row["calls"].as_u64().unwrap()).sum()
}

#[test]
fn a_killed_run_goes_on_with_the_source_it_was_begun_with() {
    for (flags, service) in [(&FROM_CONFIG[..], "config"), (&FROM_RESOURCE_GROUPS[..], "tag")] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (estate, out) = (small_organization(), folder.join("out"));
        let slow = "\n[[fault]]\nkind = \"delay\"\nms = 40\nservice = \"cloudwatch\"\n";
        write_estate(folder, &format!("{estate}{slow}"));
        let mut command = scan(folder, &with(flags));
        // What it leaves there goes with the test.
        command.env("TMPDIR", folder);
        let mut killed = start(command);
        while !out.join("snapshot/accounts").exists() {
            assert!(killed.try_wait().unwrap().is_none());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        assert!(
            !out.join("snapshot/scan.json").exists(),
            "it is killed among its accounts"
        );
        #[cfg(unix)]
        assert_eq!(left_behind(folder), usize::from(service == "config"));

        write_estate(folder, &estate);
        assert_success(&resume(folder, &[]).output().unwrap());
        assert_verified(&out);
        let resumed = folder.join("resumed");
        std::fs::rename(&out, &resumed).unwrap();
        assert_success(&scan(folder, &with(flags)).output().unwrap());
        assert_same_run(&resumed, &out);
        assert!(calls_of(&out, service) > 0, "{service}");
        assert_eq!(
            calls_of(&out, "s3") == 0,
            service == "config",
            "the source is that of the flags"
        );
    }
}

#[test]
fn a_run_that_was_killed_after_its_last_account_still_counts_the_calls_to_the_aggregator() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, out) = (folder.path(), folder.path().join("out"));
    write_estate(folder, &estate_with_aggregator());
    let flags = [
        "--account",
        "333300000001",
        "--account",
        "333300000002",
        "--source",
        "config-aggregator",
    ];
    assert_success(&scan(folder, &flags).output().unwrap());
    let (before, calls) = (files(&out), calls_of(&out, "config"));
    assert!(calls > 0);
    for last in ["snapshot/scan.json", "manifest.json", "report.json"] {
        std::fs::remove_file(out.join(last)).unwrap();
    }
    let denied = "\n[[fault]]\nkind = \"error\"\nservice = \"config\"\n";
    write_estate(folder, &format!("{}{denied}", estate_with_aggregator()));
    assert_success(&resume(folder, &[]).output().unwrap());
    assert!(files(&out) == before, "and does not ask it again");
}

#[test]
fn another_source_is_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, out) = (folder.path(), folder.path().join("out"));
    write_estate(folder, &estate_with_aggregator());
    let refusal = |flags: &[&str]| {
        let before = files(&out);
        let output = resume(folder, flags).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(files(&out) == before, "nothing is touched");
        stderr(&output)
    };
    let begin = |flags: &[&str]| {
        assert_success(&scan(folder, &with(flags)).output().unwrap());
    };
    begin(&["--source", "config-aggregator"]);
    for (flags, words) in [
        (
            ["--source", "services"],
            "--source was \"config-aggregator\" and is \"services\"",
        ),
        (["--aggregator", "all"], "--aggregator was not given and is \"all\""),
        (
            ["--aggregator-region", "us-east-1"],
            "--aggregator-region was not given and is \"us-east-1\"",
        ),
        (["--tags-from", "kms"], "--tags-from was not given and is \"kms\""),
    ] {
        let said = refusal(&flags);
        assert!(said.contains(words), "{said}");
    }

    std::fs::remove_dir_all(&out).unwrap();
    begin(&FROM_RESOURCE_GROUPS);
    let said = refusal(&["--tags-from", "kms"]);
    assert!(
        said.contains("--tags-from was \"resource-groups\" and is \"kms\""),
        "{said}"
    );

    std::fs::remove_dir_all(&out).unwrap();
    begin(&[]);
    std::fs::write(
        folder.join("kms-audit.toml"),
        "[scan]\ntags-from = \"resource-groups\"\n",
    )
    .unwrap();
    let said = refusal(&[]);
    assert!(
        said.contains("`tags_from` was \"kms\" and is \"resource-groups\""),
        "{said}"
    );
}
