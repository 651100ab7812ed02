//! Accounts, Regions and organizations that deny.

use super::*;

#[test]
fn a_denied_region_is_a_gap_in_every_service_and_the_others_are_read() {
    let run = scan_estate(
        &with_fault("kind = \"error\"\nregion = \"eu-central-1\""),
        &["--fail-on-gaps"],
    );
    assert_eq!(run.code(), 4);
    let denied = "AccessDeniedException";
    assert_eq!(
        run.gaps(),
        [
            gap("cloudwatch:GetMetricData", "AccessDenied", "eu-central-1", 52),
            gap("kms:ListKeys", denied, "eu-central-1", 0),
            gap("s3:GetBucketEncryption", "AccessDenied", "eu-central-1", 1),
            gap("servicequotas:ListAWSDefaultServiceQuotas", denied, "eu-central-1", 0),
            gap("servicequotas:ListServiceQuotas", denied, "eu-central-1", 0),
        ]
    );
    assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (20, 0));
    assert_eq!(run.findings("near-request-quota"), 1);
    assert_eq!(run.report["summary"]["buckets_not_assessed"], 1);
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
}

#[test]
fn a_denied_account_has_a_name_and_gaps_and_nothing_else() {
    let run = scan_estate(
        &with_fault("kind = \"error\"\naccount = \"1111*\""),
        &["--fail-on-gaps", "--region", "eu-west-3"],
    );
    assert_eq!(run.code(), 4);
    let denied = "AccessDeniedException";
    assert_eq!(
        run.gaps(),
        [
            gap("s3:ListBuckets", "AccessDenied", "-", 0),
            gap("cloudwatch:GetMetricData", "AccessDenied", "eu-west-3", 52),
            gap("kms:ListKeys", denied, "eu-west-3", 0),
            gap("servicequotas:ListAWSDefaultServiceQuotas", denied, "eu-west-3", 0),
            gap("servicequotas:ListServiceQuotas", denied, "eu-west-3", 0),
        ]
    );
    assert_eq!(run.report["scan"]["accounts"], serde_json::json!(["111122223333"]));
    assert_eq!(run.report["findings"], serde_json::json!([]));
    assert_eq!(run.keys("eu-west-3"), 0);
    assert_eq!(run.report["summary"]["bucket_inventory_complete"], false);
}

/// The small estate as an account of an organization.
fn in_organization(management: &str, fault: &str) -> String {
    let member = "[[member]]\nid = \"999900001111\"";
    format!("{SMALL}\n[organization]\nmanagement_account = \"{management}\"\n{member}\n[[fault]]\n{fault}")
}

#[test]
fn a_service_control_policy_that_denies_a_region_is_named_in_each_gap() {
    let fault = "kind = \"denied-by-scp\"\nregion = \"eu-central-1\"";
    let run = scan_estate(&in_organization("999900001111", fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    let denied = "AccessDeniedException";
    assert_eq!(
        run.gaps(),
        [
            gap("cloudwatch:GetMetricData", "AccessDenied", "eu-central-1", 52),
            gap("kms:ListKeys", denied, "eu-central-1", 0),
            gap("s3:GetBucketEncryption", "AccessDenied", "eu-central-1", 1),
            gap("servicequotas:ListAWSDefaultServiceQuotas", denied, "eu-central-1", 0),
            gap("servicequotas:ListServiceQuotas", denied, "eu-central-1", 0),
        ]
    );
    let policy = "with an explicit deny in a service control policy: arn:aws:organizations::999900001111:policy/";
    for gap in run.report["coverage"]["gaps"].as_array().unwrap() {
        assert!(gap["message"].as_str().unwrap().contains(policy), "{gap}");
    }
    assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (20, 0));
}

#[test]
fn a_service_control_policy_on_everybody_leaves_the_management_account_alone() {
    let estate = in_organization("111122223333", "kind = \"denied-by-scp\"\naccount = \"*\"");
    let run = scan_estate(&estate, &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!(findings_and_facts(&run), *calm());
}

#[test]
fn a_denial_can_come_late() {
    let fault =
        "kind = \"error\"\nservice = \"kms\"\noperation = \"DescribeKey\"\nregion = \"eu-west-3\"\nafter = 15";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    assert_eq!(
        run.gaps(),
        [gap("kms:DescribeKey", "AccessDeniedException", "eu-west-3", 5)]
    );
    // Their tags were read, so that their reasons are known and only their states are not.
    assert_eq!(run.report["summary"]["justified"], calm()["summary"]["justified"]);
    assert_eq!(run.calls("DescribeKey", "calls"), 23);
}
