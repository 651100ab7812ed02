//! What is read of a key where something depends on it: exactly that, and what it costs if it cannot be read.

use std::path::Path;
use std::time::{Duration, Instant};

use kms_audit::facts::{AccountFacts, AccountId, Fact, Key, LastUsage, RotationType};
use kms_audit::snapshot::SnapshotReader;

use super::run::*;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// A key for each reason to look closer, and for each not to.
const KINDS: &str = r#"
as_of = 2026-06-15T06:00:00Z
account = { id = "111122223333" }

[[region]]
name = "eu-west-3"
key = [
    { alias = "alias/policy", tags = { requirement = "policy" }, policy = '{"Version":"2012-10-17","Statement":[]}' },
    { alias = "alias/rotating", tags = { requirement = "rotation" }, rotation = { enabled = true, period_days = 180 }, created = 2025-01-01T00:00:00Z },
    { alias = "alias/turned", tags = { requirement = "rotation" }, rotations = [{ date = 2026-02-01T00:00:00Z, type = "ON_DEMAND" }], created = 2025-01-01T00:00:00Z },
    { alias = "alias/imported", origin = "EXTERNAL", tags = { requirement = "rotation" } },
    { alias = "alias/expected", origin = "EXTERNAL", state = "PendingImport", tags = { requirement = "rotation" } },
    { alias = "alias/signing", spec = "RSA_2048", usage = "SIGN_VERIFY", tags = { requirement = "rotation" } },
    { alias = "alias/global", multi_region = "primary", multi_region_set = "global", tags = { requirement = "rotation" }, rotation = { enabled = true } },
    { alias = "alias/granted", tags = { requirement = "grant" }, grants = [{ count = 120, grantee = "arn:aws:iam::{account}:role/app", operations = ["Decrypt"] }] },
    { alias = "alias/bucket", ram_policy = '{"Version":"2012-10-17","Statement":[]}', created = 2025-01-01T00:00:00Z, last_usage = { operation = "Decrypt", at = 2026-06-15T05:00:00Z } },
    { alias = "alias/unshared" },
    { alias = "alias/double" },
    { alias = "alias/leaving", state = "PendingDeletion", deletion_in_days = 9, tags = { requirement = "policy+rotation+grant" } },
    { alias = "alias/nothing", tags = { requirement = "audit+contract" } },
    { alias = "alias/aws/s3", aws_managed = true },
]

[[region]]
name = "us-east-1"
key = [{ alias = "alias/global", multi_region = "replica", multi_region_set = "global", tags = { requirement = "rotation" } }]

[[bucket]]
name = "by-arn"
region = "eu-west-3"
encryption = "SSE-KMS"
kms_key = "alias/bucket"

[[bucket]]
name = "by-alias"
region = "eu-west-3"
encryption = "SSE-KMS"
kms_key = "alias/unshared"
kms_key_form = "alias"
bucket_key = true

[[bucket]]
name = "double"
region = "eu-west-3"
encryption = "DSSE-KMS"
kms_key = "alias/double"

[[bucket]]
name = "aws-managed"
region = "eu-west-3"
encryption = "SSE-KMS"
kms_key = "alias/aws/s3"
"#;

/// So many keys of which everything is read: each claims it, and has a bucket.
fn all(count: u32) -> String {
    let keys = format!(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = {{ id = "111122223333" }}
        [[region]]
        name = "eu-west-3"
        [[region.key]]
        count = {count}
        alias = "alias/app-{{n}}"
        tags = {{ requirement = "policy+rotation+grant" }}
        "#
    );
    let buckets = (1..=count).map(|n| {
        format!(
            "[[bucket]]\nname = \"bucket-{n}\"\nregion = \"eu-west-3\"\nencryption = \"SSE-KMS\"\n\
             kms_key = \"alias/app-{n}\"\n"
        )
    });
    keys + &buckets.collect::<String>()
}

/// Each is called once for each of those keys.
const OPERATIONS: [&str; 6] = [
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
];

/// The facts that a scan has written.
fn facts(out: &Path) -> AccountFacts {
    let reader = SnapshotReader::open(&out.join("snapshot")).unwrap();
    reader.account(&AccountId::new("111122223333")).unwrap()
}

fn key<'a>(facts: &'a AccountFacts, region: &str, alias: &str) -> &'a Key {
    let region = facts.regions.iter().find(|facts| facts.region.as_str() == region);
    let mut keys = region.unwrap().keys.iter();
    keys.find(|key| key.aliases.iter().any(|name| name == alias)).unwrap()
}

