//! Which accounts: from the organization, its units, flags and files.

use aws_sdk_organizations::config::{BehaviorVersion, Credentials, Region};
use kms_audit::sandbox::Sandbox;

use super::*;

/// The ids of the root and of the units below it, by their names.
pub fn unit_ids(estate: &str) -> std::collections::BTreeMap<String, String> {
    let sandbox = Sandbox::from_toml("estate", estate).unwrap();
    let config = aws_sdk_organizations::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("TEST", "test", None, None, "test"))
        .http_client(sandbox.http_client())
        .build();
    let client = aws_sdk_organizations::Client::from_conf(config);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let roots = client.list_roots().send().await.unwrap().roots.unwrap();
        let root = roots[0].id.clone().unwrap();
        let mut ids = std::collections::BTreeMap::from([("root".to_owned(), root.clone())]);
        let mut parents = vec![root];
        while let Some(parent) = parents.pop() {
            let units = client
                .list_organizational_units_for_parent()
                .parent_id(parent)
                .send()
                .await;
            for unit in units.unwrap().organizational_units.unwrap() {
                let id = unit.id.unwrap();
                ids.insert(unit.name.unwrap(), id.clone());
                parents.push(id);
            }
        }
        ids
    })
}

#[test]
fn a_unit_means_the_units_within_it_too() {
    let ids_of = unit_ids(ORGANIZATION);
    let scan = |unit: &str| scan_estate(ORGANIZATION, &["--organizational-unit", &ids_of[unit]]);
    let workloads = scan("Workloads");
    assert_eq!(workloads.report["scan"]["accounts_listed"], 6);
    assert_eq!(ids(&workloads.report, "accounts").len(), 4);
    let staging = scan("Staging");
    assert_eq!(
        ids(&staging.report, "accounts_not_entered"),
        ["444400000001", "444400000002"]
    );
    assert!(ids(&staging.report, "accounts").is_empty());
    assert_eq!(staging.report["coverage"]["complete"], false);
    let root = scan("root");
    assert_none_is_missing(&root.report);
    assert_eq!(root.report["scan"]["accounts_listed"], 8);
    assert_eq!(root.calls("ListAccounts", "calls"), 0);
}

#[test]
fn accounts_come_from_flags_and_a_file_without_any_list() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts");
    std::fs::write(
        &file,
        "\u{feff}# the teams\r\n333300000001 # one\r\n\r\n  333300000002\n333300000001\n",
    )
    .unwrap();
    let run = scan_estate(
        ORGANIZATION,
        &[
            "--accounts-file",
            file.to_str().unwrap(),
            "--account",
            "333300000003,333300000004",
            "--exclude-account",
            "333300000002",
        ],
    );
    assert_eq!(
        ids(&run.report, "accounts"),
        ["333300000001", "333300000003", "333300000004"]
    );
    assert_eq!(
        run.report["scan"]["accounts_skipped"],
        serde_json::json!([{ "account_id": "333300000002", "name": null, "state": "EXCLUDED" }])
    );
    assert_none_is_missing(&run.report);
    assert_eq!((run.gaps(), run.calls("ListAccounts", "calls")), (vec![], 0));
}

/// The exit code and the words of a scan that does not begin.
fn refusal(estate: &str, flags: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, estate).unwrap();
    let output = command(folder.path(), &file).args(flags).output().unwrap();
    assert!(!folder.path().join("out").exists(), "nothing is left behind");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_file_with_anything_but_accounts_is_refused_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts");
    let flags = ["--accounts-file", file.to_str().unwrap()];
    std::fs::write(&file, "333300000001\nteam-2\u{1b}[2J\n").unwrap();
    let (code, stderr) = refusal(ORGANIZATION, &flags);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("accounts, line 2: `team-2") && !stderr.contains('\u{1b}'),
        "{stderr}"
    );
    std::fs::write(&file, "# none\n").unwrap();
    let (code, stderr) = refusal(ORGANIZATION, &flags);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("names no account"), "{stderr}");
}

#[test]
fn whoever_may_not_list_accounts_is_told_who_may() {
    let members = ORGANIZATION.replace(
        "[organization]",
        "[organization]\nmanagement_account = \"333300000001\"",
    );
    let (code, stderr) = refusal(&members, &["--organization"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("management account") && stderr.contains("organization-policy"),
        "{stderr}"
    );
    let alone = "as_of = 2026-06-15T06:00:00Z\n[account]\nid = \"111122223333\"\n[[region]]\nname = \"eu-west-3\"";
    let (code, stderr) = refusal(alone, &["--organization"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("in no organization"), "{stderr}");
}

#[test]
fn a_delegated_administrator_may_list_accounts() {
    let delegated = ORGANIZATION.replace(
        "[organization]",
        "[organization]\nmanagement_account = \"333300000001\"\ndelegated_administrators = [\"111122223333\"]",
    );
    let run = scan_estate(&delegated, &["--organization"]);
    assert_eq!(run.report["scan"]["accounts_listed"], 8);
    assert_none_is_missing(&run.report);
}

#[test]
fn a_list_that_breaks_off_is_a_gap_and_what_was_listed_is_looked_at() {
    let many = ORGANIZATION.replace(
        "count = 4\nid = \"33330000000{n}\"",
        "count = 30\nid = \"3333000000{n:02}\"",
    );
    let fault = "[[fault]]\nservice = \"organizations\"\noperation = \"ListAccounts\"\nkind = \"missing-marker\"";
    let fine = scan_estate(&many, &["--organization"]);
    assert_eq!(ids(&fine.report, "accounts").len(), 31);
    assert_eq!(fine.calls("ListAccounts", "calls"), 2);
    // The list has no flag that says that it goes on, so a missing marker is its end to whoever reads it; an error on
    // the second page is not.
    let fault = fault.replace("kind = \"missing-marker\"", "kind = \"error\"\nafter = 1");
    let cut = scan_estate(&format!("{many}\n{fault}"), &["--organization", "--fail-on-gaps"]);
    assert_eq!(cut.code(), 4);
    assert_none_is_missing(&cut.report);
    assert_eq!(cut.report["scan"]["accounts_listed"], 20);
    assert_eq!(
        cut.gaps(),
        [gap("organizations:ListAccounts", "AccessDeniedException", "-", 0)]
    );
    assert_eq!(cut.report["summary"]["key_inventory_complete"], false);
}

#[test]
fn the_shipped_organization_is_listed_to_the_last_account() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/organization.toml");
    let estate = std::fs::read_to_string(path).unwrap();
    // Only Regions that are nearly empty, so that two hundred accounts take seconds.
    let run = scan_estate(&estate, &["--organization", "--region", "us-east-2", "--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_none_is_missing(&run.report);
    assert_eq!(run.report["scan"]["accounts_listed"], 200);
    assert_eq!(ids(&run.report, "accounts").len(), 194);
    let states = run.report["scan"]["accounts_skipped"].as_array().unwrap();
    let states: Vec<_> = states
        .iter()
        .map(|account| account["state"].as_str().unwrap())
        .collect();
    let suspended = "SUSPENDED";
    assert_eq!(
        states,
        [suspended, suspended, suspended, suspended, "PENDING_CLOSURE", "CLOSED"]
    );
}
