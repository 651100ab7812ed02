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

/// The metadata of a key that [`key`] made, to be changed.
pub(crate) fn key_metadata(key: &mut Key) -> &mut KeyMetadata {
    match &mut key.metadata {
        Fact::Known(metadata) => metadata,
        other => panic!("no metadata: {other:?}"),
    }
}

/// Rotations that a key has completed.
pub(crate) fn rotations(completed: &[(RotationType, &str)]) -> Fact<Vec<Rotation>> {
    let completed = completed.iter().map(|(kind, at)| Rotation {
        at: Some(at.parse().unwrap()),
        kind: kind.clone(),
    });
    Fact::Known(completed.collect())
}

/// A trail that records every management event of its Region.
pub(crate) fn trail(name: &str) -> Trail {
    Trail {
        arn: Arn::new(format!("arn:aws:cloudtrail:eu-west-3:111122223333:trail/{name}")),
        home_region: Region::new("eu-west-3"),
        is_multi_region: false,
        is_organization: false,
        log_group: None,
        status: Fact::Known(TrailStatus {
            is_logging: true,
            log_group_error: None,
        }),
        selectors: Fact::Known(TrailSelectors::Basic(vec![EventSelector {
            include_management_events: true,
            read_write_type: "All".into(),
            exclude_management_event_sources: Vec::new(),
        }])),
    }
}

pub(crate) fn custom_key_store(id: &str) -> CustomKeyStore {
    CustomKeyStore {
        id: id.into(),
        name: "vault".into(),
        kind: CustomKeyStoreType::ExternalKeyStore,
        state: ConnectionState::Connected,
        connection_error: None,
        usage: Fact::NotCollected,
        throttled: Fact::NotCollected,
    }
}

/// What AWS says of the last use of a key, asked at a moment.
pub(crate) fn last_usage(last: Option<&str>, tracking_start: Option<&str>, read_at: &str) -> LastUsage {
    LastUsage {
        last: last.map(|at| LastUse {
            operation: Some("Decrypt".into()),
            at: at.parse().unwrap(),
        }),
        tracking_start: tracking_start.map(|moment| moment.parse().unwrap()),
        read_at: read_at.parse().unwrap(),
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
        parameters: Default::default(),
    }
}
