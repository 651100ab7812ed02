//! One failure costs one fact, and is in the report.

use super::run::*;

#[test]
fn a_denied_key_costs_that_key() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\nkey = \"alias/app-7\"\nkind = \"error\"",
        &["--fail-on-gaps"],
    );
    assert_eq!(run.code(), 4);
    assert_eq!(run.keys("eu-west-3"), 1_200);
    assert_eq!(
        run.gaps(),
        [
            gap("kms:DescribeKey", "AccessDeniedException", "eu-west-3", 1),
            gap("kms:ListResourceTags", "AccessDeniedException", "eu-west-3", 1),
        ]
    );
    assert_eq!(run.report["summary"]["not_assessed"], 1);
    assert_eq!(
        run.findings("unjustified-key"),
        1,
        "the denied key is not among the findings"
    );
}

#[test]
fn a_denied_list_costs_that_region_and_is_not_an_empty_one() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"ListKeys\"\nregion = \"us-east-1\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.code(), 0);
    assert_eq!(
        run.gaps(),
        [gap("kms:ListKeys", "AccessDeniedException", "us-east-1", 0)]
    );
    assert_eq!(run.keys("eu-west-3"), 1_200);
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
    assert!(
        run.stdout().contains("at least 1,200 customer managed keys"),
        "{}",
        run.stdout()
    );
    assert!(run.stdout().lines().last().unwrap().starts_with("Coverage: INCOMPLETE"));
}

#[test]
fn what_passes_when_tried_again_leaves_no_gap() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"DescribeKey\"\nkind = \"error\"\ncode = \"ThrottlingException\"\n\
         status = 400\ntimes = 2\n[[fault]]\nservice = \"s3\"\nkind = \"reset\"\ntimes = 1",
        &["--fail-on-gaps"],
    );
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(run.calls("DescribeKey", "throttled"), 2);
    assert_eq!(run.calls("DescribeKey", "retried"), 2);
    assert_eq!(run.calls("DescribeKey", "calls"), 1_205);
}

#[test]
fn credentials_that_expire_on_the_way_are_a_gap_for_what_was_left() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"ListResourceTags\"\nkind = \"error\"\n\
         code = \"ExpiredTokenException\"\nstatus = 400",
        &[],
    );
    assert_eq!(
        run.gaps(),
        [
            gap("kms:ListResourceTags", "ExpiredTokenException", "eu-west-3", 1_200),
            gap("kms:ListResourceTags", "ExpiredTokenException", "us-east-1", 3),
        ]
    );
    assert_eq!(run.findings("unjustified-key"), 0);
    assert_eq!(run.report["summary"]["not_assessed"], 1_203);
}

#[test]
fn metrics_are_all_fetched_where_they_cannot_be_listed() {
    let run = scan(
        "[[fault]]\nservice = \"cloudwatch\"\noperation = \"ListMetrics\"\nkind = \"error\"",
        &[],
    );
    let denied = |region, resources| gap("cloudwatch:ListMetrics", "AccessDenied", region, resources);
    // Who made the peak, and which keys were in use.
    assert_eq!(
        run.gaps(),
        [denied("eu-west-3", 1), denied("eu-west-3", 0), denied("us-east-1", 0)]
    );
    assert_eq!(run.findings("near-request-quota"), 1);
    assert_eq!(run.report["coverage"]["fallbacks"].as_array().unwrap().len(), 2);
    // The use of quotas and of keys, in each Region.
    assert_eq!(run.calls("ListMetrics", "calls"), 4);
}

#[test]
fn without_service_quotas_the_builtin_table_finds_but_never_passes() {
    let run = scan("[[fault]]\nservice = \"servicequotas\"\nkind = \"error\"", &[]);
    assert_eq!(run.gaps().len(), 4);
    let quotas = run.report["quota"].as_array().unwrap();
    assert!(quotas.iter().all(|row| row["limit_source"] == "builtin"));
    assert_eq!(run.findings("near-request-quota"), 1);
    let rows = run.report["assessments"].as_array().unwrap();
    let row = rows.iter().find(|row| row["check"] == "near-request-quota").unwrap();
    assert_eq!(row["passed"], 0);
}

#[test]
fn an_operation_that_is_always_refused_is_not_asked_for_every_key() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"DescribeKey\"\nkind = \"error\"\n\
         [[fault]]\nservice = \"kms\"\noperation = \"ListResourceTags\"\nkind = \"error\"",
        &[],
    );
    assert!(
        run.calls("DescribeKey", "calls") < 100,
        "{}",
        run.calls("DescribeKey", "calls")
    );
    assert!(run.calls("ListResourceTags", "calls") < 100);
    assert!(
        run.gaps()
            .contains(&gap("kms:DescribeKey", "AccessDeniedException", "eu-west-3", 1_200))
    );
    assert_eq!(run.report["summary"]["not_assessed"], 1_203);
    assert_eq!(
        run.report["summary"]["monthly_cost_usd"], 0.0,
        "keys of unknown state may be free"
    );
}

#[test]
fn a_key_that_may_be_aws_managed_is_left_in_peace() {
    let run = scan(
        "[[fault]]\nservice = \"kms\"\noperation = \"DescribeKey\"\nkind = \"error\"\n\
         [[fault]]\nservice = \"kms\"\noperation = \"ListAliases\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.calls("ListResourceTags", "calls"), 0);
    assert_eq!(run.report["summary"]["customer_managed_keys"], 0);
    assert_eq!(run.report["summary"]["keys"], 1_204);
}

#[test]
fn buckets_that_could_not_be_read_do_not_look_fine() {
    let run = scan(
        "[[fault]]\nservice = \"s3\"\noperation = \"GetBucketEncryption\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.report["summary"]["buckets_not_assessed"], 3);
    assert!(
        run.stdout().contains("of 3 buckets; 3 could not be read"),
        "{}",
        run.stdout()
    );
    let run = scan(
        "[[fault]]\nservice = \"s3\"\noperation = \"ListBuckets\"\nkind = \"error\"",
        &[],
    );
    assert_eq!(run.report["summary"]["bucket_inventory_complete"], false);
    assert!(
        run.stdout().contains("Buckets  could not be listed"),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_denied_bucket_costs_that_bucket() {
    let run = scan(
        "[[fault]]\nservice = \"s3\"\nbucket = \"costly\"\nkind = \"error\"\ncode = \"AccessDenied\"",
        &[],
    );
    assert_eq!(
        run.gaps(),
        [gap("s3:GetBucketEncryption", "AccessDenied", "us-east-1", 1)]
    );
    assert_eq!(run.findings("bucket-key-disabled"), 0);
    assert_eq!(run.report["summary"]["buckets"], 3);
}
