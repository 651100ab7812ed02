//! Which keys and operations made the peak of a pool?

use super::clients::RegionSession;
use super::error::CallError;
use super::key_metrics::{KeyMetric, KeyMetricsRead, with_arn};
use super::metric_data::Sums;
use super::window::{MINUTE, UsageWindow};
use crate::facts::{Contributor, Contributors, Fact, Key, Peak, RegionFacts, RequestQuota};
use crate::model::{Headroom, RequestPool};

/// The percentage of its limit from which it is asked who made the peak of a pool, where the threshold of findings is
/// not lower. AWS bills each metric that is asked for.
const NEAR_PERCENT: f64 = 50.0;
/// How many of them are kept by name.
const MOST_NAMED: usize = 10;

/// Reads who made the busiest minute of each cryptographic pool that came near its limit, and writes it into the quotas.
pub async fn read_contributors(
    session: &RegionSession,
    facts: &mut RegionFacts,
    metrics: &KeyMetricsRead,
    threshold_percent: f64,
) {
    let RegionFacts { quotas, keys, .. } = facts;
    for quota in quotas {
        let peak = peak_near_limit(quota, threshold_percent.min(NEAR_PERCENT));
        let (Some(peak), Some(pool)) = (peak, RequestPool::of_quota(quota)) else {
            continue;
        };
        quota.contributors = match &metrics.listing {
            Fact::Known(()) => {
                let of_pool: Vec<&KeyMetric> = metrics
                    .metrics
                    .iter()
                    .filter(|metric| counts_against(metric, pool, keys))
                    .collect();
                contributors(session, &of_pool, peak).await.into()
            }
            Fact::Unavailable(reason) => Fact::Unavailable(reason.clone()),
            Fact::NotCollected => Fact::NotCollected,
        };
    }
}

fn peak_near_limit(quota: &RequestQuota, percent: f64) -> Option<Peak> {
    let headroom = Headroom::of(quota, quota.usage.known()?)?;
    (quota.is_cryptographic() && headroom.reaches(percent)).then_some(headroom.peak)
}

/// Whether one of the keys of a metric belongs to a pool.
fn counts_against(metric: &KeyMetric, pool: RequestPool, keys: &[Key]) -> bool {
    metric
        .keys()
        .any(|arn| RequestPool::of_use(with_arn(keys, arn), &metric.operation) == Some(pool))
}

async fn contributors(
    session: &RegionSession,
    metrics: &[&KeyMetric],
    peak: Peak,
) -> Result<Contributors, CallError> {
    let minute = Sums {
        session,
        window: UsageWindow::minute_at(peak.at),
        period_seconds: MINUTE,
    };
    let mut requests = vec![0.0; metrics.len()];
    let asked = metrics.iter().map(|metric| metric.sdk_metric());
    minute
        .all(asked, |n, datapoint| {
            if let Some(requests) = requests.get_mut(n) {
                *requests += datapoint.sum;
            }
        })
        .await?;
    let mut found: Vec<(&KeyMetric, f64)> = metrics
        .iter()
        .copied()
        .zip(requests)
        .filter(|(_, requests)| *requests > 0.0)
        .collect();
    // Metrics of equal requests stay in the order of keys and operations.
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    Ok(Contributors {
        at: peak.at,
        requests: found.iter().map(|(_, requests)| requests).sum(),
        top: found.into_iter().take(MOST_NAMED).map(contributor).collect(),
    })
}

fn contributor((metric, requests): (&KeyMetric, f64)) -> Contributor {
    Contributor {
        key: metric.key.clone(),
        destination_key: metric.destination_key.clone(),
        operation: metric.operation.clone(),
        requests,
    }
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
