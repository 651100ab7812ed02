//! The inventory from AWS Config: the same keys and buckets, for fewer calls; what it does not know is not assessed, and
//! what it does not record is a gap.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::run::*;

const SOURCE: &[&str] = &["--source", "config-aggregator", "--last-usage-budget", "0s"];
const SERVICES: &[&str] = &["--last-usage-budget", "0s"];

/// An estate with an aggregator of all of it in its first Region.
fn with_aggregator(estate: &str, region: &str) -> String {
    format!("{estate}\n[[config_aggregator]]\nname = \"all\"\nregion = \"{region}\"\n")
}

fn flags<'f>(of: &[&'f str], more: &[&'f str]) -> Vec<&'f str> {
    of.iter().chain(more).copied().collect()
}

/// The keys, without the time at which AWS Config captured each.
fn keys(run: &Run) -> Vec<Value> {
    let mut keys = run.report["keys"].as_array().unwrap().clone();
    for key in &mut keys {
        key["captured_at"].take();
    }
    keys
}

fn inventory(run: &Run) -> Vec<Value> {
    let mut rows = run.report["inventory"].as_array().unwrap().clone();
    for row in &mut rows {
        row["tag_source"].take();
        row["config_record"].take();
    }
    rows
}

fn checks(run: &Run) -> BTreeMap<String, [u64; 3]> {
    let rows = run.report["assessments"].as_array().unwrap().iter();
    rows.map(|row| {
        let count = |field: &str| row[field].as_u64().unwrap();
        let counts = [count("passed"), count("failed"), count("not_assessed")];
        (row["check"].as_str().unwrap().to_owned(), counts)
    })
    .collect()
}

fn calls_of(run: &Run, service: &str) -> u64 {
    let rows = run.report["api_calls"].as_array().unwrap().iter();
    let of_service = rows.filter(|row| row["service"] == service);
    of_service.map(|row| row["calls"].as_u64().unwrap()).sum()
}

#[test]
fn the_inventory_of_an_organization_is_that_of_the_services() {
    let estate = estate("organization.toml");
    let organization = ["--organization", "--region", "eu-central-1", "--region", "us-east-1"];
    let services = scan_estate(&estate, &flags(SERVICES, &organization));
    let config = scan_estate(&estate, &flags(SOURCE, &organization));
    assert!(keys(&services) == keys(&config));
    assert_eq!(inventory(&services), inventory(&config));
    assert_eq!(
        services.report["quota"], config.report["quota"],
        "from CloudWatch, as ever"
    );
    for field in [
        "buckets",
        "sse_kms_buckets",
        "sse_kms_buckets_without_bucket_key",
        "monthly_cost_usd",
    ] {
        assert_eq!(
            services.report["summary"][field], config.report["summary"][field],
            "{field}"
        );
    }
    assert_eq!(
        services.findings("bucket-key-disabled"),
        config.findings("bucket-key-disabled")
    );
    assert_eq!(services.gaps(), config.gaps(), "accounts that nobody can enter");
    let (services_checks, config_checks) = (checks(&services), checks(&config));
    for check in [
        "unjustified-key",
        "near-request-quota",
        "missing-throttle-alarm",
        "per-tenant-keys",
        "disabled-key",
    ] {
        assert_eq!(services_checks[check], config_checks[check], "{check}");
    }
    // What takes key policies, grants and rotations on demand.
    let [_, failed, not_assessed] = config_checks["contradicted-justification"];
    assert!(failed == 0 && not_assessed > services_checks["contradicted-justification"][2]);
    assert_eq!(calls_of(&config, "kms"), 0);
    assert_eq!(calls_of(&config, "s3"), 0);
    let aggregator = calls_of(&config, "config");
    assert!(aggregator < 200, "{aggregator}");
    println!(
        "calls for the inventory: {aggregator} instead of {}",
        calls_of(&services, "kms") + calls_of(&services, "s3")
    );
}

#[test]
fn what_config_does_not_know_is_not_assessed() {
    let estate = with_aggregator(&estate("regulated.toml"), "eu-central-1");
    let services = scan_estate(&estate, SERVICES);
    let config = scan_estate(&estate, SOURCE);
    assert!(
        keys(&services) == keys(&config),
        "specs, origins, roles and tags of all kinds"
    );
    assert_eq!(config.gaps(), Vec::new());
    assert_eq!(calls_of(&config, "kms"), 0);
    let because = |run: &Run, check: &str| {
        let rows = run.report["assessments"].as_array().unwrap();
        rows.iter().find(|row| row["check"] == check).unwrap()["not_assessed_because"].to_string()
    };
    let reasons = because(&config, "contradicted-justification");
    for unread in ["its key policy", "its grants"] {
        assert!(reasons.contains(unread), "{reasons}");
        assert!(
            !because(&services, "contradicted-justification").contains(&format!("AWS was not asked for {unread}"))
        );
    }
    // Whether a key rotates is recorded, and holds or leaves open whether it was rotated on demand.
    assert!(!reasons.contains("its automatic rotation"), "{reasons}");
    let rotation = |run: &Run| {
        let findings = run.report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["detail"].to_string().contains("automatic rotation is off"))
            .count()
    };
    assert_eq!(rotation(&config), 0);
}

