//! The document: the shape of `report.json`, version 1.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Finding;
use crate::facts::{
    AccountFacts, AccountId, ApiCalls, Arn, Fallback, Gap, LimitSource, Region, RegionSource, RegionState,
    RequestsPerSecond, ScanFacts, SseAlgorithm,
};
use crate::published::MicroDollars;

/// The version of the document's shape. Within a version, fields are added and never changed or taken away.
pub const SCHEMA_VERSION: &str = "1";

/// The findings report of kms-audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "kms-audit report")]
pub struct Document {
    /// The version of this shape, "1".
    pub schema_version: String,
    /// What made the report.
    pub tool: Tool,
    /// When, by whom and how the scan was made.
    pub scan: ScanSection,
    /// The answer in numbers.
    pub summary: Summary,
    /// The keys of each account and Region, in numbers.
    pub inventory: Vec<InventoryRow>,
    /// Every customer managed key that was seen, and where it stands.
    pub keys: Vec<KeyRow>,
    /// The peak of each quota: the cryptographic pools always, other quotas where they have data.
    pub quota: Vec<QuotaRow>,
    /// What is wrong, the most severe first.
    pub findings: Vec<Finding>,
    /// How often each check came to which outcome.
    pub assessments: Vec<AssessmentRow>,
    /// What could not be looked at.
    pub coverage: Coverage,
    /// The scan's own footprint: requests sent, retries included.
    pub api_calls: Vec<ApiCalls>,
}

/// What made the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `kms-audit`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// When, by whom and how the scan was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScanSection {
    /// The moment every judgement refers to; the peak is looked for in the 14 days before it.
    pub as_of: Timestamp,
    /// When the first call was made; in a sandbox, where time stands still, `as_of`.
    pub started_at: Timestamp,
    /// When the last call was answered; in a sandbox, `as_of`.
    pub finished_at: Timestamp,
    /// Whether the scan was stopped before its end.
    pub interrupted: bool,
    /// The estate, where the scan was of the sandbox and not of AWS.
    pub sandbox: Option<String>,
    /// Whom AWS says was asking.
    pub caller_arn: Arn,
    /// The partition.
    pub partition: String,
    /// The accounts looked at.
    pub accounts: Vec<AccountId>,
    /// The Regions looked at.
    pub regions: Vec<Region>,
    /// Regions that were not looked at because the account has not enabled them.
    pub regions_not_enabled: Vec<Region>,
    /// How the Regions were found.
    pub region_source: Option<RegionSource>,
    /// What was asked for.
    pub parameters: BTreeMap<String, serde_json::Value>,
}

impl ScanSection {
    pub(super) fn note_regions(&mut self, account: &AccountFacts) {
        self.region_source = Some(account.region_source);
        for region in &account.regions {
            let list = match region.state {
                RegionState::Scanned => &mut self.regions,
                RegionState::NotEnabled => &mut self.regions_not_enabled,
            };
            list.push(region.region.clone());
        }
        for list in [&mut self.regions, &mut self.regions_not_enabled] {
            list.sort();
            list.dedup();
        }
    }
}

/// The answer in numbers, over everything that could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Keys seen, of every manager.
    pub keys: u64,
    /// Customer managed keys seen. Each is in exactly one of the five numbers that follow.
    pub customer_managed_keys: u64,
    /// Of these, how many name a reason of the vocabulary.
    pub justified: u64,
    /// Of these, how many have no tag for a reason.
    pub unjustified: u64,
    /// Of these, how many have such a tag with no word of the vocabulary.
    pub unrecognized: u64,
    /// Of these, how many wait for their deletion.
    pub pending_deletion: u64,
    /// Of these, how many could not be judged.
    pub not_assessed: u64,
    /// AWS managed keys seen.
    pub aws_managed_keys: u64,
    /// Whether every list of keys was read to its end. If not, the numbers of keys are lower bounds.
    pub key_inventory_complete: bool,
    /// General purpose buckets seen.
    pub buckets: u64,
    /// Of these, how many use SSE-KMS by default, as far as that could be read.
    pub sse_kms_buckets: u64,
    /// Of these, how many have no Bucket Key.
    pub sse_kms_buckets_without_bucket_key: u64,
    /// Buckets whose default encryption could not be read.
    pub buckets_not_assessed: u64,
    /// Whether the list of buckets was read to its end. If not, the numbers of buckets are lower bounds.
    pub bucket_inventory_complete: bool,
    /// Findings by severity.
    pub findings: BTreeMap<String, u64>,
    /// What the customer managed keys cost a month to keep, at the commercial list price, before rotations and
    /// requests.
    pub monthly_cost_usd: MicroDollars,
    /// The quota that came closest to its limit; null where no quota has data.
    pub highest_utilization: Option<HighestUtilization>,
}

