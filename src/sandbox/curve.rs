//! Usage as curves: how many requests there were in each minute.
//!
//! Minutes are counted from the epoch. A minute without requests has no datapoint, as in
//! CloudWatch.

use super::catalogue::UsageMetric;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::f64::consts::TAU;
use std::ops::Range;

/// The minute, counted from the epoch, that an instant lies in.
pub(super) fn minute_of(instant: Timestamp) -> i64 {
    instant.as_second().div_euclid(60)
}

/// How one kind of request comes in over time.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub metric: &'static UsageMetric,
    pub constant_rps: f64,
    pub business_hours: Option<BusinessHours>,
    pub batches: Vec<Batch>,
    /// Minutes for which the metric has no datapoints, whatever happened.
    pub gaps: Vec<Range<i64>>,
}

/// Work that rises in the morning, peaks at noon of the working day and falls towards the evening:
/// a raised cosine.
#[derive(Clone, Debug)]
pub(super) struct BusinessHours {
    /// The total of every calendar month.
    pub requests_per_month: u64,
    /// Local hours, 0 to 24.
    pub from: i8,
    pub to: i8,
    pub time_zone: TimeZone,
    pub weekends: bool,
}

/// A steady load for some minutes, on top of everything else.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub minutes: Range<i64>,
    pub rps: f64,
}

impl Curve {
    /// The number of requests in each of these minutes.
    pub fn requests(&self, minutes: Range<i64>) -> Vec<f64> {
        let length = usize::try_from(minutes.end - minutes.start).unwrap_or(0);
        let mut requests = vec![(self.constant_rps * 60.0).round(); length];
        if let Some(business_hours) = &self.business_hours {
            business_hours.add_to(&mut requests, minutes.start);
        }
        for batch in &self.batches {
            for slot in slots(&mut requests, minutes.start, &batch.minutes) {
                *slot += (batch.rps * 60.0).round();
            }
        }
        for gap in &self.gaps {
            slots(&mut requests, minutes.start, gap).fill(0.0);
        }
        requests
    }
}

/// The part of `requests`, which begin at the minute `start`, that lies in `minutes`.
fn slots<'a>(requests: &'a mut [f64], start: i64, minutes: &Range<i64>) -> &'a mut [f64] {
    let slot = |minute: i64| usize::try_from(minute - start).unwrap_or(0);
    let from = slot(minutes.start).min(requests.len());
    let to = slot(minutes.end).clamp(from, requests.len());
    &mut requests[from..to]
}

impl BusinessHours {
    fn add_to(&self, requests: &mut [f64], start: i64) {
        let local_date = |minute: i64| {
            let instant = Timestamp::from_second(minute * 60).ok()?;
            Some(self.time_zone.to_datetime(instant).date())
        };
        let end = start.saturating_add_unsigned(requests.len() as u64);
        let (Some(mut date), Some(last)) = (local_date(start), local_date(end)) else {
            return;
        };
        while date <= last {
            if self.works_on(date) {
                self.add_day(requests, start, date);
            }
            let Ok(tomorrow) = date.tomorrow() else {
                return;
            };
            date = tomorrow;
        }
    }

    fn add_day(&self, requests: &mut [f64], start: i64, date: Date) {
        let (Some(from), Some(to)) = (self.minute_at(date, self.from), self.minute_at(date, self.to)) else {
            return;
        };
        let total = self.requests_on(date);
        let length = (to - from) as f64;
        // Rounding the running total, not each minute, keeps the day's total exact.
        let until = |minute: i64| {
            let part = (minute - from) as f64 / length;
            (total * (part - (TAU * part).sin() / TAU)).round()
        };
        let first = from.max(start);
        for (slot, minute) in slots(requests, start, &(from..to)).iter_mut().zip(first..) {
            *slot += until(minute + 1) - until(minute);
        }
    }

    fn minute_at(&self, date: Date, hour: i8) -> Option<i64> {
        let midnight = date.at(0, 0, 0, 0);
        let local = midnight.checked_add(i64::from(hour).hours()).ok()?;
        let zoned = self.time_zone.to_ambiguous_zoned(local).compatible().ok()?;
        Some(minute_of(zoned.timestamp()))
    }

