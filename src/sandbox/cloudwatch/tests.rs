use super::super::request::{Answer, Request, Response};
mod data_limits;
mod of_buckets;
mod of_custom_key_stores;
mod of_keys;

use super::super::{Sandbox, testing};
use super::Value;
use crate::sandbox::wire::cbor;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudwatch::types::{
    Dimension, DimensionFilter, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode,
};

const SYMMETRIC: &str = "CryptographicOperationsSymmetric";
const TWO_WEEKS: i64 = 14 * 86_400;

fn metric(resource: &str) -> Metric {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    Metric::builder()
        .namespace("AWS/Usage")
        .metric_name("CallCount")
        .dimensions(dimension("Service", "KMS"))
        .dimensions(dimension("Type", "API"))
        .dimensions(dimension("Resource", resource))
        .dimensions(dimension("Class", "None"))
        .build()
}

fn query(id: &str, metric: Metric, period: i32, statistic: &str) -> MetricDataQuery {
    let stat = MetricStat::builder().metric(metric).period(period).stat(statistic);
    MetricDataQuery::builder().id(id).metric_stat(stat.build()).build()
}

/// All pages of GetMetricData for the seconds before `as_of`, one result after the other.
async fn data(
    client: &Client,
    sandbox: &Sandbox,
    seconds: i64,
    queries: Vec<MetricDataQuery>,
    most: Option<i32>,
) -> Vec<MetricDataResult> {
    let end = sandbox.as_of().as_second();
    let mut pages = client
        .get_metric_data()
        .start_time(DateTime::from_secs(end - seconds))
        .end_time(DateTime::from_secs(end))
        .scan_by(ScanBy::TimestampAscending)
        .set_max_datapoints(most)
        .set_metric_data_queries(Some(queries))
        .into_paginator()
        .send();
    let mut results = Vec::new();
    while let Some(page) = pages.next().await {
        results.extend(page.unwrap().metric_data_results.unwrap());
    }
    results
}

#[tokio::test]
async fn the_peak_minute_of_the_built_in_estate_is_fourteen_thousand_a_second() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let queries = vec![query("q", metric(SYMMETRIC), 60, "Sum")];
    let results = data(&client, &sandbox, TWO_WEEKS, queries, None).await;
    let peak = results[0].values().iter().copied().fold(0.0, f64::max);
    assert_eq!(peak, 14_000.0 * 60.0);
    let at_peak: Vec<i64> = (results[0].timestamps().iter().zip(results[0].values()))
        .filter(|(_, value)| **value == peak)
        .map(|(timestamp, _)| timestamp.secs())
        .collect();
    assert_eq!(at_peak.len(), 11);
    assert_eq!(
        DateTime::from_secs(at_peak[0]),
        DateTime::from_str("2026-06-14T01:28:00Z", DateTimeFormat::DateTime).unwrap()
    );
}

#[tokio::test]
async fn the_backup_region_peaks_at_forty_five_percent_of_its_quota() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-central-1");
    let queries = vec![query("q", metric(SYMMETRIC), 60, "Sum")];
    let results = data(&client, &sandbox, TWO_WEEKS, queries, None).await;
    let peak = results[0].values().iter().copied().fold(0.0, f64::max);
    assert_eq!(peak / 60.0 / 20_000.0, 0.45);
}

#[tokio::test]
async fn pages_put_together_are_the_whole_and_say_what_is_partial() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let queries = || {
        vec![
            query("a", metric(SYMMETRIC), 60, "Sum"),
            query("none", metric("ListGrants"), 60, "Sum"),
            query("b", metric("DescribeKey"), 60, "Sum"),
        ]
    };
    let whole = data(&client, &sandbox, 3 * 86_400, queries(), None).await;
    let paged = data(&client, &sandbox, 3 * 86_400, queries(), Some(700)).await;
    assert_eq!(whole.len(), 3);
    assert!(paged.len() > 6);
    for id in ["a", "none", "b"] {
        let parts = |results: &[MetricDataResult]| {
            let of_id = results.iter().filter(|result| result.id() == Some(id));
            let values = of_id.clone().flat_map(|part| part.values().to_vec());
            let complete = of_id.map(|part| part.status_code() == Some(&StatusCode::Complete));
            (values.collect::<Vec<f64>>(), complete.collect::<Vec<bool>>())
        };
        let (values, complete) = parts(&paged);
        assert_eq!(parts(&whole), (values, vec![true]));
        // Every part but the last is partial.
        let (last, others) = complete.split_last().unwrap();
        assert!(*last && others.iter().all(|complete| !complete));
    }
}

