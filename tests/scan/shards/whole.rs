//! The shards together say what a scan without shards says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::accounts::{assert_none_is_missing, ids};

/// Every file of a run but what the run itself was: `run.json`, and the manifest, which names the shards.
fn files(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walk(run).into_iter();
    let files = files.filter(|file| !file.ends_with("manifest.json") && !file.ends_with("run.json"));
    files
        .map(|file| {
            (
                file.strip_prefix(run).unwrap().to_owned(),
                std::fs::read(&file).unwrap(),
            )
        })
        .collect()
}

fn assert_same(merged: &Path, unsharded: &Path) {
    let (merged, unsharded) = (files(merged), files(unsharded));
    assert!(merged.keys().eq(unsharded.keys()), "{:?}", merged.keys());
    for (name, bytes) in &unsharded {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            merged[name] == *bytes,
            "{}:\n{}\n{}",
            name.display(),
            text(&merged[name]),
            text(bytes)
        );
    }
}

fn scan_unsharded(folder: &Path, flags: &[&str]) {
    let output = command(folder, "estate.toml")
        .arg("--organization")
        .args(flags)
        .output()
        .unwrap();
    assert_success(&output);
}

#[test]
fn merged_shards_equal_the_unsharded_scan_to_the_byte() {
    let config = r#"
        [quota]
        threshold-percent = 12.5
        [checks.unused-key]
        severity = "high"
        [[exception]]
        check = "unjustified-key"
        resource = "alias/tenant-*"
        reason = "until they are tagged"
        expires = 2026-12-24
        [[exception]]
        check = "disabled-key"
        resource = "alias/nobody-has-this"
        reason = "it covers nothing"
        expires = 2026-12-24
    "#;
    for of in [1, 2, 5, 16] {
        let folder = folder_with(ORGANIZATION);
        std::fs::write(folder.path().join("kms-audit.toml"), config).unwrap();
        let flags = ["--exclude-account", "333300000003"];
        scan_unsharded(folder.path(), &flags);
        scan_shards(folder.path(), of, &flags);
        // What the shards were judged by is in their reports, and no longer asked of this folder.
        std::fs::remove_file(folder.path().join("kms-audit.toml")).unwrap();
        assert_success(&merge(folder.path(), &[]));
        assert_same(&folder.path().join("merged"), &folder.path().join("out"));
        let report = json(&folder.path().join("merged/report.json"));
        assert_none_is_missing(&report);
        assert_eq!(report["scan"]["accounts_listed"], 8);
        assert_eq!(report["scan"]["shard"], Value::Null);
        assert!(report["summary"]["excepted"].as_u64().unwrap() > 0);
    }
}

#[test]
fn sources_that_take_fewer_calls_say_the_same_with_shards_and_without() {
    let aggregator = "[[config_aggregator]]\nname = \"all\"\nregion = \"eu-west-3\"\n";
    let estate = format!("{ORGANIZATION}\n{aggregator}");
    for flags in [["--source", "config-aggregator"], ["--tags-from", "resource-groups"]] {
        let folder = folder_with(&estate);
        scan_unsharded(folder.path(), &flags);
        // One of sixteen has no account, and reads the aggregator all the same.
        scan_shards(folder.path(), 16, &flags);
        assert_success(&merge(folder.path(), &[]));
        assert_same(&folder.path().join("merged"), &folder.path().join("out"));
    }
}

#[test]
fn refusals_and_throttles_are_the_same_with_shards_and_without() {
    let faults = r#"
        [[fault]]
        kind = "error"
        code = "AccessDeniedException"
        service = "kms"
        operation = "ListResourceTags"
        account = "333300000002"
        [[fault]]
        kind = "error"
        service = "organizations"
        operation = "ListAccounts"
        after = 1
    "#;
    // A second page of the list, which nobody gets to see.
    let more = "[[member]]\ncount = 30\nid = \"5555000000{n:02}\"\nrole = [{ name = \"KmsAuditReadOnly\" }]\n\
                [[member.region]]\nname = \"eu-west-3\"\nkey = [{ alias = \"alias/one\" }]\n";
    let folder = folder_with(&format!("{ORGANIZATION}\n{more}\n{faults}"));
    scan_unsharded(folder.path(), &[]);
    scan_shards(folder.path(), 3, &[]);
    assert_success(&merge(folder.path(), &[]));
    assert_same(&folder.path().join("merged"), &folder.path().join("out"));
    let report = json(&folder.path().join("merged/report.json"));
    let gaps = report["coverage"]["gaps"].as_array().unwrap();
    let of = |operation: &str| gaps.iter().filter(|gap| gap["operation"] == operation).count();
    assert_eq!(of("organizations:ListAccounts"), 1);
    assert!(of("kms:ListResourceTags") > 0);
    assert_none_is_missing(&report);
}

