//! The rows of the tables: the facts, laid flat. Every row names its Region, so that the files can be read on their
//! own; the account is the partition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{
    Alarm, ApiCalls, Arn, CustomKeyStore, Fact, Fallback, Key, KeyCountQuota, KeyDetails, KeyMetadata,
    MetricFilter, Region, RegionSource, RegionState, RequestQuota, ScanFacts,
};

/// A `scan.json` of any version.
#[derive(Debug, Deserialize)]
pub(super) struct Versioned {
    pub schema_version: Option<u32>,
}

/// `scan.json`, as it is written.
#[derive(Debug, Serialize)]
pub(super) struct ScanFile {
    pub schema_version: u32,
    #[serde(flatten)]
    pub scan: ScanFacts,
}

/// The one row of `accounts`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccountRow {
    pub partition: String,
    pub region_source: RegionSource,
    pub bucket_listing: Fact<()>,
    pub fallbacks: Vec<Fallback>,
    pub api_calls: Vec<ApiCalls>,
}

/// A row of `regions`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RegionRow {
    pub region: Region,
    pub state: RegionState,
    pub key_listing: Fact<()>,
    pub alias_listing: Fact<()>,
    pub aws_managed_keys: Vec<String>,
    pub applied_quotas: Fact<()>,
    pub default_quotas: Fact<()>,
    pub key_count_quota: Option<KeyCountQuota>,
    pub key_metrics: Fact<()>,
    pub custom_key_stores: Fact<Vec<CustomKeyStore>>,
    /// How the list of alarms ended; they are a table of their own.
    pub alarms: Fact<()>,
    pub metric_filters: Fact<Vec<MetricFilter>>,
    pub trails: Fact<Vec<Arn>>,
}

/// A row of `alarms`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AlarmRow<A> {
    pub region: Region,
    #[serde(flatten)]
    pub alarm: A,
}

/// A row of `alarms`, as it is read.
pub(super) type OwnedAlarmRow = AlarmRow<Alarm>;

/// A row of `keys`, as it is written. The fields of the key stand beside its Region by name and not by
/// `serde(flatten)`, which would keep each value of each row in between.
#[derive(Debug, Serialize)]
pub(super) struct KeyRow<'a> {
    region: &'a Region,
    arn: &'a Arn,
    key_id: &'a str,
    aliases: &'a [String],
    metadata: &'a Fact<KeyMetadata>,
    tags: &'a Fact<BTreeMap<String, String>>,
    details: &'a KeyDetails,
}

impl<'a> KeyRow<'a> {
    pub(super) fn of(region: &'a Region, key: &'a Key) -> Self {
        let Key {
            arn,
            key_id,
            aliases,
            metadata,
            tags,
            details,
        } = key;
        KeyRow {
            region,
            arn,
            key_id,
            aliases,
            metadata,
            tags,
            details,
        }
    }
}

/// A row of `keys`, as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct OwnedKeyRow {
    pub region: Region,
    arn: Arn,
    key_id: String,
    aliases: Vec<String>,
    metadata: Fact<KeyMetadata>,
    tags: Fact<BTreeMap<String, String>>,
    #[serde(default)]
    details: KeyDetails,
}

impl OwnedKeyRow {
    pub(super) fn into_key(self) -> Key {
        Key {
            arn: self.arn,
            key_id: self.key_id,
            aliases: self.aliases,
            metadata: self.metadata,
            tags: self.tags,
            details: self.details,
        }
    }
}

/// A row of `quotas`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct QuotaRow<Q> {
    pub region: Region,
    #[serde(flatten)]
    pub quota: Q,
}

/// A row of `quotas`, as it is read.
pub(super) type OwnedQuotaRow = QuotaRow<RequestQuota>;
