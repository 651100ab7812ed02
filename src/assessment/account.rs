//! One account, judged.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::highlights::{BusyPool, Highlights};
use super::rows::{InventoryRow, KeyRow, QuotaRow};
use super::summary::Summary;
use super::{inventory, quotas};
use crate::checks::{self, ExceptionUse, Finding, Judgement, Subject, Tally};
use crate::config::Config;
use crate::facts::{
    AccountFacts, AccountId, ApiCalls, Fallback, Gap, Region, RegionFacts, RegionSource, RegionState, gaps,
};

/// What judging one account came to.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountAssessment {
    /// The account.
    pub account_id: AccountId,
    /// What is wrong, the most severe first, then by check, Region and name.
    pub findings: Vec<Finding>,
    /// Every customer managed key that was seen, and where it stands.
    pub keys: Vec<KeyRow>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
    /// The account in numbers.
    pub summary: Summary,
    /// The keys of each Region, in numbers.
    pub inventory: Vec<InventoryRow>,
    /// The peak of each quota that belongs in a report.
    pub quota: Vec<QuotaRow>,
    /// The pools that came closest to their limits, with the pattern of their use.
    pub busy_pools: Vec<BusyPool>,
    /// How often each check came to which outcome, in the order of the table of checks.
    pub tallies: Vec<Tally>,
    /// How many findings each exception of the configuration covered.
    pub exceptions: ExceptionUse,
    /// Which Regions were looked at.
    pub looked_at: LookedAt,
    /// Calls that failed but whose answer was found another way.
    pub fallbacks: Vec<Fallback>,
    /// The scan's own footprint in the account.
    pub api_calls: Vec<ApiCalls>,
}

/// Which Regions of an account were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// How they were found.
    pub region_source: RegionSource,
    /// Those that were looked at.
    pub regions: Vec<Region>,
    /// Those that were not, because the account has not enabled them.
    pub regions_not_enabled: Vec<Region>,
}

/// Judges one account.
pub fn judge(account: &AccountFacts, config: &Config, as_of: Timestamp) -> AccountAssessment {
    let subject = Subject::new(account, config, as_of);
    count(&subject, checks::assess(&subject))
}

/// Brings together what the checks said of an account and what the account holds.
fn count(subject: &Subject<'_>, judgement: Judgement) -> AccountAssessment {
    let account = subject.account;
    let Judgement {
        mut findings,
        tallies,
        exceptions,
    } = judgement;
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut judged = AccountAssessment {
        account_id: account.account_id.clone(),
        findings,
        keys: Vec::with_capacity(account.regions.iter().map(|region| region.keys.len()).sum()),
        gaps: gaps(account),
        summary: Summary::of_nothing(),
        inventory: Vec::new(),
        quota: Vec::new(),
        busy_pools: Highlights::pools_of(account, subject.config.quota.threshold_percent),
        tallies,
        exceptions,
        looked_at: LookedAt::of(account),
        fallbacks: account.fallbacks.clone(),
        api_calls: account.api_calls.clone(),
    };
    for (region, keys) in subject.keys_by_region() {
        if region.state != RegionState::Scanned {
            continue;
        }
        let row = inventory::count(account, region, keys, &mut judged.keys);
        judged.summary.count_keys(&row);
        judged.inventory.push(row);
        judged.quota.extend(quotas::rows(account, region));
    }
    judged.summary.count_buckets(account);
    for row in &judged.quota {
        judged.summary.count_quota(row);
    }
    for finding in &judged.findings {
        judged.summary.count_finding(finding);
    }
    judged
}

/// The most severe first, then as people look things up: check, Region, name.
fn order(finding: &Finding) -> impl Ord + '_ {
    let resource = &finding.resource;
    (
        Reverse(finding.severity),
        &finding.check,
        &resource.region,
        &resource.name,
        &resource.arn,
    )
}

impl LookedAt {
    pub(super) fn of(account: &AccountFacts) -> Self {
        let (scanned, others): (Vec<_>, Vec<_>) = account
            .regions
            .iter()
            .partition(|region| region.state == RegionState::Scanned);
        let names = |regions: Vec<&RegionFacts>| regions.into_iter().map(|region| region.region.clone()).collect();
        LookedAt {
            region_source: account.region_source,
            regions: names(scanned),
            regions_not_enabled: names(others),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Assessor, FindingGroup};
    use super::*;
    use crate::facts::SseAlgorithm;
    use crate::facts::examples::{account, bucket, key, quota, region, scan};
    use crate::severity::Severity;

    /// Two unjustified keys, a misspelt reason, a peak beyond the quota and a bucket without a Bucket Key.
    fn facts() -> AccountFacts {
        let mut here = region([key(&[]), key(&[]), key(&[("requirement", "polcy")])]);
        for (key, name) in here.keys.iter_mut().zip(["zebra", "ape", "fox"]) {
            key.aliases = vec![format!("alias/{name}")];
        }
        here.quotas = vec![quota(10_000.0, Some(840_000.0))];
        let mut facts = account(here);
        facts.buckets = vec![bucket(SseAlgorithm::SseKms, false)];
        facts
    }

    fn judged(config: &Config) -> AccountAssessment {
        judge(&facts(), config, scan().as_of)
    }

    /// Judges an account, and excepts the findings of one check.
    fn judge_except(check: &str) -> AccountAssessment {
        let exception = format!(
            "[[exception]]\ncheck = '{check}'\nresource = '*'\nreason = 'until the migration'\nexpires = 2026-12-31"
        );
        judged(&toml::from_str(&exception).unwrap())
    }

    fn groups(judged: AccountAssessment) -> Vec<FindingGroup> {
        let config = Config::default();
        let mut assessor = Assessor::new(&config, scan());
        assessor.add(judged);
        assessor.finish().groups
    }

    #[test]
    fn the_most_severe_finding_comes_first_then_as_people_look_things_up() {
        let judged = super::tests::judged(&Config::default());
        let order: Vec<_> = judged
            .findings
            .iter()
            .map(|finding| (&*finding.check, finding.resource.name.as_str()))
            .collect();
        assert_eq!(
            order,
            [
                ("near-request-quota", "CryptographicOperationsSymmetric"),
                ("bucket-key-disabled", "invoices"),
                ("unjustified-key", "alias/ape"),
                ("unjustified-key", "alias/zebra"),
                ("unrecognized-justification", "alias/fox"),
            ]
        );
    }

    #[test]
    fn a_finding_that_an_exception_covers_stays_and_counts_as_excepted_alone() {
        let judged = judge_except("unjustified-key");
        assert_eq!(judged.findings.len(), 5);
        assert_eq!(judged.summary.excepted, 2);
        assert_eq!(judged.summary.findings["medium"], 1, "the bucket");
        let groups = groups(judged);
        assert_eq!(groups.len(), 3);
        assert!(groups.iter().all(|group| group.check != "unjustified-key"));
    }

    #[test]
    fn what_is_excepted_does_not_reach_a_severity() {
        let all = judged(&Config::default()).summary;
        let some = judge_except("near-request-quota").summary;
        let from = |least| (all.findings_from(least), some.findings_from(least));
        assert_eq!(from(Severity::Critical), (1, 0));
        assert_eq!(from(Severity::Medium), (4, 3));
        assert_eq!(from(Severity::Info), (5, 4));
    }
}
