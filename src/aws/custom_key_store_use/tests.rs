use super::super::custom_key_stores::read_custom_key_stores;
use super::super::sandboxed::{calls, keys, region};
use super::*;
use crate::facts::RegionState;

const ESTATE: &str = r#"
    [[region.custom_key_store]]
    name = "hsm"
    type = "AWS_CLOUDHSM"

    [[region.custom_key_store]]
    name = "idle"
    type = "AWS_CLOUDHSM"

    [[region.key]]
    count = 3
    alias = "alias/ledger-{n}"
    origin = "AWS_CLOUDHSM"
    custom_key_store = "hsm"
    requests.Decrypt.batch = [
        { start = 2026-06-12T02:00:00Z, minutes = 3, rps = 100 },
        { start = 2026-06-12T02:01:00Z, minutes = 1, rps = 50 },
    ]
    requests.ReEncrypt.batch = [{ start = 2026-06-12T02:01:00Z, minutes = 3, rps = 20 }]

    [[region.key]]
    alias = "alias/elsewhere"
    requests.Decrypt.constant.rps = 900
"#;

/// The stores by name, and how often metrics were listed and fetched for their use.
async fn read(estate: &str) -> (BTreeMap<String, CustomKeyStore>, [u64; 2]) {
    let (account, session) = region(estate).await;
    let mut facts = RegionFacts::new(session.region.clone(), RegionState::Scanned);
    let window = UsageWindow::before("2026-06-15T06:00:00Z".parse().unwrap(), 14);
    let read = keys(&account, &session).await;
    (facts.keys, facts.key_listing) = (read.keys, read.key_listing);
    facts.custom_key_stores = read_custom_key_stores(&session, &facts.keys).await;
    let counts = || ["ListMetrics", "GetMetricData"].map(|operation| calls(&account, operation));
    let before = counts();
    read_custom_key_store_use(&session, &mut facts, &read.metrics, window).await;
    let after = counts();
    let Fact::Known(stores) = facts.custom_key_stores else {
        panic!("the stores could not be read");
    };
    let by_name = stores.into_iter().map(|store| (store.name.clone(), store)).collect();
    (by_name, [after[0] - before[0], after[1] - before[1]])
}

fn fault(lines: &str) -> String {
    format!("{ESTATE}\n[[fault]]\nkind = \"error\"\n{lines}")
}

#[tokio::test]
async fn the_requests_of_all_keys_of_a_store_are_added_up_minute_by_minute() {
    let (stores, calls) = read(ESTATE).await;
    let usage = stores["hsm"].usage.known().unwrap();
    // Three keys: 300/s from 02:00, 150/s more in the second minute, and re-encryptions from then on.
    let peak = usage.peak.unwrap();
    assert_eq!(
        (peak.sum, peak.at.to_string().as_str()),
        (60.0 * 510.0, "2026-06-12T02:01:00Z")
    );
    assert_eq!((usage.datapoints, usage.resolution_seconds), (4, 60));
    let idle = stores["idle"].usage.known().unwrap();
    assert_eq!((idle.datapoints, idle.peak), (0, None));
    // Six metrics, five a request; the throttles of both stores were listed once.
    assert_eq!(calls, [1, 2]);
}

#[tokio::test]
async fn without_a_throttle_metric_a_store_was_not_throttled_as_far_as_anyone_knows() {
    let (stores, _) = read(ESTATE).await;
    let throttled = stores["hsm"].throttled.known().unwrap();
    assert_eq!((throttled.datapoints, throttled.peak), (0, None));
}

#[tokio::test]
async fn the_use_of_a_store_with_more_than_a_hundred_metrics_is_not_collected() {
    let many = ESTATE.replace("count = 3", "count = 51");
    let (stores, calls) = read(&many).await;
    assert_eq!(stores["hsm"].usage, Fact::NotCollected);
    assert!(stores["idle"].usage.known().is_some());
    assert_eq!(calls, [1, 0]);
    let as_many_as_allowed = ESTATE.replace("count = 3", "count = 50");
    let (stores, calls) = read(&as_many_as_allowed).await;
    assert_eq!(stores["hsm"].usage.known().unwrap().datapoints, 4);
    assert_eq!(calls, [1, 20]);
}

#[tokio::test]
async fn a_key_in_use_that_may_lie_in_the_store_leaves_the_sum_unknown() {
    let unread = fault("service = \"kms\"\noperation = \"DescribeKey\"\nkey = \"alias/elsewhere\"");
    let (stores, _) = read(&unread).await;
    for store in stores.values() {
        assert_eq!(store.usage.unavailable().unwrap().operation, "kms:DescribeKey");
        assert!(store.throttled.known().is_some());
    }
}

#[tokio::test]
async fn a_region_that_refuses_to_list_metrics_is_not_asked_for_throttles() {
    let (stores, calls) = read(&fault("service = \"cloudwatch\"\noperation = \"ListMetrics\"")).await;
    assert_eq!(calls, [0, 0]);
    for store in stores.values() {
        let facts = [&store.usage, &store.throttled];
        assert!(
            facts
                .iter()
                .all(|fact| fact.unavailable().unwrap().operation == "cloudwatch:ListMetrics")
        );
    }
}

#[tokio::test]
async fn what_is_refused_is_asked_for_one_store_only() {
    let (stores, calls) = read(&fault("service = \"cloudwatch\"\noperation = \"GetMetricData\"")).await;
    assert_eq!(calls, [1, 1]);
    assert_eq!(stores["hsm"].usage.unavailable().unwrap().code, "AccessDenied");
    // Nothing is to be asked of the other.
    assert_eq!(stores["idle"].usage.known().unwrap().datapoints, 0);
}

#[test]
fn the_throttles_of_a_store_are_those_with_its_id_and_each_kind_has_its_metric() {
    let of = |id: &str, operation: &str| {
        let dimensions = [
            ("CustomKeyStoreId", id),
            ("KmsOperation", operation),
            ("KeySpec", "SYMMETRIC_DEFAULT"),
        ];
        super::super::metric_data::metric(NAMESPACE, "ExternalKeyStoreThrottle", dimensions)
    };
    let listed = [of("cks-1", "Decrypt"), of("cks-2", "Decrypt"), of("cks-1", "Encrypt")];
    assert_eq!(
        of_store(&listed, "cks-1"),
        [of("cks-1", "Decrypt"), of("cks-1", "Encrypt")]
    );
    assert_eq!(of_store(&listed, "cks-3"), []);
    let kinds = [
        CustomKeyStoreType::AwsCloudHsm,
        CustomKeyStoreType::ExternalKeyStore,
        CustomKeyStoreType::from("SOMETHING_NEW"),
    ];
    let names = kinds.map(|kind| throttle_metric(&kind));
    assert_eq!(
        names,
        [Some("CloudHSMKeyStoreThrottle"), Some("ExternalKeyStoreThrottle"), None]
    );
}
