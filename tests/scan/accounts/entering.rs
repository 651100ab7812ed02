//! Roles: entered, refused, and entered again.

use super::*;
use std::path::Path;

const TEAMS: [&str; 4] = ["333300000001", "333300000002", "333300000003", "333300000004"];
const SECRET: &str = "e-7c1f0aSECRET";

fn refusals(run: &Run) -> Vec<(String, String)> {
    let gaps = run.report["coverage"]["gaps"].as_array().unwrap().iter();
    gaps.filter(|gap| gap["operation"] == "sts:AssumeRole")
        .map(|gap| {
            let text = |field: &str| gap[field].as_str().unwrap().to_owned();
            assert_eq!(gap["effect"], "nothing of this account was looked at");
            (text("account_id"), text("error_code"))
        })
        .collect()
}

#[test]
fn an_account_that_cannot_be_entered_is_a_gap_and_the_others_are_looked_at() {
    let run = scan_estate(ORGANIZATION, &["--organization", "--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    assert_none_is_missing(&run.report);
    assert_eq!(run.report["scan"]["accounts_listed"], 8);
    let mut scanned = vec!["111122223333"];
    scanned.extend(TEAMS);
    assert_eq!(ids(&run.report, "accounts"), scanned);
    let denied = |account: &str| (account.to_owned(), "AccessDenied".to_owned());
    assert_eq!(refusals(&run), [denied("444400000001"), denied("444400000002")]);
    assert_eq!(run.gaps().len(), 2);
    assert_eq!(run.report["scan"]["accounts_skipped"][0]["state"], "SUSPENDED");
    assert_eq!(run.report["scan"]["accounts_not_entered"][0]["name"], "no-role");
    // Two keys of its own, and twelve of each team.
    assert_eq!(run.report["summary"]["customer_managed_keys"], 50);
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
    assert_eq!(run.findings("bucket-key-disabled"), 4);
    assert_eq!(run.calls("AssumeRole", "calls"), 6);
    assert_eq!(run.calls("GetCallerIdentity", "calls"), 1);
    let last = run.stdout().lines().last().unwrap().to_owned();
    assert!(
        last.contains("8 accounts listed: 5 looked at, 1 skipped, 2 not entered"),
        "{last}"
    );
}

#[test]
fn the_sessions_have_the_name_that_was_asked_for() {
    // Whom a policy denies something, AWS names by the session.
    let denied = format!(
        "{ORGANIZATION}\n[[fault]]\nkind = \"denied-by-scp\"\nservice = \"kms\"\naccount = \"{}\"",
        TEAMS[0]
    );
    let flags = ["--account", TEAMS[0]];
    for (more, name) in [
        (&[][..], "kms-audit"),
        (&["--session-name", "weekly@audit"], "weekly@audit"),
    ] {
        let run = scan_estate(&denied, &[&flags[..], more].concat());
        let user = format!(
            "User: arn:aws:sts::{}:assumed-role/KmsAuditReadOnly/{name} is not",
            TEAMS[0]
        );
        let gaps = run.report["coverage"]["gaps"].as_array().unwrap();
        assert!(!gaps.is_empty());
        for gap in gaps {
            assert!(gap["message"].as_str().unwrap().starts_with(&user), "{name}: {gap}");
        }
    }
}

/// The lines of the log about accounts that cannot be entered, and how often it says what to do about sessions.
fn entering_logged(run: &Run) -> (Vec<String>, usize) {
    let log = String::from_utf8(run.output.stderr.clone()).unwrap();
    let about = |words: &str| {
        log.lines()
            .filter(|line| line.contains(words))
            .map(str::to_owned)
            .collect()
    };
    let lines: Vec<String> = about("cannot be entered");
    let advice: Vec<String> = about("--session-duration may ask for no more than");
    (lines, advice.len())
}

#[test]
fn sessions_that_are_to_last_longer_than_roles_allow_are_explained_once() {
    let lasting = ORGANIZATION.replace(
        "role = [{ name = \"KmsAuditReadOnly\", external_id",
        "role = [{ name = \"KmsAuditReadOnly\", max_session_seconds = 43_200, external_id",
    );
    let flags = ["--organization", "--external-id", SECRET];
    let run = scan_estate(&lasting, &[&flags[..], &["--session-duration", "43200"]].concat());
    assert_eq!(ids(&run.report, "accounts"), ["111122223333", "444400000002"]);
    let too_long = TEAMS.map(|team| (team.to_owned(), "ValidationError".to_owned()));
    assert_eq!(refusals(&run)[..4], too_long);
    let (lines, advice) = entering_logged(&run);
    assert_eq!((lines.len(), advice), (5, 1), "{lines:?}");
    for team in TEAMS {
        let line = lines.iter().find(|line| line.contains(team)).unwrap();
        assert!(line.contains("The requested DurationSeconds exceeds"), "{line}");
    }

    let (lines, advice) = entering_logged(&scan_estate(&lasting, &flags));
    assert_eq!((lines.len(), advice), (1, 0), "{lines:?}");
}

#[test]
fn what_is_said_to_those_who_enter_an_account_stays_on_its_line_of_the_log() {
    let fault = "[[fault]]\nkind = \"error\"\nservice = \"sts\"\noperation = \"AssumeRole\"\ncode = \"ValidationError\"\n\
                 message = \"DurationSeconds \\u009b2J\\n WARN kms_audit: forged \\u202e\"\n";
    let run = scan_estate(
        &format!("{ORGANIZATION}\n{fault}"),
        &["--organization", "--session-duration", "3600"],
    );
    let (lines, advice) = entering_logged(&run);
    assert_eq!((lines.len(), advice), (6, 1), "{lines:?}");
    for line in lines {
        assert!(
            line.contains("DurationSeconds \\u{9b}2J\\u{a} WARN kms_audit: forged \\u{202e}"),
            "{line}"
        );
    }
}

#[test]
fn the_account_of_the_credentials_is_looked_at_with_them() {
    let run = scan_estate(ORGANIZATION, &["--account", "111122223333", "--account", TEAMS[0]]);
    assert_eq!(ids(&run.report, "accounts"), ["111122223333", TEAMS[0]]);
    assert_eq!((run.gaps(), run.calls("AssumeRole", "calls")), (vec![], 1));
}

#[test]
fn an_external_id_opens_the_account_and_is_written_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let estate = folder.path().join("estate.toml");
    std::fs::write(&estate, ORGANIZATION).unwrap();
    let scan = |out: &str, id: &str| {
        let output = command(folder.path(), &estate)
            .args(["--account", "444400000002", "--account", TEAMS[0], "-vv", "--out", out])
            .env("KMS_AUDIT_EXTERNAL_ID", id)
            // Everything but the estate itself, which the HTTP client within the program is made of.
            .env("KMS_AUDIT_LOG", "trace,aws_smithy_runtime::client::orchestrator=debug")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    };
    let opened = scan("opened", SECRET);
    let report = |out: &str| -> Value {
        let report = std::fs::read(folder.path().join(out).join("report.json")).unwrap();
        serde_json::from_slice(&report).unwrap()
    };
    assert_eq!(ids(&report("opened"), "accounts"), [TEAMS[0], "444400000002"]);
    assert_written_nowhere(&folder.path().join("opened"), SECRET);
    let refused = scan("refused", "e-another-SECRET");
    assert_eq!(ids(&report("refused"), "accounts_not_entered"), ["444400000002"]);
    assert_written_nowhere(&folder.path().join("refused"), "e-another-SECRET");
    for output in [opened, refused] {
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            for secret in ["SECRET", "AwsSessionToken", "eyJhY2NvdW50"] {
                let line = text.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "{secret}");
            }
        }
    }
}

