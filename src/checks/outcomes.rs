//! What a check says of each resource: pass, fail or not assessed.

use std::collections::BTreeMap;

use super::Check;
use super::finding::{Finding, Observed, Resource, Severity, fingerprint};
use crate::facts::{AccountFacts, AccountId, Arn, Bucket, Key, Region, RequestQuota};
use crate::published::MicroDollars;

/// How often a check came to which outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Resources in order.
    pub passed: u64,
    /// Resources with a finding.
    pub failed: u64,
    /// Resources that could not be judged, by the reason.
    pub not_assessed: BTreeMap<String, u64>,
    /// Resources with a finding that an exception covers; they are not among those that failed.
    pub excepted: u64,
}

/// Takes down the outcomes of one check in one account.
pub struct Outcomes<'a> {
    check: &'a Check,
    partition: &'a str,
    account_id: &'a AccountId,
    findings: &'a mut Vec<Finding>,
    tally: &'a mut Tally,
}

/// What is particular about a finding.
pub struct Failure {
    /// Where it differs from the check's own.
    pub severity: Option<Severity>,
    /// What is wrong with this resource.
    pub detail: String,
    /// The facts, as data.
    pub observed: Observed,
    /// What it costs a month.
    pub monthly_cost: Option<MicroDollars>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn new(
        check: &'a Check,
        account: &'a AccountFacts,
        findings: &'a mut Vec<Finding>,
        tally: &'a mut Tally,
    ) -> Self {
        Outcomes {
            check,
            partition: &account.partition,
            account_id: &account.account_id,
            findings,
            tally,
        }
    }

    /// The resource is in order, as far as was seen.
    pub fn pass(&mut self) {
        self.tally.passed += 1;
    }

    /// The resource could not be judged.
    pub fn not_assessed(&mut self, because: impl Into<String>) {
        *self.tally.not_assessed.entry(because.into()).or_default() += 1;
    }

    /// Something is wrong with the resource.
    pub fn fail(&mut self, resource: Resource, failure: Failure) {
        self.tally.failed += 1;
        self.findings.push(Finding {
            fingerprint: fingerprint(self.check.id, self.account_id, &resource.arn),
            check: self.check.id.into(),
            severity: failure.severity.unwrap_or(self.check.severity),
            resource,
            title: self.check.title.into(),
            detail: failure.detail,
            observed: failure.observed,
            remediation: self.check.remediation.into(),
            monthly_cost_usd: failure.monthly_cost,
            exception: None,
        });
    }

    /// A key as the resource of a finding.
    pub fn key(&self, region: &Region, key: &Key) -> Resource {
        Resource {
            kind: "kms-key".into(),
            arn: key.arn.clone(),
            account_id: Some(self.account_id.clone()),
            region: Some(region.clone()),
            name: key.aliases.first().unwrap_or(&key.key_id).clone(),
        }
    }

    /// A request quota as the resource of a finding.
    pub fn quota(&self, region: &Region, quota: &RequestQuota) -> Resource {
        Resource {
            kind: "kms-request-quota".into(),
            arn: Arn::of_kms_quota(self.partition, region, self.account_id, &quota.code),
            account_id: Some(self.account_id.clone()),
            region: Some(region.clone()),
            name: quota.pool.clone(),
        }
    }

    /// A bucket as the resource of a finding.
    pub fn bucket(&self, bucket: &Bucket) -> Resource {
        Resource {
            kind: "s3-bucket".into(),
            arn: Arn::of_bucket(self.partition, &bucket.name),
            account_id: Some(self.account_id.clone()),
            region: bucket.region.clone(),
            name: bucket.name.clone(),
        }
    }
}

/// Observed facts, from pairs of a name and anything that has a JSON form.
macro_rules! observed {
    ($($name:literal: $value:expr),* $(,)?) => {
        std::collections::BTreeMap::from([$(($name.into(), serde_json::json!($value)),)*])
    };
}
pub(super) use observed;
