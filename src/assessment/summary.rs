//! The answer in numbers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rows::{InventoryRow, QuotaRow};
use crate::checks::Finding;
use crate::facts::{AccountFacts, AccountId, Region, SseAlgorithm};
use crate::published::MicroDollars;
use crate::severity::Severity;

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
    /// Findings by severity, without those that an exception covers.
    pub findings: BTreeMap<String, u64>,
    /// Findings that an exception of the configuration covers.
    pub excepted: u64,
    /// What the customer managed keys cost a month to keep, at the commercial list price, before rotations and
    /// requests.
    pub monthly_cost_usd: MicroDollars,
    /// The quota that came closest to its limit; null where no quota has data.
    pub highest_utilization: Option<HighestUtilization>,
}

impl Summary {
    /// The summary of nothing, to which accounts are added.
    pub(super) fn of_nothing() -> Self {
        Summary {
            key_inventory_complete: true,
            bucket_inventory_complete: true,
            findings: Severity::ALL
                .into_iter()
                .map(|severity| (severity.as_str().to_owned(), 0))
                .collect(),
            ..Summary::default()
        }
    }

    /// How many findings there are of this severity or worse, without those that an exception covers.
    pub fn findings_from(&self, least: Severity) -> u64 {
        Severity::ALL
            .into_iter()
            .filter(|severity| *severity >= least)
            .filter_map(|severity| self.findings.get(severity.as_str()))
            .sum()
    }

    /// Adds the summary of another account.
    pub(super) fn add(&mut self, other: Summary) {
        self.keys += other.keys;
        self.customer_managed_keys += other.customer_managed_keys;
        self.justified += other.justified;
        self.unjustified += other.unjustified;
        self.unrecognized += other.unrecognized;
        self.pending_deletion += other.pending_deletion;
        self.not_assessed += other.not_assessed;
        self.aws_managed_keys += other.aws_managed_keys;
        self.key_inventory_complete &= other.key_inventory_complete;
        self.buckets += other.buckets;
        self.sse_kms_buckets += other.sse_kms_buckets;
        self.sse_kms_buckets_without_bucket_key += other.sse_kms_buckets_without_bucket_key;
        self.buckets_not_assessed += other.buckets_not_assessed;
        self.bucket_inventory_complete &= other.bucket_inventory_complete;
        for (severity, count) in other.findings {
            *self.findings.entry(severity).or_default() += count;
        }
        self.excepted += other.excepted;
        self.monthly_cost_usd += other.monthly_cost_usd;
        if let Some(highest) = other.highest_utilization {
            self.note_utilization(highest);
        }
    }

    pub(super) fn count_keys(&mut self, row: &InventoryRow) {
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

    pub(super) fn count_finding(&mut self, finding: &Finding) {
        if finding.exception.is_some() {
            self.excepted += 1;
        } else if let Some(count) = self.findings.get_mut(finding.severity.as_str()) {
            *count += 1;
        }
    }

    pub(super) fn count_quota(&mut self, row: &QuotaRow) {
        if let Some(utilization) = row.utilization {
            self.note_utilization(HighestUtilization {
                account_id: row.account_id.clone(),
                region: row.region.clone(),
                pool: row.pool.clone(),
                utilization,
            });
        }
    }

    /// Of several that came equally close, the last is named.
    fn note_utilization(&mut self, other: HighestUtilization) {
        let highest = self.highest_utilization.as_ref();
        if highest.is_none_or(|highest| highest.utilization.total_cmp(&other.utilization).is_le()) {
            self.highest_utilization = Some(other);
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
