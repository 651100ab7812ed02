//! The minutes of one usage metric, as far as they matter: the busiest, the hours of the week, and the day of the
//! busiest. Of 20,160 minutes at most two days are held at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::metric_data::Datapoint;
use super::window::UsageWindow;
use crate::facts::{BusiestDay, Fact, HoursOfWeek, MINUTES_OF_DAY, Peak, Usage, UsagePattern};

/// The seconds of a day.
const DAY: i64 = 24 * 60 * 60;
/// The first of January 1970 was a Thursday, three days after a Monday.
const DAYS_SINCE_MONDAY: i64 = 3;

#[derive(Clone, Debug, Default)]
pub(super) struct UsageMinutes {
    datapoints: u64,
    peak: Option<Peak>,
    hours: HoursOfWeek,
    /// The day of the peak and the latest day, by their numbers since 1970.
    days: BTreeMap<i64, Vec<Option<f64>>>,
    /// The days that were let go, since others were busier.
    let_go: BTreeSet<i64>,
}

impl UsageMinutes {
    pub(super) fn add(&mut self, Datapoint { at, sum }: Datapoint) {
        self.datapoints += 1;
        // The first of equal minutes, whatever order they come in.
        if self
            .peak
            .is_none_or(|peak| sum > peak.sum || (sum == peak.sum && at < peak.at))
        {
            self.peak = Some(Peak { sum, at });
        }
        self.hours.add(hour_of_week(at), sum);
        let minutes = self.days.entry(day(at)).or_insert_with(|| vec![None; MINUTES_OF_DAY]);
        if let Some(minute) = minutes.get_mut(minute_of_day(at)) {
            *minute = Some(sum);
        }
        if self.days.len() > 2 {
            self.let_go();
        }
    }

    /// Lets the days go that are neither that of the peak nor the latest.
    fn let_go(&mut self) {
        let latest = self.days.keys().next_back().copied();
        let busiest = self.peak.map(|peak| day(peak.at));
        let let_go = &mut self.let_go;
        self.days.retain(|number, _| {
            let kept = Some(*number) == latest || Some(*number) == busiest;
            if !kept {
                let_go.insert(*number);
            }
            kept
        });
    }

    /// What the metric says of the window, and how that is spread if somebody is going to look at it.
    pub(super) fn usage(mut self, window: UsageWindow, is_of_interest: impl FnOnce(Peak) -> bool) -> Usage {
        let usage = window.usage(self.datapoints, self.peak);
        let pattern = match self.peak {
            Some(peak) if is_of_interest(peak) => Fact::Known(UsagePattern {
                busiest_day: self.busiest_day(peak),
                hours: self.hours,
            }),
            _ => Fact::NotCollected,
        };
        Usage { pattern, ..usage }
    }

    fn busiest_day(&mut self, peak: Peak) -> Option<BusiestDay> {
        let number = day(peak.at);
        // A day that was let go and came again is not whole. CloudWatch sends minutes in their order, so there is none.
        if self.let_go.contains(&number) {
            return None;
        }
        Some(BusiestDay {
            date: date(peak.at),
            minutes: self.days.remove(&number)?,
        })
    }
}

fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY)
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn minute_of_day(at: Timestamp) -> usize {
    usize::try_from(at.as_second().rem_euclid(DAY) / 60).unwrap_or(0)
}

fn hour_of_week(at: Timestamp) -> usize {
    let since_monday = at.as_second() + DAYS_SINCE_MONDAY * DAY;
    usize::try_from(since_monday.rem_euclid(7 * DAY) / 3_600).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::HOURS_OF_WEEK;

    fn window() -> UsageWindow {
        UsageWindow::before("2026-06-15T06:00:42Z".parse().unwrap(), 14)
    }

    fn usage(datapoints: impl IntoIterator<Item = (i64, f64)>) -> Usage {
        let mut minutes = UsageMinutes::default();
        for (minute, sum) in datapoints {
            let at = Timestamp::from_second(window().start.as_second() + minute * 60).unwrap();
            minutes.add(Datapoint { at, sum });
        }
        minutes.usage(window(), |_| true)
    }

    fn pattern(usage: &Usage) -> &UsagePattern {
        usage.pattern.known().unwrap()
    }

    #[test]
    fn the_peak_is_the_first_of_the_busiest_minutes() {
        let usage = usage((0..).zip([60.0, 840_000.0, 840_000.0, 5.0]));
        assert_eq!(usage.datapoints, 4);
        assert_eq!(usage.peak_rate().unwrap().0, 14_000.0);
        assert_eq!(usage.peak.unwrap().at.as_second(), window().start.as_second() + 60);
    }

    #[test]
    fn no_datapoints_is_neither_a_peak_of_zero_nor_a_pattern() {
        let usage = usage([]);
        assert_eq!((usage.datapoints, usage.peak), (0, None));
        assert!(usage.pattern.is_not_collected());
    }

    #[test]
    fn the_busiest_day_has_the_minutes_of_the_day_of_the_peak_and_no_other() {
        // The window begins on Monday the first of June at 06:00.
        let all = (0..14 * 1_440).map(|minute| (minute, if minute == 4_000 { 9_000.0 } else { 1.0 }));
        let usage = usage(all);
        let day = pattern(&usage).busiest_day.as_ref().unwrap();
        assert_eq!(day.date.to_string(), "2026-06-04");
        assert_eq!(day.minutes.len(), MINUTES_OF_DAY);
        assert_eq!(day.minutes[(4_000 + 360) % 1_440], Some(9_000.0));
        assert!(day.minutes.iter().all(Option::is_some));
    }

    #[test]
    fn minutes_before_the_window_and_without_a_datapoint_are_not_zero() {
        let usage = usage([(0, 5.0), (2, 7.0)]);
        let day = pattern(&usage).busiest_day.as_ref().unwrap();
        assert_eq!(day.minutes[358..364], [None, None, Some(5.0), None, Some(7.0), None]);
    }

    #[test]
    fn an_hour_of_the_week_has_the_minutes_of_both_weeks() {
        let usage = usage([(0, 5.0), (59, 3.0), (60, 2.0), (7 * 1_440, 8.0)]);
        let hours = &pattern(&usage).hours;
        assert_eq!(hours.busiest_minute[5..8], [None, Some(8.0), Some(2.0)]);
        assert_eq!(hours.requests[5..8], [0.0, 16.0, 2.0]);
        assert_eq!(hours.datapoints[5..8], [0, 3, 1]);
        assert_eq!(hours.datapoints.len(), HOURS_OF_WEEK);
    }

    #[test]
    fn a_busiest_day_that_came_in_pieces_is_not_shown_as_whole() {
        let day = |number: i64, sum| (number * 1_440, sum);
        let usage = usage([day(0, 1.0), day(1, 5.0), day(2, 1.0), day(3, 1.0), day(2, 9.0)]);
        assert_eq!(usage.peak.unwrap().sum, 9.0);
        assert_eq!(pattern(&usage).busiest_day, None);
    }
}