#[test]
fn each_account_is_looked_at_skipped_not_entered_or_in_another_shard() {
    let folder = folder_with(ORGANIZATION);
    scan_shards(folder.path(), 4, &[]);
    let mut all = Vec::new();
    for number in 1..=4 {
        let run = folder.path().join(format!("run/shard-{number}-of-4"));
        let report = json(&run.join("report.json"));
        let scan = &report["scan"];
        assert_eq!(
            (&scan["shard"], &scan["accounts_listed"]),
            (&format!("{number}/4").into(), &8.into())
        );
        let own: Vec<String> = ["accounts", "accounts_skipped", "accounts_not_entered"]
            .into_iter()
            .flat_map(|field| ids(&report, field))
            .collect();
        let others = scan["accounts_in_other_shards"].as_u64().unwrap();
        assert_eq!(own.len() as u64 + others, 8);
        let named = json(&run.join("snapshot/scan.json"))["accounts_in_other_shards"].clone();
        assert_eq!(named.as_array().map_or(0, Vec::len) as u64, others);
        let page = std::fs::read_to_string(run.join("report.md")).unwrap();
        assert!(
            page.contains(&format!("{others} in other shards than {number}/4")),
            "{page}"
        );
        // Neither skipped nor a gap: the only gaps are the accounts that nobody can enter.
        assert_eq!(
            report["coverage"]["gaps"].as_array().unwrap().len(),
            ids(&report, "accounts_not_entered").len()
        );
        all.extend(own);
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8, "{all:?}");
}

#[test]
fn a_shard_without_accounts_has_nothing_to_do_and_no_gap() {
    let estate = "as_of = 2026-06-15T06:00:00Z\naccount = { id = \"111122223333\" }\norganization = {}\n\
                  [[region]]\nname = \"eu-west-3\"\nkey = [{ alias = \"alias/one\" }]\n";
    let folder = folder_with(estate);
    let codes = (1..=3).map(|number| {
        let output = shard(folder.path(), &format!("{number}/3"), &["--fail-on-gaps"])
            .output()
            .unwrap();
        output.status.code().unwrap()
    });
    assert_eq!(codes.collect::<Vec<_>>(), [0, 0, 0]);
    assert_success(&merge(folder.path(), &["--fail-on-gaps"]));
    assert_eq!(
        json(&folder.path().join("merged/report.json"))["summary"]["customer_managed_keys"],
        1
    );
}

#[test]
fn the_manifest_of_the_whole_names_each_shard_with_what_it_asked() {
    let folder = folder_with(ORGANIZATION);
    scan_shards(folder.path(), 3, &[]);
    assert_success(&merge(folder.path(), &[]));
    let manifest = json(&folder.path().join("merged/manifest.json"));
    let shards = manifest["shards"].as_array().unwrap();
    let calls = |rows: &Value, operation: &str| {
        let rows = rows.as_array().unwrap().iter();
        let rows = rows.filter(|row| row["operation"] == operation);
        rows.map(|row| row["calls"].as_u64().unwrap()).sum::<u64>()
    };
    for (number, shard) in (1..).zip(shards) {
        let own = json(&folder.path().join(format!("run/shard-{number}-of-3/manifest.json")));
        assert_eq!(
            (&shard["shard"], &shard["digest"]),
            (&format!("{number}/3").into(), &own["digest"])
        );
        assert_eq!(calls(&shard["api_calls"], "GetCallerIdentity"), 1);
    }
    assert_eq!(shards.len(), 3);
    assert_eq!(
        calls(&manifest["api_calls"], "GetCallerIdentity"),
        1,
        "what each asks alike is counted once"
    );
    let of_all: u64 = shards.iter().map(|shard| calls(&shard["api_calls"], "ListKeys")).sum();
    assert_eq!(calls(&manifest["api_calls"], "ListKeys"), of_all);
    let verified = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["verify", "merged"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_success(&verified);
}

#[test]
fn the_merged_run_is_one_to_work_with_like_any_other() {
    let folder = folder_with(ORGANIZATION);
    scan_unsharded(folder.path(), &[]);
    scan_shards(folder.path(), 2, &[]);
    assert_success(&merge(folder.path(), &[]));
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
        let output = command.args(args).current_dir(folder.path()).output().unwrap();
        assert_success(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["assess", "merged", "--out", "again"]);
    for name in ["report.json", "report.md"] {
        let text = |run: &str| std::fs::read_to_string(folder.path().join(run).join(name)).unwrap();
        assert_eq!(text("again"), text("merged"));
    }
    let changes: Value = serde_json::from_str(&run(&["diff", "out", "merged", "--format", "json"])).unwrap();
    assert_eq!(changes["changes"].as_array().map(Vec::len), Some(0), "{changes}");
    let next = command_into(folder.path(), "estate.toml", Path::new("next"))
        .args(["--organization", "--previous", "merged", "--last-usage-budget", "0s"])
        .output()
        .unwrap();
    assert_success(&next);
}
