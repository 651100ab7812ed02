//! The rows of the tables: the facts, laid flat. Every row names its Region, so that the files can be read on their
//! own; the account is the partition.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{
    Alarm, ApiCalls, Arn, ConfigRecord, CustomKeyStore, Fact, Fallback, Key, KeyCountQuota, KeyDetails,
    KeyMetadata, MetricFilter, Region, RegionSource, RegionState, RequestQuota, ScanFacts, TagSource,
};

/// A `scan.json` of any version.
#[derive(Debug, Deserialize)]
pub(super) struct Versioned {
    pub schema_version: Option<u32>,
}

/// What the scan was: `scan.json`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ScanFile {
    /// The version of the rows of all tables.
    pub schema_version: u32,
    /// The scan.
    #[serde(flatten)]
    pub scan: ScanFacts,
}

/// An account: a row of `accounts`, the only one of its partition.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct AccountRow {
    /// The AWS partition, such as `aws`.
    pub partition: String,
    /// How the Regions were chosen.
    pub region_source: RegionSource,
    /// Whether the list of buckets was read to its end.
    pub bucket_listing: Fact<()>,
    /// What was read in another way than the first choice.
    pub fallbacks: Vec<Fallback>,
    /// The requests sent, retries included.
    pub api_calls: Vec<ApiCalls>,
    /// Whether the account was read to its end, so that it need not be asked again.
    #[serde(default)]
    pub finished: bool,
    /// The SHA-256 of the account's file in each of the other tables.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
}

/// A Region of an account: a row of `regions`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct RegionRow {
    /// The Region.
    pub region: Region,
    /// Whether it was looked at.
    pub state: RegionState,
    /// Whether the list of keys was read to its end.
    pub key_listing: Fact<()>,
    /// Whether the list of aliases was read to its end.
    pub alias_listing: Fact<()>,
    /// The ids of the AWS managed keys seen, in their order.
    pub aws_managed_keys: Vec<String>,
    /// Where the tags of keys were read.
    #[serde(default)]
    pub tag_source: Option<TagSource>,
    /// What AWS Config said, where the inventory is its own.
    #[serde(default)]
    pub config_record: Option<ConfigRecord>,
    /// Whether Service Quotas listed the applied values.
    pub applied_quotas: Fact<()>,
    /// Whether Service Quotas listed the AWS default values.
    pub default_quotas: Fact<()>,
    /// How many keys the account may have in the Region.
    pub key_count_quota: Option<KeyCountQuota>,
    /// Whether the `SuccessfulRequest` metrics of keys were listed to their end.
    pub key_metrics: Fact<()>,
    /// The custom key stores, where a key lies in one.
    pub custom_key_stores: Fact<Vec<CustomKeyStore>>,
    /// Whether the alarms were listed to their end; they are a table of their own.
    pub alarms: Fact<()>,
    /// The metric filters, where an alarm may be fed by one.
    pub metric_filters: Fact<Vec<MetricFilter>>,
    /// The ARNs of the trails that record events of this Region, where something depends on it.
    pub trails: Fact<Vec<Arn>>,
}

/// A CloudWatch alarm: a row of `alarms`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct AlarmRow<A> {
    /// The Region.
    pub region: Region,
    /// The alarm.
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
    captured_at: Option<Timestamp>,
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
            captured_at,
        } = key;
        KeyRow {
            region,
            arn,
            key_id,
            aliases,
            metadata,
            tags,
            details,
            captured_at: *captured_at,
        }
    }
}

/// A customer managed key, or one of which it is not known who manages it: a row of `keys`, in the order of ARNs.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct OwnedKeyRow {
    /// The Region.
    pub region: Region,
    /// The ARN of the key.
    arn: Arn,
    /// The key id.
    key_id: String,
    /// Its aliases, where the aliases of the Region could be listed.
    aliases: Vec<String>,
    /// What `kms:DescribeKey` tells.
    metadata: Fact<KeyMetadata>,
    /// Its tags.
    tags: Fact<BTreeMap<String, String>>,
    /// What is read only where something depends on it.
    #[serde(default)]
    details: KeyDetails,
    /// When AWS Config captured the item that all this is from; null where KMS itself was asked.
    #[serde(default)]
    captured_at: Option<Timestamp>,
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
            captured_at: self.captured_at,
        }
    }
}

/// A KMS request quota of a Region: a row of `quotas`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct QuotaRow<Q> {
    /// The Region.
    pub region: Region,
    /// The quota.
    #[serde(flatten)]
    pub quota: Q,
}

/// A row of `quotas`, as it is read.
pub(super) type OwnedQuotaRow = QuotaRow<RequestQuota>;
