//! What one call of GetMetricData takes and gives: 500 queries, 100,800 datapoints.

use super::{DateTime, ScanBy, StatusCode, metric, query};
use crate::sandbox::{Sandbox, testing};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::types::{MetricDataQuery, MetricDataResult};
use std::collections::BTreeMap;

const RESOURCES: [&str; 6] = [
    "CryptographicOperationsSymmetric",
    "CryptographicOperationsRsa",
    "DescribeKey",
    "ListKeys",
    "ListAliases",
    "ListGrants",
];
const FIFTEEN_DAYS: i64 = 15 * 86_400;
const MINUTES: usize = 15 * 1440;

/// Each resource is used in every minute, and no two alike.
fn sandbox() -> Sandbox {
    let usage = (1..).zip(RESOURCES).map(|(rps, resource)| {
        format!(
            "[[region.usage]]\nresource = \"{resource}\"\nconstant.rps = {rps}\nbusiness_hours = {{ \
             requests_per_month = {rps}_000_000, from = 8, to = 18, weekends = true }}\n"
        )
    });
    testing::region(&usage.collect::<String>())
}

/// The pages of what so many queries of a minute each find in fifteen days, one resource after the other.
async fn pages(client: &Client, sandbox: &Sandbox, queries: usize) -> Vec<Vec<MetricDataResult>> {
    let end = sandbox.as_of().as_second();
    let queries = RESOURCES.iter().cycle().enumerate().take(queries);
    let queries = queries.map(|(n, resource)| query(&format!("q{n}"), metric(resource), 60, "Sum"));
    let mut pages = client
        .get_metric_data()
        .start_time(DateTime::from_secs(end - FIFTEEN_DAYS))
        .end_time(DateTime::from_secs(end))
        .scan_by(ScanBy::TimestampAscending)
        .set_metric_data_queries(Some(queries.collect()))
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.push(page.unwrap().metric_data_results.unwrap());
    }
    found
}

fn datapoints(page: &[MetricDataResult]) -> usize {
    page.iter().map(|result| result.values().len()).sum()
}

#[tokio::test]
async fn an_answer_is_split_at_100_800_datapoints_and_every_one_comes_once() {
    let sandbox = sandbox();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let pages = pages(&client, &sandbox, 6).await;
    let sizes: Vec<usize> = pages.iter().map(|page| datapoints(page)).collect();
    assert_eq!(sizes, [100_800, 6 * MINUTES - 100_800]);
    // The fifth metric is cut in two, and both parts say whether it is all there.
    let parts: Vec<Vec<(&str, &StatusCode)>> = pages
        .iter()
        .map(|page| {
            page.iter()
                .map(|part| (part.id().unwrap(), part.status_code().unwrap()))
                .collect()
        })
        .collect();
    let (whole, part) = (&StatusCode::Complete, &StatusCode::PartialData);
    assert_eq!(
        parts[0],
        [("q0", whole), ("q1", whole), ("q2", whole), ("q3", whole), ("q4", part)]
    );
    assert_eq!(parts[1], [("q4", whole), ("q5", whole)]);

    let mut found: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for part in pages.iter().flatten() {
        let moments = part.timestamps().iter().map(DateTime::secs);
        let points = moments.zip(part.values().iter().copied());
        found.entry(part.id().unwrap().to_owned()).or_default().extend(points);
    }
    let first = sandbox.as_of().as_second() - FIFTEEN_DAYS;
    for (n, resource) in RESOURCES.iter().enumerate() {
        let points = &found[&format!("q{n}")];
        let moments: Vec<i64> = points.iter().map(|point| point.0).collect();
        let expected: Vec<i64> = (0..MINUTES as i64).map(|minute| first + minute * 60).collect();
        assert_eq!(moments, expected, "{resource}");
        // The same as when it is asked for alone, which takes no second page.
        let alone = alone(&client, &sandbox, resource).await;
        assert!(points.iter().map(|point| point.1).eq(alone), "{resource}");
    }
}

async fn alone(client: &Client, sandbox: &Sandbox, resource: &str) -> Vec<f64> {
    let end = sandbox.as_of().as_second();
    let answer = client
        .get_metric_data()
        .start_time(DateTime::from_secs(end - FIFTEEN_DAYS))
        .end_time(DateTime::from_secs(end))
        .scan_by(ScanBy::TimestampAscending)
        .metric_data_queries(query("q", metric(resource), 60, "Sum"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.next_token(), None);
    answer.metric_data_results()[0].values().to_vec()
}

#[tokio::test]
async fn an_answer_of_exactly_100_800_datapoints_has_one_page() {
    let sandbox = sandbox();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let end = sandbox.as_of().as_second();
    // Two weeks of five metrics: what the scanner asks for in one call.
    for (queries, more) in [(5, false), (6, true)] {
        let queries = RESOURCES.iter().take(queries);
        let queries = queries.map(|resource| query(&format!("q_{resource}"), metric(resource), 60, "Sum"));
        let answer = client
            .get_metric_data()
            .start_time(DateTime::from_secs(end - 14 * 86_400))
            .end_time(DateTime::from_secs(end))
            .set_metric_data_queries(Some(queries.collect()))
            .send()
            .await
            .unwrap();
        assert_eq!(datapoints(answer.metric_data_results()), 100_800);
        assert_eq!(answer.next_token().is_some(), more);
    }
}

#[tokio::test]
async fn five_hundred_queries_are_answered_and_the_501st_is_refused() {
    let sandbox = sandbox();
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let end = sandbox.as_of().as_second();
    let ask = |count: usize| {
        let queries = RESOURCES.iter().cycle().enumerate().take(count);
        let queries: Vec<MetricDataQuery> = queries
            .map(|(n, resource)| query(&format!("q{n}"), metric(resource), 60, "Sum"))
            .collect();
        client
            .get_metric_data()
            .start_time(DateTime::from_secs(end - 600))
            .end_time(DateTime::from_secs(end))
            .set_metric_data_queries(Some(queries))
            .send()
    };
    let answer = ask(500).await.unwrap();
    assert_eq!(answer.metric_data_results().len(), 500);
    assert_eq!(datapoints(answer.metric_data_results()), 5_000);
    let error = ask(501).await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
    assert_eq!(
        error.message(),
        Some("The collection MetricDataQueries must not have a size greater than 500.")
    );
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 400);
}
