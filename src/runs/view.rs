//! What a run says of an account, as far as it is compared, wherever it was read from.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::assessment::KeyStanding;
use crate::facts::{
    AccountId, Arn, BucketEncryption, Fact, Gap, LimitSource, Region, RegionSource, RegionState, RequestsPerSecond,
};
use crate::published::MicroDollars;
use crate::results::OpenFinding;

/// What a run says of an account.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// The account.
    pub account_id: AccountId,
    /// How its Regions were found.
    pub region_source: Option<RegionSource>,
    /// The Regions.
    pub regions: BTreeMap<Region, RegionView>,
    /// How the list of buckets ended; `None` where the run does not hold the buckets.
    pub bucket_listing: Option<Fact<()>>,
    /// The buckets, in the order of their names.
    pub buckets: Vec<BucketView>,
    /// The findings.
    pub findings: Vec<OpenFinding>,
    /// What the checks could not judge, by check.
    pub unassessed: HashMap<String, Unassessed>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// What a run says of a Region.
#[derive(Clone, Debug)]
pub struct RegionView {
    /// Whether it was looked at.
    pub state: RegionState,
    /// How the list of keys ended.
    pub key_listing: Fact<()>,
    /// How the list of aliases ended.
    pub alias_listing: Fact<()>,
    /// The keys, in the order of their ARNs.
    pub keys: Vec<KeyView>,
    /// The request quotas, by code.
    pub quotas: BTreeMap<String, QuotaView>,
}

/// What a run says of a key.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// Its ARN.
    pub arn: Arn,
    /// What people call it.
    pub name: String,
    /// Its aliases.
    pub aliases: Vec<String>,
    /// What `kms:DescribeKey` said.
    pub metadata: Fact<MetadataView>,
    /// Its tags.
    pub tags: Fact<BTreeMap<String, String>>,
    /// Its key policy.
    pub policy: Fact<String>,
    /// Its automatic rotation.
    pub rotation: Fact<RotationView>,
    /// Where it stands; not collected for a key of which is not known whether AWS manages it.
    pub standing: Fact<StandingView>,
    /// Whether it may be a key that AWS manages: neither its metadata nor the aliases of the Region could be read.
    pub may_be_aws_managed: bool,
    /// What it costs a month.
    pub monthly_cost: MicroDollars,
}

/// The metadata of a key that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataView {
    /// Its state.
    pub state: String,
    /// When it will be deleted, while it waits for that.
    pub deletion_date: Option<Timestamp>,
    /// The customer's own words; `None` where the run does not hold them.
    pub description: Option<String>,
    /// Its multi-Region role.
    pub role: String,
}

/// The automatic rotation of a key, without the next date, which moves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RotationView {
    /// Whether it is switched on.
    pub enabled: bool,
    /// Days between rotations.
    pub period_days: Option<u32>,
}

/// Where a key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingView {
    /// Where.
    pub standing: KeyStanding,
    /// Its reason, where it is justified.
    pub justification: Option<String>,
}

/// What a run says of a request quota.
#[derive(Clone, Debug)]
pub struct QuotaView {
    /// The pool that it limits.
    pub pool: String,
    /// The limit that the judgement used.
    pub limit: RequestsPerSecond,
    /// Whether that is the account's own, and from where.
    pub source: Fact<LimitSource>,
    /// Its busiest minute; known to be `None` where the metric has no datapoint.
    pub peak: Fact<Option<PeakView>>,
}

/// The busiest minute of a quota.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct PeakView {
    /// Requests a second.
    pub peak_rps: RequestsPerSecond,
    /// The minute.
    pub peak_at: Timestamp,
    /// How much of the limit that was.
    pub utilization: Option<f64>,
    /// The limit.
    pub limit_rps: RequestsPerSecond,
}

/// What a run says of a bucket.
#[derive(Clone, Debug)]
pub struct BucketView {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Its Region.
    pub region: Option<Region>,
    /// Its default encryption.
    pub encryption: Fact<BucketEncryption>,
}

/// What a check could not judge.
#[derive(Clone, Debug, Default)]
pub struct Unassessed {
    /// The resources, each with the reason.
    pub named: HashMap<Arn, String>,
    /// Why there are others, of which is not known which they are.
    pub others: Option<String>,
}
