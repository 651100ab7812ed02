//! What CloudWatch and KMS tell of the use of keys, custom key stores and buckets, as the snapshot has it, and the calls
//! that it takes.

use kms_audit::facts::{AccountFacts, Contributors, RegionFacts};
use kms_audit::snapshot::SnapshotReader;

use super::run::*;

/// A scan, and the facts that it left in the snapshot.
fn scan_and_facts(estate: &str) -> (Run, AccountFacts) {
    let folder = tempfile::tempdir().unwrap();
    let run = scan_in(folder.path(), estate, &["--fail-on-gaps"]);
    let snapshot = SnapshotReader::open(&folder.path().join("out/snapshot")).unwrap();
    let account = snapshot.account(&snapshot.scan.accounts[0]).unwrap();
    (run, account)
}

fn region<'f>(account: &'f AccountFacts, name: &str) -> &'f RegionFacts {
    let mut regions = account.regions.iter();
    regions.find(|region| region.region.as_str() == name).unwrap()
}

/// The contributors of a peak as aliases, operations and requests in the minute.
fn named<'f>(region: &'f RegionFacts, contributors: &'f Contributors) -> Vec<(&'f str, &'f str, f64)> {
    let top = contributors.top.iter();
    top.map(|one| {
        let key = region.keys.iter().find(|key| key.arn == one.key);
        let alias = key.map_or("AWS managed", |key| key.aliases[0].as_str());
        (alias, one.operation.as_str(), one.requests)
    })
    .collect()
}

fn with_denied(name: &str, service: &str, operation: &str) -> (Run, AccountFacts) {
    let fault = format!("[[fault]]\nservice = \"{service}\"\noperation = \"{operation}\"\nkind = \"error\"");
    scan_and_facts(&format!("{}\n{fault}", estate(name)))
}

#[test]
fn the_night_job_of_the_tenants_is_named_key_by_key() {
    let (run, account) = scan_and_facts(&estate("saas-tenants.toml"));
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    let paris = region(&account, "eu-west-3");
    let quotas = paris.quotas.iter();
    let collected: Vec<_> = quotas.filter(|quota| !quota.contributors.is_not_collected()).collect();
    assert_eq!(collected.len(), 1, "the RSA pool is far from its quota");
    let contributors = collected[0].contributors.known().unwrap();
    assert_eq!(contributors.at.to_string(), "2026-06-14T01:28:00Z");
    assert_eq!(contributors.requests, 600_000.0);
    assert_eq!(
        named(paris, contributors),
        [
            ("alias/data-confidential", "GenerateDataKey", 297_000.0),
            ("alias/tenant-3320", "Decrypt", 102_000.0),
            ("alias/tenant-3323", "Decrypt", 72_000.0),
            ("alias/tenant-3324", "Decrypt", 51_000.0),
            ("alias/tenant-3321", "Decrypt", 36_000.0),
            ("alias/tenant-3322", "Decrypt", 24_000.0),
            ("alias/tenant-3319", "Decrypt", 15_000.0),
            ("AWS managed", "Decrypt", 1_800.0),
            ("alias/webhooks", "GenerateMac", 720.0),
            ("alias/ledger", "Decrypt", 360.0),
        ]
    );
    // 45 % of the quota, and far less: nobody is asked who made these peaks.
    for name in ["eu-central-1", "us-east-1"] {
        let quotas = &region(&account, name).quotas;
        assert!(
            quotas.iter().all(|quota| quota.contributors.is_not_collected()),
            "{name}"
        );
    }
    // Each Region: its quotas, and the keys of its buckets. Paris: 3,212 metrics of the symmetric pool, 500 a request, and
    // the objects of a bucket.
    assert_eq!(run.calls("GetMetricData", "calls"), 3 * 2 + 7 + 1);
    // SSE-KMS without a Bucket Key, and no others.
    assert_eq!(run.calls("ListBucketMetricsConfigurations", "calls"), 14);
    assert_eq!(run.calls("DescribeCustomKeyStores", "calls"), 0);
}

#[test]
fn the_keys_and_objects_of_the_tenants_buckets_are_counted_in_days() {
    let (_, account) = scan_and_facts(&estate("saas-tenants.toml"));
    let paris = region(&account, "eu-west-3");
    let with_requests: Vec<&str> = paris
        .keys
        .iter()
        .filter(|key| !key.details.requests.is_not_collected())
        .map(|key| key.aliases[0].as_str())
        .collect();
    assert_eq!(with_requests.len(), 3, "{with_requests:?}");
    let key = |alias: &str| paris.keys.iter().find(|key| key.aliases[0] == alias).unwrap();
    let confidential = &key("alias/data-confidential").details;
    assert_eq!(confidential.active_operations, ["Decrypt", "GenerateDataKey"]);
    let requests = confidential.requests.known().unwrap();
    assert_eq!(requests.window_start.to_string(), "2026-06-01T00:00:00Z");
    // Ten of the 22 working days of June are over, and the night to Sunday.
    let month = |requests: f64| (requests / 22.0 * 10.0).round();
    assert_eq!(requests.by_operation["Decrypt"].round(), month(2_400_000.0));
    assert_eq!(
        requests.by_operation["GenerateDataKey"].round(),
        month(300_000.0) + 11.0 * 297_000.0
    );
    assert_eq!(key("alias/archive-2021").details.active_operations, [""; 0]);

    let bucket = |name: &str| account.buckets.iter().find(|bucket| bucket.name == name).unwrap();
    let objects = bucket("saas-documents").requests.known().unwrap().as_ref().unwrap();
    assert_eq!(
        (objects.get.round(), objects.put.round()),
        (month(2_100_000.0), month(240_000.0))
    );
    assert_eq!(
        bucket("saas-backup-1").requests.known(),
        Some(&None),
        "a prefix is not the whole bucket"
    );
    assert!(
        bucket("saas-uploads").requests.is_not_collected(),
        "it has a Bucket Key"
    );
}

