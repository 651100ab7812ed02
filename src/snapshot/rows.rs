//! The rows of the tables: the facts, laid flat. Every row names its Region, so that the files can be read on their
//! own; the account is the partition.

use serde::{Deserialize, Serialize};

use crate::facts::{ApiCalls, Fact, Fallback, Key, Region, RegionSource, RegionState, RequestQuota, ScanFacts};

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
}

/// A row of `regions`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RegionRow {
    pub region: Region,
    pub state: RegionState,
    pub key_listing: Fact<()>,
    pub alias_listing: Fact<()>,
    pub aws_managed_keys: u64,
    pub applied_quotas: Fact<()>,
    pub default_quotas: Fact<()>,
}

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