#[test]
fn of_each_key_that_is_read_which_something_depends_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = scan_in(folder.path(), KINDS, &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    for (operation, calls) in [
        // One claims it and two are keys of buckets, one of which is shared.
        ("GetKeyPolicy", 4),
        ("ListKeyPolicies", 2),
        // The primary and two others; not what is imported, signs or is a replica.
        ("GetKeyRotationStatus", 3),
        // The one that does not rotate by itself, and the one that cannot.
        ("ListKeyRotations", 2),
        // 120 grants in two pages, and none of two keys of buckets.
        ("ListGrants", 4),
        // All but the one that is leaving.
        ("GetKeyLastUsage", 13),
    ] {
        assert_eq!(run.calls(operation, "calls"), calls, "{operation}");
    }
    let facts = facts(&folder.path().join("out"));
    let details = |alias: &str| &key(&facts, "eu-west-3", alias).details;
    assert_eq!(details("alias/policy").policy, Fact::Known(POLICY.to_owned()));
    assert_eq!(details("alias/policy").grants, Fact::NotCollected);
    let rotation = details("alias/rotating").automatic_rotation.known().unwrap();
    assert_eq!((rotation.enabled, rotation.period_days), (true, Some(180)));
    assert_eq!(rotation.next_rotation, Some("2026-06-25T00:00:00Z".parse().unwrap()));
    assert_eq!(details("alias/rotating").rotations, Fact::NotCollected);
    let turned = details("alias/turned").rotations.known().unwrap();
    assert_eq!(
        (turned[0].at, &turned[0].kind),
        (Some("2026-02-01T00:00:00Z".parse().unwrap()), &RotationType::OnDemand)
    );
    assert_eq!(details("alias/imported").rotations, Fact::Known(Vec::new()));
    assert_eq!(details("alias/granted").grants.known().unwrap().len(), 120);
    assert_eq!(details("alias/bucket").ram_policy, Fact::Known(Some(POLICY.to_owned())));
    assert_eq!(details("alias/unshared").ram_policy, Fact::Known(None));
    assert!(details("alias/unshared").policy.known().unwrap().contains("kms:*"));
    assert_eq!(details("alias/double").policy, Fact::NotCollected);
    let used = details("alias/bucket").last_usage.known().unwrap();
    let last = used.last.as_ref().unwrap();
    assert_eq!(last.operation.as_deref(), Some("Decrypt"));
    assert_eq!(last.at, "2026-06-15T05:00:00Z".parse().unwrap());
    assert_eq!(details("alias/nothing").last_usage.known().unwrap().last, None);
    let replica = &key(&facts, "us-east-1", "alias/global").details;
    assert_eq!(replica.automatic_rotation, Fact::NotCollected);
}

#[test]
fn a_key_that_is_denied_one_question_costs_that_answer() {
    let estate = all(5);
    for operation in OPERATIONS {
        let fault = format!(
            "[[fault]]\nservice = \"kms\"\noperation = \"{operation}\"\nkey = \"alias/app-3\"\nkind = \"error\""
        );
        let run = scan_estate(&format!("{estate}\n{fault}"), &["--fail-on-gaps"]);
        assert_eq!(run.code(), 4, "{operation}");
        let denied = gap(&format!("kms:{operation}"), "AccessDeniedException", "eu-west-3", 1);
        assert_eq!(run.gaps()[0], denied);
        for other in OPERATIONS {
            // Without the status of its rotation, its rotations are not asked for.
            let expected = match (operation, other) {
                ("GetKeyRotationStatus", "ListKeyRotations") => 4,
                _ => 5,
            };
            assert_eq!(run.calls(other, "calls"), expected, "{other} without {operation}");
        }
    }
}

#[test]
fn a_denied_key_policy_is_one_gap_for_what_hides_in_it() {
    let fault =
        "[[fault]]\nservice = \"kms\"\noperation = \"GetKeyPolicy\"\nkey = \"alias/bucket\"\nkind = \"error\"";
    let run = scan_estate(&format!("{KINDS}\n{fault}"), &["--fail-on-gaps"]);
    let denied = gap("kms:GetKeyPolicy", "AccessDeniedException", "eu-west-3", 1);
    // The key policy, and that of the resource share.
    assert_eq!(run.gaps(), [denied.clone(), denied]);
}

#[test]
fn a_question_that_is_always_refused_is_given_up() {
    let estate = all(200);
    let calm = scan_estate(&estate, &["--fail-on-gaps"]);
    assert_eq!((calm.code(), calm.gaps()), (0, vec![]));
    for operation in OPERATIONS {
        assert_eq!(calm.calls(operation, "calls"), 200, "{operation}");
        let fault = format!("[[fault]]\nservice = \"kms\"\noperation = \"{operation}\"\nkind = \"error\"");
        let run = scan_estate(&format!("{estate}\n{fault}"), &["--fail-on-gaps"]);
        assert_eq!(run.code(), 4, "{operation}");
        let denied = gap(&format!("kms:{operation}"), "AccessDeniedException", "eu-west-3", 200);
        assert_eq!(run.gaps(), [denied]);
        // Twenty refusals, and what was under way by then.
        let made = run.calls(operation, "calls");
        assert!((20..20 + 64).contains(&made), "{operation}: {made}");
    }
}

#[test]
fn a_list_of_grants_that_is_cut_short_is_a_gap() {
    let fault = "[[fault]]\nservice = \"kms\"\noperation = \"ListGrants\"\nkey = \"alias/granted\"\nkind = \"missing-marker\"";
    let run = scan_estate(&format!("{KINDS}\n{fault}"), &["--fail-on-gaps"]);
    assert_eq!(run.gaps(), [gap("kms:ListGrants", "MissingMarker", "eu-west-3", 1)]);
}

