//! The document: the shape of `report.json`, version 1.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::LookedAt;
use super::rows::{InventoryRow, KeyRow, QuotaRow};
use super::summary::Summary;
use crate::checks::{CHECKS, Check, Finding, Tally};
use crate::facts::{
    AccountId, AccountNotEntered, ApiCalls, Arn, ConfigRecord, Fallback, Gap, Region, RegionSource, ScanFacts,
    Shard, SkippedAccount,
};

/// The version of the document's shape. Within a version, fields are added and never changed or taken away.
pub const SCHEMA_VERSION: &str = "1";

/// The findings report of kms-audit.
// The lists that grow with keys are parameters: this is the shape of the whole, and an [`Overview`] is without them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "kms-audit report")]
pub struct Document<Keys = Vec<KeyRow>, Findings = Vec<Finding>, Gaps = Vec<Gap>> {
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
    pub keys: Keys,
    /// The peak of each quota: the cryptographic pools always, other quotas where they have data.
    pub quota: Vec<QuotaRow>,
    /// What is wrong: account by account, the most severe first.
    pub findings: Findings,
    /// How often each check came to which outcome.
    pub assessments: Vec<AssessmentRow>,
    /// What could not be looked at.
    pub coverage: Coverage<Gaps>,
    /// The scan's own footprint: requests sent, retries included. Where shards were merged, what each asked alike (who is
    /// asking, which accounts there are) is counted once; `shards` in manifest.json has the calls of each.
    pub api_calls: Vec<ApiCalls>,
}

/// The document without the lists that grow with keys: what is kept in memory while accounts come and go.
pub type Overview = Document<(), (), Vec<GapSummary>>;

/// What made the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `kms-audit`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Tool {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
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
    /// The accounts looked at, in the order of their ids.
    pub accounts: Vec<AccountId>,
    /// Which slice of the accounts was looked at, where several processes share the scan, such as 2/8.
    pub shard: Option<Shard>,
    /// How many accounts were found: those looked at, those skipped, those not entered and those in other shards add up
    /// to it.
    pub accounts_listed: u64,
    /// Those that were not asked, because of the state they are in or because the user left them out.
    pub accounts_skipped: Vec<SkippedAccount>,
    /// Those that could not be entered; each is a gap.
    pub accounts_not_entered: Vec<AccountNotEntered>,
    /// How many are of other shards: neither looked at nor a gap here.
    pub accounts_in_other_shards: u64,
    /// The Regions looked at.
    pub regions: Vec<Region>,
    /// Regions that were not looked at because the account has not enabled them.
    pub regions_not_enabled: Vec<Region>,
    /// How the Regions were found.
    pub region_source: Option<RegionSource>,
    /// What was asked for.
    #[serde(deserialize_with = "crate::facts::bounded_parameters")]
    pub parameters: BTreeMap<String, serde_json::Value>,
}

impl ScanSection {
    /// Whether there was nothing to look at: a slice of the accounts may have none, or only such that are skipped.
    pub(super) fn is_empty_shard(&self) -> bool {
        self.shard.is_some() && self.accounts.is_empty() && self.accounts_not_entered.is_empty()
    }

    pub(super) fn note(&mut self, account: LookedAt) {
        // Of several accounts, the way that says least.
        self.region_source = self.region_source.max(Some(account.region_source));
        for (list, more) in [
            (&mut self.regions, account.regions),
            (&mut self.regions_not_enabled, account.regions_not_enabled),
        ] {
            list.extend(more);
            list.sort();
            list.dedup();
        }
    }
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

impl AssessmentRow {
    fn of(check: &Check) -> Self {
        AssessmentRow {
            check: check.id.to_owned(),
            title: check.title.to_owned(),
            why: check.why.to_owned(),
            passed: 0,
            failed: 0,
            not_assessed: 0,
            not_assessed_because: BTreeMap::new(),
            excepted: 0,
        }
    }

