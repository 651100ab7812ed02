//! When a batch job is safest: the longest stretch of the week in which a quota was far from full.

use crate::facts::{HOURS_OF_WEEK, HoursOfWeek};

/// Hours of the week that follow one another, all of them quiet. A stretch can go over the end of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuietStretch {
    /// Its first hour, counted from Monday 00:00 UTC.
    pub first: usize,
    /// How many hours it has.
    pub hours: usize,
    /// The requests of its busiest minute.
    pub busiest_minute: f64,
}

/// The longest stretch of hours of which no minute had more than so many requests; of equal ones the quietest. `None`
/// where there is none. An hour without a datapoint is not known to be quiet, so it ends a stretch.
pub fn quiet_stretch(hours: &HoursOfWeek, most: f64) -> Option<QuietStretch> {
    let quiet = |hour: usize| {
        let busiest = hours.busiest_minute.get(hour % HOURS_OF_WEEK).copied().flatten();
        busiest.filter(|busiest| *busiest <= most)
    };
    let mut longest: Option<QuietStretch> = None;
    for first in 0..HOURS_OF_WEEK {
        // Within a stretch no other begins, unless the whole week is one.
        if first > 0 && quiet(first + HOURS_OF_WEEK - 1).is_some() {
            continue;
        }
        let sums = (first..first + HOURS_OF_WEEK).map_while(quiet);
        let (mut length, mut busiest_minute) = (0, 0.0_f64);
        for sum in sums {
            length += 1;
            busiest_minute = busiest_minute.max(sum);
        }
        let stretch = QuietStretch {
            first,
            hours: length,
            busiest_minute,
        };
        let is_longer = longest.is_none_or(|longest| {
            length > longest.hours || (length == longest.hours && busiest_minute < longest.busiest_minute)
        });
        if length > 0 && is_longer {
            longest = Some(stretch);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(sum: impl Fn(usize) -> Option<f64>) -> HoursOfWeek {
        let mut hours = HoursOfWeek::default();
        for hour in 0..HOURS_OF_WEEK {
            if let Some(sum) = sum(hour) {
                hours.add(hour, sum);
            }
        }
        hours
    }

    fn found(hours: &HoursOfWeek) -> Option<(usize, usize, f64)> {
        quiet_stretch(hours, 100.0).map(|stretch| (stretch.first, stretch.hours, stretch.busiest_minute))
    }

    #[test]
    fn a_stretch_goes_over_the_end_of_the_week() {
        let hours = week(|hour| Some(if (10..150).contains(&hour) { 900.0 } else { 7.0 }));
        assert_eq!(found(&hours), Some((150, 28, 7.0)));
    }

    #[test]
    fn a_whole_week_can_be_quiet_and_none_of_it() {
        assert_eq!(found(&week(|_| Some(100.0))), Some((0, 168, 100.0)));
        assert_eq!(found(&week(|_| Some(101.0))), None);
    }

    #[test]
    fn an_hour_without_a_datapoint_is_not_quiet() {
        let hours = week(|hour| (hour != 3 && hour < 20).then_some(1.0));
        assert_eq!(found(&hours), Some((4, 16, 1.0)));
    }

    #[test]
    fn of_equal_stretches_the_quietest_is_named() {
        let hours = week(|hour| match hour {
            0..3 => Some(9.0),
            20..23 => Some(5.0),
            _ => None,
        });
        assert_eq!(found(&hours), Some((20, 3, 5.0)));
    }
}
