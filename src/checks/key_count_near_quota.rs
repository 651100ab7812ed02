//! `key-count-near-quota`: nearly as many keys as the account may have in the Region.

use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Setting, Subject};
use crate::facts::{Arn, KeyCountQuota, LimitSource, RegionFacts};
use crate::numbers::{grouped, percent};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "key-count-near-quota",
    title: "Number of keys near the quota",
    severity: Severity::Medium,
    why: "At the quota no key can be created in the Region any more: not for a new tenant, and not by a service or a \
          deployment that makes one on the way. Keys of every spec and state count, those pending deletion for as \
          long as they wait.",
    remediation: "Find out what creates the keys: a key for each tenant or customer meets this quota sooner or later, \
                  and a few keys for classes of data do not. A higher quota can be asked for in Service Quotas, \
                  before the last key and not after it. Deleting makes room only when the waiting period is over.",
    settings: &[&PERCENT],
    page: include_str!("../../docs/checks/key-count-near-quota.md"),
    assess,
};

const PERCENT: Setting = Setting {
    name: "percent",
    default: 70.0,
    least: 1.0,
    most: 100.0,
    meaning: "The percentage of the quota from which the number of keys is a finding.",
};

/// The percentage from which the number is more than the check's own severity.
const HIGH_PERCENT: f64 = 90.0;

/// How many keys that count were seen in a Region.
#[derive(Clone, Copy)]
struct KeyCount {
    /// Those that are known to count.
    certain: u64,
    /// Those that may be AWS managed, which do not count: neither the aliases nor their description could be read.
    uncertain: u64,
}

impl KeyCount {
    fn of(region: &RegionFacts) -> Self {
        let all = region.keys.len() as u64;
        let uncertain = if region.alias_listing.known().is_some() {
            0
        } else {
            let undescribed = region.keys.iter().filter(|key| key.metadata.known().is_none());
            undescribed.count() as u64
        };
        KeyCount {
            certain: all - uncertain,
            uncertain,
        }
    }
}

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let threshold = outcomes.setting(&PERCENT);
    for region in subject.regions() {
        let count = KeyCount::of(region);
        let complete = region.key_listing.known().is_some();
        let Some(quota) = region.key_count_quota.as_ref().filter(|quota| quota.limit > 0.0) else {
            if complete && region.keys.is_empty() {
                outcomes.pass();
            } else {
                outcomes.not_assessed("the quota is unknown");
            }
            continue;
        };
        let resource = resource(subject, outcomes, region, quota);
        if reaches(count.certain, quota, threshold) {
            outcomes.fail(resource, failure(region, quota, count, threshold));
        } else if !complete {
            outcomes.not_assessed_of(resource.arn, "the list of keys is not complete");
        } else if reaches(count.certain + count.uncertain, quota, threshold) {
            let because = "which of the keys are AWS managed could not be read";
            outcomes.not_assessed_of(resource.arn, because);
        } else if region.keys.is_empty() || limit_is_certain(region, quota) {
            outcomes.pass();
        } else {
            let because = "the value applied to the account could not be read";
            outcomes.not_assessed_of(resource.arn, because);
        }
    }
}

/// Compared by multiplication, so that 70 % is exactly 70 %.
fn reaches(keys: u64, quota: &KeyCountQuota, percent: f64) -> bool {
    keys as f64 * 100.0 >= percent * quota.limit
}

/// Whether the limit is the account's own: the applied value, or the AWS default where Service Quotas was read and
/// holds no applied value.
fn limit_is_certain(region: &RegionFacts, quota: &KeyCountQuota) -> bool {
    match quota.limit_source {
        LimitSource::Applied => true,
        LimitSource::Default => region.applied_quotas.known().is_some(),
        LimitSource::Builtin => false,
    }
}

fn resource(
    subject: &Subject<'_>,
    outcomes: &Outcomes<'_>,
    region: &RegionFacts,
    quota: &KeyCountQuota,
) -> super::Resource {
    let account = subject.account;
    let arn = Arn::of_kms_quota(&account.partition, &region.region, &account.account_id, &quota.code);
    outcomes.resource("kms-resource-quota", Some(&region.region), arn, "KMS keys")
}

