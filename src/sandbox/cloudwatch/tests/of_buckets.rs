//! AWS/S3: what CloudWatch knows of each bucket.

use super::{data, query};
use crate::sandbox::testing;
use aws_sdk_cloudwatch::types::{DimensionFilter, Metric, RecentlyActive};

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }

    [[region]]
    name = "eu-west-3"
    [[region]]
    name = "us-east-1"

    [[bucket]]
    name = "uploads-{n}"
    count = 2
    region = "eu-west-3"
    encryption = "SSE-KMS"
    bytes = 5_000_000_000
    objects = 1_000

    [[bucket.request_metrics]]
    get = { constant = { rps = 2 }, gaps = [{ start = 2026-06-15T05:58:00Z, minutes = 1 }] }
    put.constant.rps = 0.5

    [[bucket.request_metrics]]
    filter = "invoices"
    prefix = "invoices/"
    get.constant.rps = 1

    [[bucket]]
    name = "american"
    region = "us-east-1"
    encryption = "SSE-KMS"
    request_metrics = [{ get = { constant = { rps = 1 } } }]
"#;

fn named(metric: &Metric) -> String {
    let dimensions = metric.dimensions().iter();
    let dimensions: Vec<&str> = dimensions.filter_map(|dimension| dimension.value()).collect();
    format!("{} {}", metric.metric_name().unwrap(), dimensions.join(" "))
}

#[tokio::test]
async fn the_metrics_of_a_bucket_are_in_its_region() {
    let sandbox = testing::sandbox(ESTATE);
    let listed = |region: &str, bucket: &str, recent: Option<RecentlyActive>| {
        let filter = DimensionFilter::builder().name("BucketName").value(bucket).build();
        let call = testing::cloudwatch(&sandbox, region).list_metrics().namespace("AWS/S3");
        let call = call.dimensions(filter).set_recently_active(recent).send();
        async { call.await.unwrap().metrics().iter().map(named).collect::<Vec<_>>() }
    };
    let requests = [
        "GetRequests uploads-2 EntireBucket",
        "PutRequests uploads-2 EntireBucket",
        "AllRequests uploads-2 EntireBucket",
        "GetRequests uploads-2 invoices",
        "AllRequests uploads-2 invoices",
    ];
    let daily = [
        "BucketSizeBytes uploads-2 StandardStorage",
        "NumberOfObjects uploads-2 AllStorageTypes",
    ];
    assert_eq!(
        listed("eu-west-3", "uploads-2", None).await,
        [&requests[..], &daily].concat()
    );
    // What is measured at midnight has had no datapoint for six hours.
    let recent = listed("eu-west-3", "uploads-2", Some(RecentlyActive::Pt3H)).await;
    assert_eq!(recent, requests);
    assert_eq!(listed("us-east-1", "american", None).await.len(), 2);
    assert!(listed("eu-west-3", "american", None).await.is_empty());
    assert!(listed("eu-west-3", "uploads-3", None).await.is_empty());
}

#[tokio::test]
async fn all_requests_are_the_sum_of_those_of_each_kind() {
    let sandbox = testing::sandbox(ESTATE);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let listed = client.list_metrics().namespace("AWS/S3").send().await;
    let metrics = listed.unwrap().metrics.unwrap();
    assert_eq!(metrics.len(), 14);
    let metric = |name: &str| {
        let metric = metrics.iter().find(|metric| named(metric) == name);
        metric.unwrap().clone()
    };
    let queries = vec![
        query("get", metric("GetRequests uploads-1 EntireBucket"), 60, "Sum"),
        query("put", metric("PutRequests uploads-1 EntireBucket"), 60, "Sum"),
        query("all", metric("AllRequests uploads-1 EntireBucket"), 60, "Sum"),
    ];
    let results = data(&client, &sandbox, 180, queries, None).await;
    let values: Vec<&[f64]> = results.iter().map(|result| result.values()).collect();
    assert_eq!(values, [&[120.0; 2][..], &[30.0; 3], &[150.0, 30.0, 150.0]]);
    let daily = vec![
        query(
            "size",
            metric("BucketSizeBytes uploads-1 StandardStorage"),
            86_400,
            "Average",
        ),
        query(
            "objects",
            metric("NumberOfObjects uploads-1 AllStorageTypes"),
            86_400,
            "Average",
        ),
    ];
    let results = data(&client, &sandbox, 3 * 86_400, daily, None).await;
    assert_eq!(results[0].values(), [5e9; 4]);
    assert_eq!(results[1].values(), [1_000.0; 4]);
}