/// The member accounts record all, some types and nothing.
const RECORDERS: &str = r#"
as_of = 2026-06-15T06:00:00Z
[account]
id = "111122223333"
[organization]

[[region]]
name = "eu-west-3"
key = [{ alias = "alias/own", tags = { requirement = "contract" }, created = 2025-01-01T00:00:00Z }]

[[config_aggregator]]
name = "all"
region = "eu-west-3"

[[member]]
id = "200000000001"
role = [{ name = "KmsAuditReadOnly" }]
[[member.region]]
name = "eu-west-3"
key = [{ alias = "alias/seen", created = 2025-03-01T00:00:00Z }, { alias = "alias/new", created = 2026-06-10T00:00:00Z }]
config_recorder = { until = 2026-06-01T00:00:00Z, frequency = "DAILY" }
[[member.region]]
name = "us-east-1"
key = [{ alias = "alias/hidden" }]
config_recorder = { recording = false }
[[member.region]]
name = "us-east-2"
key = [{ alias = "alias/hidden" }]
config_recorder = { resource_types = ["AWS::S3::Bucket"] }
[[member.region]]
name = "eu-north-1"
config_recorder = { excluded_types = ["AWS::S3::Bucket", "AWS::KMS::Alias"] }
[[member.bucket]]
name = "documents"
region = "eu-west-3"
encryption = "SSE-KMS"
created = 2025-02-01T00:00:00Z
"#;

#[test]
fn a_region_that_is_not_recorded_is_a_gap_and_not_empty() {
    let run = scan_estate(RECORDERS, &flags(SOURCE, &["--organization", "--fail-on-gaps"]));
    assert_eq!(run.code(), 4);
    let select = "config:SelectAggregateResourceConfig";
    assert_eq!(
        run.gaps(),
        [
            gap(select, "TypeNotRecorded", "-", 0),
            gap(select, "NotRecording", "us-east-1", 0),
            gap(select, "TypeNotRecorded", "us-east-2", 0),
        ]
    );
    let gaps = run.report["coverage"]["gaps"].as_array().unwrap();
    assert!(
        gaps[0]["message"]
            .to_string()
            .contains("(buckets in eu-north-1, us-east-1)"),
        "{}",
        gaps[0]
    );
    let row = |region: &str| {
        let mut rows = run.report["inventory"].as_array().unwrap().iter();
        rows.find(|row| row["account_id"] == "200000000001" && row["region"] == region)
            .unwrap()
    };
    assert_eq!(
        (&row("us-east-1")["complete"], &row("eu-north-1")["complete"]),
        (&json!(false), &json!(true))
    );
    assert!(run.report["summary"]["key_inventory_complete"] == false);
}

