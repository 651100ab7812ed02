//! The datapoints of a metric.

use super::statistic::{Samples, Statistic};
use crate::sandbox::curve::{Curve, minute_of};
use jiff::Timestamp;
use std::ops::Range;

const DAY: i64 = 24 * 60;

/// Where the data of a metric come from.
#[derive(Clone, Debug)]
pub(super) enum Data<'a> {
    /// One sample of the value 1 for each request, of one kind or of several.
    Requests(Vec<&'a Curve>),
    /// A number of things that there are.
    Level(Level),
    /// The time that is left until an instant, every minute, as long as there is any.
    TimeLeft(TimeLeft),
}

/// In whole units of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeLeft {
    pub until: Timestamp,
    pub unit: i64,
}

/// The same value each time that so many minutes have passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Level {
    pub value: f64,
    pub every_minutes: i64,
}

impl Data<'_> {
    /// Whether this and another are the same data.
    pub fn is_same_as(&self, other: &Data<'_>) -> bool {
        match (self, other) {
            (Data::Requests(own), Data::Requests(others)) => {
                let mut pairs = own.iter().zip(others);
                own.len() == others.len() && pairs.all(|(own, other)| std::ptr::eq(*own, *other))
            }
            (Data::Level(own), Data::Level(other)) => own == other,
            (Data::TimeLeft(own), Data::TimeLeft(other)) => own == other,
            _ => false,
        }
    }

    /// Whether there were samples in the minutes before `as_of`.
    pub fn is_there(&self, as_of: Timestamp, minutes: i64) -> bool {
        let end = minute_of(as_of);
        let start = end - minutes;
        match self {
            Data::Requests(curves) => curves.iter().any(|curve| curve.last_request(start..end).is_some()),
            Data::Level(Level { every_minutes, .. }) => end.div_euclid(*every_minutes) * every_minutes >= start,
            Data::TimeLeft(TimeLeft { until, .. }) => until.as_second() > start * 60,
        }
    }

    /// The datapoints with a start in `window`, in seconds, oldest first; a period without samples
    /// has none. Nothing is known after `as_of`, nor of what CloudWatch has forgotten by then.
    pub fn points(
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
        let length = usize::try_from(period).unwrap_or(1);
        let starts = (start..).step_by(length);
        starts
            .zip(samples.chunks(length))
            .filter_map(|(minute, chunk)| Some((minute * 60, statistic.of(chunk)?)))
            .collect()
    }

    /// The samples of each minute.
    fn samples(&self, minutes: Range<i64>) -> Vec<Samples> {
        let one = |is_there: bool, value: f64| Samples {
            count: f64::from(u8::from(is_there)),
            value,
        };
        match self {
            Data::Requests(curves) => {
                let length = usize::try_from(minutes.end - minutes.start).unwrap_or(0);
                let none = Samples { count: 0.0, value: 1.0 };
                let mut samples = vec![none; length];
                for curve in curves {
                    for (samples, requests) in samples.iter_mut().zip(curve.requests(minutes.clone())) {
                        samples.count += requests;
                    }
                }
                samples
            }
            Data::Level(level) => minutes
                .map(|minute| one(minute.rem_euclid(level.every_minutes) == 0, level.value))
                .collect(),
            Data::TimeLeft(TimeLeft { until, unit }) => minutes
                .map(|minute| {
                    let left = until.as_second() - minute * 60;
                    one(left > 0, left.div_euclid(*unit) as f64)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn points(data: &Data<'_>, minutes: Range<&str>, period: i64, statistic: Statistic) -> Vec<f64> {
        let window = instant(minutes.start).as_second()..instant(minutes.end).as_second();
        let points = data.points(window, period, statistic, instant("2026-06-15T06:00:00Z"));
        points.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn what_is_left_grows_less_every_minute_until_nothing_is_left() {
        let until = instant("2026-06-15T05:58:30Z");
        let data = Data::TimeLeft(TimeLeft { until, unit: 1 });
        let hour = "2026-06-15T05:50:00Z".."2026-06-15T06:10:00Z";
        let each = points(&data, hour.clone(), 60, Statistic::Minimum);
        assert_eq!(each, [510.0, 450.0, 390.0, 330.0, 270.0, 210.0, 150.0, 90.0, 30.0]);
        assert_eq!(points(&data, hour.clone(), 300, Statistic::Minimum), [270.0, 30.0]);
        assert_eq!(points(&data, hour.clone(), 300, Statistic::Maximum), [510.0, 210.0]);
        assert_eq!(points(&data, hour.clone(), 300, Statistic::Average), [390.0, 120.0]);
        assert_eq!(points(&data, hour, 300, Statistic::SampleCount), [5.0, 4.0]);
        let as_of = instant("2026-06-15T06:00:00Z");
        assert!(data.is_there(as_of, 10) && !data.is_there(as_of, 1));
        let minutes = Data::TimeLeft(TimeLeft { until, unit: 60 });
        let each = points(
            &minutes,
            "2026-06-15T05:55:00Z".."2026-06-15T06:10:00Z",
            60,
            Statistic::Minimum,
        );
        assert_eq!(each, [3.0, 2.0, 1.0, 0.0]);
    }

    #[test]
    fn a_level_has_a_sample_each_time_it_is_taken() {
        let daily = Data::Level(Level {
            value: 7.0,
            every_minutes: DAY,
        });
        let days = "2026-06-12T00:00:00Z".."2026-06-15T00:00:00Z";
        assert_eq!(points(&daily, days.clone(), 86_400, Statistic::Average), [7.0; 3]);
        assert_eq!(points(&daily, days, 60, Statistic::Sum), [7.0; 3]);
        let as_of = instant("2026-06-15T06:00:00Z");
        assert!(daily.is_there(as_of, 6 * 60) && !daily.is_there(as_of, 3 * 60));
    }

    #[test]
    fn requests_of_several_kinds_are_counted_together() {
        let curve = |constant_rps| Curve {
            constant_rps,
            ..Curve::default()
        };
        let (one, two) = (curve(1.0), curve(2.0));
        let data = Data::Requests(vec![&one, &two]);
        let minutes = "2026-06-15T05:00:00Z".."2026-06-15T05:02:00Z";
        assert_eq!(points(&data, minutes.clone(), 60, Statistic::Sum), [180.0; 2]);
        assert_eq!(points(&data, minutes, 60, Statistic::Maximum), [1.0; 2]);
    }
}
