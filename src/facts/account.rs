//! An account: what a scan of it brought home.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Alarm, Arn, Bucket, ConfigRecord, CustomKeyStore, Fact, Key, KeyCountQuota, MetricFilter, Region, RequestQuota,
    TagSource, Trail,
};

/// The twelve-digit id of an AWS account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// The id an answer names, if it is one: twelve digits. Ids stand in reports and file names.
    pub fn parse(id: &str) -> Option<Self> {
        let fits = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| AccountId(id.to_owned()))
    }

    /// An account id that is known to be one.
    pub fn new(id: impl Into<String>) -> Self {
        AccountId(id.into())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for AccountId {
    /// Files are named by it, so that what is none would lead anywhere.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        AccountId::parse(&id).ok_or_else(|| D::Error::custom(format!("`{id}` is no account id of twelve digits")))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that was read of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountFacts {
    /// The account.
    pub account_id: AccountId,
    /// The partition it lies in, for the ARNs.
    pub partition: String,
    /// How the Regions to look at were found.
    pub region_source: RegionSource,
    /// One entry for each Region looked at, in the order of their names.
    pub regions: Vec<RegionFacts>,
    /// Whether the list of buckets was read to its end.
    pub bucket_listing: Fact<()>,
    /// The general purpose buckets seen, in the order of their names.
    pub buckets: Vec<Bucket>,
    /// The trails that record events of the Regions in which something depends on it, in the order of their ARNs.
    pub trails: Vec<Trail>,
    /// Calls that failed but whose answer was found another way.
    pub fallbacks: Vec<Fallback>,
    /// The scan's own footprint in the account.
    pub api_calls: Vec<ApiCalls>,
}

/// How the Regions of an account were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionSource {
    /// The user named them.
    Requested,
    /// `account:ListRegions` listed the enabled ones.
    Listed,
    /// Each Region of the partition was asked.
    Probed,
}

/// Everything that was read in one Region of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionFacts {
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
    /// The keys seen that are not AWS managed, in the order of their ARNs.
    pub keys: Vec<Key>,
    /// Where their tags were read; `None` where there is no key to be asked about.
    pub tag_source: Option<TagSource>,
    /// How old what AWS Config knows is, where the inventory comes from there.
    pub config_record: Option<ConfigRecord>,
    /// Whether Service Quotas listed the applied values.
    pub applied_quotas: Fact<()>,
    /// Whether Service Quotas listed the AWS default values.
    pub default_quotas: Fact<()>,
    /// The KMS request quotas that have a usage metric, in the order of their codes.
    pub quotas: Vec<RequestQuota>,
    /// How many keys the account may have in the Region.
    pub key_count_quota: Option<KeyCountQuota>,
    /// Whether the `SuccessfulRequest` metrics of keys were listed to their end.
    pub key_metrics: Fact<()>,
    /// The custom key stores, where a key lies in one.
    pub custom_key_stores: Fact<Vec<CustomKeyStore>>,
    /// The CloudWatch alarms, in the order of their names.
    pub alarms: Fact<Vec<Alarm>>,
    /// The metric filters, where an alarm may be fed by one.
    pub metric_filters: Fact<Vec<MetricFilter>>,
    /// The ARNs of the trails that record events of this Region, where something depends on it.
    pub trails: Fact<Vec<Arn>>,
}

impl RegionFacts {
    /// A Region of which nothing has been read yet.
    pub fn new(region: Region, state: RegionState) -> Self {
        RegionFacts {
            region,
            state,
            key_listing: Fact::NotCollected,
            alias_listing: Fact::NotCollected,
            aws_managed_keys: Vec::new(),
            keys: Vec::new(),
            tag_source: None,
            config_record: None,
            applied_quotas: Fact::NotCollected,
            default_quotas: Fact::NotCollected,
            quotas: Vec::new(),
            key_count_quota: None,
            key_metrics: Fact::NotCollected,
            custom_key_stores: Fact::NotCollected,
            alarms: Fact::NotCollected,
            metric_filters: Fact::NotCollected,
            trails: Fact::NotCollected,
        }
    }
}

/// Whether a Region was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionState {
    /// It was asked.
    Scanned,
    /// The account has not enabled it, so it cannot hold usable keys or buckets.
    NotEnabled,
}

/// A call that failed, and what the program did instead, so that nothing was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fallback {
    /// The Region of the call; `None` for a call that concerns the whole account.
    pub region: Option<Region>,
    /// The operation that failed, as `service:Operation`.
    pub operation: String,
    /// The error code.
    pub error_code: String,
    /// What AWS said.
    pub message: String,
    /// What was done instead.
    pub instead: String,
}

/// How often one operation was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiCalls {
    /// The service, by the prefix of its IAM actions.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Requests sent, retries included.
    pub calls: u64,
    /// Of these, how many AWS throttled.
    pub throttled: u64,
    /// Of these, how many repeated an earlier request.
    pub retried: u64,
    /// For how many milliseconds the operation was held back, to keep to the share of its quota or since AWS throttled;
    /// added up over accounts and Regions, which wait at the same time.
    #[serde(default)]
    pub waited_ms: u64,
}
