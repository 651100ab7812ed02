//! How close did the requests of each quota come to it?

use aws_sdk_cloudwatch::types::Metric;

use super::clients::RegionSession;
use super::error::CallError;
use super::metric_data::{MetricFilter, Sums, list_metrics, metric};
use super::usage_minutes::UsageMinutes;
use super::window::{MINUTE, UsageWindow};
use crate::facts::{Fact, Fallback, Peak, RequestQuota, UsageMetric};

/// From which part of its limit on the use of a quota is kept by the hour and by the minute. That of the cryptographic
/// pools, which all keys share, always is.
const WORTH_A_PATTERN: f64 = 0.1;

/// Reads the use of each quota and writes it into `quotas`. Returns what failed and was found another way.
pub async fn read_usage(
    session: &RegionSession,
    quotas: &mut [RequestQuota],
    window: UsageWindow,
) -> Vec<Fallback> {
    let namespace = quotas.first().map_or("AWS/Usage", |quota| &quota.metric.namespace);
    let (with_data, fallbacks) = match list_usage_metrics(session, namespace).await {
        Ok(metrics) => (Some(metrics), Vec::new()),
        Err(error) => {
            let instead = "the usage metric of every request quota was fetched, with data or without";
            (None, vec![error.fallback(Some(&session.region), instead)])
        }
    };
    let mut asked: Vec<&mut RequestQuota> = Vec::new();
    for quota in quotas {
        // The cryptographic pools are always asked about; others only where `ListMetrics` shows data.
        let wanted =
            quota.is_cryptographic() || with_data.as_ref().is_none_or(|metrics| metrics.contains(&quota.metric));
        if wanted {
            asked.push(quota);
        } else {
            quota.usage = Fact::Known(window.usage(0, None));
        }
    }
    let sums = Sums {
        session,
        window,
        period_seconds: MINUTE,
    };
    let mut minutes = vec![UsageMinutes::default(); asked.len()];
    let metrics: Vec<Metric> = asked.iter().map(|quota| sdk_metric(&quota.metric)).collect();
    let answers = sums
        .each(metrics.into_iter(), |n, datapoint| {
            if let Some(minutes) = minutes.get_mut(n) {
                minutes.add(datapoint);
            }
        })
        .await;
    for ((quota, minutes), answer) in asked.into_iter().zip(minutes).zip(answers) {
        let is_of_interest = |peak: Peak| {
            let of_limit = WORTH_A_PATTERN * quota.limit.0 * f64::from(MINUTE);
            quota.is_cryptographic() || peak.sum >= of_limit
        };
        quota.usage = answer.map(|()| minutes.usage(window, is_of_interest)).into();
    }
    fallbacks
}

/// The usage metrics of KMS that have data.
async fn list_usage_metrics(session: &RegionSession, namespace: &str) -> Result<Vec<UsageMetric>, CallError> {
    let filter = MetricFilter {
        namespace,
        name: None,
        dimension: Some(("Service", "KMS")),
    };
    let mut metrics = Vec::new();
    list_metrics(session, filter, |metric| metrics.extend(usage_metric(metric))).await?;
    Ok(metrics)
}

fn usage_metric(metric: Metric) -> Option<UsageMetric> {
    Some(UsageMetric {
        namespace: metric.namespace?,
        name: metric.metric_name?,
        dimensions: metric
            .dimensions
            .unwrap_or_default()
            .into_iter()
            .filter_map(|dimension| Some((dimension.name?, dimension.value?)))
            .collect(),
    })
}

fn sdk_metric(usage: &UsageMetric) -> Metric {
    let dimensions = usage.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| (name.as_str(), value.as_str()));
    metric(&usage.namespace, &usage.name, dimensions)
}