#[test]
fn without_time_for_it_no_key_is_asked_for_its_last_usage() {
    let run = scan_estate(&all(5), &["--last-usage-budget", "0s", "--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(run.calls("GetKeyLastUsage", "calls"), 0);
    assert_eq!(run.report["scan"]["parameters"]["last_usage_budget"], "0s");
}

#[test]
fn what_the_time_does_not_reach_is_not_asked_and_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    // A fifth of five calls a second.
    let flags = ["--api-share", "20", "--last-usage-budget", "2500ms", "--fail-on-gaps"];
    let run = scan_in(folder.path(), &all(20), &flags);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    let facts = facts(&folder.path().join("out"));
    let asked = |key: &&Key| !key.details.last_usage.is_not_collected();
    let asked = facts.regions[0].keys.iter().filter(asked).count();
    assert!((1..=4).contains(&asked), "{asked}");
    assert!(run.calls("GetKeyLastUsage", "calls") <= 4);
}

#[test]
fn an_answer_that_does_not_come_in_time_is_not_waited_for() {
    let fault = "[[fault]]\nservice = \"kms\"\noperation = \"GetKeyLastUsage\"\nkind = \"stall\"";
    let started = Instant::now();
    let run = scan_estate(&format!("{KINDS}\n{fault}"), &["--last-usage-budget", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    assert_eq!(run.gaps(), []);
}

/// Scans an estate into a folder of this name, and returns what was written.
fn scan_into(folder: &Path, name: &str, estate: &str, flags: &[&str]) -> AccountFacts {
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, estate).unwrap();
    let out = folder.join(name);
    let output = command_into(folder, &file, &out).args(flags).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    facts(&out)
}

fn last_usage<'a>(facts: &'a AccountFacts, alias: &str) -> Option<&'a LastUsage> {
    key(facts, "eu-west-3", alias).details.last_usage.known()
}

#[test]
fn answers_of_an_earlier_scan_are_carried_over_with_their_age() {
    let estate = r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333" }
        [[region]]
        name = "eu-west-3"
        key = [
            { alias = "alias/same", created = 2025-01-01T00:00:00Z, last_usage = { operation = "Decrypt", at = 2026-06-01T00:00:00Z } },
            { alias = "alias/anew", created = 2025-01-01T00:00:00Z },
        ]
    "#;
    let folder = tempfile::tempdir().unwrap();
    let first = scan_into(folder.path(), "first", estate, &[]);
    let earlier = last_usage(&first, "alias/same").unwrap();
    assert_eq!(earlier.read_at, "2026-06-15T06:00:00Z".parse().unwrap());
    assert!(last_usage(&first, "alias/anew").is_some());

    let later = estate.replace("as_of = 2026-06-15", "as_of = 2026-06-22");
    let (head, tail) = later.split_once("alias/anew").unwrap();
    let later = format!("{head}alias/anew{}", tail.replace("2025-01-01", "2025-02-02"));
    for previous in ["first", "first/snapshot"] {
        let name = previous.replace('/', "-") + "-then";
        let flags = ["--last-usage-budget", "0s", "--previous", previous];
        let second = scan_into(folder.path(), &name, &later, &flags);
        assert_eq!(last_usage(&second, "alias/same"), Some(earlier), "{previous}");
        assert_eq!(last_usage(&second, "alias/anew"), None, "it is another key by now");
    }
    let third = scan_into(folder.path(), "third", &later, &["--previous", "first"]);
    let fresh = last_usage(&third, "alias/same").unwrap();
    assert_eq!(
        fresh.read_at,
        "2026-06-22T06:00:00Z".parse().unwrap(),
        "who is asked has a new answer"
    );
}

#[test]
fn a_folder_that_is_no_earlier_scan_is_an_error_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, KINDS).unwrap();
    for wrong in [".", "missing"] {
        let output = command(folder.path(), &file)
            .args(["--previous", wrong])
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("is not the folder of an earlier scan"), "{stderr}");
        assert!(stderr.contains("scan.json"), "{stderr}");
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn the_configuration_can_say_how_much_time_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, KINDS).unwrap();
    let configured = |budget: &str| {
        let text = format!("[scan]\nlast-usage-budget = \"{budget}\"\n");
        std::fs::write(folder.path().join("kms-audit.toml"), text).unwrap();
        let mut command = command(folder.path(), &file);
        command.env("KMS_AUDIT_LAST_USAGE_BUDGET", "").output().unwrap()
    };
    let refused = configured("soon");
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("[scan] last-usage-budget") && stderr.contains("30s or 5m"),
        "{stderr}"
    );
    let output = configured("0s");
    assert!(output.status.success(), "{output:?}");
    let facts = facts(&folder.path().join("out"));
    let mut keys = facts.regions.iter().flat_map(|region| &region.keys);
    assert!(keys.all(|key| key.details.last_usage.is_not_collected()));
}