#[tokio::test]
async fn five_minutes_hold_the_sum_of_their_minutes() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let sum = |period| {
        let queries = vec![query("q", metric(SYMMETRIC), period, "Sum")];
        data(&client, &sandbox, TWO_WEEKS, queries, None)
    };
    let total = |results: Vec<MetricDataResult>| results[0].values().iter().sum::<f64>();
    let (minutes, fives, hours) = (sum(60).await, sum(300).await, sum(3600).await);
    assert!(minutes[0].values().len() > fives[0].values().len());
    let minutes = total(minutes);
    assert_eq!((minutes, minutes), (total(fives), total(hours)));
}

#[tokio::test]
async fn the_maximum_of_a_call_count_is_always_one() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let queries = vec![
        query("most", metric(SYMMETRIC), 60, "Maximum"),
        query("mean", metric(SYMMETRIC), 60, "Average"),
    ];
    for result in data(&client, &sandbox, TWO_WEEKS, queries, None).await {
        assert!(result.values().iter().all(|value| *value == 1.0));
    }
}

#[tokio::test]
async fn one_minute_datapoints_are_forgotten_after_fifteen_days() {
    let sandbox = testing::sandbox(testing::SMALL);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    for (period, days) in [(60, 15), (300, 63)] {
        let queries = vec![query("q", metric("DescribeKey"), period, "Sum")];
        let results = data(&client, &sandbox, 100 * 86_400, queries, None).await;
        let expected = days * 86_400 / i64::from(period);
        assert_eq!(results[0].values().len() as i64, expected);
    }
}

#[tokio::test]
async fn the_newest_datapoint_comes_first_unless_asked_otherwise() {
    let sandbox = testing::sandbox(testing::SMALL);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let end = sandbox.as_of().as_second();
    let answer = client
        .get_metric_data()
        .start_time(DateTime::from_secs(end - 600))
        .end_time(DateTime::from_secs(end))
        .metric_data_queries(query("q", metric("DescribeKey"), 60, "Sum"))
        .send()
        .await
        .unwrap();
    let result = &answer.metric_data_results()[0];
    assert_eq!(result.timestamps()[0].secs(), end - 60);
    assert_eq!(result.values(), [60.0; 10]);
}

#[tokio::test]
async fn list_metrics_has_what_has_data_and_obeys_its_filters() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let resources = |filters: Vec<(&'static str, &'static str)>| {
        let filters = filters
            .into_iter()
            .map(|(name, value)| DimensionFilter::builder().name(name).value(value).build());
        let call = client.list_metrics().namespace("AWS/Usage");
        let call = call.set_dimensions(Some(filters.collect())).send();
        async {
            let metrics = call.await.unwrap().metrics.unwrap();
            let dimensions = metrics.into_iter().flat_map(|metric| metric.dimensions.unwrap());
            let resources = dimensions.filter(|dimension| dimension.name() == Some("Resource"));
            resources.map(|dimension| dimension.value.unwrap()).collect::<Vec<_>>()
        }
    };
    let all = resources(vec![("Service", "KMS")]).await;
    let expected = [SYMMETRIC, "CryptographicOperationsRsa", "DescribeKey", "KeysPerAccount"];
    assert_eq!(all, expected);
    let counts = resources(vec![("Service", "KMS"), ("Type", "Resource")]).await;
    assert_eq!(counts, ["KeysPerAccount"]);
    assert!(resources(vec![("Service", "EC2")]).await.is_empty());
}

