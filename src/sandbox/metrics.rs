//! The metrics of a Region: what `AWS/Usage` has on KMS.

use super::catalogue::{KEYS_PER_ACCOUNT, UsageMetric, by_resource};
use super::cloudwatch::Value;
use super::curve::{Curve, minute_of};
use super::estate::Region;
use jiff::Timestamp;
use std::ops::Range;

pub(super) const NAMESPACE: &str = "AWS/Usage";

/// A metric and where its data come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric<'a> {
    pub usage: &'static UsageMetric,
    source: Source<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// One datapoint of the value 1 for each request.
    Requests(&'a Curve),
    /// The number of customer managed keys, every five minutes.
    KeyCount(u32),
}

/// What a query asks of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    Sum,
    SampleCount,
    /// Average, Minimum, Maximum, percentiles: all the same where all samples are.
    OfOneSample,
}

const MINUTES_BETWEEN_KEY_COUNTS: i64 = 5;
const DAY: i64 = 24 * 60;

/// Every metric of a Region that the estate gives data for.
pub(super) fn metrics(region: &Region) -> impl Iterator<Item = Metric<'_>> {
    let requests = region.curves.iter().map(|curve| Metric {
        usage: curve.metric,
        source: Source::Requests(curve),
    });
    let keys = region.keys.customer_managed();
    let key_count = by_resource(KEYS_PER_ACCOUNT).filter(|_| keys > 0);
    requests.chain(key_count.map(move |usage| Metric {
        usage,
        source: Source::KeyCount(keys),
    }))
}

impl Metric<'_> {
    /// Whether a metric of a query is this one: the same name and exactly the same dimensions.
    pub fn is(&self, query: &Value<'_>) -> bool {
        let dimensions = query.list("Dimensions");
        query.text("Namespace") == Some(NAMESPACE)
            && query.text("MetricName") == Some(self.usage.name())
            && dimensions.len() == self.usage.dimensions().len()
            && dimensions
                .iter()
                .all(|dimension| dimension.text("Value").is_some() && self.matches(dimension))
    }

    /// Whether this metric has a dimension that a filter asks for, with the value if it gives one.
    pub fn matches(&self, filter: &Value<'_>) -> bool {
        self.usage.dimensions().into_iter().any(|(name, value)| {
            filter.text("Name") == Some(name) && filter.text("Value").is_none_or(|wanted| wanted == value)
        })
    }

    /// Whether it had data in the minutes before `as_of`.
    pub fn has_data(&self, as_of: Timestamp, minutes: i64) -> bool {
        let end = minute_of(as_of);
        match self.source {
            Source::Requests(curve) => {
                let requests = curve.requests(end - minutes..end);
                requests.iter().any(|requests| *requests > 0.0)
            }
            Source::KeyCount(_) => true,
        }
    }

    /// The datapoints with a start in `window`, in seconds, oldest first; a period without samples
    /// has none. Nothing is known after `as_of`, nor of what CloudWatch has forgotten by then.
    pub fn datapoints(
        &self,
        window: Range<i64>,
        period: i64,
        statistic: Statistic,
        as_of: Timestamp,
    ) -> Vec<(i64, f64)> {
        let now = minute_of(as_of);
        let oldest = now - retention(period);
        let period = period / 60;
        let start = window.start.div_euclid(60).max(oldest).div_euclid(period) * period;
        // A window that ends within a minute includes the minute.
        let end = (window.end + 59).div_euclid(60);
        let end = (end + period - 1).div_euclid(period) * period;
        let end = end.min(now);
        if start >= end {
            return Vec::new();
        }
        let samples = self.samples(start..end);
        let chunks = samples.chunks(usize::try_from(period).unwrap_or(1));
        let starts = (start..).step_by(usize::try_from(period).unwrap_or(1));
        starts
            .zip(chunks)
            .filter_map(|(minute, chunk)| {
                let samples: f64 = chunk.iter().map(|(samples, _)| samples).sum();
                let sum: f64 = chunk.iter().map(|(samples, value)| samples * value).sum();
                let value = match statistic {
                    Statistic::Sum => sum,
                    Statistic::SampleCount => samples,
                    Statistic::OfOneSample => sum / samples,
                };
                (samples > 0.0).then_some((minute * 60, value))
            })
            .collect()
    }

    /// For each minute, how many samples there were, and the value of each.
    fn samples(&self, minutes: Range<i64>) -> Vec<(f64, f64)> {
        match self.source {
            Source::Requests(curve) => {
                let requests = curve.requests(minutes).into_iter();
                requests.map(|requests| (requests, 1.0)).collect()
            }
            Source::KeyCount(keys) => minutes
                .map(|minute| {
                    let counted = minute % MINUTES_BETWEEN_KEY_COUNTS == 0;
                    (f64::from(u8::from(counted)), f64::from(keys))
                })
                .collect(),
        }
    }
}

/// For how many minutes CloudWatch keeps datapoints of a period: 15 days for a minute, 63 days for
/// five, 455 days for an hour.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
fn retention(period: i64) -> i64 {
    if period % 3600 == 0 {
        455 * DAY
    } else if period % 300 == 0 {
        63 * DAY
    } else {
        15 * DAY
    }
}

impl Statistic {
    pub fn named(name: &str) -> Option<Statistic> {
        match name {
            "Sum" => Some(Statistic::Sum),
            "SampleCount" => Some(Statistic::SampleCount),
            "Average" | "Minimum" | "Maximum" => Some(Statistic::OfOneSample),
            _ => {
                let percentile = name.strip_prefix('p')?.parse::<f64>().ok()?;
                (0.0..=100.0).contains(&percentile).then_some(Statistic::OfOneSample)
            }
        }
    }
}
