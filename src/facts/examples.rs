//! Facts for tests.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

pub(crate) fn account(region: RegionFacts) -> AccountFacts {
    AccountFacts {
        account_id: AccountId::new("111122223333"),
        partition: "aws".into(),
        region_source: RegionSource::Requested,
        regions: vec![region],
        bucket_listing: Fact::Known(()),
        buckets: Vec::new(),
        trails: Vec::new(),
        fallbacks: Vec::new(),
        api_calls: Vec::new(),
    }
}

pub(crate) fn region<const N: usize>(keys: [Key; N]) -> RegionFacts {
    let mut region = RegionFacts::new(Region::new("eu-west-3"), RegionState::Scanned);
    region.key_listing = Fact::Known(());
    region.alias_listing = Fact::Known(());
    region.applied_quotas = Fact::Known(());
    region.default_quotas = Fact::Known(());
    region.keys = keys.into();
    region
}

pub(crate) fn key(tags: &[(&str, &str)]) -> Key {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let id = format!("00000000-0000-4000-8000-{:012}", NUMBER.fetch_add(1, Ordering::Relaxed));
    Key {
        arn: Arn::new(format!("arn:aws:kms:eu-west-3:111122223333:key/{id}")),
        key_id: id,
        aliases: Vec::new(),
        metadata: Fact::Known(KeyMetadata {
            manager: KeyManager::Customer,
            state: KeyState::Enabled,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: KeyOrigin::AwsKms,
            multi_region: None,
            creation_date: None,
            deletion_date: None,
            valid_to: None,
            custom_key_store_id: None,
            description: String::new(),
        }),
        tags: Fact::Known(
            tags.iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
        ),
        details: KeyDetails::default(),
    }
}

pub(crate) fn quota(limit: f64, busiest_minute: Option<f64>) -> RequestQuota {
    RequestQuota {
        code: "L-6E3AF000".into(),
        name: "Cryptographic operations (symmetric) request rate".into(),
        pool: "CryptographicOperationsSymmetric".into(),
        limit: RequestsPerSecond(limit),
        limit_source: LimitSource::Applied,
        applied_value: Fact::Known(()),
        default: None,
        metric: UsageMetric {
            namespace: "AWS/Usage".into(),
            name: "CallCount".into(),
            dimensions: Default::default(),
        },
        usage: Fact::Known(Usage {
            window_start: "2026-06-01T06:00:00Z".parse().unwrap(),
            window_end: "2026-06-15T06:00:00Z".parse().unwrap(),
            resolution_seconds: 60,
            datapoints: busiest_minute.iter().count() as u64,
            peak: busiest_minute.map(|sum| Peak {
                sum,
                at: "2026-06-14T01:34:00Z".parse().unwrap(),
            }),
        }),
        contributors: Fact::NotCollected,
    }
}

pub(crate) fn bucket(algorithm: SseAlgorithm, bucket_key_enabled: bool) -> Bucket {
    Bucket {
        name: "invoices".into(),
        region: Some(Region::new("eu-west-3")),
        creation_date: None,
        encryption: Fact::Known(BucketEncryption {
            algorithm,
            kms_key: None,
            bucket_key_enabled,
        }),
        metrics_configurations: Fact::NotCollected,
        requests: Fact::NotCollected,
    }
}

pub(crate) fn denied<T>(operation: &str) -> Fact<T> {
    Fact::Unavailable(Unavailable {
        operation: operation.into(),
        code: "AccessDeniedException".into(),
        message: "User is not authorized".into(),
    })
}

pub(crate) fn scan() -> ScanFacts {
    let moment = "2026-06-15T06:00:00Z".parse().unwrap();
    ScanFacts {
        as_of: moment,
        started_at: moment,
        finished_at: moment,
        interrupted: false,
        sandbox: None,
        caller_arn: Arn::new("arn:aws:sts::111122223333:assumed-role/audit/weekly"),
        partition: "aws".into(),
        accounts: vec![AccountId::new("111122223333")],
        accounts_listed: 1,
        accounts_skipped: Vec::new(),
        accounts_not_entered: Vec::new(),
        account_listing: Fact::NotCollected,
        parameters: Default::default(),
        api_calls: Vec::new(),
    }
}
