//! AWS/KMS: what CloudWatch knows of each key.

use super::{TWO_WEEKS, data, query};
use crate::sandbox::{Sandbox, testing};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::types::{Dimension, DimensionFilter, Metric, RecentlyActive};
use std::collections::HashSet;

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }
    organization = {}

    [[region]]
    name = "eu-west-3"

    [[region.key]]
    count = 600
    alias = "alias/tenant-{n}"
    [region.key.requests]
    Decrypt = { constant = { rps = 2 }, gaps = [{ start = 2026-06-15T05:30:00Z, minutes = 10 }] }
    GenerateDataKey = { batch = [{ start = 2026-06-14T01:00:00Z, minutes = 5, rps = 10 }] }

    [[region.key]]
    alias = "alias/signing"
    spec = "RSA_2048"
    usage = "SIGN_VERIFY"
    requests.Sign.constant.rps = 1

    [[region.key]]
    alias = "alias/moved"
    requests.ReEncrypt.constant.rps = 3

    [[region.key]]
    alias = "alias/forgotten"
    requests.Encrypt.batch = [{ start = 2026-05-01T00:00:00Z, minutes = 1, rps = 1 }]

    [[region.key]]
    alias = "alias/brought"
    origin = "EXTERNAL"
    valid_to = 2026-06-20T00:00:00Z

    [[region.key]]
    alias = "alias/withdrawn"
    origin = "EXTERNAL"
    state = "PendingImport"
    valid_to = 2026-06-20T00:00:00Z

    [[member]]
    count = 2
    id = "20000000000{n}"
    role = [{ name = "ReadOnly" }]
    region = [{ name = "eu-west-3", key = [{ requests = { Decrypt = { constant = { rps = 7 } } } }] }]
"#;

fn successful_request(operation: &str, keys: &[(&str, &str)]) -> Metric {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let keys = keys.iter().map(|(name, arn)| dimension(name, arn));
    Metric::builder()
        .namespace("AWS/KMS")
        .metric_name("SuccessfulRequest")
        .set_dimensions(Some(keys.chain([dimension("Operation", operation)]).collect()))
        .build()
}

async fn arn(sandbox: &Sandbox, alias: &str) -> String {
    let client = testing::kms(sandbox, "eu-west-3");
    let described = client.describe_key().key_id(alias).send().await;
    described.unwrap().key_metadata.unwrap().arn.unwrap()
}

/// The metrics of AWS/KMS that match, and on how many pages they were.
async fn listed(client: &Client, filters: &[(&str, Option<&str>)], recent: bool) -> (Vec<Metric>, usize) {
    let filters = filters.iter().map(|(name, value)| {
        let filter = DimensionFilter::builder().name(*name);
        filter.set_value(value.map(str::to_owned)).build()
    });
    let call = client.list_metrics().namespace("AWS/KMS");
    let mut pages = call
        .set_dimensions(Some(filters.collect()))
        .set_recently_active(recent.then_some(RecentlyActive::Pt3H))
        .into_paginator()
        .send();
    let (mut metrics, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        metrics.extend(page.unwrap().metrics.unwrap());
        count += 1;
    }
    (metrics, count)
}

#[tokio::test]
async fn every_key_in_use_is_listed_once_for_each_operation() {
    let sandbox = testing::sandbox(ESTATE);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let (all, pages) = listed(&client, &[], false).await;
    // Two operations of 600 keys, three metrics of single keys; nothing of what is forgotten or withdrawn.
    assert_eq!((all.len(), pages), (1203, 3));
    let distinct: HashSet<String> = all.iter().map(|metric| format!("{metric:?}")).collect();
    assert_eq!(distinct.len(), all.len());
    let (recent, _) = listed(&client, &[], true).await;
    assert_eq!(recent.len(), 603);
    let (signs, _) = listed(&client, &[("Operation", Some("Sign")), ("KeyArn", None)], false).await;
    let signing = arn(&sandbox, "alias/signing").await;
    assert_eq!(signs, [successful_request("Sign", &[("KeyArn", &signing)])]);
}