/// No file of a folder has the text in it, packed or not.
fn assert_written_nowhere(folder: &Path, secret: &str) {
    let mut files = 0;
    for entry in walk(folder) {
        let mut bytes = std::fs::read(&entry).unwrap();
        if entry.extension().is_some_and(|extension| extension == "zst") {
            bytes = zstd::decode_all(bytes.as_slice()).unwrap();
        }
        files += 1;
        assert!(
            !String::from_utf8_lossy(&bytes).contains(secret),
            "{} has {secret}",
            entry.display()
        );
    }
    assert!(files > 10, "{files} files");
}

#[test]
fn an_external_id_that_is_none_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), "estate.toml")
        .args(["--organization", "--external-id", "not one!"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("external id") && !stderr.contains("not one!"),
        "{stderr}"
    );
}

#[test]
fn the_help_does_not_show_an_external_id_from_the_environment() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["scan", "--help"])
        .env("KMS_AUDIT_EXTERNAL_ID", SECRET)
        .output()
        .unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains(SECRET));
}

#[test]
fn sessions_that_run_out_on_the_way_are_renewed_and_nothing_is_missing() {
    let flags = [
        "--organization",
        "--exclude-account",
        "444400000001",
        "--external-id",
        SECRET,
    ];
    // Keys of which both passes ask much.
    let busy = ORGANIZATION.replace(
        "count = 5, alias = \"alias/tenant-{n}\"",
        "count = 80, alias = \"alias/tenant-{n}\", tags = { requirement = \"policy+rotation+grant\" }",
    );
    let calm = scan_estate(&busy, &flags);
    assert_eq!(calm.gaps(), []);
    // Each session of a team is good for 200 answers, and a team takes about a thousand. More than 128 requests are
    // never under way, so that a call which is made again finds the next session still good.
    let fault = "[[fault]]\nkind = \"expired-credentials\"\nafter = 200\naccount = \"3333*\"";
    let renewed = scan_estate(&format!("{busy}\n{fault}"), &flags);
    assert_eq!(renewed.gaps(), []);
    for field in [
        "summary",
        "inventory",
        "keys",
        "quota",
        "findings",
        "assessments",
        "coverage",
    ] {
        assert_eq!(renewed.report[field], calm.report[field], "{field}");
    }
    let more = renewed.calls("AssumeRole", "calls") - calm.calls("AssumeRole", "calls");
    assert!(more >= 4 * 4, "{more} renewals");
}

