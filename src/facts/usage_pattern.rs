//! How the use of a quota is spread over its window: by the hour of the week, and over the busiest day. Both are
//! summaries, so that a snapshot does not keep 20,160 numbers of each metric.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The hours of a week. The first is the one that begins on Monday at 00:00 UTC.
pub const HOURS_OF_WEEK: usize = 7 * 24;

/// The minutes of a day.
pub const MINUTES_OF_DAY: usize = 24 * 60;

/// How the use of a quota is spread over its window. All times are UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsagePattern {
    /// By the hour of the week.
    pub hours: HoursOfWeek,
    /// The day of the busiest minute, minute by minute. Null where its minutes came in an order in which they could
    /// not all be kept.
    pub busiest_day: Option<BusiestDay>,
}

/// The use of a quota by the hour of the week: three lists of 168, the first hour being that from Monday 00:00 UTC on.
/// In a window of fourteen days each hour comes twice, so an hour that was quiet need not stay so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HoursOfWeek {
    /// The requests of the busiest minute; null where no minute of the hour has a datapoint, which is not zero.
    pub busiest_minute: Vec<Option<f64>>,
    /// The requests of all its minutes.
    pub requests: Vec<f64>,
    /// How many of its minutes have a datapoint.
    pub datapoints: Vec<u32>,
}

/// A day, minute by minute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BusiestDay {
    /// The day, in UTC.
    pub date: Date,
    /// The requests of each of its 1,440 minutes; null where there is no datapoint, also because the window begins or
    /// ends on that day.
    pub minutes: Vec<Option<f64>>,
}

impl Default for HoursOfWeek {
    /// No datapoint in any hour.
    fn default() -> Self {
        HoursOfWeek {
            busiest_minute: vec![None; HOURS_OF_WEEK],
            requests: vec![0.0; HOURS_OF_WEEK],
            datapoints: vec![0; HOURS_OF_WEEK],
        }
    }
}

impl HoursOfWeek {
    /// Adds the requests of one minute of an hour. An hour that no week has is left out.
    pub fn add(&mut self, hour: usize, sum: f64) {
        if let (Some(busiest), Some(requests), Some(datapoints)) = (
            self.busiest_minute.get_mut(hour),
            self.requests.get_mut(hour),
            self.datapoints.get_mut(hour),
        ) {
            *busiest = Some(busiest.map_or(sum, |busiest| busiest.max(sum)));
            *requests += sum;
            *datapoints += 1;
        }
    }
}