impl Summary {
    pub(super) fn count(&mut self, row: &InventoryRow) {
        self.keys += row.customer_managed + row.aws_managed + row.unknown_manager;
        self.customer_managed_keys += row.customer_managed;
        self.aws_managed_keys += row.aws_managed;
        self.justified += row.justified;
        self.unjustified += row.unjustified;
        self.unrecognized += row.unrecognized;
        self.pending_deletion += row.pending_deletion;
        self.not_assessed += row.not_assessed;
        self.key_inventory_complete &= row.complete;
        self.monthly_cost_usd += row.monthly_cost_usd;
    }

    pub(super) fn count_buckets(&mut self, account: &AccountFacts) {
        self.bucket_inventory_complete &= account.bucket_listing.known().is_some();
        self.buckets += account.buckets.len() as u64;
        for bucket in &account.buckets {
            match bucket.encryption.known() {
                Some(encryption) if encryption.algorithm == SseAlgorithm::SseKms => {
                    self.sse_kms_buckets += 1;
                    self.sse_kms_buckets_without_bucket_key += u64::from(!encryption.bucket_key_enabled);
                }
                Some(_) => {}
                None => self.buckets_not_assessed += 1,
            }
        }
    }
}

/// The quota that came closest to its limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HighestUtilization {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// The pool.
    pub pool: String,
    /// How much of the limit the busiest minute used, 1.0 being all of it.
    pub utilization: f64,
}

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

/// How often a check came to which outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssessmentRow {
    /// The check.
    pub check: String,
    /// What is wrong where it fails.
    pub title: String,
    /// Why that matters.
    pub why: String,
    /// Resources in order.
    pub passed: u64,
    /// Resources with a finding.
    pub failed: u64,
    /// Resources that could not be judged.
    pub not_assessed: u64,
    /// The same by the reason.
    pub not_assessed_because: BTreeMap<String, u64>,
    /// Resources whose finding an exception covers.
    pub excepted: u64,
}

/// What could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Whether everything was looked at.
    pub complete: bool,
    /// What was not.
    pub gaps: Vec<Gap>,
    /// Calls that failed but whose answer was found another way.
    pub fallbacks: Vec<Fallback>,
}

impl Document {
    pub(super) fn new(scan: ScanFacts) -> Self {
        Document {
            schema_version: SCHEMA_VERSION.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            scan: ScanSection {
                as_of: scan.as_of,
                started_at: scan.started_at,
                finished_at: scan.finished_at,
                interrupted: scan.interrupted,
                sandbox: scan.sandbox,
                caller_arn: scan.caller_arn,
                partition: scan.partition,
                accounts: scan.accounts,
                regions: Vec::new(),
                regions_not_enabled: Vec::new(),
                region_source: None,
                parameters: scan.parameters,
            },
            summary: Summary {
                key_inventory_complete: true,
                bucket_inventory_complete: true,
                ..Summary::default()
            },
            inventory: Vec::new(),
            keys: Vec::new(),
            quota: Vec::new(),
            findings: Vec::new(),
            assessments: Vec::new(),
            coverage: Coverage {
                complete: false,
                gaps: Vec::new(),
                fallbacks: Vec::new(),
            },
            api_calls: Vec::new(),
        }
    }
}