#[test]
fn an_account_that_closes_during_the_scan_costs_what_was_left_of_it() {
    // Its session is good for ten answers, and there is none after the first.
    let faults = "[[fault]]\nkind = \"expired-credentials\"\nafter = 10\naccount = \"333300000002\"\n\
                  [[fault]]\nkind = \"error\"\nservice = \"sts\"\noperation = \"AssumeRole\"\nafter = 1\n";
    let run = scan_estate(
        &format!("{ORGANIZATION}\n{faults}"),
        &["--account", "111122223333", "--account", TEAMS[1]],
    );
    assert_eq!(ids(&run.report, "accounts"), ["111122223333", TEAMS[1]]);
    let gaps = run.report["coverage"]["gaps"].as_array().unwrap();
    assert!(!gaps.is_empty());
    for gap in gaps {
        assert_eq!(
            (
                &gap["account_id"],
                gap["error_code"].as_str().unwrap().starts_with("ExpiredToken")
            ),
            (&TEAMS[1].into(), true),
            "{gap}"
        );
    }
    assert_eq!(
        run.calls("AssumeRole", "calls"),
        2,
        "it is tried once more, and not for ever"
    );
}

#[test]
fn names_of_accounts_stay_text() {
    let estate = ORGANIZATION
        .replace("no-role", "<b>x</b> | [a](javascript:0) \\u001b[31m")
        .replace("\"former\"", "\"# former\\n| @everyone\"");
    let run = scan_estate(&estate, &["--organization"]);
    assert_eq!(
        run.report["scan"]["accounts_not_entered"][0]["name"],
        "<b>x</b> | [a](javascript:0) \u{1b}[31m"
    );
    assert!(run.page.contains("&lt;b&gt;x"), "{}", run.page);
    for text in [&run.page, &run.stdout()] {
        assert!(
            !text.contains('\u{1b}') && !text.contains("<b>") && !text.contains("\n| @everyone"),
            "{text}"
        );
    }
}

#[test]
fn an_organization_is_scanned_in_every_partition() {
    for (partition, region) in [
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-eusc", "eusc-de-east-1"),
    ] {
        let estate = format!(
            r#"
as_of = 2026-06-15T06:00:00Z
[account]
id = "111122223333"
partition = "{partition}"
[organization]
[[region]]
name = "{region}"
[[member]]
id = "444455556666"
role = [{{ name = "KmsAuditReadOnly" }}]
[[member.region]]
name = "{region}"
key = [{{ alias = "alias/ledger" }}]
"#
        );
        let run = scan_estate(&estate, &["--organization", "--region", region, "--fail-on-gaps"]);
        assert_eq!(run.output.status.code(), Some(0), "{partition}: {:?}", run.output);
        assert_eq!(
            ids(&run.report, "accounts"),
            ["111122223333", "444455556666"],
            "{partition}"
        );
        assert_eq!(run.report["scan"]["partition"], partition);
        let arn = run.report["keys"][0]["arn"].as_str().unwrap();
        assert!(
            arn.starts_with(&format!("arn:{partition}:kms:{region}:444455556666:key/")),
            "{arn}"
        );
    }
}
