use super::super::{Sandbox, testing};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::{RequestId, RequestIdExt};
use aws_sdk_s3::types::{EncryptionType, ServerSideEncryption, ServerSideEncryptionRule};

/// Two accounts of an organization and what GetBucketEncryption can answer.
const VARIANTS: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }
    organization = {}
    region = [{ name = "eu-west-3", key = [{ alias = "alias/data" }] }, { name = "us-east-1" }]
    bucket = [
        { name = "by-arn", region = "eu-west-3", encryption = "SSE-KMS", kms_key = "alias/data" },
        { name = "by-id", region = "eu-west-3", encryption = "SSE-KMS", kms_key = "alias/data", kms_key_form = "id" },
        { name = "by-alias", region = "eu-west-3", encryption = "SSE-KMS", kms_key = "alias/x", kms_key_form = "alias" },
        { name = "by-alias-arn", region = "eu-west-3", encryption = "DSSE-KMS", kms_key = "alias/x", kms_key_form = "alias-arn" },
        { name = "unnamed", region = "eu-west-3", encryption = "SSE-KMS", bucket_key = true },
        { name = "shared", region = "eu-west-3", encryption = "SSE-KMS", kms_key = "alias/shared", kms_key_account = "200000000002" },
        { name = "console", region = "eu-west-3", encryption = "SSE-S3", bucket_key = true, blocks_sse_c = true },
        { name = "unblocked", region = "eu-west-3", encryption = "SSE-S3", blocks_sse_c = false },
        { name = "windows", region = "eu-west-3", encryption = "aws:fsx" },
        { name = "vault", region = "eu-west-3", encryption = "aws:backup" },
    ]

    [[member]]
    count = 2
    id = "20000000000{n}"
    region = [{ name = "eu-west-3", key = [{ alias = "alias/shared" }] }, { name = "us-east-1" }]
    bucket = [
        { name = "theirs-{account}", region = "eu-west-3", encryption = "SSE-S3" },
        { name = "far-{account}", region = "us-east-1", encryption = "SSE-S3" },
    ]
"#;

async fn whole_rule(client: &aws_sdk_s3::Client, bucket: &str) -> ServerSideEncryptionRule {
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let configuration = answer.unwrap().server_side_encryption_configuration.unwrap();
    configuration.rules()[0].clone()
}

async fn rule(client: &aws_sdk_s3::Client, bucket: &str) -> (ServerSideEncryption, Option<String>, bool) {
    let rule = whole_rule(client, bucket).await;
    let default = rule.apply_server_side_encryption_by_default().unwrap();
    (
        default.sse_algorithm().clone(),
        default.kms_master_key_id().map(str::to_owned),
        rule.bucket_key_enabled() == Some(true),
    )
}

#[tokio::test]
async fn pages_of_buckets_tell_the_region_of_each() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::s3(&sandbox, "eu-west-3");
    let mut pages = client.list_buckets().max_buckets(10).into_paginator().send();
    let (mut calls, mut buckets) = (0, Vec::new());
    while let Some(page) = pages.next().await {
        calls += 1;
        buckets.extend(page.unwrap().buckets.unwrap());
    }
    assert_eq!((calls, buckets.len()), (3, 25));
    assert!(buckets.is_sorted_by_key(|bucket| bucket.name.clone()));
    assert!(buckets.iter().all(|bucket| bucket.bucket_region.is_some()));
}

#[tokio::test]
async fn without_a_parameter_no_region_is_told() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::s3(&sandbox, "eu-west-3");
    let answer = client.list_buckets().send().await.unwrap();
    assert_eq!(answer.buckets()[0].bucket_region(), None);
    assert!(answer.request_id().is_some() && answer.extended_request_id().is_some());
}

#[tokio::test]
async fn buckets_can_be_filtered_by_prefix_and_by_the_region_asked() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::s3(&sandbox, "us-east-1");
    let answer = client.list_buckets().prefix("saas-us-data").send().await;
    assert_eq!(answer.unwrap().buckets().len(), 3);
    let in_region = |region: &str| client.list_buckets().bucket_region(region).send();
    assert_eq!(in_region("us-east-1").await.unwrap().buckets().len(), 6);
    assert!(in_region("eu-west-3").await.is_err());
}

