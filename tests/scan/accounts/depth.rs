//! An account that is entered by a role is asked everything that the account of the credentials is asked.

use std::collections::BTreeMap;
use std::path::Path;

use kms_audit::facts::{AccountId, Fact, Key, LastUsage};
use kms_audit::snapshot::SnapshotReader;

use super::*;

/// The account of an estate, as a member that is entered by a role.
fn as_member(estate: &str) -> String {
    let (mut lines, mut head) = (Vec::new(), Vec::new());
    let mut is_account = false;
    for line in estate.lines() {
        let of_account = ["region", "bucket", "trail"]
            .into_iter()
            .find(|name| line.trim_start_matches('[').starts_with(name) && line.starts_with('['));
        if line.starts_with('[') {
            is_account = line.starts_with("[account]");
        }
        match of_account {
            Some(name) => lines.push(line.replacen(name, &format!("member.{name}"), 1)),
            None if is_account && line.starts_with("id") => {
                lines.push(format!(
                    "[[member]]\n{line}\nrole = [{{ name = \"KmsAuditReadOnly\" }}]"
                ));
            }
            None if is_account => {}
            None if line.starts_with("as_of") => head.push(line.to_owned()),
            None => lines.push(line.to_owned()),
        }
    }
    // The scan begins in the same Region.
    let home = estate.split_once("[[region]]\n").unwrap().1.lines().next().unwrap();
    head.push(format!(
        "[account]\nid = \"999900009999\"\n[organization]\n[[region]]\n{home}"
    ));
    head.extend(lines);
    head.join("\n")
}

/// The calls of a run but those that enter accounts.
fn calls(report: &Value) -> Vec<Value> {
    let calls = report["api_calls"].as_array().unwrap().iter();
    calls.filter(|row| row["service"] != "sts").cloned().collect()
}

/// The tables of an account but its own row, which counts calls.
fn tables(folder: &Path, account: &str) -> BTreeMap<String, Vec<u8>> {
    let partition = format!("account_id={account}");
    let files = walk(&folder.join("out")).into_iter();
    let files = files.filter(|file| file.components().any(|part| part.as_os_str() == partition.as_str()));
    files
        .map(|file| (file.strip_prefix(folder).unwrap().display().to_string(), file))
        .filter(|(name, _)| !name.contains("snapshot/accounts/"))
        .map(|(name, file)| (name, zstd::decode_all(std::fs::read(file).unwrap().as_slice()).unwrap()))
        .collect()
}

#[test]
fn an_account_that_is_entered_is_read_as_the_account_of_the_credentials_is() {
    // Without its throttle at the end, which strikes by the time of each call.
    let calm = estate("re-encryption-incident.toml");
    let calm = calm.split("[[fault]]").next().unwrap().to_owned();
    for (estate, account) in [
        (ESTATE.to_owned(), "111122223333"),
        (estate("regulated.toml"), "888899990000"),
        (calm, "444455556666"),
    ] {
        let (own, entered) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let by_itself = scan_in(own.path(), &estate, &[]);
        let by_role = scan_in(entered.path(), &as_member(&estate), &["--account", account]);
        assert_eq!(ids(&by_role.report, "accounts"), [account]);
        assert_eq!(by_role.calls("AssumeRole", "calls"), 1);
        for field in [
            "summary",
            "inventory",
            "keys",
            "quota",
            "findings",
            "assessments",
            "coverage",
        ] {
            assert_eq!(by_role.report[field], by_itself.report[field], "{account}: {field}");
        }
        assert_eq!(calls(&by_role.report), calls(&by_itself.report), "{account}");
        let (entered, own) = (tables(entered.path(), account), tables(own.path(), account));
        assert!(own.len() >= 10, "{:?}", own.keys());
        for (name, rows) in &own {
            assert!(entered.get(name) == Some(rows), "{account}: {name}");
        }
    }
}

/// What a run was told of the last usage of the keys of an account.
pub fn last_usages(out: &Path, account: &str) -> Vec<Fact<LastUsage>> {
    let snapshot = SnapshotReader::open(&out.join("snapshot")).unwrap();
    let account = snapshot.account(&AccountId::new(account)).unwrap();
    let keys = account.regions.into_iter().flat_map(|region| region.keys);
    keys.map(|key: Key| key.details.last_usage).collect()
}

#[test]
fn each_account_has_the_whole_time_for_last_usages() {
    let many = r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333" }
        organization = {}
        [[region]]
        name = "eu-west-3"
        [[member]]
        count = 17
        id = "3333000000{n:02}"
        role = [{ name = "KmsAuditReadOnly" }]
        region = [{ name = "eu-west-3", key = [{ count = 100 }] }]
        [[fault]]
        kind = "delay"
        ms = 200
        operation = "GetKeyLastUsage"
        service = "kms"
    "#;
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--organization",
        "--region",
        "eu-west-3",
        "--last-usage-budget",
        "2s",
        "--fail-on-gaps",
    ];
    let run = scan_in(folder.path(), many, &flags);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    for n in 1..=17 {
        let account = format!("3333000000{n:02}");
        let asked = last_usages(&folder.path().join("out"), &account);
        let asked = asked.iter().filter(|answer| !answer.is_not_collected()).count();
        // Four at once, of which the last come at the end.
        assert!((1..=40).contains(&asked), "{account}: {asked}");
    }
}
