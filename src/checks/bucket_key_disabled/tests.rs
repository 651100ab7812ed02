use serde_json::{Value, json};

use super::super::fixtures::{Judged, judge};
use super::*;
use crate::facts::examples::{account, bucket, bucket_under, denied, key_under_condition, region};
use crate::facts::{AccountFacts, Bucket, BucketRequests, Fact, Grant, Key, KeyRequests, SseAlgorithm};

fn failed(algorithm: SseAlgorithm, bucket_key: bool) -> u64 {
    let mut account = account(region([]));
    account.buckets = vec![bucket(algorithm, bucket_key)];
    judge(&CHECK, account).tally.failed
}

/// An account with a bucket under this key, without a Bucket Key.
fn under(key: Key) -> AccountFacts {
    let bucket = bucket_under(key.arn.as_str(), SseAlgorithm::SseKms, false);
    let mut account = account(region([key]));
    account.buckets = vec![bucket];
    account
}

fn only(judged: &Judged) -> (&str, &str, &crate::checks::Observed) {
    assert_eq!(judged.findings.len(), 1);
    let finding = &judged.findings[0];
    (&finding.detail, &finding.remediation, &finding.observed)
}

fn on_objects() -> Value {
    json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::invoices/*"}})
}

#[test]
fn sse_kms_without_a_bucket_key_fails_and_with_one_passes() {
    assert_eq!(failed(SseAlgorithm::SseKms, false), 1);
    assert_eq!(failed(SseAlgorithm::SseKms, true), 0);
}

#[test]
fn other_encryption_is_never_flagged() {
    for algorithm in [
        SseAlgorithm::SseS3,
        SseAlgorithm::DsseKms,
        SseAlgorithm::Unknown("aws:fsx".into()),
    ] {
        assert_eq!(failed(algorithm.clone(), false), 0, "{algorithm}");
    }
}

#[test]
fn a_bucket_whose_encryption_was_denied_is_not_assessed() {
    let mut account = account(region([]));
    account.buckets = vec![bucket(SseAlgorithm::SseKms, false)];
    account.buckets[0].encryption = denied("s3:GetBucketEncryption");
    let judged = judge(&CHECK, account);
    assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
}

#[test]
fn the_verdict_is_yes_where_nothing_depends_on_object_arns() {
    let judged = judge(&CHECK, under(key_under_condition(json!({}))));
    let (detail, remedy, observed) = only(&judged);
    assert_eq!(observed["safe_to_enable"], "yes");
    assert!(
        detail.contains("no key policy or grant depends on the object ARNs, and IAM policies were not looked at")
    );
    assert!(
        remedy.starts_with("Where safe_to_enable is yes: search the IAM policies"),
        "{remedy}"
    );
    assert!(remedy.contains("UpdateObjectEncryption"));
    assert_eq!(observed["conditions"], json!([]));
}

#[test]
fn the_verdict_is_yes_for_the_aws_managed_key() {
    for name in [
        None,
        Some("alias/aws/s3"),
        Some("arn:aws:kms:eu-west-3:111122223333:alias/aws/s3"),
    ] {
        let mut account = account(region([]));
        account.buckets = vec![match name {
            None => bucket(SseAlgorithm::SseKms, false),
            Some(name) => bucket_under(name, SseAlgorithm::SseKms, false),
        }];
        let judged = judge(&CHECK, account);
        let (detail, _, observed) = only(&judged);
        assert_eq!(observed["safe_to_enable"], "yes", "{name:?}");
        assert!(detail.contains("IAM policies were not looked at"));
    }
}

#[test]
fn the_verdict_is_no_where_a_statement_names_objects_and_quotes_it() {
    let judged = judge(&CHECK, under(key_under_condition(on_objects())));
    let (detail, remedy, observed) = only(&judged);
    assert_eq!(observed["safe_to_enable"], "no");
    assert!(
        detail.contains(
            "Safe to enable: no; statement 1 (Readers) of the key policy: Allow if StringLike \
             kms:EncryptionContext:aws:s3:arn = arn:aws:s3:::invoices/* answers otherwise"
        ),
        "{detail}"
    );
    let quoted = &observed["conditions"][0];
    assert_eq!((&quoted["statement"], &quoted["name"]), (&json!(1), &json!("Readers")));
    assert_eq!(
        (&quoted["operator"], &quoted["place"]),
        (&json!("StringLike"), &json!("key_policy"))
    );
    assert_eq!(quoted["values"], json!(["arn:aws:s3:::invoices/*"]));
    assert_eq!(quoted["consequence"], "requests_refused");
    assert!(
        remedy.starts_with("Where safe_to_enable is no: leave it off"),
        "{remedy}"
    );
}

#[test]
fn a_statement_about_another_bucket_does_not_matter() {
    let other = json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::invoices-2/*"}});
    let judged = judge(&CHECK, under(key_under_condition(other)));
    assert_eq!(only(&judged).2["safe_to_enable"], "yes");
}

#[test]
fn a_key_with_very_many_grants_is_not_quoted_whole() {
    let mut key = key_under_condition(json!({}));
    let grant = |n: u32| Grant {
        id: format!("grant-{n}"),
        name: None,
        grantee: None,
        operations: Vec::new(),
        encryption_context_subset: [("aws:s3:arn".to_owned(), format!("arn:aws:s3:::invoices/{n}"))].into(),
        encryption_context_equals: Default::default(),
    };
    key.details.grants = Fact::Known((0..5_000).map(grant).collect());
    let judged = judge(&CHECK, under(key));
    let (detail, _, observed) = only(&judged);
    assert_eq!(observed["conditions"].as_array().unwrap().len(), 10);
    assert_eq!(observed["conditions_found"], 5_000);
    assert!(detail.contains("(and 4999 more)"), "{detail}");
}

#[test]
fn the_verdict_is_unknown_where_policies_or_grants_were_not_read() {
    let mut key = key_under_condition(json!({}));
    key.details.policy = denied("kms:GetKeyPolicy");
    let judged = judge(&CHECK, under(key));
    let (detail, remedy, observed) = only(&judged);
    assert_eq!(observed["safe_to_enable"], "unknown");
    assert_eq!(
        observed["safe_to_enable_unknown_because"],
        "the key policy could not be read: AccessDeniedException"
    );
    assert!(detail.contains("Safe to enable: unknown; the key policy could not be read"));
    assert!(remedy.starts_with("Where safe_to_enable is unknown"), "{remedy}");
}

#[test]
fn the_verdict_is_unknown_where_the_key_is_not_this_accounts_or_not_certain() {
    let mut key = key_under_condition(json!({}));
    key.aliases = vec!["alias/invoices".into()];
    for (name, because) in [
        (
            "arn:aws:kms:eu-west-3:444455556666:key/x",
            "belongs to the account 444455556666",
        ),
        ("arn:aws:kms:eu-west-1:111122223333:key/x", "another Region, eu-west-1"),
        ("gone", "does not exist"),
        ("alias/gone", "no key of the account has the alias"),
        ("alias/invoices", "which requests of other accounts look up in theirs"),
        (
            "arn:aws:kms:eu-west-3:444455556666:alias/x",
            "its ARN names the account 444455556666",
        ),
        ("arn:aws:s3:::x", "not the ARN of one"),
    ] {
        let mut account = account(region([key.clone()]));
        account.buckets = vec![bucket_under(name, SseAlgorithm::SseKms, false)];
        let judged = judge(&CHECK, account);
        let (detail, _, observed) = only(&judged);
        assert_eq!(observed["safe_to_enable"], "unknown", "{name}");
        assert!(detail.contains(because), "{detail}");
    }
}

#[test]
fn an_alias_of_a_key_that_names_objects_is_no() {
    let mut key = key_under_condition(on_objects());
    key.aliases = vec!["alias/invoices".into()];
    let mut account = account(region([key]));
    account.buckets = vec![bucket_under("alias/invoices", SseAlgorithm::SseKms, false)];
    assert_eq!(only(&judge(&CHECK, account)).2["safe_to_enable"], "no");
}

#[test]
fn conditions_that_a_bucket_key_would_bypass_are_part_of_a_yes() {
    let tenant = json!({"StringEquals": {"kms:EncryptionContext:tenant": "a"}});
    let judged = judge(&CHECK, under(key_under_condition(tenant)));
    let (detail, remedy, observed) = only(&judged);
    assert_eq!(observed["safe_to_enable"], "yes");
    assert_eq!(observed["other_context_conditions_found"], 1);
    assert!(
        detail.contains("would be bypassed (see bucket-key-bypasses-context)"),
        "{detail}"
    );
    assert!(remedy.contains("settle the finding bucket-key-bypasses-context"));
}

fn requests(get: f64, put: f64) -> Fact<Option<BucketRequests>> {
    Fact::Known(Some(BucketRequests {
        window_start: "2026-06-01T06:00:00Z".parse().unwrap(),
        window_end: "2026-06-15T06:00:00Z".parse().unwrap(),
        get,
        put,
    }))
}

fn key_requests() -> Fact<KeyRequests> {
    Fact::Known(KeyRequests {
        window_start: "2026-06-01T06:00:00Z".parse().unwrap(),
        window_end: "2026-06-15T06:00:00Z".parse().unwrap(),
        by_operation: [("Decrypt".to_owned(), 336_000_000.0)].into(),
    })
}

#[test]
fn request_metrics_of_the_bucket_give_an_upper_bound() {
    let mut account = under(key_under_condition(json!({})));
    account.buckets[0].requests = requests(300_000.0, 36_000.0);
    account.regions[0].keys[0].details.requests = key_requests();
    let judged = judge(&CHECK, account);
    let (detail, _, observed) = only(&judged);
    assert_eq!(observed["kms_requests_per_month"], 730_000);
    assert_eq!(observed["kms_cost_usd_per_month"], 2.19);
    assert_eq!(observed["estimated_from"], "bucket_requests");
    assert!(
        detail.contains("about 730,000 KMS requests a month ($2.19)"),
        "{detail}"
    );
    assert_eq!(judged.findings[0].monthly_cost_usd, None, "a bound is no cost");
}

#[test]
fn the_requests_of_the_key_stand_in_and_the_buckets_that_share_it_are_counted() {
    let mut account = under(key_under_condition(json!({})));
    account.buckets[0].requests = Fact::Known(None);
    account.regions[0].keys[0].details.requests = key_requests();
    let other = Bucket {
        name: "receipts".into(),
        ..account.buckets[0].clone()
    };
    account.buckets.push(other);
    let judged = judge(&CHECK, account);
    let finding = &judged.findings[1];
    assert_eq!(finding.observed["kms_requests_per_month"], 730_000_000);
    assert_eq!(finding.observed["kms_cost_usd_per_month"], 2_190.0);
    assert_eq!(finding.observed["estimated_from"], "key_requests");
    assert_eq!(finding.observed["buckets_of_the_key"], 2);
    assert!(
        finding.detail.contains("which 2 buckets of the account name"),
        "{}",
        finding.detail
    );
}

#[test]
fn a_bucket_without_a_metrics_configuration_has_no_numbers_to_collect() {
    let mut account = under(key_under_condition(json!({})));
    for (configurations, expected) in [
        (Fact::Known(Vec::new()), "no request metrics for the whole bucket"),
        (
            denied("s3:ListBucketMetricsConfigurations"),
            "configurations could not be read: AccessDeniedException",
        ),
    ] {
        account.buckets[0].metrics_configurations = configurations;
        let judged = judge(&CHECK, account.clone());
        assert!(only(&judged).0.contains(expected), "{expected}");
    }
}

#[test]
fn without_numbers_there_is_no_estimate_and_it_says_why() {
    for (requests, expected) in [
        (Fact::Known(None), "no request metrics for the whole bucket"),
        (
            denied("cloudwatch:GetMetricData"),
            "could not be read: AccessDeniedException",
        ),
        (Fact::NotCollected, "were not collected"),
        (requests(f64::NAN, 0.0), "hold no numbers"),
    ] {
        let mut account = under(key_under_condition(json!({})));
        account.buckets[0].requests = requests;
        account.regions[0].keys[0].details.requests = denied("cloudwatch:GetMetricData");
        let judged = judge(&CHECK, account);
        let (detail, _, observed) = only(&judged);
        assert_eq!(observed["kms_requests_per_month"], Value::Null);
        assert_eq!(observed["kms_cost_usd_per_month"], Value::Null);
        let because = observed["no_estimate_because"].as_str().unwrap();
        assert!(
            because.contains(expected) && because.contains("requests of its key"),
            "{because}"
        );
        assert!(detail.contains(because) && detail.contains("would tell"), "{detail}");
    }
}
