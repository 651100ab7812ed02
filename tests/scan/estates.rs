//! The estates of `fixtures/estates`, each for what it is there to show.

use super::run::*;

#[test]
fn a_well_kept_account_has_no_finding_and_no_gap() {
    let run = scan_estate(&estate("well-kept.toml"), &["--fail-on", "info", "--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(run.report["findings"].as_array().unwrap().len(), 0);
    assert_eq!(run.report["summary"]["justified"], 4);
    assert!(run.stdout().contains("None in what was looked at."));
}

#[test]
fn the_demonstration_has_a_bucket_for_every_question_about_its_key() {
    let run = scan_estate(&estate("saas-tenants.toml"), &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    for (check, findings) in [
        ("bucket-key-disabled", 14),
        ("bucket-key-unsupported", 2),
        ("bucket-key-unusable", 1),
        ("ambiguous-bucket-key", 1),
        ("cross-account-bucket-key", 1),
    ] {
        assert_eq!(run.findings(check), findings, "{check}");
    }
}

#[test]
fn what_is_denied_is_a_gap_and_the_rest_is_read() {
    let run = scan_estate(&estate("denied.toml"), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    let denied = "AccessDeniedException";
    assert_eq!(
        run.gaps(),
        [
            gap("kms:DescribeKey", denied, "eu-west-1", 1),
            gap("kms:GetKeyPolicy", denied, "eu-west-1", 1),
            gap("kms:GetKeyRotationStatus", denied, "eu-west-1", 1),
            gap("kms:ListGrants", denied, "eu-west-1", 1),
            gap("kms:ListKeyPolicies", denied, "eu-west-1", 1),
            gap("kms:ListKeyRotations", denied, "eu-west-1", 1),
            gap("kms:ListResourceTags", denied, "eu-west-1", 1),
            gap("s3:GetBucketEncryption", "AccessDenied", "eu-west-1", 1),
            gap("kms:ListKeys", denied, "eu-west-2", 0),
            gap("kms:GetKeyLastUsage", denied, "eu-west-3", 3),
            gap("servicequotas:ListAWSDefaultServiceQuotas", denied, "eu-west-3", 0),
            gap("servicequotas:ListServiceQuotas", denied, "eu-west-3", 0),
        ]
    );
    assert_eq!((run.keys("eu-west-1"), run.keys("eu-west-3")), (23, 3));
    assert_eq!(run.findings("near-request-quota"), 1);
    assert_eq!(run.findings("bucket-key-disabled"), 1);
    assert_eq!(run.findings("unjustified-key"), 0);
}

#[test]
fn a_flaky_account_has_the_same_report_as_without_its_faults() {
    let flaky = estate("flaky.toml");
    let calm = flaky.split("[[fault]]").next().unwrap();
    let (mut flaky, mut calm) = (scan_estate(&flaky, &["--fail-on-gaps"]), scan_estate(calm, &[]));
    assert_eq!(flaky.code(), 0, "{:?}", flaky.gaps());
    assert_eq!(calm.report["summary"]["customer_managed_keys"], 300);
    for (operation, throttled, retried) in [
        // Seven errors at random beside the throttling.
        ("DescribeKey", 3, 10),
        ("ListKeys", 0, 1),
        // Two answers that end in their middle, and five errors at random.
        ("ListResourceTags", 0, 7),
        ("GetMetricData", 0, 1),
        ("GetBucketEncryption", 2, 3),
    ] {
        let of_flaky = |field| flaky.calls(operation, field);
        assert_eq!(
            (of_flaky("throttled"), of_flaky("retried")),
            (throttled, retried),
            "{operation}"
        );
        assert_eq!(
            of_flaky("calls"),
            calm.calls(operation, "calls") + retried,
            "{operation}"
        );
        assert_eq!(calm.calls(operation, "retried"), 0, "{operation}");
    }
    // Three pages of aliases, one after the other: how many come too soon is a matter of time.
    let aliases = |field| flaky.calls("ListAliases", field);
    assert!(aliases("throttled") > 0 && aliases("throttled") == aliases("retried"));
    for run in [&mut flaky, &mut calm] {
        // Its own footprint, and when and on which file it ran, are its own.
        for field in ["api_calls", "scan"] {
            run.report.as_object_mut().unwrap().remove(field);
        }
    }
    assert_eq!(flaky.report, calm.report);
}

#[test]
fn hostile_text_stays_text_in_every_output() {
    let run = scan_estate(&estate("hostile-text.toml"), &["-v"]);
    assert_eq!(run.report["summary"]["customer_managed_keys"], 5);
    let treacherous = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    };
    let stderr = String::from_utf8(run.output.stderr.clone()).unwrap();
    for text in [&run.stdout(), &run.page, &stderr] {
        assert!(!text.contains(treacherous), "{text:?}");
    }
    assert!(!run.page.contains('<'), "no HTML: {}", run.page);
    assert!(!run.page.contains("\n# forged") && !run.page.contains("\n| forged"));
    assert!(!run.page.contains("](javascript") || run.page.contains("\\](javascript"));
    assert!(
        !run.page.contains("https://evil") && !run.page.contains("@everyone"),
        "no link, no mention"
    );
    // The machine's report has the text as it is, so that nobody is led to another resource.
    let aliases: Vec<_> = run.report["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["aliases"][0])
        .collect();
    assert!(
        aliases.contains(&&"alias/<script>alert(document.domain)</script>".into()),
        "{aliases:?}"
    );
}

#[test]
fn hostile_text_forges_no_line_of_a_log_in_json() {
    let run = scan_estate(&estate("hostile-text.toml"), &["-vv", "--log-format", "json"]);
    let said = String::from_utf8(run.output.stderr.clone()).unwrap();
    assert!(said.lines().count() > 20, "{said}");
    for line in said.lines() {
        let object: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(object["target"].as_str().unwrap().starts_with("kms_audit"), "{line}");
        assert!(
            !line.contains(|c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}')),
            "{line:?}"
        );
    }
}

#[test]
fn in_the_night_of_the_incident_a_throttled_scan_sees_the_spike_and_everything_else() {
    let run = scan_estate(
        &estate("re-encryption-incident.toml"),
        &["--fail-on-gaps", "--fail-on", "critical"],
    );
    assert_eq!((run.code(), run.gaps()), (3, vec![]));
    // How many were throttled depends on the pace of this machine; each was tried until it was answered. Four tries
    // are enough whatever the pace: 50 go through at each, and there are 152.
    let calls = |field: &str| run.calls("DescribeKey", field);
    assert_eq!(calls("calls") - calls("retried"), 152);
    assert_eq!(calls("throttled"), calls("retried"));
    assert!(calls("throttled") > 0);
    assert_eq!(run.keys("eu-west-3"), 152);
    let highest = &run.report["summary"]["highest_utilization"];
    assert_eq!(highest["utilization"], 1.4, "{highest}");
    assert_eq!(
        (run.findings("near-request-quota"), run.findings("bucket-key-disabled")),
        (1, 1)
    );
    assert_eq!(run.findings("unjustified-key"), 0);
}

#[test]
fn a_regulated_account_has_keys_of_every_origin_and_two_without_a_reason() {
    let run = scan_estate(&estate("regulated.toml"), &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    let inventory = run.report["inventory"].as_array().unwrap();
    let frankfurt = inventory.iter().find(|row| row["region"] == "eu-central-1").unwrap();
    let origins = &frankfurt["by_origin"];
    let count = |origin: &str| origins[origin].as_u64().unwrap();
    let counts = ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE", "EXTERNAL"].map(count);
    assert_eq!(counts, [2, 4, 3], "{origins}");
    assert_eq!(frankfurt["by_state"]["Unavailable"], 1);
    assert_eq!(frankfurt["by_state"]["PendingImport"], 1);
    assert_eq!((run.keys("eu-central-1"), run.keys("eu-central-2")), (18, 2));
    assert_eq!(
        (run.findings("unjustified-key"), run.findings("bucket-key-disabled")),
        (2, 1)
    );
}

#[test]
fn of_an_organization_the_account_of_the_credentials_is_scanned() {
    let run = scan_estate(&estate("organization.toml"), &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(run.report["scan"]["accounts"], serde_json::json!(["111122223333"]));
    assert_eq!(run.report["summary"]["customer_managed_keys"], 6);
}
