//! How close did the requests of each custom key store come to its quota, and was it throttled?

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::Metric;
use jiff::Timestamp;

use super::clients::RegionSession;
use super::error::{CallError, refuses_operation};
use super::key_metrics::{KeyMetricsRead, NAMESPACE, with_arn};
use super::metric_data::{MetricFilter, Sums, list_metrics};
use super::window::{MINUTE, UsageWindow};
use crate::facts::{Arn, CustomKeyStore, CustomKeyStoreType, Fact, Key, Peak, RegionFacts, Unavailable, Usage};

/// Of a store with more metrics than this, the use is not collected: each costs a fifth of a request, and is billed.
const MOST_METRICS: usize = 100;

/// Reads the use of each custom key store of a Region, and how often it was throttled, and writes both into the stores.
pub async fn read_custom_key_store_use(
    session: &RegionSession,
    facts: &mut RegionFacts,
    metrics: &KeyMetricsRead,
    window: UsageWindow,
) {
    let unknown = why_unknown(facts, metrics);
    let RegionFacts {
        keys,
        custom_key_stores: Fact::Known(stores),
        ..
    } = facts
    else {
        return;
    };
    let mut throttles = Throttles::default();
    for store in stores {
        store.usage = match &unknown {
            Some(reason) => Fact::Unavailable(reason.clone()),
            None => sum(session, metrics_of_store(store, keys, metrics), window).await,
        };
        store.throttled = match (refused_list(metrics), throttle_metric(&store.kind)) {
            (_, None) => Fact::NotCollected,
            (Some(reason), _) => Fact::Unavailable(reason.clone()),
            (None, Some(name)) => match throttles.of(session, name).await {
                Ok(listed) => sum(session, of_store(listed, &store.id), window).await,
                Err(error) => Fact::Unavailable(error.clone().into()),
            },
        };
    }
}

/// Why the requests with the keys of a store cannot be added up, where some of these may be missing.
fn why_unknown(facts: &RegionFacts, metrics: &KeyMetricsRead) -> Option<Unavailable> {
    let lists = metrics.listing.unavailable().or(facts.key_listing.unavailable());
    let in_use = metrics.metrics.iter().flat_map(|metric| metric.keys());
    let mut unread = in_use.filter_map(|arn| with_arn(&facts.keys, arn)?.metadata.unavailable());
    lists.or_else(|| unread.next()).cloned()
}

/// The answer of a Region that refused to list metrics, and would again.
fn refused_list(metrics: &KeyMetricsRead) -> Option<&Unavailable> {
    metrics
        .listing
        .unavailable()
        .filter(|reason| refuses_operation(&reason.code))
}

fn metrics_of_store(store: &CustomKeyStore, keys: &[Key], metrics: &KeyMetricsRead) -> Vec<Metric> {
    let lies_in_store = |arn: &Arn| {
        let metadata = with_arn(keys, arn).and_then(|key| key.metadata.known());
        metadata.and_then(|metadata| metadata.custom_key_store_id.as_deref()) == Some(store.id.as_str())
    };
    let of_store = metrics.metrics.iter();
    let of_store = of_store.filter(|metric| metric.keys().any(lies_in_store));
    of_store.map(|metric| metric.sdk_metric()).collect()
}

/// The metric that counts the throttled requests of a kind of store.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html>.
fn throttle_metric(kind: &CustomKeyStoreType) -> Option<&'static str> {
    match kind {
        CustomKeyStoreType::AwsCloudHsm => Some("CloudHSMKeyStoreThrottle"),
        CustomKeyStoreType::ExternalKeyStore => Some("ExternalKeyStoreThrottle"),
        CustomKeyStoreType::Unknown(_) => None,
    }
}

fn of_store(metrics: &[Metric], id: &str) -> Vec<Metric> {
    let is_of_store = |metric: &&Metric| {
        let mut dimensions = metric.dimensions().iter();
        dimensions.any(|dimension| dimension.name() == Some("CustomKeyStoreId") && dimension.value() == Some(id))
    };
    metrics.iter().filter(is_of_store).cloned().collect()
}

/// The throttle metrics of a Region, by name, each listed once for all stores.
#[derive(Debug, Default)]
struct Throttles(BTreeMap<&'static str, Result<Vec<Metric>, CallError>>);

impl Throttles {
    async fn of(&mut self, session: &RegionSession, name: &'static str) -> Result<&[Metric], &CallError> {
        if !self.0.contains_key(name) {
            let filter = MetricFilter {
                namespace: NAMESPACE,
                name: Some(name),
                dimension: None,
            };
            let mut metrics = Vec::new();
            let listed = list_metrics(session, filter, |metric| metrics.push(metric)).await;
            self.0.insert(name, listed.map(|()| metrics));
        }
        match self.0.get(name) {
            Some(Ok(metrics)) => Ok(metrics),
            Some(Err(error)) => Err(error),
            None => Ok(&[]),
        }
    }
}

/// The sum of some metrics, minute by minute.
async fn sum(session: &RegionSession, metrics: Vec<Metric>, window: UsageWindow) -> Fact<Usage> {
    if metrics.len() > MOST_METRICS {
        return Fact::NotCollected;
    }
    let question = Sums {
        session,
        window,
        period_seconds: MINUTE,
    };
    let mut minutes: BTreeMap<Timestamp, f64> = BTreeMap::new();
    let answer = question
        .all(metrics.into_iter(), |_, datapoint| {
            *minutes.entry(datapoint.at).or_default() += datapoint.sum;
        })
        .await;
    answer.map(|()| usage(&minutes, window)).into()
}

fn usage(minutes: &BTreeMap<Timestamp, f64>, window: UsageWindow) -> Usage {
    let mut peak: Option<Peak> = None;
    for (&at, &sum) in minutes {
        if peak.is_none_or(|peak| sum > peak.sum) {
            peak = Some(Peak { sum, at });
        }
    }
    window.usage(minutes.len() as u64, peak)
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