    fn works_on(&self, date: Date) -> bool {
        self.weekends || !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// A working day's equal share of its month, in whole requests that add up to the month's.
    fn requests_on(&self, date: Date) -> f64 {
        let working_days = |until: Date| {
            let days = date.first_of_month().series(1.day());
            let days = days.take_while(|day| *day <= until);
            days.filter(|day| self.works_on(*day)).count() as f64
        };
        let all = working_days(date.last_of_month());
        let share = |days: f64| (self.requests_per_month as f64 * days / all).round();
        let done = working_days(date);
        share(done) - share(done - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::catalogue::by_resource;

    fn minute(text: &str) -> i64 {
        minute_of(text.parse().unwrap())
    }

    fn office() -> Curve {
        Curve {
            metric: by_resource("CryptographicOperationsSymmetric").unwrap(),
            constant_rps: 0.0,
            business_hours: Some(BusinessHours {
                requests_per_month: 40_000_000,
                from: 9,
                to: 18,
                time_zone: TimeZone::fixed(jiff::tz::offset(2)),
                weekends: false,
            }),
            batches: Vec::new(),
            gaps: Vec::new(),
        }
    }

    #[test]
    fn the_minutes_of_a_month_add_up_to_exactly_what_the_estate_says() {
        for (start, end) in [
            ("2026-04-30T22:00Z", "2026-05-31T22:00Z"),
            ("2026-05-31T22:00Z", "2026-06-30T22:00Z"),
        ] {
            let requests = office().requests(minute(start)..minute(end));
            assert_eq!(requests.iter().sum::<f64>(), 40_000_000.0);
        }
    }

    #[test]
    fn an_office_day_peaks_at_half_past_one_and_is_silent_at_night_and_on_sundays() {
        let day = minute("2026-06-09T00:00Z");
        let requests = office().requests(day..day + 1440);
        let peak = (0..1440).max_by(|a, b| requests[*a].total_cmp(&requests[*b]));
        let half_past_one = (13 * 60 + 30) - 120;
        assert!(peak.unwrap().abs_diff(half_past_one) < 15, "{peak:?}");
        assert_eq!(requests[3 * 60], 0.0);
        let sunday = minute("2026-06-14T00:00Z");
        let requests = office().requests(sunday..sunday + 1440);
        assert!(requests.iter().all(|sum| *sum == 0.0));
    }

    #[test]
    fn a_window_that_begins_in_the_middle_of_a_day_sees_the_same_minutes() {
        let day = minute("2026-06-09T00:00Z");
        let whole = office().requests(day..day + 1440);
        let part = office().requests(day + 700..day + 800);
        assert_eq!(part, whole[700..800]);
    }

    #[test]
    fn batches_come_on_top_and_gaps_take_everything_away() {
        let start = minute("2026-06-14T01:00Z");
        let curve = Curve {
            constant_rps: 2.0,
            batches: vec![Batch {
                minutes: start + 3..start + 5,
                rps: 14_000.0,
            }],
            gaps: vec![start - 10..start + 2, start + 9..start + 99],
            ..office()
        };
        let requests = curve.requests(start..start + 10);
        let busy = 14_000.0 * 60.0 + 120.0;
        assert_eq!(requests, [0.0, 0.0, 120.0, busy, busy, 120.0, 120.0, 120.0, 120.0, 0.0]);
    }

    #[test]
    fn working_days_follow_the_clock_of_their_time_zone() {
        let Ok(paris) = TimeZone::get("Europe/Paris") else {
            return; // A machine without a time zone database.
        };
        let mut curve = office();
        if let Some(hours) = &mut curve.business_hours {
            hours.time_zone = paris;
        }
        let winter = curve.requests(minute("2026-01-31T23:00Z")..minute("2026-02-28T23:00Z"));
        assert_eq!(winter.iter().sum::<f64>(), 40_000_000.0);
    }
}
