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
    /// The resources that could not be judged, where the check says which they are. They are among those that
    /// `not_assessed` counts.
    pub unassessed: Vec<Unassessed>,
}

/// A resource that a check could not judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unassessed {
    /// Its ARN, as a finding of the check would name it.
    pub resource: Arn,
    /// Why.
    pub because: String,
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
        self.unassessed.extend(other.unassessed);
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

    /// A resource could not be judged, and which it is cannot be said. Where it can, say it.
    pub fn not_assessed(&mut self, because: impl Into<String>) {
        *self.tally.not_assessed.entry(because.into()).or_default() += 1;
    }

    /// This resource could not be judged. Where it had a finding before, the finding is not gone.
    pub fn not_assessed_of(&mut self, resource: Arn, because: impl Into<String>) {
        let because = because.into();
        self.tally.unassessed.push(Unassessed {
            resource,
            because: because.clone(),
        });
        self.not_assessed(because);
    }

    /// This key could not be judged.
    pub fn key_not_assessed(&mut self, key: &Key, because: impl Into<String>) {
        self.not_assessed_of(key.arn.clone(), because);
    }

    /// This custom key store could not be judged.
    pub fn key_store_not_assessed(&mut self, region: &Region, store: &CustomKeyStore, because: impl Into<String>) {
        let account = self.subject.account;
        let arn = Arn::of_custom_key_store(&account.partition, region, &account.account_id, &store.id);
        self.not_assessed_of(arn, because);
    }

    /// This quota could not be judged.
    pub fn quota_not_assessed(&mut self, region: &Region, quota: &RequestQuota, because: impl Into<String>) {
        let account = self.subject.account;
        let arn = Arn::of_kms_quota(&account.partition, region, &account.account_id, &quota.code);
        self.not_assessed_of(arn, because);
    }

    /// This bucket could not be judged.
    pub fn bucket_not_assessed(&mut self, bucket: &Bucket, because: impl Into<String>) {
        let arn = Arn::of_bucket(&self.subject.account.partition, &bucket.name);
        self.not_assessed_of(arn, because);
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