#[tokio::test]
async fn the_number_of_keys_is_a_metric_too() {
    let sandbox = Sandbox::built_in().unwrap();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let listed = client.list_metrics().metric_name("ResourceCount").send().await;
    let metric = listed.unwrap().metrics.unwrap().remove(0);
    let queries = vec![query("q", metric, 300, "Maximum")];
    let results = data(&client, &sandbox, 3600, queries, None).await;
    assert_eq!(results[0].values(), [3212.0; 12]);
}

#[tokio::test]
async fn wrong_queries_are_refused() {
    let sandbox = testing::sandbox(testing::SMALL);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let end = sandbox.as_of().as_second();
    let call = || {
        client
            .get_metric_data()
            .start_time(DateTime::from_secs(end - 600))
            .end_time(DateTime::from_secs(end))
    };
    let good = query("q", metric("DescribeKey"), 60, "Sum");
    let too_many = call().set_metric_data_queries(Some(vec![good.clone(); 501]));
    let bad_period = call().metric_data_queries(query("q", metric("x"), 90, "Sum"));
    let expression = MetricDataQuery::builder().id("q").expression("a/b").build();
    let same_id = call().set_metric_data_queries(Some(vec![good.clone(); 2]));
    for bad in [too_many, bad_period, same_id, call().metric_data_queries(expression)] {
        assert_eq!(bad.send().await.unwrap_err().code(), Some("ValidationError"));
    }
    let token = call().metric_data_queries(good).next_token("x").send().await;
    assert!(token.unwrap_err().into_service_error().is_invalid_next_token());
}

/// The answer to an operation with this input, in JSON or in CBOR.
fn call(sandbox: &Sandbox, operation: &str, input: &Value<'_>, json: bool) -> Response {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
    let body = if json {
        serde_json::to_vec(input).unwrap()
    } else {
        cbor::write(input)
    };
    let reply = sandbox.room.answer(&Request {
        method: "POST",
        path: if json { "/" } else { &path },
        authorization: Some("AWS4-HMAC-SHA256 Credential=AKID/20260615/eu-west-3/monitoring/aws4_request"),
        target: json.then_some(target.as_str()),
        body: &body,
        ..Request::default()
    });
    match reply.answer {
        Answer::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

#[test]
fn json_and_cbor_say_the_same() {
    let sandbox = Sandbox::built_in().unwrap();
    let end = sandbox.as_of().as_second() as f64;
    let listed = call(&sandbox, "ListMetrics", &Value::map([]), false);
    let listed = cbor::read(&listed.body).unwrap();
    let metric = listed.list("Metrics")[0].clone();
    let stat = [
        ("Metric", metric),
        ("Period", Value::Integer(60)),
        ("Stat", "Sum".into()),
    ];
    let query = Value::map([("Id", "q".into()), ("MetricStat", Value::map(stat))]);
    let queries = Value::map([
        ("StartTime", Value::Time(end - 86_400.0)),
        ("EndTime", Value::Time(end)),
        ("MaxDatapoints", Value::Integer(700)),
        ("MetricDataQueries", Value::list_of([query])),
    ]);
    for (operation, input, status) in [
        ("ListMetrics", Value::map([]), 200),
        ("GetMetricData", queries, 200),
        ("GetMetricData", Value::map([]), 400),
        ("ListDashboards", Value::map([]), 404),
    ] {
        let (json, cbor) = (
            call(&sandbox, operation, &input, true),
            call(&sandbox, operation, &input, false),
        );
        assert_eq!((json.status, cbor.status), (status, status));
        let from_json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
        let from_cbor = serde_json::to_value(cbor::read(&cbor.body).unwrap()).unwrap();
        assert_eq!(from_json, from_cbor, "{operation}");
        let names = |response: &Response| response.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert!(names(&json).contains(&"x-amzn-requestid"));
        assert!(!names(&json).contains(&"smithy-protocol"));
        assert!(names(&cbor).contains(&"smithy-protocol"));
    }
}
