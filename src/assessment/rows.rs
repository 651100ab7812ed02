//! The rows of a report: keys, one by one and in numbers, and quotas.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{AccountId, Arn, ConfigRecord, LimitSource, Region, RequestsPerSecond, TagSource};
use crate::published::MicroDollars;

/// The keys of one account and Region, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryRow {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// Whether the list of keys was read to its end. If not, the numbers are lower bounds.
    pub complete: bool,
    /// Customer managed keys.
    pub customer_managed: u64,
    /// AWS managed keys.
    pub aws_managed: u64,
    /// Keys of which could not be read who manages them.
    pub unknown_manager: u64,
    /// Where the tags were read; null where there was no key to be asked about.
    #[serde(default)]
    pub tag_source: Option<TagSource>,
    /// How old what AWS Config knows is; null where the inventory does not come from there.
    #[serde(default)]
    pub config_record: Option<ConfigRecord>,
    /// Customer managed keys by state.
    pub by_state: BTreeMap<String, u64>,
    /// Customer managed keys by the origin of their key material.
    pub by_origin: BTreeMap<String, u64>,
    /// Customer managed keys by key spec.
    pub by_spec: BTreeMap<String, u64>,
    /// Customer managed keys by multi-Region role.
    pub by_multi_region_role: BTreeMap<String, u64>,
    /// Justified keys by their reason.
    pub by_justification: BTreeMap<String, u64>,
    /// Keys that name a reason of the vocabulary.
    pub justified: u64,
    /// Keys that have no tag for a reason.
    pub unjustified: u64,
    /// Keys that have such a tag with no word of the vocabulary.
    pub unrecognized: u64,
    /// Keys that wait for their deletion.
    pub pending_deletion: u64,
    /// Keys that could not be judged.
    pub not_assessed: u64,
    /// What the customer managed keys cost a month to keep, before rotations and requests.
    pub monthly_cost_usd: MicroDollars,
}

/// One customer managed key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRow {
    /// The key ARN.
    pub arn: Arn,
    /// The account that was scanned.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// Its aliases, as far as they could be listed.
    pub aliases: Vec<String>,
    /// Where it stands.
    pub standing: KeyStanding,
    /// Its reason, where it is justified: its controls and its class of data.
    pub justification: Option<String>,
    /// Its tags; null where they could not be read.
    pub tags: Option<BTreeMap<String, String>>,
    /// Its state; this and what follows is null where it could not be read.
    pub state: Option<String>,
    /// Its key spec.
    pub spec: Option<String>,
    /// Its key usage.
    pub usage: Option<String>,
    /// The origin of its key material.
    pub origin: Option<String>,
    /// `single-Region`, `primary`, `replica`, or `multi-Region` where AWS says no more.
    pub multi_region_role: Option<String>,
    /// When it was created.
    pub creation_date: Option<Timestamp>,
    /// When AWS Config captured the item that all this is from; null where KMS itself was asked.
    #[serde(default)]
    pub captured_at: Option<Timestamp>,
}

/// Where a customer managed key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyStanding {
    /// It names a reason of the vocabulary.
    Justified,
    /// It has a tag for its reason, with no word of the vocabulary.
    Unrecognized,
    /// It has no tag for a reason.
    Unjustified,
    /// It waits for its deletion.
    PendingDeletion,
    /// It could not be judged.
    NotAssessed,
}

/// The peak of one quota in one account and Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaRow {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// The pool: the `Resource` dimension of the usage metric.
    pub pool: String,
    /// The quota code.
    pub quota_code: String,
    /// The limit.
    pub limit_rps: RequestsPerSecond,
    /// Where the limit comes from.
    pub limit_source: LimitSource,
    /// The AWS default in the Region; null where it was not read.
    pub default_rps: Option<RequestsPerSecond>,
    /// Whether there is a peak, and if not, why.
    pub usage: UsageState,
    /// The busiest minute's requests divided by its seconds: a lower bound of the true peak, since it hides bursts
    /// shorter than a minute. Null where there is no datapoint.
    pub peak_rps: Option<RequestsPerSecond>,
    /// When the busiest minute began.
    pub peak_at: Option<Timestamp>,
    /// How much of the limit the busiest minute used, 1.0 being all of it.
    pub utilization: Option<f64>,
    /// How many minutes had a datapoint.
    pub datapoints: Option<u64>,
    /// The first moment looked at.
    pub window_start: Option<Timestamp>,
    /// The moment the window ends.
    pub window_end: Option<Timestamp>,
    /// The length of a datapoint in seconds.
    pub resolution_seconds: Option<u32>,
    /// The keys that made the peak; null where they were not collected.
    pub top_keys: Option<Vec<Arn>>,
}

/// Whether a quota's use is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageState {
    /// There is a peak.
    Measured,
    /// The metric has no datapoint in the window: no use, or none that the metric shows. It is not a zero.
    NoDatapoints,
    /// The metric could not be read; the coverage says why.
    Unavailable,
}
