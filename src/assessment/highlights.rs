//! What deserves a closer look: the pools that came closest to their limits, and the buckets to put in order first.
//! Of a scan of any size only the first few are kept.

use std::cmp::Ordering;

use crate::checks::Finding;
use crate::facts::{
    AccountFacts, AccountId, Peak, Region, RegionFacts, RequestQuota, RequestsPerSecond, UsagePattern,
};
use crate::model::{Headroom, QuietStretch, quiet_stretch};
use crate::published::MicroDollars;

/// How many pools are kept with their use by the hour and by the minute.
const MOST_POOLS: usize = 6;

/// How many buckets are kept.
const MOST_BUCKETS: usize = 10;

/// The part of the threshold up to which an hour counts as quiet: then a batch job can take as much again.
const QUIET: f64 = 0.5;

/// The check whose buckets are to be put in order.
const BUCKET_CHECK: &str = "bucket-key-disabled";

/// What deserves a closer look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Highlights {
    /// The pools that came closest to their limits, the closest first.
    pub pools: Vec<BusyPool>,
    /// The SSE-KMS buckets without a Bucket Key: those with the most KMS requests first, then those where it is safe
    /// to switch it on.
    pub buckets: Vec<BucketToFix>,
}

/// A pool with a peak, and how its use is spread.
#[derive(Clone, Debug, PartialEq)]
pub struct BusyPool {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// The pool.
    pub pool: String,
    /// The limit.
    pub limit: RequestsPerSecond,
    /// The length of a datapoint in seconds.
    pub resolution_seconds: u32,
    /// The busiest minute.
    pub peak: Peak,
    /// How much of the limit the busiest minute used, 1.0 being all of it.
    pub utilization: f64,
    /// How the use is spread.
    pub pattern: UsagePattern,
    /// The longest stretch of the week without a minute beyond half the threshold.
    pub quiet: Option<QuietStretch>,
}

impl BusyPool {
    /// How much of the limit so many requests in one datapoint are.
    pub fn part_of_limit(&self, sum: f64) -> f64 {
        sum / (self.limit.0 * f64::from(self.resolution_seconds))
    }

    fn of(
        account: &AccountFacts,
        region: &RegionFacts,
        quota: &RequestQuota,
        threshold_percent: f64,
    ) -> Option<Self> {
        let usage = quota.usage.known()?;
        let pattern = usage.pattern.known()?.clone();
        let headroom = Headroom::of(quota, usage)?;
        let allowed = quota.limit.0 * f64::from(usage.resolution_seconds);
        Some(BusyPool {
            account_id: account.account_id.clone(),
            region: region.region.clone(),
            pool: quota.pool.clone(),
            limit: quota.limit,
            resolution_seconds: usage.resolution_seconds,
            peak: headroom.peak,
            utilization: headroom.utilization,
            quiet: quiet_stretch(&pattern.hours, allowed * QUIET * threshold_percent / 100.0),
            pattern,
        })
    }
}

/// A bucket without a Bucket Key.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketToFix {
    /// Its name.
    pub name: String,
    /// The account.
    pub account_id: Option<AccountId>,
    /// The Region it lies in, where that is known.
    pub region: Option<Region>,
    /// Whether switching the Bucket Key on is safe: `yes`, `no` or `unknown`.
    pub safe_to_enable: String,
    /// The KMS requests of a month, where something tells: of the bucket, or of its key.
    pub requests_per_month: Option<u64>,
    /// What these cost.
    pub cost_per_month: Option<MicroDollars>,
    /// How many buckets name the key, where the requests are those of the key.
    pub buckets_of_the_key: Option<u64>,
    /// The fingerprint of its finding.
    pub fingerprint: String,
}