#[tokio::test]
async fn the_metrics_of_a_key_are_found_by_its_arn() {
    let sandbox = testing::sandbox(ESTATE);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let tenant = arn(&sandbox, "alias/tenant-417").await;
    let (metrics, _) = listed(&client, &[("KeyArn", Some(&tenant))], false).await;
    let of_key = |operation| successful_request(operation, &[("KeyArn", &tenant)]);
    assert_eq!(metrics, [of_key("Decrypt"), of_key("GenerateDataKey")]);
    let queries = vec![
        query("decrypt", of_key("Decrypt"), 60, "Sum"),
        query("most", of_key("Decrypt"), 3600, "Maximum"),
        query("generate", of_key("GenerateDataKey"), 60, "Sum"),
        query("sign", of_key("Sign"), 60, "Sum"),
    ];
    let results = data(&client, &sandbox, TWO_WEEKS, queries, None).await;
    let values = |position: usize| results[position].values();
    // Two a second, but for ten minutes without datapoints.
    assert_eq!(values(0).len(), 14 * 1440 - 10);
    assert!(values(0).iter().all(|sum| *sum == 120.0));
    assert!(values(1).iter().all(|most| *most == 1.0));
    assert_eq!(values(2), [600.0; 5]);
    assert!(values(3).is_empty());
}

#[tokio::test]
async fn only_exactly_the_dimensions_of_a_metric_name_it() {
    let sandbox = testing::sandbox(ESTATE);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let (tenant, moved) = (
        arn(&sandbox, "alias/tenant-1").await,
        arn(&sandbox, "alias/moved").await,
    );
    let nobody = tenant.replace(":key/", ":key/0");
    let foreign = tenant.replace("111122223333", "444455556666");
    let moving = [("SourceKeyArn", &*moved), ("DestinationKeyArn", &*moved)];
    let queries = vec![
        query("moved", successful_request("ReEncrypt", &moving), 3600, "Sum"),
        query("half", successful_request("ReEncrypt", &moving[..1]), 3600, "Sum"),
        query(
            "other",
            successful_request("ReEncrypt", &[("KeyArn", &moved)]),
            3600,
            "Sum",
        ),
        query(
            "nobody",
            successful_request("Decrypt", &[("KeyArn", &nobody)]),
            3600,
            "Sum",
        ),
        query(
            "foreign",
            successful_request("Decrypt", &[("KeyArn", &foreign)]),
            3600,
            "Sum",
        ),
        query("none", successful_request("Decrypt", &[]), 3600, "Sum"),
        query(
            "twice",
            successful_request("Decrypt", &[("KeyArn", &tenant), ("KeyArn", &tenant)]),
            3600,
            "Sum",
        ),
    ];
    let results = data(&client, &sandbox, 7200, queries, None).await;
    assert_eq!(results[0].values(), [10_800.0; 2]);
    for result in &results[1..] {
        assert!(result.values().is_empty(), "{result:?}");
    }
}

#[tokio::test]
async fn imported_key_material_has_less_time_left_every_minute() {
    let sandbox = testing::sandbox(ESTATE);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let call = client.list_metrics().metric_name("SecondsUntilKeyMaterialExpiration");
    let metrics = call.send().await.unwrap().metrics.unwrap();
    let brought = arn(&sandbox, "alias/brought").await;
    let dimension = &metrics[0].dimensions()[0];
    assert_eq!(metrics.len(), 1);
    assert_eq!(dimension.name(), Some("KeyId"));
    assert!(brought.ends_with(&format!("key/{}", dimension.value().unwrap())));
    let statistics = ["Minimum", "Average", "Maximum"];
    let queries = statistics.map(|statistic| query(&statistic.to_lowercase(), metrics[0].clone(), 300, statistic));
    let results = data(&client, &sandbox, 300, queries.to_vec(), None).await;
    let last = 4.75 * 86_400.0 + 60.0;
    for (result, more) in results.iter().zip([0.0, 120.0, 240.0]) {
        assert_eq!(result.values(), [last + more]);
    }
}

#[tokio::test]
async fn accounts_that_are_alike_have_metrics_of_their_own_keys() {
    let sandbox = testing::sandbox(ESTATE);
    let mut arns = HashSet::new();
    for account in ["200000000001", "200000000002"] {
        let client = Client::new(&testing::config_in(&sandbox, "eu-west-3", account));
        let (metrics, _) = listed(&client, &[], false).await;
        let arn = metrics[0].dimensions()[0].value().unwrap();
        assert!(arn.contains(account), "{arn}");
        arns.insert(arn.to_owned());
        let results = data(
            &client,
            &sandbox,
            60,
            vec![query("q", metrics[0].clone(), 60, "Sum")],
            None,
        )
        .await;
        assert_eq!((metrics.len(), results[0].values()), (1, &[420.0][..]));
    }
    assert_eq!(arns.len(), 2);
}

#[tokio::test]
async fn a_filter_has_at_most_ten_dimensions() {
    let sandbox = testing::sandbox(ESTATE);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let filter = DimensionFilter::builder().name("KeyArn").build();
    let call = client.list_metrics().set_dimensions(Some(vec![filter; 11]));
    let error = call.send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
}
