use super::super::testing;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }
    organization = {}

    [[region]]
    name = ["eu-west-3", "us-east-1"]
    key = [{ alias = "alias/platform", tags = { requirement = "audit" }, created = 2025-01-02T03:04:05Z, rotation = { enabled = true } }]

    [[config_aggregator]]
    name = "all"
    region = "eu-west-3"
    trouble = [
        { account = "20000000000*", region = "us-east-1", status = "OUTDATED", since = 2026-06-01T00:00:00Z, error_code = "Late" },
    ]

    [[config_aggregator]]
    name = "some"
    region = "eu-west-3"
    source_regions = ["us-east-1"]
    source_accounts = ["200000000001"]

    [[member]]
    count = 3
    id = "20000000000{n}"

    [[member.region]]
    name = "eu-west-3"
    key = [{ count = 70, created = 2025-01-01T00:00:00Z }, { count = 9, created = 2026-06-02T00:00:00Z }]
    config_recorder = { until = 2026-06-01T00:00:00Z, frequency = "DAILY", excluded_types = ["AWS::KMS::Alias"] }
    [[member.region]]
    name = "us-east-1"
    key = [{ count = 5 }]
    config_recorder = { recording = false }
    [[member.region]]
    name = "ap-east-1"
    enabled = false

    [[member.bucket]]
    name = "documents-{account}"
    region = "eu-west-3"
    encryption = "SSE-KMS"
    bucket_key = true
    created = 2025-01-01T00:00:00Z

    [[member]]
    id = "300000000001"
    state = "SUSPENDED"
    [[member.region]]
    name = "eu-west-3"
    key = [{ count = 5 }]
"#;

fn ask_as(account: &str, region: &str, operation: &str, input: &Value) -> (u16, Value) {
    let sandbox = testing::sandbox(ESTATE);
    let target = format!("StarlingDoveService.{operation}");
    testing::json_request_as(&sandbox, account, "config", region, &target, input)
}

fn ask(operation: &str, input: &Value) -> (u16, Value) {
    ask_as("111122223333", "eu-west-3", operation, input)
}

/// The rows of all pages.
fn select(aggregator: &str, query: &str) -> Vec<Value> {
    let (mut rows, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({ "ConfigurationAggregatorName": aggregator, "Expression": query, "Limit": 100 });
        if token.is_string() {
            input["NextToken"] = token;
        }
        let (status, mut body) = ask("SelectAggregateResourceConfig", &input);
        assert_eq!(status, 200, "{body}");
        let page = body["Results"].as_array().unwrap().iter();
        rows.extend(page.map(|row| serde_json::from_str::<Value>(row.as_str().unwrap()).unwrap()));
        token = body["NextToken"].take();
        if !token.is_string() {
            return rows;
        }
    }
}

#[test]
fn an_item_has_what_config_records_of_a_key() {
    let query = "SELECT * WHERE resourceType = 'AWS::KMS::Key'";
    let refused = ask(
        "SelectAggregateResourceConfig",
        &json!({ "ConfigurationAggregatorName": "all", "Expression": query }),
    );
    assert_eq!(refused.1["__type"], "InvalidExpressionException");
    let rows = select(
        "all",
        "SELECT accountId, awsRegion, configurationItemCaptureTime, configuration, supplementaryConfiguration, tags WHERE \
         resourceType = 'AWS::KMS::Key' AND accountId = '111122223333' AND awsRegion = 'eu-west-3'",
    );
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let id = row["configuration"]["keyId"].as_str().unwrap();
    assert_eq!(
        row["configuration"],
        json!({
            "arn": format!("arn:aws:kms:eu-west-3:111122223333:key/{id}"),
            "awsaccountId": "111122223333",
            "creationDate": "2025-01-02T03:04:05.000Z",
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "description": "",
            "enabled": true,
            "encryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "keyId": id,
            "keyManager": "CUSTOMER",
            "keySpec": "SYMMETRIC_DEFAULT",
            "keyState": "Enabled",
            "keyUsage": "ENCRYPT_DECRYPT",
            "multiRegion": false,
            "origin": "AWS_KMS",
        })
    );
    assert_eq!(row["supplementaryConfiguration"], json!({ "KeyRotationStatus": true }));
    assert_eq!(
        row["tags"],
        json!([{ "key": "requirement", "value": "audit", "tag": "requirement=audit" }])
    );
    assert_eq!(row["configurationItemCaptureTime"], "2025-01-02T03:04:05.000Z");
}