#[tokio::test]
async fn every_kind_of_default_encryption_is_read_by_the_sdk() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::s3(&sandbox, "eu-west-3");
    let (algorithm, key, bucket_key) = rule(&client, "saas-documents").await;
    assert_eq!((algorithm, bucket_key), (ServerSideEncryption::AwsKms, false));
    let kms = testing::kms(&sandbox, "eu-west-3");
    let alias = kms.describe_key().key_id("alias/data-confidential");
    let described = alias.send().await.unwrap().key_metadata.unwrap();
    assert_eq!(key, described.arn);
    assert!(rule(&client, "saas-uploads").await.2);
    let (_, key, _) = rule(&client, "saas-invoices").await;
    assert_eq!(key.as_deref(), Some("alias/data-confidential"));
    assert_eq!(rule(&client, "saas-mail-archive").await.1, None);
    let (algorithm, ..) = rule(&client, "saas-contracts").await;
    assert_eq!(algorithm, ServerSideEncryption::AwsKmsDsse);
    let (algorithm, ..) = rule(&client, "saas-static-assets").await;
    assert_eq!(algorithm, ServerSideEncryption::Aes256);
}

#[tokio::test]
async fn a_bucket_of_another_region_is_redirected() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::s3(&sandbox, "eu-west-3");
    let bucket = client.get_bucket_encryption().bucket("saas-us-static");
    let error = bucket.send().await.unwrap_err();
    assert_eq!(error.code(), Some("PermanentRedirect"));
    let response = error.raw_response().unwrap();
    assert_eq!(response.status().as_u16(), 301);
    let region = response.headers().get("x-amz-bucket-region");
    assert_eq!(region, Some("us-east-1"));
}

#[tokio::test]
async fn missing_buckets_and_missing_configurations_are_not_found() {
    let sandbox = testing::sandbox(testing::SMALL);
    let client = testing::s3(&sandbox, "eu-central-1");
    for (bucket, code) in [
        ("nowhere", "NoSuchBucket"),
        ("second", "ServerSideEncryptionConfigurationNotFoundError"),
    ] {
        let error = client.get_bucket_encryption().bucket(bucket).send().await;
        assert_eq!(error.unwrap_err().code(), Some(code));
    }
}

#[tokio::test]
async fn path_style_addresses_mean_the_same_bucket() {
    let sandbox = testing::sandbox(testing::SMALL);
    let config = testing::config(&sandbox, "eu-west-3");
    let config = aws_sdk_s3::config::Builder::from(&config)
        .endpoint_url("http://127.0.0.1:4566")
        .force_path_style(true);
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let (algorithm, ..) = rule(&client, "first").await;
    assert_eq!(algorithm, ServerSideEncryption::AwsKms);
    assert_eq!(client.list_buckets().send().await.unwrap().buckets().len(), 2);
}

#[tokio::test]
async fn a_key_is_named_in_every_form_and_in_every_account() {
    let sandbox = testing::sandbox(VARIANTS);
    let client = testing::s3(&sandbox, "eu-west-3");
    let key = |config| async move {
        let kms = aws_sdk_kms::Client::new(&config);
        kms.list_keys().send().await.unwrap().keys.unwrap().remove(0)
    };
    let own = key(testing::config(&sandbox, "eu-west-3")).await;
    let shared = key(testing::config_in(&sandbox, "eu-west-3", "200000000002")).await;
    for (bucket, algorithm, expected) in [
        ("by-arn", ServerSideEncryption::AwsKms, own.key_arn()),
        ("by-id", ServerSideEncryption::AwsKms, own.key_id()),
        ("by-alias", ServerSideEncryption::AwsKms, Some("alias/x")),
        (
            "by-alias-arn",
            ServerSideEncryption::AwsKmsDsse,
            Some("arn:aws:kms:eu-west-3:111122223333:alias/x"),
        ),
        ("unnamed", ServerSideEncryption::AwsKms, None),
        ("shared", ServerSideEncryption::AwsKms, shared.key_arn()),
        ("windows", ServerSideEncryption::AwsFsx, None),
        ("vault", "aws:backup".into(), None),
    ] {
        let (found, key, _) = rule(&client, bucket).await;
        assert_eq!((found, key.as_deref()), (algorithm, expected), "{bucket}");
    }
    assert!(shared.key_arn().unwrap().contains("200000000002"));
}

#[tokio::test]
async fn a_configuration_says_what_it_blocks_only_if_it_was_ever_said() {
    let sandbox = testing::sandbox(VARIANTS);
    let client = testing::s3(&sandbox, "eu-west-3");
    for (bucket, blocked) in [
        ("console", Some(EncryptionType::SseC)),
        ("unblocked", Some(EncryptionType::None)),
        ("unnamed", None),
    ] {
        let rule = whole_rule(&client, bucket).await;
        let types = rule.blocked_encryption_types();
        assert_eq!(
            types.map(|types| types.encryption_type()[0].clone()),
            blocked,
            "{bucket}"
        );
        assert_eq!(rule.bucket_key_enabled(), Some(bucket != "unblocked"));
    }
}