fn failure(region: &RegionFacts, quota: &KeyCountQuota, count: KeyCount, threshold: f64) -> Failure {
    let complete = region.key_listing.known().is_some();
    let utilization = count.certain as f64 / quota.limit;
    let at_least = if complete && count.uncertain == 0 {
        ""
    } else {
        "at least "
    };
    let leaving = region.keys.iter().filter(|key| key.is_pending_deletion()).count() as u64;
    let uncertain = if limit_is_certain(region, quota) {
        ""
    } else {
        " The account's own quota could not be read and may be higher."
    };
    Failure {
        severity: reaches(count.certain, quota, HIGH_PERCENT).then_some(Severity::High),
        detail: format!(
            "There are {at_least}{} keys, {} of the {} that the account may have in this Region; {} of them are \
             pending deletion.{uncertain}",
            grouped(count.certain),
            percent(utilization),
            grouped(quota.limit as u64),
            grouped(leaving),
        ),
        observed: observed! {
            "keys": count.certain,
            "keys_that_may_be_aws_managed": count.uncertain,
            "keys_pending_deletion": leaving,
            "key_listing_complete": complete,
            "quota_code": quota.code,
            "limit": quota.limit,
            "limit_source": quota.limit_source,
            "utilization": utilization,
            "threshold_percent": threshold,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge, judge_by};
    use super::*;
    use crate::facts::examples::{account, denied, key, key_metadata, region};
    use crate::facts::{Fact, KeyState};

    fn with_keys(keys: usize, limit: f64) -> RegionFacts {
        let mut here = region([]);
        here.keys = (0..keys).map(|_| key(&[])).collect();
        here.key_count_quota = Some(KeyCountQuota {
            code: "L-C2F1777E".into(),
            limit,
            limit_source: LimitSource::Applied,
        });
        here
    }

    fn severity(keys: usize) -> Option<Severity> {
        let judged = judge(&CHECK, account(with_keys(keys, 1_000.0)));
        judged.findings.first().map(|finding| finding.severity)
    }

    fn outcome(judged: &Judged) -> (u64, u64, u64) {
        let tally = &judged.tally;
        (tally.passed, tally.failed, tally.not_assessed.values().sum())
    }

    #[test]
    fn severity_rises_at_seventy_and_ninety_percent() {
        assert_eq!(severity(699), None);
        assert_eq!(severity(700), Some(Severity::Medium));
        assert_eq!(severity(899), Some(Severity::Medium));
        assert_eq!(severity(900), Some(Severity::High));
    }

    #[test]
    fn keys_pending_deletion_count_and_are_named() {
        let mut here = with_keys(7, 10.0);
        key_metadata(&mut here.keys[0]).state = KeyState::PendingDeletion;
        let judged = judge(&CHECK, account(here));
        let finding = &judged.findings[0];
        assert_eq!(
            finding.detail,
            "There are 7 keys, 70 % of the 10 that the account may have in this Region; 1 of them are pending deletion."
        );
        let arn = "arn:aws:servicequotas:eu-west-3:111122223333:kms/L-C2F1777E";
        assert_eq!(
            (finding.resource.kind.as_ref(), finding.resource.arn.as_str()),
            ("kms-resource-quota", arn)
        );
    }

    #[test]
    fn the_percentage_can_be_set() {
        let config = toml::from_str("[checks.key-count-near-quota]\npercent = 95").unwrap();
        let judged = judge_by(&CHECK, &account(with_keys(940, 1_000.0)), &config);
        assert_eq!(outcome(&judged), (1, 0, 0));
    }

    #[test]
    fn an_incomplete_list_hides_nothing_of_a_high_count_and_leaves_a_low_one_open() {
        let mut here = with_keys(700, 1_000.0);
        here.key_listing = denied("kms:ListKeys");
        let judged = judge(&CHECK, account(here.clone()));
        assert!(judged.findings[0].detail.starts_with("There are at least 700 keys"));
        here.keys.pop();
        assert_eq!(outcome(&judge(&CHECK, account(here))), (0, 0, 1));
    }

    #[test]
    fn keys_that_may_be_aws_managed_decide_nothing() {
        let mut here = with_keys(700, 1_000.0);
        here.keys[0].metadata = denied("kms:DescribeKey");
        assert_eq!(outcome(&judge(&CHECK, account(here.clone()))), (0, 1, 0));
        here.alias_listing = denied("kms:ListAliases");
        assert_eq!(outcome(&judge(&CHECK, account(here))), (0, 0, 1));
    }

    #[test]
    fn a_quota_that_is_unknown_or_not_the_account_s_own_leaves_a_low_count_open() {
        let mut here = with_keys(1, 1_000.0);
        here.key_count_quota.as_mut().unwrap().limit_source = LimitSource::Default;
        assert_eq!(outcome(&judge(&CHECK, account(here.clone()))), (1, 0, 0));
        here.applied_quotas = denied("servicequotas:ListServiceQuotas");
        assert_eq!(outcome(&judge(&CHECK, account(here.clone()))), (0, 0, 1));
        here.key_count_quota = None;
        assert_eq!(outcome(&judge(&CHECK, account(here.clone()))), (0, 0, 1));
        here.keys.clear();
        assert_eq!(
            outcome(&judge(&CHECK, account(here.clone()))),
            (1, 0, 0),
            "no key at all"
        );
        here.key_listing = Fact::NotCollected;
        assert_eq!(outcome(&judge(&CHECK, account(here))), (0, 0, 1));
    }
}
