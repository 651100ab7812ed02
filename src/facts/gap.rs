//! Gaps: what could not be looked at.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountFacts, AccountId, Fact, Region, RegionFacts, RegionState, Unavailable};

/// One kind of failure in one Region, with everything it left unread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The account.
    pub account_id: AccountId,
    /// The Region; `None` for a call that concerns the whole account.
    pub region: Option<Region>,
    /// The operation that failed, as `service:Operation`.
    pub operation: String,
    /// The error code of AWS, or one of ours where no AWS error came back.
    pub error_code: String,
    /// What AWS said of the first of the resources.
    pub message: String,
    /// What is therefore not in the report.
    pub effect: String,
    /// The resources concerned; empty where the failure concerns the Region or the account as a whole.
    pub resources: Vec<String>,
}

/// Every gap in what was read of an account. Each fact that is unavailable is in exactly one of them: a failure
/// cannot be recorded in the facts and left out of the gaps.
pub fn gaps(account: &AccountFacts) -> Vec<Gap> {
    let mut gaps = Gaps {
        account_id: &account.account_id,
        found: BTreeMap::new(),
    };
    for region in &account.regions {
        if region.state == RegionState::Scanned {
            gaps.of_region(region);
        }
    }
    gaps.note(
        None,
        &account.bucket_listing,
        None,
        "buckets are missing from the inventory",
    );
    for bucket in &account.buckets {
        gaps.note(
            bucket.region.as_ref(),
            &bucket.encryption,
            Some(&bucket.name),
            "the default encryption of these buckets was not assessed",
        );
    }
    gaps.found.into_values().collect()
}

struct Gaps<'a> {
    account_id: &'a AccountId,
    found: BTreeMap<(Option<Region>, String, String, &'static str), Gap>,
}

impl Gaps<'_> {
    fn of_region(&mut self, facts: &RegionFacts) {
        let region = Some(&facts.region);
        self.note(
            region,
            &facts.key_listing,
            None,
            "keys of this Region are missing from the inventory",
        );
        self.note(
            region,
            &facts.alias_listing,
            None,
            "aliases of this Region are missing, and AWS managed keys were told apart by DescribeKey",
        );
        for key in &facts.keys {
            let arn = Some(key.arn.as_str());
            self.note(
                region,
                &key.metadata,
                arn,
                "state, spec and origin of these keys are unknown",
            );
            self.note(
                region,
                &key.tags,
                arn,
                "the justification of these keys was not assessed",
            );
        }
        self.note(
            region,
            &facts.applied_quotas,
            None,
            "the quota values applied to this account are unknown, and others were used in their place",
        );
        self.note(
            region,
            &facts.default_quotas,
            None,
            "the AWS default quota values of this Region were not read",
        );
        for quota in &facts.quotas {
            self.note(
                region,
                &quota.applied_value,
                Some(&quota.pool),
                "the value of these quotas that applies to this account is unknown",
            );
            self.note(
                region,
                &quota.usage,
                Some(&quota.pool),
                "the peak request rate of these quotas is unknown",
            );
        }
    }

    fn note<T>(&mut self, region: Option<&Region>, fact: &Fact<T>, resource: Option<&str>, effect: &'static str) {
        let Some(Unavailable {
            operation,
            code,
            message,
        }) = fact.unavailable()
        else {
            return;
        };
        let gap = self
            .found
            .entry((region.cloned(), operation.clone(), code.clone(), effect))
            .or_insert_with(|| Gap {
                account_id: self.account_id.clone(),
                region: region.cloned(),
                operation: operation.clone(),
                error_code: code.clone(),
                message: message.clone(),
                effect: effect.to_owned(),
                resources: Vec::new(),
            });
        gap.resources.extend(resource.map(str::to_owned));
    }
}