#[test]
fn the_stores_of_a_regulated_account_have_their_use() {
    let (run, account) = scan_and_facts(&estate("regulated.toml"));
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    let stores = region(&account, "eu-central-1").custom_key_stores.known().unwrap();
    let mut use_of_stores: Vec<(&str, Option<f64>)> = stores
        .iter()
        .map(|store| {
            let usage = store.usage.known().unwrap();
            (store.name.as_str(), usage.peak_rate().map(|rate| rate.0))
        })
        .collect();
    use_of_stores.sort_by(|a, b| a.0.cmp(b.0));
    assert_eq!(
        use_of_stores,
        [
            ("ledger-hsm", Some(1_770.0)),
            ("vault-frankfurt", Some(870.0)),
            ("vault-old", None)
        ]
    );
    assert!(stores.iter().all(|store| store.throttled.known().is_some()));
    assert!(region(&account, "eu-central-2").custom_key_stores.is_not_collected());
    // Two Regions, two metrics of throttled requests.
    assert_eq!(run.calls("ListMetrics", "calls"), 2 * 2 + 2);
    assert_eq!(run.calls("DescribeCustomKeyStores", "calls"), 1);
    let snapshot = serde_json::to_string(stores).unwrap();
    assert!(!snapshot.contains("XKSEXAMPLEACCESSKEY"), "{snapshot}");
}

#[test]
fn a_well_kept_account_is_asked_for_nothing_that_it_does_not_need() {
    let (run, _) = scan_and_facts(&estate("well-kept.toml"));
    assert_eq!(run.calls("ListBucketMetricsConfigurations", "calls"), 0);
    // The quotas, and the key of its SSE-KMS bucket.
    assert_eq!(run.calls("GetMetricData", "calls"), 2);
    let quiet = estate("well-kept.toml").replace("encryption = \"SSE-KMS\"", "encryption = \"DSSE-KMS\"");
    let (run, _) = scan_and_facts(&quiet.replace("bucket_key = true", ""));
    assert_eq!(run.calls("GetMetricData", "calls"), 1);
}

#[test]
fn denied_key_stores_are_one_gap() {
    let (run, account) = with_denied("regulated.toml", "kms", "DescribeCustomKeyStores");
    assert_eq!(run.code(), 4);
    let code = "AccessDeniedException";
    assert_eq!(
        run.gaps(),
        [gap("kms:DescribeCustomKeyStores", code, "eu-central-1", 0)]
    );
    assert!(region(&account, "eu-central-1").key_metrics.known().is_some());
}

#[test]
fn denied_metrics_configurations_are_a_gap_of_the_buckets_concerned() {
    let (run, account) = with_denied("regulated.toml", "s3", "ListBucketMetricsConfigurations");
    assert_eq!(run.code(), 4);
    let operation = "s3:ListBucketMetricsConfigurations";
    assert_eq!(run.gaps(), [gap(operation, "AccessDenied", "eu-central-1", 1)]);
    assert_eq!(run.findings("bucket-key-disabled"), 1);
    assert!(account.buckets.iter().all(|bucket| bucket.encryption.known().is_some()));
}

#[test]
fn denied_lists_of_metrics_leave_the_use_of_keys_and_stores_unknown() {
    let (run, _) = with_denied("regulated.toml", "cloudwatch", "ListMetrics");
    assert_eq!(run.code(), 4);
    let denied = |region, resources| gap("cloudwatch:ListMetrics", "AccessDenied", region, resources);
    assert_eq!(
        run.gaps(),
        [
            // Two keys of buckets, three stores, three stores' throttles, and the list.
            denied("eu-central-1", 2),
            denied("eu-central-1", 3),
            denied("eu-central-1", 3),
            denied("eu-central-1", 0),
            denied("eu-central-2", 0),
        ]
    );
    // The use of quotas and of keys in each Region; nothing more is listed where that was refused.
    assert_eq!(run.calls("ListMetrics", "calls"), 4);
}

#[test]
fn denied_datapoints_are_refused_once_in_each_region() {
    let (run, account) = with_denied("saas-tenants.toml", "cloudwatch", "GetMetricData");
    assert_eq!(run.code(), 4);
    let denied = |region, resources| gap("cloudwatch:GetMetricData", "AccessDenied", region, resources);
    assert_eq!(
        run.gaps(),
        [
            // Keys of buckets, and quotas; in Paris a bucket's objects before them.
            denied("eu-central-1", 1),
            denied("eu-central-1", 4),
            denied("eu-west-3", 1),
            denied("eu-west-3", 2),
            denied("eu-west-3", 5),
            denied("us-east-1", 1),
            denied("us-east-1", 4),
        ]
    );
    assert_eq!(run.calls("GetMetricData", "calls"), 3);
    assert_eq!(region(&account, "eu-west-3").key_metrics.known(), Some(&()));
}
