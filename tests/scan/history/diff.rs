//! Two runs compared.

use super::super::accounts::ORGANIZATION;
use super::*;

#[test]
fn a_run_has_not_changed_from_itself() {
    let mut runs = Runs::new();
    let run = runs.scan(ESTATE, &[]);
    let again = runs.scan(ESTATE, &[]);
    // A report does not hold the policies.
    let policies = vec![("policies of keys", "new")];
    for (other, unsaid) in [(&run, vec![]), (&again, vec![]), (&run.join("report.json"), policies)] {
        let diff = runs.diff(&run, other);
        assert_eq!((kinds(&diff), not_comparable(&diff)), (vec![], unsaid));
        assert_eq!(diff["summary"]["keys_in_both"], 7);
    }
    let output = kms_audit(&[&"diff", &run, &again, &"--fail-on-new", &"info"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        said(&output).contains("Nothing changed in what could be compared: 7 keys, 2 buckets"),
        "{output:?}"
    );
}

#[test]
fn an_account_that_could_not_be_entered_this_time_is_not_comparable_and_its_keys_are_not_deleted() {
    let mut runs = Runs::new();
    let entered = ["--organization", "--external-id", "e-7c1f0aSECRET"];
    let old = runs.scan(ORGANIZATION, &entered);
    let new = runs.scan(ORGANIZATION, &entered[..1]);
    let diff = runs.diff(&old, &new);
    assert_eq!(kinds(&diff), Vec::<&str>::new());
    assert_eq!(not_comparable(&diff), [("account", "new")]);
    let row = &diff["not_comparable"][0];
    // Its two keys.
    assert_eq!((&row["account_id"], &row["count"]), (&"444400000002".into(), &2.into()));
    let because = row["because"].as_str().unwrap();
    assert!(because.contains("could not be entered: AccessDenied"), "{because}");
    let back = runs.diff(&new, &old);
    assert_eq!(kinds(&back), Vec::<&str>::new());
    assert_eq!(not_comparable(&back), [("account", "old")]);
}

#[test]
fn estates_that_differ_in_one_thing_differ_in_that_and_in_nothing_else() {
    let odd = "alias = \"alias/odd\"\ntags = { team = \"payments\" }\ncreated = \"2026-01-01T00:00:00Z\"";
    let public = "tags = { DataClass = \"public\" }\ncreated = \"2026-01-01T00:00:00Z\"";
    let more = format!("{public}\n[[region.key]]\ntags = {{ requirement = \"audit\" }}\nalias = \"alias/more\"");
    let pending = format!("{odd}\nstate = \"PendingDeletion\"\ndeletion_in_days = 9");
    let disabled = format!("{odd}\nstate = \"Disabled\"");
    let bucket_key = "name = \"costly\"\nregion = \"us-east-1\"\nencryption = \"SSE-KMS\"\nbucket_key = true";
    let costly = "[[bucket]]\nname = \"costly\"\nregion = \"us-east-1\"\nencryption = \"SSE-KMS\"\n";
    for (from, to, expected) in [
        (
            public,
            more.as_str(),
            &["key_created", "cost_changed", "finding_new"][..],
        ),
        (odd, &pending, &["key_scheduled_for_deletion", "cost_changed"]),
        (odd, &disabled, &["key_state_changed", "finding_new"]),
        ("\"orders\"", "\"invoices\"", &["key_description_changed"; 5]),
        ("alias/app-{n}", "alias/app-{n:02}", &["key_aliases_changed"; 5]),
        ("team = \"payments\"", "team = \"invoices\"", &["key_tags_changed"]),
        (
            "team = \"payments\"",
            "requirement = \"contract\"",
            &["key_tags_changed", "justification_won", "finding_gone"],
        ),
        ("rps = 50", "rps = 80", &["utilization_up"]),
        ("rps = 50", "rps = 40", &["utilization_down"]),
        (
            "[[region]]\nname = \"us-east-1\"",
            "[[region.quota]]\ncode = \"L-6E3AF000\"\napplied = 20000\n[[region]]\nname = \"us-east-1\"",
            &["quota_changed", "utilization_down"],
        ),
        (
            &bucket_key[..bucket_key.len() - "\nbucket_key = true".len()],
            bucket_key,
            &["bucket_key_changed", "finding_gone"],
        ),
        (costly, "", &["bucket_deleted", "finding_gone"]),
        ("SSE-S3", "DSSE-KMS", &["bucket_encryption_changed", "finding_new"]),
    ] {
        assert!(ESTATE.contains(from), "{from}");
        let mut runs = Runs::new();
        let changed = ESTATE.replacen(from, to, 1);
        let (old, new) = (runs.scan(ESTATE, &[]), runs.scan(&changed, &[]));
        let diff = runs.diff(&old, &new);
        assert_eq!(kinds(&diff), expected, "{from} -> {to}: {diff:#}");
    }
}

#[test]
fn what_is_denied_in_the_second_scan_is_neither_deleted_nor_gone() {
    let tags = "[[fault]]\nkind = \"error\"\nservice = \"kms\"\noperation = \"ListResourceTags\"\n";
    let region = "[[fault]]\nkind = \"error\"\nregion = \"eu-west-3\"\n";
    let mut runs = Runs::new();
    let old = runs.scan(ESTATE, &[]);
    for (fault, flags, what) in [
        (tags, &[][..], "tags of keys"),
        (region, &[], "keys"),
        ("", &["--region", "us-east-1"], "keys"),
    ] {
        let new = runs.scan(&format!("{ESTATE}\n{fault}"), flags);
        for (from, to, side) in [(&old, &new, "new"), (&new, &old, "old")] {
            let diff = runs.diff(from, to);
            assert_eq!(kinds(&diff), [""; 0], "{fault}: {diff:#}");
            let rows = not_comparable(&diff);
            assert!(rows.contains(&(what, side)), "{fault}: {rows:?}");
            assert!(
                rows.contains(&("findings of unjustified-key", side)),
                "{fault}: {rows:?}"
            );
        }
        let output = kms_audit(&[&"diff", &new, &old, &"--fail-on-new", &"medium"]);
        assert_eq!(
            output.status.code(),
            Some(3),
            "what was not looked at before is not passed over"
        );
        assert!(said(&output).contains("for the first time"), "{output:?}");
    }
}

#[test]
fn a_new_finding_ends_a_weekly_job_and_is_in_every_format() {
    let mut runs = Runs::new();
    let old = runs.scan(ESTATE, &[]);
    let hostile = "requirement = \"polcy\\u001b[31m|<b>\"";
    let new = runs.scan(&ESTATE.replace("team = \"payments\"", hostile), &[]);
    let output = kms_audit(&[&"diff", &old, &new, &"--fail-on-new", &"low"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let text = said(&output);
    assert!(text.contains("New findings  1") && text.contains("alias/odd"), "{text}");
    assert!(text.contains("Findings that are gone  1"), "{text}");
    let escaped = text.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "");
    assert!(!escaped.contains("\u{1b}[31m"), "{text:?}");
    assert_eq!(
        kms_audit(&[&"diff", &old, &new, &"--fail-on-new", &"critical"])
            .status
            .code(),
        Some(0)
    );
    let file = runs.folder.path().join("changes.md");
    let output = kms_audit(&[&"diff", &old, &new, &"--format", &"markdown", &"--out", &file]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    let page = String::from_utf8(read(file)).unwrap();
    assert!(
        page.contains("## New findings: 1") && page.contains("polcy\\\\u{1b}\\[31m\\|&lt;b&gt;"),
        "{page}"
    );
}

#[test]
fn reports_alone_say_what_they_do_not_hold() {
    let mut runs = Runs::new();
    let (old, new) = (
        runs.scan(ESTATE, &[]),
        runs.scan(
            &ESTATE
                .replace("\"orders\"", "\"invoices\"")
                .replacen("count = 5", "count = 6", 1),
            &[],
        ),
    );
    let diff = runs.diff(&old.join("report.json"), &new.join("report.json"));
    assert!(kinds(&diff).contains(&"key_created"), "{diff:#}");
    assert!(!kinds(&diff).contains(&"key_description_changed"));
    assert!(diff["not_compared"][0].as_str().unwrap().contains("policies"));
    let text = said(&kms_audit(&[&"diff", &old.join("report.json"), &new]));
    assert!(text.contains("Not compared: key policies"), "{text}");
}

#[test]
fn what_is_no_run_cannot_be_compared() {
    let mut runs = Runs::new();
    let run = runs.scan(ESTATE, &[]);
    let output = kms_audit(&[&"diff", &run, &run.parent().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("has no snapshot/ or report.json in it: expected the folder that a scan has written"));
    // The one that was meant.
    assert!(
        said.contains(&format!("Name a run that is in it: {}", run.display())),
        "{said}"
    );
    std::fs::write(run.join("manifest.json"), "{}").unwrap();
    assert_eq!(kms_audit(&[&"diff", &run, &run]).status.code(), Some(1));
}
