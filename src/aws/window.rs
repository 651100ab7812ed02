//! The stretch of time that is looked at.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::facts::{Fact, Peak, Usage};

/// The finest resolution CloudWatch keeps for what is read here.
pub(super) const MINUTE: u32 = 60;
pub(super) const DAY: u32 = 24 * 60 * 60;

/// The stretch of time whose peak is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsageWindow {
    /// Its first minute.
    pub start: Timestamp,
    /// The minute it ends at, not included.
    pub end: Timestamp,
}

impl UsageWindow {
    /// The `days` before a moment, in whole minutes. CloudWatch keeps minutes for 15 days.
    pub fn before(moment: Timestamp, days: u32) -> Self {
        let minutes = moment.as_second().div_euclid(60);
        let whole = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap_or(moment);
        UsageWindow {
            start: whole(minutes - i64::from(days) * 24 * 60),
            end: whole(minutes),
        }
    }

    /// The one minute that begins at a moment.
    pub(super) fn minute_at(moment: Timestamp) -> Self {
        UsageWindow {
            start: moment,
            end: moment + i64::from(MINUTE).seconds(),
        }
    }

    /// The same window from the midnight (UTC) of its first day on. Days are whole days in CloudWatch, so that a sum of
    /// days says exactly of which time it is.
    pub(super) fn since_midnight(self) -> Self {
        let midnight = self.start.to_zoned(TimeZone::UTC).start_of_day();
        UsageWindow {
            start: midnight.map_or(self.start, |midnight| midnight.timestamp()),
            ..self
        }
    }

    /// How many datapoints of a period a metric has at most.
    pub(super) fn datapoints(&self, period_seconds: u32) -> usize {
        let seconds = self.end.duration_since(self.start).as_secs();
        let period = i64::from(period_seconds.max(1));
        usize::try_from(seconds.saturating_add(period - 1) / period).unwrap_or(0)
    }

    /// What a metric of so many minutes with data, and with this peak, says of the window.
    pub(super) fn usage(&self, datapoints: u64, peak: Option<Peak>) -> Usage {
        Usage {
            window_start: self.start,
            window_end: self.end,
            resolution_seconds: MINUTE,
            datapoints,
            peak,
            pattern: Fact::NotCollected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> UsageWindow {
        UsageWindow::before("2026-06-15T06:00:42Z".parse().unwrap(), 14)
    }

    #[test]
    fn the_window_is_fourteen_days_of_whole_minutes() {
        assert_eq!(window().end.to_string(), "2026-06-15T06:00:00Z");
        assert_eq!(window().start.to_string(), "2026-06-01T06:00:00Z");
        assert_eq!(window().datapoints(MINUTE), 20_160);
    }

    #[test]
    fn since_midnight_no_day_but_the_last_is_cut() {
        let days = window().since_midnight();
        assert_eq!(days.start.to_string(), "2026-06-01T00:00:00Z");
        assert_eq!(days.end, window().end);
        assert_eq!(days.datapoints(DAY), 15);
        assert_eq!(days.since_midnight(), days);
    }
}