impl BucketToFix {
    fn of(finding: &Finding) -> Option<Self> {
        if finding.check != BUCKET_CHECK || finding.exception.is_some() {
            return None;
        }
        let number = |name: &str| finding.observed.get(name).and_then(serde_json::Value::as_u64);
        let cost = finding.observed.get("kms_cost_usd_per_month");
        let safe = finding
            .observed
            .get("safe_to_enable")
            .and_then(serde_json::Value::as_str);
        Some(BucketToFix {
            name: finding.resource.name.clone(),
            account_id: finding.resource.account_id.clone(),
            region: finding.resource.region.clone(),
            safe_to_enable: safe.unwrap_or("unknown").to_owned(),
            requests_per_month: number("kms_requests_per_month"),
            cost_per_month: cost.and_then(|cost| serde_json::from_value(cost.clone()).ok()),
            buckets_of_the_key: number("buckets_of_the_key"),
            fingerprint: finding.fingerprint.clone(),
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        let safety = |bucket: &Self| match bucket.safe_to_enable.as_str() {
            "yes" => 0,
            "no" => 2,
            _ => 1,
        };
        let requests = other.requests_per_month.cmp(&self.requests_per_month);
        requests
            .then_with(|| safety(self).cmp(&safety(other)))
            .then_with(|| (&self.account_id, &self.name).cmp(&(&other.account_id, &other.name)))
    }
}

impl Highlights {
    /// The pools of an account of which the use is known by the hour.
    pub(super) fn pools_of(account: &AccountFacts, threshold_percent: f64) -> Vec<BusyPool> {
        let regions = account.regions.iter();
        let mut pools = regions
            .flat_map(|region| region.quotas.iter().map(move |quota| (region, quota)))
            .filter_map(|(region, quota)| BusyPool::of(account, region, quota, threshold_percent))
            .collect();
        keep_closest(&mut pools);
        pools
    }

    /// Adds what is worth it of the pools and the findings of an account.
    pub(super) fn add(&mut self, mut busy_pools: Vec<BusyPool>, findings: &[Finding]) {
        self.pools.append(&mut busy_pools);
        keep_closest(&mut self.pools);
        self.buckets.extend(findings.iter().filter_map(BucketToFix::of));
        self.buckets.sort_by(BucketToFix::order);
        self.buckets.truncate(MOST_BUCKETS);
    }
}

fn keep_closest(pools: &mut Vec<BusyPool>) {
    let name = |pool: &BusyPool| (pool.account_id.clone(), pool.region.clone(), pool.pool.clone());
    pools.sort_by(|a, b| {
        let closer = b.utilization.total_cmp(&a.utilization);
        closer.then_with(|| name(a).cmp(&name(b)))
    });
    pools.truncate(MOST_POOLS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::Assessor;
    use crate::config::Config;
    use crate::facts::examples::{account, bucket, quota, region, scan};
    use crate::facts::{Fact, HoursOfWeek, SseAlgorithm};

    /// A pool whose busiest minute, a Monday at midnight, had so many requests.
    fn pool(name: &str, busiest_minute: f64) -> RequestQuota {
        let mut quota = quota(10_000.0, Some(busiest_minute));
        quota.pool = name.into();
        let mut hours = HoursOfWeek::default();
        for hour in 0..168 {
            hours.add(hour, if hour == 0 { busiest_minute } else { 60.0 });
        }
        if let Fact::Known(usage) = &mut quota.usage {
            usage.pattern = Fact::Known(UsagePattern {
                hours,
                busiest_day: None,
            });
        }
        quota
    }

    fn highlights(accounts: &[AccountFacts]) -> Highlights {
        let config = Config::default();
        let mut assessor = Assessor::new(&config, scan());
        for account in accounts {
            assessor.add(assessor.judge(account));
        }
        assessor.finish().highlights
    }

    #[test]
    fn of_all_accounts_the_pools_closest_to_their_limits_are_kept() {
        let of_account = |id: &str, more: f64| {
            let mut here = region([]);
            here.quotas = (0..5)
                .map(|n| pool(&format!("pool-{n}"), 60_000.0 * f64::from(n) + more))
                .collect();
            // Nothing is known of its hours, so it is not among them.
            here.quotas.push(quota(10_000.0, Some(599_000.0)));
            let mut facts = account(here);
            facts.account_id = AccountId::new(id);
            facts
        };
        let pools = highlights(&[of_account("111111111111", 10.0), of_account("222222222222", 20.0)]).pools;
        let names: Vec<_> = pools
            .iter()
            .map(|pool| (pool.account_id.as_str(), pool.pool.as_str()))
            .collect();
        let [first, second] = ["111111111111", "222222222222"];
        assert_eq!(
            names,
            [
                (second, "pool-4"),
                (first, "pool-4"),
                (second, "pool-3"),
                (first, "pool-3"),
                (second, "pool-2"),
                (first, "pool-2"),
            ]
        );
        assert_eq!(pools[0].quiet.unwrap().first, 1, "all hours but that of the peak");
        assert_eq!(pools[0].part_of_limit(300_000.0), 0.5);
    }

    #[test]
    fn buckets_with_the_most_requests_come_first_then_those_that_are_safe() {
        let bucket = |name: &str, requests: Option<u64>, safe: &str| BucketToFix {
            name: name.into(),
            account_id: None,
            region: None,
            safe_to_enable: safe.into(),
            requests_per_month: requests,
            cost_per_month: None,
            buckets_of_the_key: None,
            fingerprint: String::new(),
        };
        let mut buckets = [
            bucket("d", None, "no"),
            bucket("c", None, "yes"),
            bucket("b", Some(5), "no"),
            bucket("a", Some(900), "unknown"),
        ];
        buckets.sort_by(BucketToFix::order);
        assert_eq!(buckets.map(|bucket| bucket.name), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_bucket_to_fix_leads_to_its_finding() {
        let mut facts = account(region([]));
        facts.buckets = vec![bucket(SseAlgorithm::SseKms, false), bucket(SseAlgorithm::SseS3, false)];
        let buckets = highlights(&[facts]).buckets;
        assert_eq!((buckets.len(), buckets[0].name.as_str()), (1, "invoices"));
        assert_eq!(
            (buckets[0].safe_to_enable.as_str(), buckets[0].fingerprint.len()),
            ("yes", 32)
        );
    }
}
