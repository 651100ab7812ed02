//! How close did the requests of each quota come to it?

use aws_sdk_cloudwatch::types::Metric;

use super::error::CallError;
use super::metric_data::{Datapoint, MetricFilter, Sums, list_metrics, metric};
use super::session::RegionSession;
use super::window::{MINUTE, UsageWindow};
use crate::facts::{Fact, Fallback, Peak, RequestQuota, Usage, UsageMetric};

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
    let mut minutes = vec![Minutes::default(); asked.len()];
    let metrics: Vec<Metric> = asked.iter().map(|quota| sdk_metric(&quota.metric)).collect();
    let answers = sums
        .each(metrics.into_iter(), |n, datapoint| {
            if let Some(minutes) = minutes.get_mut(n) {
                minutes.add(datapoint);
            }
        })
        .await;
    for ((quota, minutes), answer) in asked.into_iter().zip(minutes).zip(answers) {
        quota.usage = answer.map(|()| minutes.usage(window)).into();
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

/// The minutes of one metric, as far as they matter.
#[derive(Clone, Debug, Default)]
struct Minutes {
    datapoints: u64,
    peak: Option<Peak>,
}

impl Minutes {
    fn add(&mut self, Datapoint { at, sum }: Datapoint) {
        self.datapoints += 1;
        // The first of equal minutes, whatever order they come in.
        if self
            .peak
            .is_none_or(|peak| sum > peak.sum || (sum == peak.sum && at < peak.at))
        {
            self.peak = Some(Peak { sum, at });
        }
    }

    fn usage(self, window: UsageWindow) -> Usage {
        window.usage(self.datapoints, self.peak)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> UsageWindow {
        UsageWindow::before("2026-06-15T06:00:42Z".parse().unwrap(), 14)
    }

    fn usage(sums: &[f64]) -> Usage {
        let mut minutes = Minutes::default();
        for (at, sum) in (window().start.as_second()..).step_by(60).zip(sums) {
            let at = jiff::Timestamp::from_second(at).unwrap();
            minutes.add(Datapoint { at, sum: *sum });
        }
        minutes.usage(window())
    }

    #[test]
    fn the_peak_is_the_first_of_the_busiest_minutes() {
        let usage = usage(&[60.0, 840_000.0, 840_000.0, 5.0]);
        assert_eq!(usage.datapoints, 4);
        assert_eq!(usage.peak_rate().unwrap().0, 14_000.0);
        assert_eq!(usage.peak.unwrap().at.as_second(), window().start.as_second() + 60);
    }

    #[test]
    fn no_datapoints_is_not_a_peak_of_zero() {
        assert_eq!((usage(&[]).datapoints, usage(&[]).peak), (0, None));
    }
}
