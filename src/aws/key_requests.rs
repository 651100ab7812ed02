//! How many requests are made with the keys of buckets?

use std::collections::{BTreeMap, HashSet};

use super::clients::RegionSession;
use super::error::CallError;
use super::key_metrics::{KeyMetric, KeyMetricsRead};
use super::metric_data::Sums;
use super::window::{DAY, UsageWindow};
use crate::facts::{Arn, Fact, Key, KeyRequests};

/// Reads how often each of the `wanted` keys was used, those that the default encryption of an SSE-KMS bucket means, and
/// writes it into the keys.
pub async fn read_key_requests(
    session: &RegionSession,
    keys: &mut [Key],
    wanted: &HashSet<Arn>,
    metrics: &KeyMetricsRead,
    window: UsageWindow,
) {
    let of_keys: Vec<&KeyMetric> = match &metrics.listing {
        Fact::Known(()) => metrics
            .metrics
            .iter()
            .filter(|metric| metric.keys().any(|key| wanted.contains(key)))
            .collect(),
        Fact::Unavailable(_) | Fact::NotCollected => Vec::new(),
    };
    let window = window.since_midnight();
    let sums = read_sums(session, &of_keys, window).await;
    for key in keys.iter_mut().filter(|key| wanted.contains(&key.arn)) {
        let of_key = of_keys.iter().zip(&sums);
        let of_key = of_key.filter(|(metric, _)| metric.keys().any(|arn| *arn == key.arn));
        key.details.requests = match &metrics.listing {
            Fact::Known(()) => by_operation(of_key.map(|(metric, sum)| (*metric, sum)))
                .map(|by_operation| KeyRequests {
                    window_start: window.start,
                    window_end: window.end,
                    by_operation,
                })
                .into(),
            Fact::Unavailable(reason) => Fact::Unavailable(reason.clone()),
            Fact::NotCollected => Fact::NotCollected,
        };
    }
}

/// The sum of each metric over the window.
async fn read_sums(
    session: &RegionSession,
    metrics: &[&KeyMetric],
    window: UsageWindow,
) -> Vec<Result<f64, CallError>> {
    let days = Sums {
        session,
        window,
        period_seconds: DAY,
    };
    let asked = metrics.iter().map(|metric| metric.sdk_metric());
    days.total_of_each(asked).await
}

fn by_operation<'m>(
    metrics: impl Iterator<Item = (&'m KeyMetric, &'m Result<f64, CallError>)>,
) -> Result<BTreeMap<String, f64>, CallError> {
    let mut by_operation = BTreeMap::new();
    for (metric, sum) in metrics {
        let sum = sum.as_ref().map_err(CallError::clone)?;
        *by_operation.entry(metric.operation.clone()).or_default() += sum;
    }
    Ok(by_operation)
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
