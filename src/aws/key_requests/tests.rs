use super::super::sandboxed::{calls, keys, region};
use super::*;

const ESTATE: &str = r#"
    [[region.key]]
    alias = "alias/documents"
    requests.Decrypt.constant.rps = 1
    requests.GenerateDataKey.batch = [
        { start = 2026-06-01T03:00:00Z, minutes = 1, rps = 10 },
        { start = 2026-06-15T05:00:00Z, minutes = 1, rps = 30 },
    ]
    requests.ReEncrypt.constant.rps = 2

    [[region.key]]
    alias = "alias/unused"

    [[region.key]]
    alias = "alias/of-nothing"
    requests.Decrypt.constant.rps = 5
"#;

/// The requests of the keys, in the order of their aliases, and how many calls they took.
async fn read(estate: &str) -> (Vec<Fact<KeyRequests>>, u64) {
    let (account, session) = region(estate).await;
    let mut read = keys(&account, &session).await;
    let of_buckets = ["alias/documents", "alias/unused"];
    let wanted = read
        .keys
        .iter()
        .filter(|key| of_buckets.contains(&key.aliases[0].as_str()));
    let wanted: HashSet<Arn> = wanted.map(|key| key.arn.clone()).collect();
    let window = UsageWindow::before("2026-06-15T06:00:00Z".parse().unwrap(), 14);
    read_key_requests(&session, &mut read.keys, &wanted, &read.metrics, window).await;
    read.keys.sort_by(|a, b| a.aliases.cmp(&b.aliases));
    let requests = read.keys.into_iter().map(|key| key.details.requests).collect();
    (requests, calls(&account, "GetMetricData"))
}

#[tokio::test]
async fn the_keys_of_buckets_have_their_requests_by_operation_from_the_first_midnight_on() {
    let (requests, calls) = read(ESTATE).await;
    let days = 14.25 * 86_400.0;
    let of_documents = requests[0].known().unwrap();
    assert_eq!(of_documents.window_start.to_string(), "2026-06-01T00:00:00Z");
    assert_eq!(of_documents.window_end.to_string(), "2026-06-15T06:00:00Z");
    let by_operation = [
        ("Decrypt", days),
        ("GenerateDataKey", 2_400.0),
        ("ReEncrypt", 2.0 * days),
    ];
    let by_operation = by_operation.map(|(operation, sum)| (operation.to_owned(), sum));
    assert_eq!(of_documents.by_operation, BTreeMap::from(by_operation));
    assert_eq!(requests[1], Fact::NotCollected, "no SSE-KMS bucket names it");
    assert_eq!(requests[2].known().unwrap().by_operation.len(), 0);
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn where_the_metrics_were_not_listed_or_not_delivered_the_requests_are_unknown() {
    for (operation, expected) in [("ListMetrics", 0), ("GetMetricData", 1)] {
        let fault = format!("[[fault]]\nservice = \"cloudwatch\"\noperation = \"{operation}\"\nkind = \"error\"");
        let (requests, calls) = read(&format!("{ESTATE}\n{fault}")).await;
        let reason = requests[0].unavailable().unwrap();
        assert_eq!(
            (reason.operation.as_str(), calls),
            (format!("cloudwatch:{operation}").as_str(), expected)
        );
        assert_eq!(requests[1], Fact::NotCollected);
    }
}
