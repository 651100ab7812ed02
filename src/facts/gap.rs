//! Gaps: what could not be looked at.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountFacts, AccountId, Bucket, Fact, Key, Region, RegionFacts, RegionState, Trail, Unavailable};

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

impl Gap {
    /// Whether it is of the moment: the scan was stopped, or the credentials ran out.
    pub fn would_pass(&self) -> bool {
        matches!(
            self.error_code.as_str(),
            "Interrupted" | "ExpiredToken" | "ExpiredTokenException" | "RequestExpired"
        )
    }
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
        gaps.of_bucket(bucket);
    }
    for trail in &account.trails {
        gaps.of_trail(trail);
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
        let (keys, aliases) = match facts.config_record {
            None => (
                "keys of this Region are missing from the inventory",
                "aliases of this Region are missing, and AWS managed keys were told apart by DescribeKey",
            ),
            Some(_) => (
                "keys of this Region may be missing from the inventory, and others may have changed",
                "aliases of this Region may be missing",
            ),
        };
        self.note(region, &facts.key_listing, None, keys);
        self.note(region, &facts.alias_listing, None, aliases);
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
            self.of_key_details(region, key);
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
            self.note(
                region,
                &quota.contributors,
                Some(&quota.pool),
                "which keys made the peak of these quotas is unknown",
            );
        }
        self.of_surroundings(facts);
    }

    fn of_key_details(&mut self, region: Option<&Region>, key: &Key) {
        let arn = Some(key.arn.as_str());
        let details = &key.details;
        self.note(region, &details.policy, arn, "the key policy of these keys is unknown");
        self.note(
            region,
            &details.ram_policy,
            arn,
            "whether a resource share allows others to use these keys is unknown",
        );
        self.note(
            region,
            &details.automatic_rotation,
            arn,
            "whether these keys rotate is unknown",
        );
        self.note(
            region,
            &details.rotations,
            arn,
            "when these keys were rotated is unknown",
        );
        self.note(region, &details.grants, arn, "the grants of these keys are unknown");
        self.note(
            region,
            &details.requests,
            arn,
            "how many requests were made with these keys is unknown",
        );
        self.note(
            region,
            &details.last_usage,
            arn,
            "when these keys were last used is unknown",
        );
    }

    /// What belongs to a Region besides its keys and quotas.
    fn of_surroundings(&mut self, facts: &RegionFacts) {
        let region = Some(&facts.region);
        self.note(
            region,
            &facts.key_metrics,
            None,
            "which keys were in use lately is unknown",
        );
        self.note(
            region,
            &facts.custom_key_stores,
            None,
            "the custom key stores of this Region are unknown",
        );
        for store in facts.custom_key_stores.known().into_iter().flatten() {
            let id = Some(store.id.as_str());
            self.note(
                region,
                &store.usage,
                id,
                "the use of these custom key stores is unknown",
            );
            self.note(
                region,
                &store.throttled,
                id,
                "whether these custom key stores were throttled is unknown",
            );
        }
        self.note(
            region,
            &facts.alarms,
            None,
            "whether an alarm watches the request quotas of this Region is unknown",
        );
        self.note(
            region,
            &facts.metric_filters,
            None,
            "what feeds the alarms on log events of this Region is unknown",
        );
        self.note(
            region,
            &facts.trails,
            None,
            "which trails record the events of this Region is unknown",
        );
    }

    fn of_bucket(&mut self, bucket: &Bucket) {
        let (region, name) = (bucket.region.as_ref(), Some(bucket.name.as_str()));
        self.note(
            region,
            &bucket.encryption,
            name,
            "the default encryption of these buckets was not assessed",
        );
        self.note(
            region,
            &bucket.metrics_configurations,
            name,
            "whether these buckets have request metrics is unknown",
        );
        self.note(
            region,
            &bucket.requests,
            name,
            "how many requests were made of these buckets is unknown",
        );
    }

    fn of_trail(&mut self, trail: &Trail) {
        let (region, arn) = (Some(&trail.home_region), Some(trail.arn.as_str()));
        self.note(
            region,
            &trail.status,
            arn,
            "whether these trails record at all is unknown",
        );
        self.note(
            region,
            &trail.selectors,
            arn,
            "which events these trails record is unknown",
        );
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
