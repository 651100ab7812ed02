//! Moments as people count them: in days.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How many days lie between two moments; negative where the later one is the earlier.
pub fn days_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64() / 86_400.0
}

/// The day of a moment, in UTC.
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_with_their_parts_and_never_overflow() {
        let moment = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(
            days_between(moment("2026-06-01T00:00:00Z"), moment("2026-06-02T12:00:00Z")),
            1.5
        );
        assert!(days_between(Timestamp::MAX, Timestamp::MIN) < 0.0);
        assert_eq!(day_of(moment("2026-06-15T23:59:59Z")).to_string(), "2026-06-15");
    }
}