#[tokio::test]
async fn a_bucket_of_another_account_is_denied_where_it_is() {
    let sandbox = testing::sandbox(VARIANTS);
    let client = testing::s3(&sandbox, "eu-west-3");
    for (bucket, code, status) in [
        ("theirs-200000000002", "AccessDenied", 403),
        ("far-200000000002", "PermanentRedirect", 301),
        ("theirs-200000000003", "NoSuchBucket", 404),
    ] {
        let error = client.get_bucket_encryption().bucket(bucket).send().await.unwrap_err();
        assert_eq!(error.code(), Some(code));
        assert_eq!(error.raw_response().unwrap().status().as_u16(), status);
        if code == "AccessDenied" {
            let message = error.message().unwrap();
            assert!(message.contains("s3:GetEncryptionConfiguration"), "{message}");
        }
    }
    let config = testing::config_in(&sandbox, "eu-west-3", "200000000002");
    let owner = aws_sdk_s3::Client::new(&config);
    assert_eq!(
        rule(&owner, "theirs-200000000002").await.0,
        ServerSideEncryption::Aes256
    );
}

#[tokio::test]
async fn metrics_configurations_come_a_hundred_at_a_time() {
    let filters: Vec<String> = (1..=230)
        .map(|n| format!("{{ filter = \"part-{n:03}\", prefix = \"a&{n}/\" }}"))
        .collect();
    let sandbox = testing::sandbox(&format!(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = {{ id = "111122223333" }}
        region = [{{ name = "eu-west-3" }}]
        bucket = [
            {{ name = "plain", region = "eu-west-3", encryption = "SSE-S3" }},
            {{ name = "whole", region = "eu-west-3", encryption = "SSE-S3", request_metrics = [{{}}] }},
            {{ name = "parts", region = "eu-west-3", encryption = "SSE-S3", request_metrics = [{}] }},
        ]
        "#,
        filters.join(", ")
    ));
    let client = testing::s3(&sandbox, "eu-west-3");
    let list = |bucket: &str, token: Option<String>| {
        let call = client.list_bucket_metrics_configurations().bucket(bucket);
        call.set_continuation_token(token).send()
    };
    let plain = list("plain", None).await.unwrap();
    assert!(plain.metrics_configuration_list().is_empty());
    assert_eq!(plain.is_truncated(), Some(false));
    let whole = list("whole", None).await.unwrap();
    let entire = &whole.metrics_configuration_list()[0];
    assert_eq!((entire.id(), entire.filter()), ("EntireBucket", None));

    let (mut ids, mut token, mut pages) = (Vec::new(), None, Vec::new());
    loop {
        let page = list("parts", token.clone()).await.unwrap();
        let configurations = page.metrics_configuration_list();
        assert_eq!(page.continuation_token().map(str::to_owned), token);
        pages.push(configurations.len());
        ids.extend(configurations.iter().map(|one| one.id().to_owned()));
        assert_eq!(page.is_truncated(), Some(page.next_continuation_token().is_some()));
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            let prefix = configurations[29].filter().unwrap().as_prefix().unwrap();
            assert_eq!(prefix, "a&230/");
            break;
        }
    }
    assert_eq!(pages, [100, 100, 30]);
    assert!(ids.is_sorted() && ids.len() == 230);
    let wrong = list("whole", Some("x".to_owned())).await.unwrap_err();
    assert_eq!(wrong.code(), Some("InvalidArgument"));
}

#[tokio::test]
async fn tags_are_read_and_missed() {
    let sandbox = testing::sandbox(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333" }
        region = [{ name = "eu-west-3" }]

        [[bucket]]
        name = "tagged-{n}"
        count = 3
        region = "eu-west-3"
        encryption = "SSE-S3"
        tags = { owner = "R&D", tenant = "t{n:02}" }

        [[bucket]]
        name = "untagged"
        region = "eu-west-3"
        encryption = "SSE-S3"
        "#,
    );
    let client = testing::s3(&sandbox, "eu-west-3");
    let tags = |bucket: &str| client.get_bucket_tagging().bucket(bucket).send();
    let found = tags("tagged-2").await.unwrap();
    let found: Vec<_> = found.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(found, [("owner", "R&D"), ("tenant", "t02")]);
    let missing = tags("untagged").await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchTagSet"));
    assert_eq!(missing.raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn one_configuration_and_other_subresources_are_not_answered() {
    let sandbox = testing::sandbox(testing::SMALL);
    let client = testing::s3(&sandbox, "eu-west-3");
    let one = client
        .get_bucket_metrics_configuration()
        .bucket("first")
        .id("EntireBucket");
    assert_eq!(one.send().await.unwrap_err().code(), Some("NotImplemented"));
    let policy = client.get_bucket_policy().bucket("first").send().await;
    assert_eq!(policy.unwrap_err().code(), Some("NotImplemented"));
}