#[test]
fn items_are_marked_with_the_time_at_which_config_captured_them() {
    let late = "[[config_aggregator.trouble]]\naccount = \"2000*\"\nregion = \"eu-west-3\"\nstatus = \"OUTDATED\"\n\
                since = 2026-06-02T00:00:00Z\nerror_code = \"ThrottlingException\"\n[[member]]";
    let estate = RECORDERS.replacen("[[member]]", late, 1);
    let run = scan_estate(&estate, &flags(SOURCE, &["--organization", "--region", "eu-west-3"]));
    let record = &run.report["inventory"][1]["config_record"];
    assert_eq!(
        *record,
        json!({
            "oldest_item": "2025-02-01T00:00:00Z", "newest_item": "2025-03-01T00:00:00Z", "frequency": "DAILY",
            "outdated_since": "2026-06-02T00:00:00Z",
        })
    );
    assert_eq!(run.keys("eu-west-3"), 1);
    let aliases: Vec<&Value> = run.report["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["aliases"][0])
        .collect();
    assert_eq!(aliases, ["alias/own", "alias/seen"], "the new one is not recorded");
    let captured: Vec<&Value> = run.report["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["captured_at"])
        .collect();
    assert_eq!(
        captured,
        ["2025-01-01T00:00:00Z", "2025-03-01T00:00:00Z"],
        "each key has the time of its item"
    );
    assert_eq!(run.findings("bucket-key-disabled"), 1);
    let status = "config:DescribeConfigurationAggregatorSourcesStatus";
    let expected = [
        gap(status, "OUTDATED", "-", 0),
        gap(status, "OUTDATED", "eu-west-3", 0),
        gap(status, "OUTDATED", "eu-west-3", 0),
    ];
    assert_eq!(run.gaps(), expected, "buckets, keys and aliases");
    let message = run.report["coverage"]["gaps"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("nothing later than 2026-06-02T00:00:00Z") && message.contains("ThrottlingException"),
        "{message}"
    );
    assert_eq!(
        run.report["coverage"]["config_record"]["oldest_item"],
        "2025-01-01T00:00:00Z"
    );
    for place in [&run.page, &run.stdout()] {
        assert!(
            place.contains("at a change between 2025-01-01 and 2025-03-01, in some Regions once a day"),
            "{place}"
        );
        assert!(place.contains("nothing later than 2026-06-02 was collected"), "{place}");
    }
}

#[test]
fn accounts_and_regions_that_the_aggregator_does_not_collect_from_are_gaps() {
    let estate = RECORDERS.replacen(
        "name = \"all\"\nregion = \"eu-west-3\"",
        "name = \"all\"\nregion = \"eu-west-3\"\nsource_accounts = [\"111122223333\"]",
        1,
    );
    let run = scan_estate(
        &estate,
        &flags(SOURCE, &["--account", "200000000001", "--region", "eu-west-3"]),
    );
    let select = "config:SelectAggregateResourceConfig";
    let expected = [
        gap(select, "NotAggregated", "-", 0),
        gap(select, "NotAggregated", "eu-west-3", 0),
    ];
    assert_eq!(run.gaps(), expected);
    assert_eq!(run.report["coverage"]["complete"], false);
}

#[test]
fn regions_that_cannot_be_listed_are_asked_whether_they_accept_the_credentials_and_nothing_more() {
    let denied = "[[fault]]\nkind = \"error\"\nservice = \"account\"";
    let run = scan_estate(&format!("{}\n{denied}", with_aggregator(ESTATE, "eu-west-3")), SOURCE);
    assert_eq!(run.calls("ListKeys", "calls"), calls_of(&run, "kms"));
    assert_eq!(run.keys("eu-west-3"), 1_200);
    assert!(
        run.report["scan"]["regions_not_enabled"]
            .as_array()
            .unwrap()
            .contains(&json!("ap-east-1"))
    );
}

#[test]
fn flags_that_contradict_each_other_and_aggregators_that_are_not_there_scan_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, ESTATE).unwrap();
    for (flags, code, said) in [
        (&["--aggregator", "all"][..], 2, "mean nothing without --source"),
        (
            &["--source", "config-aggregator", "--tags-from", "kms"],
            2,
            "--tags-from means nothing",
        ),
        (
            &["--source", "config-aggregator"],
            1,
            "there is no AWS Config aggregator in eu-west-3",
        ),
    ] {
        let output = command(folder.path(), &file).args(flags).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}
