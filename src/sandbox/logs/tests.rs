use super::super::testing;
use serde_json::{Value, json};

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }

    [[region]]
    name = "eu-west-3"

    [[region.metric_filter]]
    name = "kms-throttled"
    log_group = "trail/security"
    pattern = '{ ($.eventSource = "kms.amazonaws.com") && ($.errorCode = "ThrottlingException") }'
    namespace = "Security"
    metric = "KmsThrottled"
    default_value = 0
    created = 2025-01-01T00:00:00Z

    [[region.metric_filter]]
    name = "errors-{n:03}"
    count = 120
    log_group = "/app"
    pattern = "ERROR"
    namespace = "App"
    metric = "Errors"
    value = "$.size"
    dimensions = { Service = "$.service" }

    [[trail]]
    name = "security"
    home_region = "eu-west-3"
    bucket = "trail-{account}"
    log_group = "without-filters"
"#;

fn ask(input: &Value) -> (u16, Value) {
    let target = "Logs_20140328.DescribeMetricFilters";
    testing::json_request(&testing::sandbox(ESTATE), "logs", "eu-west-3", target, input)
}

fn names(body: &Value) -> Vec<&str> {
    let filters = body["metricFilters"].as_array().unwrap().iter();
    filters.map(|filter| filter["filterName"].as_str().unwrap()).collect()
}

#[test]
fn a_metric_filter_is_described_as_the_estate_has_it() {
    let (status, body) = ask(&json!({ "logGroupName": "trail/security" }));
    assert_eq!(status, 200);
    let expected = json!({ "metricFilters": [{
        "filterName": "kms-throttled",
        "filterPattern": "{ ($.eventSource = \"kms.amazonaws.com\") && ($.errorCode = \"ThrottlingException\") }",
        "metricTransformations": [{
            "metricName": "KmsThrottled",
            "metricNamespace": "Security",
            "metricValue": "1",
            "defaultValue": 0.0,
        }],
        "creationTime": 1_735_689_600_000_u64,
        "logGroupName": "trail/security",
        "applyOnTransformedLogs": false,
    }] });
    assert_eq!(body, expected);
    let (_, body) = ask(&json!({ "logGroupName": "/app", "limit": 1 }));
    let transformation = &body["metricFilters"][0]["metricTransformations"][0];
    assert_eq!(transformation["metricValue"], "$.size");
    assert_eq!(transformation["dimensions"], json!({ "Service": "$.service" }));
    assert_eq!(transformation.get("defaultValue"), None);
}

#[test]
fn all_filters_come_in_pages_of_fifty_by_name() {
    let mut input = json!({});
    let mut found: Vec<String> = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let (_, body) = ask(&input);
        let page = names(&body);
        sizes.push(page.len());
        found.extend(page.iter().map(|name| (*name).to_owned()));
        match body.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [50, 50, 21]);
    assert!(found.is_sorted());
    assert_eq!(
        (found[0].as_str(), found[120].as_str()),
        ("errors-001", "kms-throttled")
    );
}

#[test]
fn filters_are_found_by_metric_and_by_a_prefix_within_a_log_group() {
    let (_, body) = ask(&json!({ "metricName": "KmsThrottled", "metricNamespace": "Security" }));
    assert_eq!(names(&body), ["kms-throttled"]);
    let (_, body) = ask(&json!({ "metricName": "KmsThrottled", "metricNamespace": "App" }));
    assert!(names(&body).is_empty());
    let (_, body) = ask(&json!({ "logGroupName": "/app", "filterNamePrefix": "errors-00" }));
    assert_eq!(names(&body).len(), 9);
    // Without a log group the prefix is ignored.
    let (_, body) = ask(&json!({ "filterNamePrefix": "kms" }));
    assert_eq!(names(&body).len(), 50);
}

#[test]
fn a_log_group_that_is_not_there_is_not_the_same_as_one_without_filters() {
    let (status, body) = ask(&json!({ "logGroupName": "without-filters" }));
    assert_eq!((status, names(&body).len()), (200, 0));
    let (status, error) = ask(&json!({ "logGroupName": "deleted" }));
    assert_eq!((status, &error["__type"]), (400, &json!("ResourceNotFoundException")));
    assert_eq!(error["message"], "The specified log group does not exist.");
}

#[test]
fn wrong_requests_are_refused() {
    for wrong in [
        json!({ "limit": 51 }),
        json!({ "limit": 0 }),
        json!({ "nextToken": "x" }),
        json!({ "metricName": "KmsThrottled" }),
    ] {
        let (status, error) = ask(&wrong);
        assert_eq!(
            (status, &error["__type"]),
            (400, &json!("InvalidParameterException")),
            "{wrong}"
        );
    }
    let sandbox = testing::sandbox(ESTATE);
    let unknown = testing::json_request(&sandbox, "logs", "eu-west-3", "Logs_20140328.PutLogEvents", &json!({}));
    assert_eq!(unknown.1["__type"], "UnknownOperationException");
    let target = "Logs_20140328.DescribeMetricFilters";
    let elsewhere = testing::json_request(&sandbox, "logs", "us-east-1", target, &json!({}));
    assert_eq!(elsewhere.1["__type"], "UnrecognizedClientException");
}
