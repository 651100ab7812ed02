//! Usage as curves: how many requests there were in each minute.
//!
//! Minutes are counted from the epoch. A minute without requests has no datapoint, as in
//! CloudWatch.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::f64::consts::TAU;
use std::ops::Range;

/// The minute, counted from the epoch, that an instant lies in.
pub(super) fn minute_of(instant: Timestamp) -> i64 {
    instant.as_second().div_euclid(60)
}

const MINUTES_IN_A_DAY: i64 = 24 * 60;

/// How one kind of request comes in over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
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
        let mut requests = vec![0.0; length];
        add_steady(&mut requests, minutes.start, self.constant_rps);
        if let Some(business_hours) = &self.business_hours {
            business_hours.add_to(&mut requests, minutes.start);
        }
        for batch in &self.batches {
            let first = batch.minutes.start.max(minutes.start);
            add_steady(slots(&mut requests, minutes.start, &batch.minutes), first, batch.rps);
        }
        for gap in &self.gaps {
            slots(&mut requests, minutes.start, gap).fill(0.0);
        }
        requests
    }

    /// The last of these minutes in which there was a request.
    pub fn last_request(&self, minutes: Range<i64>) -> Option<i64> {
        // What is in use has been used within a day, so that few have to be looked at whole.
        let mut end = minutes.end;
        while end > minutes.start {
            let start = minutes.start.max(end - MINUTES_IN_A_DAY);
            let requests = self.requests(start..end);
            if let Some(last) = requests.iter().rposition(|requests| *requests > 0.0) {
                return Some(start.saturating_add_unsigned(last as u64));
            }
            end = start;
        }
        None
    }
}

/// Adds a steady load to `requests`, which begin at the minute `start`. Requests are whole: what is less than one a
/// minute comes as one every few minutes.
fn add_steady(requests: &mut [f64], start: i64, rps: f64) {
    if rps == 0.0 {
        return;
    }
    let until = |minute: i64| (rps * 60.0 * minute as f64).round();
    let mut before = until(start);
    for (slot, minute) in requests.iter_mut().zip(start + 1..) {
        let after = until(minute);
        *slot += after - before;
        before = after;
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

    fn minute(text: &str) -> i64 {
        minute_of(text.parse().unwrap())
    }

    fn office() -> Curve {
        Curve {
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
    fn a_load_of_less_than_one_request_a_minute_comes_as_whole_requests() {
        let start = minute("2026-06-14T00:00Z");
        let curve = Curve {
            constant_rps: 0.001,
            batches: vec![Batch {
                minutes: start..start + 100,
                rps: 0.01,
            }],
            ..Curve::default()
        };
        let requests = curve.requests(start..start + 1000);
        assert!(requests.iter().all(|requests| requests.fract() == 0.0));
        assert_eq!(requests.iter().sum::<f64>(), 60.0 + 60.0);
        assert_eq!(requests[..100].iter().sum::<f64>(), 66.0);
    }

    #[test]
    fn the_last_request_is_found_however_long_ago_it_was() {
        let start = minute("2026-06-01T00:00Z");
        let curve = Curve {
            batches: vec![Batch {
                minutes: start..start + 5,
                rps: 1.0,
            }],
            ..Curve::default()
        };
        let until = start + 14 * 1440;
        assert_eq!(curve.last_request(start..until), Some(start + 4));
        assert_eq!(curve.last_request(start + 4..until), Some(start + 4));
        assert_eq!(curve.last_request(start + 5..until), None);
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
