//! Processes that are started alike, and again.

use super::*;

fn usage_error(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    stderr(&output)
}

#[test]
fn a_slice_that_cannot_be_meant_is_refused() {
    let folder = folder_with(ORGANIZATION);
    for wrong in ["0/4", "5/4", "1/0", "four", "auto"] {
        let said = usage_error(&mut shard(folder.path(), wrong, &[]));
        assert!(said.contains("--shard"), "{said}");
    }
    let said = usage_error(command(folder.path(), "estate.toml").args(["--shard", "1/2"]));
    assert!(said.contains("--shard takes a slice of several accounts"), "{said}");
    assert!(!folder.path().join("run").exists() && !folder.path().join("out").exists());
}

#[test]
fn in_a_sandbox_the_moment_is_that_of_the_estate() {
    let folder = folder_with(ORGANIZATION);
    let said = usage_error(&mut shard(folder.path(), "1/2", &["--as-of", "2026-06-15T07:00:00Z"]));
    assert!(
        said.contains("time stands still, in this one at 2026-06-15T06:00:00Z"),
        "{said}"
    );
    assert_success(
        &shard(folder.path(), "1/2", &["--as-of", "2026-06-15T08:00:00.5+02:00"])
            .output()
            .unwrap(),
    );
}

#[test]
fn a_moment_that_lies_in_the_future_or_too_far_back_is_refused_before_the_first_call() {
    for (as_of, what) in [
        ("2999-01-01T00:00:00Z", "future"),
        ("2020-01-01T00:00:00Z", "24 hours ago"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
        let said = usage_error(command.args(["scan", "--as-of", as_of]).env_remove("KMS_AUDIT_OUT"));
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn without_a_folder_the_shards_share_the_usual_name() {
    let folder = folder_with(ORGANIZATION);
    for number in ["1/2", "2/2"] {
        let mut command = shard(folder.path(), number, &[]);
        assert_success(&command.env_remove("KMS_AUDIT_OUT").output().unwrap());
    }
    let run = folder.path().join("kms-audit-2026-06-15T060000Z");
    assert!(run.join("shard-1-of-2/manifest.json").exists() && run.join("shard-2-of-2/manifest.json").exists());
}

#[test]
fn the_same_command_begins_a_shard_goes_on_with_it_and_leaves_it_as_it_is_when_it_has_ended() {
    let folder = folder_with(ORGANIZATION);
    let run = folder.path().join("run/shard-2-of-2");
    let again = || shard(folder.path(), "2/2", &["--restartable"]).output().unwrap();
    assert_success(&again());
    let files = || -> Vec<_> {
        walk(&run)
            .into_iter()
            .map(|file| (file.clone(), std::fs::read(file).unwrap()))
            .collect()
    };
    let whole = files();
    // One of its accounts is lost, and the end of the run with it.
    let account = json(&run.join("report.json"))["scan"]["accounts"][0]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::remove_dir_all(run.join(format!("snapshot/keys/account_id={account}"))).unwrap();
    std::fs::remove_file(run.join("manifest.json")).unwrap();
    assert_success(&again());
    assert!(files() == whole, "it went on");
    assert_success(&again());
    assert!(files() == whole, "it stayed as it was");
    let found = shard(folder.path(), "2/2", &["--restartable", "--fail-on", "info"])
        .output()
        .unwrap();
    assert_eq!(
        found.status.code(),
        Some(3),
        "what has ended says what it found: {found:?}"
    );
}

#[test]
fn a_shard_is_gone_on_with_as_itself() {
    let folder = folder_with(ORGANIZATION);
    assert_success(&shard(folder.path(), "1/2", &[]).output().unwrap());
    std::fs::rename(
        folder.path().join("run/shard-1-of-2"),
        folder.path().join("run/shard-2-of-2"),
    )
    .unwrap();
    let mut other = shard(folder.path(), "2/2", &["--resume", "run"]);
    let output = other.env_remove("KMS_AUDIT_OUT").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("--shard was \"1/2\" and is \"2/2\""),
        "{}",
        stderr(&output)
    );
}

#[test]
fn two_scans_of_a_shard_do_not_write_into_the_same_folder() {
    let folder = folder_with(ORGANIZATION);
    assert_success(&shard(folder.path(), "1/2", &[]).output().unwrap());
    let output = shard(folder.path(), "1/2", &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        stderr(&output).contains("shard-1-of-2 exists and is not empty"),
        "{}",
        stderr(&output)
    );
}
