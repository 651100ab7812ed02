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
        captured_at: None,
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
pub(crate) fn trail_named(name: &str) -> Trail {
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

pub(crate) fn custom_key_store_named(id: &str) -> CustomKeyStore {
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
            dimensions: [
                ("Service", "KMS"),
                ("Type", "API"),
                ("Resource", "CryptographicOperationsSymmetric"),
                ("Class", "None"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        },
        usage: Fact::Known(usage(busiest_minute)),
        contributors: Fact::NotCollected,
    }
}

pub(crate) fn usage(busiest_minute: Option<f64>) -> Usage {
    Usage {
        window_start: "2026-06-01T06:00:00Z".parse().unwrap(),
        window_end: "2026-06-15T06:00:00Z".parse().unwrap(),
        resolution_seconds: 60,
        datapoints: busiest_minute.iter().count() as u64,
        peak: busiest_minute.map(|sum| Peak {
            sum,
            at: "2026-06-14T01:34:00Z".parse().unwrap(),
        }),
        pattern: Fact::NotCollected,
    }
}

/// A custom key store whose busiest minutes had so many requests, and so many that were throttled.
pub(crate) fn custom_key_store(busiest_minute: Option<f64>, throttled: Option<f64>) -> CustomKeyStore {
    CustomKeyStore {
        id: "cks-1234567890abcdef0".into(),
        name: "vault".into(),
        kind: CustomKeyStoreType::ExternalKeyStore,
        state: ConnectionState::Connected,
        connection_error: None,
        usage: Fact::Known(usage(busiest_minute)),
        throttled: Fact::Known(usage(throttled)),
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
        captured_at: None,
    }
}

/// A bucket that names this key.
pub(crate) fn bucket_under(kms_key: &str, algorithm: SseAlgorithm, bucket_key_enabled: bool) -> Bucket {
    Bucket {
        encryption: Fact::Known(BucketEncryption {
            algorithm,
            kms_key: Some(kms_key.into()),
            bucket_key_enabled,
        }),
        ..bucket(SseAlgorithm::SseKms, bucket_key_enabled)
    }
}

/// A key whose policies and grants were read: the policy of a role that may use it under this condition.
pub(crate) fn key_under_condition(condition: serde_json::Value) -> Key {
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Readers", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/readers"},
        "Action": "kms:Decrypt", "Resource": "*", "Condition": condition,
    }]});
    let mut key = key(&[]);
    key.details.policy = Fact::Known(policy.to_string());
    key.details.ram_policy = Fact::Known(None);
    key.details.grants = Fact::Known(Vec::new());
    key
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
        shard: None,
        accounts_in_other_shards: Vec::new(),
        account_listing: Fact::NotCollected,
        parameters: Default::default(),
        api_calls: Vec::new(),
    }
}

/// The usage metric of the symmetric pool as an entry of an alarm, `m1`, that is not watched itself.
pub(crate) fn usage_metric(statistic: &str, period_seconds: u32) -> AlarmMetric {
    let metric = quota(10_000.0, None).metric;
    AlarmMetric {
        id: Some("m1".into()),
        source: AlarmMetricSource::Statistic {
            namespace: metric.namespace,
            name: metric.name,
            dimensions: metric.dimensions,
            statistic: statistic.into(),
            period_seconds,
        },
        returns_data: false,
        account_id: None,
    }
}

fn alarm(name: &str, kind: AlarmKind) -> Alarm {
    Alarm {
        arn: Arn::new(format!("arn:aws:cloudwatch:eu-west-3:111122223333:alarm:{name}")),
        name: name.into(),
        actions_enabled: true,
        actions: vec!["arn:aws:sns:eu-west-3:111122223333:pager".into()],
        state: AlarmState::Ok,
        kind,
    }
}

pub(crate) fn metric_alarm(metrics: Vec<AlarmMetric>, threshold: f64) -> Alarm {
    let metric = MetricAlarm {
        metrics,
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(threshold),
        evaluation_periods: Some(1),
        datapoints_to_alarm: None,
        treat_missing_data: None,
    };
    alarm("kms-quota", AlarmKind::Metric(metric))
}

/// An alarm on an expression over the use of the symmetric pool, `m1`.
pub(crate) fn math_alarm(expression: &str, threshold: f64) -> Alarm {
    let expression = AlarmMetric {
        id: Some("e1".into()),
        source: AlarmMetricSource::Expression {
            expression: expression.into(),
            period_seconds: None,
        },
        returns_data: true,
        account_id: None,
    };
    metric_alarm(vec![usage_metric("Sum", 60), expression], threshold)
}

/// An alarm on the metric that [`metric_filter`] feeds.
pub(crate) fn filter_alarm() -> Alarm {
    let metric = AlarmMetric {
        id: None,
        source: AlarmMetricSource::Statistic {
            namespace: "Security".into(),
            name: "KmsThrottled".into(),
            dimensions: Default::default(),
            statistic: "Sum".into(),
            period_seconds: 60,
        },
        returns_data: true,
        account_id: None,
    };
    let mut alarm = metric_alarm(vec![metric], 0.0);
    alarm.name = "kms-throttled".into();
    alarm.arn = Arn::new("arn:aws:cloudwatch:eu-west-3:111122223333:alarm:kms-throttled");
    alarm
}

pub(crate) fn metric_filter() -> MetricFilter {
    MetricFilter {
        name: "kms-throttled".into(),
        log_group: "trail".into(),
        pattern: r#"{ ($.eventSource = "kms.amazonaws.com") && ($.errorCode = "ThrottlingException") }"#.into(),
        metrics: vec![FilterMetric {
            namespace: "Security".into(),
            name: "KmsThrottled".into(),
        }],
    }
}

pub(crate) fn log_alarm(query: &str) -> Alarm {
    let log = LogAlarm {
        query: query.into(),
        log_groups: vec!["trail".into()],
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(0.0),
    };
    alarm("kms-throttled-query", AlarmKind::Log(log))
}

pub(crate) fn composite_alarm(name: &str, rule: &str) -> Alarm {
    alarm(name, AlarmKind::Composite { rule: rule.into() })
}

/// A trail of every Region that records everything and delivers to the log group `trail`.
pub(crate) fn trail() -> Trail {
    Trail {
        arn: Arn::new("arn:aws:cloudtrail:eu-west-3:111122223333:trail/all"),
        home_region: Region::new("eu-west-3"),
        is_multi_region: true,
        is_organization: false,
        log_group: Some("arn:aws:logs:eu-west-3:111122223333:log-group:trail:*".into()),
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
