//! What a check says of each resource: pass, fail or not assessed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::exceptions::ExceptionUse;
use super::finding::{Finding, FindingException, Observed, Resource, fingerprint};
use super::{Check, Setting, Subject};
use crate::facts::{Arn, Bucket, CustomKeyStore, Key, Region, RequestQuota};
use crate::published::MicroDollars;
use crate::severity::Severity;

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

impl Tally {
    /// Adds the outcomes of another account.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.excepted += other.excepted;
        for (because, resources) in other.not_assessed {
            *self.not_assessed.entry(because).or_default() += resources;
        }
    }
}

/// Takes down the outcomes of one check in one account.
pub struct Outcomes<'a> {
    pub(super) check: &'a Check,
    pub(super) subject: &'a Subject<'a>,
    pub(super) findings: &'a mut Vec<Finding>,
    pub(super) tally: &'a mut Tally,
    pub(super) exceptions: &'a mut ExceptionUse,
}

/// What is particular about a finding.
#[derive(Default)]
pub struct Failure {
    /// Where it differs from the check's own.
    pub severity: Option<Severity>,
    /// What is wrong with this resource.
    pub detail: String,
    /// The facts, as data.
    pub observed: Observed,
    /// What to do, where it differs from the check's own.
    pub remediation: Option<Cow<'static, str>>,
    /// What it costs a month.
    pub monthly_cost: Option<MicroDollars>,
}

impl Outcomes<'_> {
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
        let config = self.subject.config;
        let configured = config.checks.get(self.check.id).and_then(|settings| settings.severity);
        let exception = self.exceptions.covering(self.check.id, &resource, self.subject);
        match exception {
            Some(_) => self.tally.excepted += 1,
            None => self.tally.failed += 1,
        }
        self.findings.push(Finding {
            fingerprint: fingerprint(self.check.id, self.subject.account.account_id.as_str(), &resource.arn),
            check: self.check.id.into(),
            severity: configured.or(failure.severity).unwrap_or(self.check.severity),
            resource,
            title: self.check.title.into(),
            detail: failure.detail,
            observed: failure.observed,
            remediation: failure.remediation.unwrap_or(self.check.remediation.into()),
            monthly_cost_usd: failure.monthly_cost,
            exception: exception.map(|exception| FindingException {
                reason: exception.reason.clone(),
                expires: exception.expires,
            }),
        });
    }

    /// A threshold of the check: the configuration's, else the check's own.
    pub fn setting(&self, setting: &Setting) -> f64 {
        setting.of(self.check.id, self.subject.config)
    }

    /// A resource of the account in a Region.
    pub fn resource(
        &self,
        kind: &'static str,
        region: Option<&Region>,
        arn: Arn,
        name: impl Into<String>,
    ) -> Resource {
        Resource {
            kind: kind.into(),
            arn,
            account_id: Some(self.subject.account.account_id.clone()),
            region: region.cloned(),
            name: name.into(),
        }
    }

    /// A key as the resource of a finding.
    pub fn key(&self, region: &Region, key: &Key) -> Resource {
        let name = key.aliases.first().unwrap_or(&key.key_id);
        self.resource("kms-key", Some(region), key.arn.clone(), name)
    }

    /// A request quota as the resource of a finding.
    pub fn quota(&self, region: &Region, quota: &RequestQuota) -> Resource {
        let account = self.subject.account;
        let arn = Arn::of_kms_quota(&account.partition, region, &account.account_id, &quota.code);
        self.resource("kms-request-quota", Some(region), arn, &quota.pool)
    }

    /// A custom key store as the resource of a finding.
    pub fn custom_key_store(&self, region: &Region, store: &CustomKeyStore) -> Resource {
        let account = self.subject.account;
        let arn = Arn::of_custom_key_store(&account.partition, region, &account.account_id, &store.id);
        self.resource("kms-custom-key-store", Some(region), arn, &store.name)
    }

    /// A bucket as the resource of a finding.
    pub fn bucket(&self, bucket: &Bucket) -> Resource {
        let arn = Arn::of_bucket(&self.subject.account.partition, &bucket.name);
        self.resource("s3-bucket", bucket.region.as_ref(), arn, &bucket.name)
    }
}

/// Observed facts, from pairs of a name and anything that has a JSON form.
macro_rules! observed {
    ($($name:literal: $value:expr),* $(,)?) => {
        std::collections::BTreeMap::from([$(($name.into(), serde_json::json!($value)),)*])
    };
}
pub(super) use observed;
