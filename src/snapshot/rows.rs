//! The rows of the tables: the facts, laid flat. Every row names its Region, so that the files can be read on their
//! own; the account is the partition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{
    Alarm, ApiCalls, Arn, ConfigRecord, CustomKeyStore, Fact, Fallback, Key, KeyCountQuota, MetricFilter, Region,
    RegionSource, RegionState, RequestQuota, ScanFacts, TagSource,
};

/// `scan.json`.
#[derive(Debug, Serialize, Deserialize)]
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
    /// Whether the account was read to its end, so that it need not be asked again.
    #[serde(default)]
    pub finished: bool,
    /// The SHA-256 of the account's file in each of the other tables.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
}

/// A row of `regions`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RegionRow {
    pub region: Region,
    pub state: RegionState,
    pub key_listing: Fact<()>,
    pub alias_listing: Fact<()>,
    pub aws_managed_keys: Vec<String>,
    #[serde(default)]
    pub tag_source: Option<TagSource>,
    #[serde(default)]
    pub config_record: Option<ConfigRecord>,
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

/// A row of `keys`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyRow<K> {
    pub region: Region,
    #[serde(flatten)]
    pub key: K,
}

/// A row of `keys`, as it is read.
pub(super) type OwnedKeyRow = KeyRow<Key>;

/// A row of `quotas`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct QuotaRow<Q> {
    pub region: Region,
    #[serde(flatten)]
    pub quota: Q,
}

/// A row of `quotas`, as it is read.
pub(super) type OwnedQuotaRow = QuotaRow<RequestQuota>;
