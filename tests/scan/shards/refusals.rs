//! What makes no whole.

use super::*;
use crate::accounts::{assert_none_is_missing, ids};

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    stderr(output)
}

fn two_shards() -> tempfile::TempDir {
    let folder = folder_with(ORGANIZATION);
    scan_shards(folder.path(), 2, &[]);
    folder
}

#[test]
fn a_missing_shard_is_an_error_and_where_it_may_be_missing_its_accounts_are_gaps() {
    let folder = folder_with(ORGANIZATION);
    scan_shards(folder.path(), 4, &[]);
    let lost = folder.path().join("run/shard-2-of-4");
    let report = json(&lost.join("report.json"));
    let looked_at = ids(&report, "accounts");
    assert!(!looked_at.is_empty());
    std::fs::remove_dir_all(&lost).unwrap();
    assert!(refused(&merge(folder.path(), &[])).contains("1 of 4 shards is missing: 2"));
    assert!(!folder.path().join("merged").exists());

    let output = merge(folder.path(), &["--allow-missing-shards", "--fail-on-gaps"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let merged = json(&folder.path().join("merged/report.json"));
    assert_none_is_missing(&merged);
    assert_eq!(merged["scan"]["accounts_listed"], 8);
    let codes: Vec<_> = merged["scan"]["accounts_not_entered"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    let lost_ids: Vec<_> = codes
        .iter()
        .filter(|row| row["error_code"] == "MissingShard")
        .map(|row| row["account_id"].as_str().unwrap().to_owned())
        .collect();
    let mut expected = [looked_at, ids(&report, "accounts_not_entered")].concat();
    expected.sort();
    assert_eq!(lost_ids, expected);
    // Which accounts are skipped is known from the others.
    assert_eq!(ids(&merged, "accounts_skipped"), ["666600000001"]);
    assert_eq!(merged["coverage"]["complete"], false);
}

#[test]
fn a_shard_that_did_not_come_to_its_end_is_named_or_counts_as_missing() {
    let folder = two_shards();
    std::fs::remove_file(folder.path().join("run/shard-1-of-2/manifest.json")).unwrap();
    let said = refused(&merge(folder.path(), &[]));
    assert!(said.contains("shard-1-of-2 has no manifest.json"), "{said}");
    let output = merge(folder.path(), &["--allow-missing-shards"]);
    assert_success(&output);
    assert!(stderr(&output).contains("it counts as missing"), "{}", stderr(&output));
}

#[test]
fn a_shard_that_was_altered_is_refused_whatever_the_file() {
    for file in ["report.json", "snapshot/scan.json", "manifest.json"] {
        let folder = two_shards();
        let path = folder.path().join("run/shard-1-of-2").join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        let place = bytes.iter().rposition(u8::is_ascii_digit).unwrap();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
        std::fs::write(&path, bytes).unwrap();
        let said = refused(&merge(folder.path(), &[]));
        assert!(said.contains(&format!("{file} is altered")), "{said}");
        assert!(!folder.path().join("merged").exists());
    }
    let folder = two_shards();
    std::fs::write(folder.path().join("run/shard-2-of-2/more"), "").unwrap();
    assert!(refused(&merge(folder.path(), &[])).contains("more is extra"));
}

#[test]
fn shards_of_different_scans_are_refused_with_what_differs() {
    let folder = two_shards();
    let again = |estate: &str, flags: &[&str]| {
        std::fs::write(folder.path().join("estate.toml"), estate).unwrap();
        std::fs::remove_dir_all(folder.path().join("run/shard-2-of-2")).unwrap();
        assert_success(&shard(folder.path(), "2/2", flags).output().unwrap());
        refused(&merge(folder.path(), &[]))
    };
    let other = ORGANIZATION.replacen("2026-06-15T06:00:00Z", "2026-06-15T06:00:01Z", 1);
    let said = again(&other, &[]);
    assert!(
        said.contains("the moment of the scan (--as-of) was 2026-06-15T06:00:00Z"),
        "{said}"
    );
    let said = again(
        ORGANIZATION,
        &["--threshold", "60", "--exclude-account", "333300000001"],
    );
    assert!(said.contains("`threshold_percent` was 70.0 and is 60.0"), "{said}");
    assert!(said.contains("`targets` was"), "{said}");

    std::fs::remove_dir_all(folder.path().join("run/shard-2-of-2")).unwrap();
    assert_success(&shard(folder.path(), "2/3", &[]).output().unwrap());
    let said = refused(&merge(folder.path(), &[]));
    assert!(said.contains("the number of shards was 2 and is 3"), "{said}");
}

#[test]
fn a_shard_that_is_there_twice_is_refused_and_one_that_is_named_twice_is_not() {
    let folder = two_shards();
    let both = ["run", "run/shard-1-of-2", "run/../run/shard-2-of-2"];
    assert_success(&merge_of(folder.path(), &both, &[]));
    let mut second = command_into(folder.path(), "estate.toml", Path::new("other"));
    assert_success(&second.args(["--organization", "--shard", "1/2"]).output().unwrap());
    std::fs::remove_dir_all(folder.path().join("merged")).unwrap();
    let said = refused(&merge_of(folder.path(), &["run", "other"], &[]));
    assert!(said.contains("shard 1/2 is there twice"), "{said}");
}

#[test]
fn what_is_no_shard_is_refused() {
    let folder = two_shards();
    assert_success(
        &command(folder.path(), "estate.toml")
            .arg("--organization")
            .output()
            .unwrap(),
    );
    let said = refused(&merge_of(folder.path(), &["run", "out"], &[]));
    assert!(said.contains("is the run of a whole scan and not of a shard"), "{said}");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let said = refused(&merge_of(folder.path(), &["empty"], &[]));
    assert!(
        said.contains("empty has no manifest.json or shard-K-of-N/ in it"),
        "{said}"
    );
    assert!(refused(&merge_of(folder.path(), &["nowhere"], &[])).contains("nowhere"));
}

#[test]
fn the_whole_is_not_written_into_a_shard() {
    let folder = two_shards();
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["merge", "run", "--out", "run/shard-1-of-2/merged"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    // Beside the shards it may lie.
    assert_success(&merge_of(folder.path(), &["run"], &[]));
}

#[test]
fn an_account_that_joined_or_left_between_two_lists_is_a_gap() {
    let folder = folder_with(ORGANIZATION);
    let newcomer = "\n[[member]]\ncount = 9\nid = \"77770000000{n}\"\nname = \"new\"\n\
                    role = [{ name = \"KmsAuditReadOnly\" }]\n[[member.region]]\nname = \"eu-west-3\"\n";
    assert_success(&shard(folder.path(), "1/2", &[]).output().unwrap());
    std::fs::write(folder.path().join("estate.toml"), format!("{ORGANIZATION}{newcomer}")).unwrap();
    assert_success(&shard(folder.path(), "2/2", &[]).output().unwrap());
    assert_success(&merge(folder.path(), &[]));
    let merged = json(&folder.path().join("merged/report.json"));
    assert_none_is_missing(&merged);
    assert_eq!(merged["scan"]["accounts_listed"], 17);
    let rows = merged["scan"]["accounts_not_entered"].as_array().unwrap();
    let late: Vec<_> = rows.iter().filter(|row| row["error_code"] == "NotInList").collect();
    let seen = ids(&merged, "accounts")
        .into_iter()
        .filter(|id| id.starts_with("7777"))
        .count();
    assert_eq!((late.len() + seen, late.is_empty()), (9, false));
    assert!(
        late[0]["message"]
            .as_str()
            .unwrap()
            .contains("shard 2/2 has it in its list and shard 1/2")
    );
}

#[test]
fn signatures_are_asked_of_each_shard() {
    let folder = folder_with(ORGANIZATION);
    let keygen = |name: &str| {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f", name])
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(made.success());
        std::fs::read_to_string(folder.path().join(format!("{name}.pub"))).unwrap()
    };
    std::fs::write(
        folder.path().join("allowed"),
        format!("auditor@example.com {}", keygen("key")),
    )
    .unwrap();
    assert_success(&shard(folder.path(), "1/2", &["--sign-with", "key"]).output().unwrap());
    assert_success(&shard(folder.path(), "2/2", &[]).output().unwrap());
    let said = refused(&merge(folder.path(), &["--allowed-signers", "allowed"]));
    assert!(said.contains("shard-2-of-2") && said.contains("not signed"), "{said}");
    std::fs::remove_dir_all(folder.path().join("run/shard-2-of-2")).unwrap();
    assert_success(&shard(folder.path(), "2/2", &["--sign-with", "key"]).output().unwrap());
    assert_success(&merge(
        folder.path(),
        &["--allowed-signers", "allowed", "--sign-with", "key"],
    ));
    let manifest = json(&folder.path().join("merged/manifest.json"));
    assert_eq!(manifest["shards"][1]["signer"], "auditor@example.com");
    assert!(folder.path().join("merged/manifest.json.sig").exists());
}
