//! Amazon S3: REST and XML, with the bucket in the host name or in the path.

use super::Call;
use super::estate::Bucket;
use super::faults::Subject;
use super::paging::{PagingFault, page};
use super::request::{Reply, Request, Response};
use super::service::{REST_XML, Refusal, Service, XML_DECLARATION, page_size, push_element};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let request = call.request;
    let bucket = bucket_name(request);
    let operation = match (request.method, &bucket) {
        ("GET", None) => "ListBuckets",
        ("GET", Some(_)) if request.query_value("encryption").is_some() => "GetBucketEncryption",
        _ => "",
    };
    let token = request.query_value("continuation-token");
    let subject = Subject {
        operation,
        bucket: bucket.as_deref(),
        token: token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| match (operation, bucket.as_deref()) {
        ("ListBuckets", _) => list_buckets(call, token.as_deref(), fault),
        ("GetBucketEncryption", Some(name)) => get_bucket_encryption(call, name),
        _ => Err(Service::S3.unknown_operation(request.method)),
    })
}

/// The bucket that a request is for: the part of the host before `.s3`, or the first of the path.
fn bucket_name<'a>(request: &Request<'a>) -> Option<Cow<'a, str>> {
    let host = request.host;
    let mark = [".s3.", ".s3-"].into_iter().filter_map(|mark| host.rfind(mark)).max();
    if let Some(end) = mark {
        return Some(Cow::Borrowed(&host[..end]));
    }
    let first = request.path.split('/').nth(1).unwrap_or_default();
    (!first.is_empty()).then(|| percent_decode_str(first).decode_utf8_lossy())
}

fn list_buckets(call: &Call<'_>, token: Option<&str>, fault: Option<PagingFault>) -> Result<Response, Refusal> {
    let request = call.request;
    let size = match request.query_value("max-buckets") {
        None => 10_000,
        Some(text) => page_size(text.parse().ok().or(Some(0)), "max-buckets", 10_000, 10_000)
            .map_err(|_| Refusal::new("InvalidArgument", "max-buckets is a number from 1 to 10000"))?,
    };
    let prefix = request.query_value("prefix");
    let region = request.query_value("bucket-region");
    if region.as_deref().is_some_and(|region| region != call.region) {
        return Err(Refusal::new(
            "InvalidArgument",
            "Argument value bucket-region must match the Region of the endpoint",
        ));
    }
    // S3 only says where a bucket is when the request has one of its parameters.
    let says_region =
        token.is_some() || prefix.is_some() || region.is_some() || request.query_value("max-buckets").is_some();
    let account = &call.identity.account;
    let mut buckets = account.set.buckets.of(account);
    buckets.retain(|(name, bucket)| {
        prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
            && region.as_deref().is_none_or(|region| bucket.region == region)
    });
    let page = page("ListBuckets", buckets.len(), size, token, fault)
        .ok_or_else(|| Refusal::new("InvalidArgument", "The continuation token provided is incorrect"))?;
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str("<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner>");
    push_element(&mut xml, "ID", &owner_id(&account.id));
    xml.push_str("</Owner><Buckets>");
    for (name, bucket) in &buckets[page.range] {
        xml.push_str("<Bucket>");
        push_element(&mut xml, "Name", name);
        let created = bucket.created.strftime("%Y-%m-%dT%H:%M:%S.000Z");
        push_element(&mut xml, "CreationDate", &created.to_string());
        if says_region {
            push_element(&mut xml, "BucketRegion", &bucket.region);
        }
        xml.push_str("</Bucket>");
    }
    xml.push_str("</Buckets>");
    if let Some(next) = &page.next {
        push_element(&mut xml, "ContinuationToken", next);
    }
    if let Some(prefix) = &prefix {
        push_element(&mut xml, "Prefix", prefix);
    }
    xml.push_str("</ListAllMyBucketsResult>");
    Ok(Response::ok(REST_XML, xml))
}

/// The canonical user id of an account: 64 hexadecimal digits.
fn owner_id(account: &str) -> String {
    super::key_id::KeyIds::new(account).material(0)
}

fn get_bucket_encryption(call: &Call<'_>, name: &str) -> Result<Response, Refusal> {
    let account = &call.identity.account;
    let Some(bucket) = account.set.buckets.named(name, account) else {
        let refusal = Refusal::new("NoSuchBucket", "The specified bucket does not exist");
        return Err(refusal.with_status(404));
    };
    if bucket.region != call.region {
        return Ok(redirect(call, bucket));
    }
    let Some(encryption) = &bucket.encryption else {
        let refusal = Refusal::new(
            "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found",
        );
        return Err(refusal.with_status(404));
    };
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str(
        "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Rule><ApplyServerSideEncryptionByDefault>",
    );
    push_element(&mut xml, "SSEAlgorithm", encryption.algorithm);
    if let Some(key) = bucket.kms_key(account, &call.estate.partition) {
        push_element(&mut xml, "KMSMasterKeyID", &key);
    }
    xml.push_str("</ApplyServerSideEncryptionByDefault>");
    push_element(&mut xml, "BucketKeyEnabled", &encryption.bucket_key.to_string());
    xml.push_str("</Rule></ServerSideEncryptionConfiguration>");
    Ok(Response::ok(REST_XML, xml))
}

/// What S3 answers to a request for a bucket of another Region.
fn redirect(call: &Call<'_>, bucket: &Bucket) -> Response {
    let mut response = call.refuse(
        &Refusal::new(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified \
             endpoint. Please send all future requests to this endpoint.",
        )
        .with_status(301),
    );
    let region = bucket.region.clone();
    response.headers.push(("x-amz-bucket-region", region));
    response
}

#[cfg(test)]
mod tests {
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
}
