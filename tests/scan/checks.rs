//! What the checks find in whole scans.

use std::collections::BTreeMap;

use super::run::*;

/// How many findings of each check there are.
fn found(run: &Run) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for finding in run.report["findings"].as_array().unwrap() {
        *found.entry(finding["check"].as_str().unwrap()).or_default() += 1;
    }
    found
}

#[test]
fn the_demonstration_shows_what_it_is_there_to_show() {
    let run = scan_estate(&estate("saas-tenants.toml"), &[]);
    assert_eq!(run.gaps(), []);
    assert_eq!(
        found(&run),
        BTreeMap::from([
            ("ambiguous-bucket-key", 1),
            ("bucket-key-bypasses-context", 6),
            ("bucket-key-disabled", 14),
            ("bucket-key-unsupported", 2),
            ("bucket-key-unusable", 1),
            ("contradicted-justification", 5),
            ("cross-account-bucket-key", 1),
            ("dead-throttle-alarm", 1),
            ("disabled-key", 1),
            ("idle-replica", 1),
            ("missing-throttle-alarm", 3),
            ("near-request-quota", 1),
            ("per-tenant-keys", 1),
            ("unjustified-key", 3_204),
            ("unrecognized-justification", 1),
            ("unused-key", 86),
        ])
    );
    let findings = run.report["findings"].as_array().unwrap();
    let of = |check: &str| findings.iter().find(|finding| finding["check"] == check).unwrap();
    let cluster = of("per-tenant-keys");
    assert_eq!(cluster["observed"]["keys"], 3_200);
    assert_eq!(cluster["monthly_cost_usd"], 3_200.0);
    let peak = of("near-request-quota");
    assert!(
        peak["detail"]
            .as_str()
            .unwrap()
            .contains("alias/data-confidential GenerateDataKey 4,950"),
        "{peak}"
    );
}

#[test]
fn an_incident_and_a_regulated_account_show_alarms_stores_and_claims() {
    let incident = scan_estate(&estate("re-encryption-incident.toml"), &[]);
    let found_there = found(&incident);
    let count = |check: &str| found_there.get(check).copied().unwrap_or(0);
    assert_eq!(
        (
            count("dead-throttle-alarm"),
            count("missing-throttle-alarm"),
            count("near-request-quota")
        ),
        (3, 1, 1)
    );
    let regulated = scan_estate(&estate("regulated.toml"), &[]);
    assert_eq!(
        found(&regulated),
        BTreeMap::from([
            ("bucket-key-disabled", 1),
            ("bucket-key-unsupported", 1),
            ("contradicted-justification", 4),
            ("custom-key-store-without-requirement", 1),
            ("expiring-key-material", 1),
            ("idle-replica", 1),
            ("missing-throttle-alarm", 3),
            ("near-request-quota", 2),
            ("unavailable-key", 2),
            ("unjustified-key", 2),
            ("unused-key", 2),
        ])
    );
}

const FULL: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"
[[region]]
name = "eu-west-3"
[[region.quota]]
code = "L-C2F1777E"
applied = 10
[[region.quota]]
code = "L-2AC98190"
applied = 500
[[region.key]]
count = 7
alias = "alias/app-{n}"
tags = { requirement = "contract" }
[[region.key]]
alias = "alias/legacy-one"
state = "PendingDeletion"
deletion_in_days = 12
"#;

#[test]
fn a_quota_below_the_default_and_a_region_full_of_keys_are_found() {
    let run = scan_estate(FULL, &[]);
    let full = found(&run);
    assert_eq!((full["quota-below-default"], full["key-count-near-quota"]), (1, 1));
    let mut fewer = FULL.replace("count = 7", "count = 5");
    fewer = fewer.replace("applied = 500", "applied = 1000");
    assert_eq!(found(&scan_estate(&fewer, &[])).len(), 0, "60 % of the keys");
}

#[test]
fn exceptions_cover_until_their_day_and_are_judged_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kms-audit.toml");
    let exceptions = |expires: &str| {
        format!(
            "[[exception]]\ncheck = 'quota-below-default'\nresource = 'CryptographicOperationsRsa'\nreason = 'asked \
             for'\nexpires = {expires}\n[[exception]]\ncheck = 'unjustified-key'\nresource = 'alias/gone'\nreason = \
             'r'\nexpires = 2026-09-30\n[checks.key-count-near-quota]\nseverity = 'info'\n"
        )
    };
    std::fs::write(&config, exceptions("2026-09-30")).unwrap();
    let flags = ["--config", &config.to_string_lossy(), "--fail-on", "medium"];
    let run = scan_in(folder.path(), FULL, &flags);
    assert_eq!(run.code(), 0, "what is left is of a lower severity");
    assert_eq!(run.report["summary"]["excepted"], 1);
    let found_there = found(&run);
    assert_eq!(
        (found_there["unmatched-exception"], found_there["quota-below-default"]),
        (1, 1)
    );
    assert!(
        run.page
            .contains("| quota-below-default | 1 | 2026-09-30 | asked for |"),
        "{}",
        run.page
    );
    assert!(
        run.stdout().contains("1 more is accepted by exceptions"),
        "{}",
        run.stdout()
    );

    std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    std::fs::write(&config, exceptions("2026-06-14")).unwrap();
    let run = scan_in(folder.path(), FULL, &flags);
    assert_eq!((run.code(), found(&run)["expired-exception"]), (3, 1));
    assert_eq!(run.report["summary"]["excepted"], 0);
}
