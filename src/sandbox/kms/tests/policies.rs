use super::super::super::testing;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use serde_json::{Value, json};

async fn policy(kms: &Client, alias: &str, name: &str) -> Value {
    let id = testing::key_id(kms, alias).await;
    let answer = kms.get_key_policy().key_id(id).policy_name(name).send().await.unwrap();
    assert_eq!(answer.policy_name(), Some(name));
    serde_json::from_str(answer.policy().unwrap()).unwrap()
}

#[tokio::test]
async fn a_key_without_a_policy_of_its_own_has_the_default_key_policy_in_every_state() {
    let sandbox = testing::every_state();
    let kms = testing::kms(&sandbox, "eu-west-3");
    for state in testing::STATES {
        let alias = format!("alias/{state}");
        assert_eq!(
            policy(&kms, &alias, "default").await,
            json!({
                "Version": "2012-10-17",
                "Id": "key-default-1",
                "Statement": [{
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
                    "Action": "kms:*",
                    "Resource": "*",
                }],
            })
        );
        let id = testing::key_id(&kms, &alias).await;
        let names = kms.list_key_policies().key_id(id).send().await.unwrap();
        assert_eq!(names.policy_names(), ["default"]);
        assert!(!names.truncated());
    }
}

#[tokio::test]
async fn the_policy_of_the_file_names_the_account_the_region_and_the_key() {
    let sandbox = testing::region(
        r#"
        [[region.key]]
        count = 2
        alias = "alias/tenant-{n}"
        policy = '''{
            "Statement": [{ "Principal": { "AWS": "arn:{partition}:iam::{account}:role/tenant-{n:03}" },
                "Condition": { "StringEquals": { "kms:ViaService": "s3.{region}.amazonaws.com" } } }]
        }'''
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let policy = policy(&kms, "alias/tenant-2", "default").await;
    let statement = &policy["Statement"][0];
    assert_eq!(
        statement["Principal"]["AWS"],
        "arn:aws:iam::111122223333:role/tenant-002"
    );
    let via = &statement["Condition"]["StringEquals"]["kms:ViaService"];
    assert_eq!(via, "s3.eu-west-3.amazonaws.com");
}

#[tokio::test]
async fn a_shared_key_has_a_second_policy_and_the_others_do_not() {
    let sandbox = testing::region(
        r#"
        key = [
            { alias = "alias/shared", ram_policy = '{ "Statement": [{ "Principal": { "AWS": "444455556666" } }] }' },
            { alias = "alias/own" },
        ]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let shared = policy(&kms, "alias/shared", "AWS_RAM").await;
    assert_eq!(shared["Statement"][0]["Principal"]["AWS"], "444455556666");
    assert_eq!(policy(&kms, "alias/shared", "default").await["Id"], "key-default-1");

    let id = testing::key_id(&kms, "alias/shared").await;
    let first = kms.list_key_policies().key_id(&id).limit(1).send().await.unwrap();
    assert_eq!(
        (first.policy_names(), first.truncated()),
        (&["default".to_owned()][..], true)
    );
    let rest = kms.list_key_policies().key_id(&id).set_marker(first.next_marker);
    assert_eq!(rest.send().await.unwrap().policy_names(), ["AWS_RAM"]);

    let own = testing::key_id(&kms, "alias/own").await;
    for name in ["AWS_RAM", "other"] {
        let error = kms.get_key_policy().key_id(&own).policy_name(name).send().await;
        assert!(error.unwrap_err().into_service_error().is_not_found_exception());
    }
    let limit = kms
        .list_key_policies()
        .key_id(own)
        .limit(1001)
        .send()
        .await
        .unwrap_err();
    assert_eq!(limit.code(), Some("ValidationException"));
}

#[tokio::test]
async fn an_aws_managed_key_is_for_its_account_through_its_service() {
    let sandbox = testing::sandbox(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333", partition = "aws-cn" }
        [[region]]
        name = "cn-north-1"
        key = [{ alias = "alias/aws/ebs", aws_managed = true }]
        "#,
    );
    let kms = testing::kms(&sandbox, "cn-north-1");
    let policy = policy(&kms, "alias/aws/ebs", "default").await;
    assert_eq!(policy["Id"], "auto-ebs-1");
    let conditions = &policy["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(
        conditions,
        &json!({ "kms:CallerAccount": "111122223333", "kms:ViaService": "ec2.cn-north-1.amazonaws.com.cn" })
    );
    let root = &policy["Statement"][1]["Principal"]["AWS"];
    assert_eq!(root, "arn:aws-cn:iam::111122223333:root");
}
