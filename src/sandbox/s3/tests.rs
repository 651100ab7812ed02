use super::super::{Sandbox, testing};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::{RequestId, RequestIdExt};
use aws_sdk_s3::types::{ServerSideEncryption, ServerSideEncryptionRule};

async fn rule(client: &aws_sdk_s3::Client, bucket: &str) -> (ServerSideEncryption, Option<String>, bool) {
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let configuration = answer.unwrap().server_side_encryption_configuration.unwrap();
    let rule: &ServerSideEncryptionRule = &configuration.rules()[0];
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
    assert_eq!((calls, buckets.len()), (3, 24));
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