    pub(super) fn add(&mut self, tally: Tally) {
        self.passed += tally.passed;
        self.failed += tally.failed;
        self.excepted += tally.excepted;
        for (reason, count) in tally.not_assessed {
            self.not_assessed += count;
            *self.not_assessed_because.entry(reason).or_default() += count;
        }
    }
}

/// What could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage<Gaps = Vec<Gap>> {
    /// Whether everything was looked at.
    pub complete: bool,
    /// What was not.
    pub gaps: Gaps,
    /// Calls that failed but whose answer was found another way.
    pub fallbacks: Vec<Fallback>,
    /// How old what AWS Config knows is, over all Regions; null where the inventory does not come from there.
    #[serde(default)]
    pub config_record: Option<ConfigRecord>,
}

/// A gap in numbers: of the resources it names, how many there are and the first few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapSummary {
    /// The account.
    pub account_id: AccountId,
    /// The Region; `None` for a call that concerns the whole account.
    pub region: Option<Region>,
    /// The operation that failed, as `service:Operation`.
    pub operation: String,
    /// The error code.
    pub error_code: String,
    /// What AWS said of the first of the resources.
    pub message: String,
    /// What is therefore not in the report.
    pub effect: String,
    /// How many resources are concerned; none where the failure concerns the Region or the account as a whole.
    pub resources: u64,
    /// The first few of them.
    pub examples: Vec<String>,
}

impl From<Gap> for GapSummary {
    fn from(gap: Gap) -> Self {
        /// How many resources are named.
        const EXAMPLES: usize = 3;
        GapSummary {
            account_id: gap.account_id,
            region: gap.region,
            operation: gap.operation,
            error_code: gap.error_code,
            message: gap.message,
            effect: gap.effect,
            resources: gap.resources.len() as u64,
            examples: gap.resources.into_iter().take(EXAMPLES).collect(),
        }
    }
}

impl<Keys, Findings, Gaps> Document<Keys, Findings, Gaps> {
    /// The ids of the checks that judged: those that the configuration does not switch off.
    pub fn checks(&self) -> impl Iterator<Item = &str> {
        let settings = self.scan.parameters.get("checks");
        let is_off = move |id: &str| settings.is_some_and(|settings| settings[id]["enabled"] == false);
        let ids = self.assessments.iter().map(|row| row.check.as_str());
        ids.filter(move |id| !is_off(id))
    }
}

impl Overview {
    /// Whether everything was looked at. Where no Region was, there was nothing to be complete about.
    pub(super) fn covers_everything(&self) -> bool {
        // Where no Region was looked at, there was nothing to be complete about, unless there was no account either.
        let has_looked = !self.scan.regions.is_empty() || self.scan.is_empty_shard();
        self.coverage.gaps.is_empty() && !self.scan.interrupted && has_looked
    }

    /// The document of a scan, without any account looked at yet; `gaps` are those that are of none.
    pub(super) fn new(scan: ScanFacts, gaps: &[Gap]) -> Self {
        let mut summary = Summary::of_nothing();
        // What an account holds that was not looked at is in no number.
        summary.key_inventory_complete = gaps.is_empty();
        summary.bucket_inventory_complete = gaps.is_empty();
        Document {
            schema_version: SCHEMA_VERSION.to_owned(),
            tool: Tool::this(),
            scan: ScanSection {
                as_of: scan.as_of,
                started_at: scan.started_at,
                finished_at: scan.finished_at,
                interrupted: scan.interrupted,
                sandbox: scan.sandbox,
                caller_arn: scan.caller_arn,
                partition: scan.partition,
                accounts: scan.accounts,
                shard: scan.shard,
                accounts_listed: scan.accounts_listed,
                accounts_skipped: scan.accounts_skipped,
                accounts_not_entered: scan.accounts_not_entered,
                accounts_in_other_shards: scan.accounts_in_other_shards.len() as u64,
                regions: Vec::new(),
                regions_not_enabled: Vec::new(),
                region_source: None,
                parameters: scan.parameters,
            },
            summary,
            inventory: Vec::new(),
            keys: (),
            quota: Vec::new(),
            findings: (),
            assessments: CHECKS.iter().map(|check| AssessmentRow::of(check)).collect(),
            coverage: Coverage {
                complete: false,
                gaps: gaps.iter().cloned().map(GapSummary::from).collect(),
                fallbacks: Vec::new(),
                config_record: None,
            },
            api_calls: Vec::new(),
        }
    }
}