#[test]
fn what_a_recorder_has_not_seen_or_does_not_record_is_not_there() {
    let of = |kind: &str| {
        select(
            "all",
            &format!("SELECT accountId, awsRegion WHERE resourceType = '{kind}'"),
        )
    };
    let keys = of("AWS::KMS::Key");
    assert_eq!(keys.len(), 2 + 3 * 70);
    let places: BTreeSet<_> = keys.iter().map(|row| row["awsRegion"].as_str().unwrap()).collect();
    assert_eq!(places, ["eu-west-3", "us-east-1"].into());
    assert_eq!(of("AWS::KMS::Alias").len(), 2);
    assert_eq!(of("AWS::S3::Bucket").len(), 3);
    assert_eq!(
        of("AWS::Config::ConfigurationRecorder").len(),
        8,
        "those that are not recording too"
    );
    assert_eq!(
        select("some", "SELECT accountId WHERE resourceType = 'AWS::KMS::Key'").len(),
        0
    );
}

#[test]
fn a_bucket_has_its_default_encryption() {
    let rows = select(
        "all",
        "SELECT resourceId, supplementaryConfiguration.ServerSideEncryptionConfiguration WHERE resourceType = \
         'AWS::S3::Bucket' AND accountId IN ('200000000002')",
    );
    let rule = &rows[0]["supplementaryConfiguration"]["ServerSideEncryptionConfiguration"]["rules"][0];
    assert_eq!(
        (&rows[0]["resourceId"], &rule["bucketKeyEnabled"]),
        (&json!("documents-200000000002"), &json!(true))
    );
    assert_eq!(rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"], "aws:kms");
}

#[test]
fn the_status_of_sources_says_which_are_late() {
    let input = json!({ "ConfigurationAggregatorName": "all", "UpdateStatus": ["OUTDATED", "FAILED"], "Limit": 2 });
    let (_, first) = ask("DescribeConfigurationAggregatorSourcesStatus", &input);
    assert_eq!(first["AggregatedSourceStatusList"].as_array().unwrap().len(), 2);
    let expected = json!({
        "SourceId": "200000000001", "SourceType": "ACCOUNT", "AwsRegion": "us-east-1", "LastUpdateStatus": "OUTDATED",
        "LastUpdateTime": 1_780_272_000, "LastErrorCode": "Late",
    });
    assert_eq!(first["AggregatedSourceStatusList"][0], expected);
    let (_, all) = ask(
        "DescribeConfigurationAggregatorSourcesStatus",
        &json!({ "ConfigurationAggregatorName": "all" }),
    );
    assert_eq!(all["AggregatedSourceStatusList"].as_array().unwrap().len(), 8);
}

#[test]
fn aggregators_are_those_of_the_account_and_region() {
    let names = |answer: (u16, Value)| -> Vec<String> {
        let listed = answer.1["ConfigurationAggregators"].as_array().unwrap().iter();
        listed
            .map(|one| one["ConfigurationAggregatorName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(ask("DescribeConfigurationAggregators", &json!({}))),
        ["all", "some"]
    );
    for (account, region) in [("111122223333", "us-east-1"), ("200000000001", "eu-west-3")] {
        assert!(names(ask_as(account, region, "DescribeConfigurationAggregators", &json!({}))).is_empty());
    }
    let (_, body) = ask(
        "DescribeConfigurationAggregators",
        &json!({ "ConfigurationAggregatorNames": ["none"] }),
    );
    assert_eq!(body["__type"], "NoSuchConfigurationAggregatorException");
}
