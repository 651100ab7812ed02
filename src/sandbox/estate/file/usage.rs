//! Usage over time, as it is written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::Deserialize;

/// How many requests count against one request quota, minute by minute: what the account asks of any key, AWS managed
/// keys and keys of other accounts included. So it need not be the sum of the keys' `requests`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageFile {
    /// The `Resource` dimension of the quota's metric in AWS/Usage.
    pub resource: At<String>,
    /// A steady load.
    pub constant: Option<ConstantFile>,
    /// Work that rises in the morning and falls in the evening.
    pub business_hours: Option<At<BusinessHoursFile>>,
    /// Steady loads of some minutes.
    #[serde(default)]
    pub batch: Vec<At<BatchFile>>,
    /// Minutes without a datapoint, whatever happened.
    #[serde(default)]
    pub gaps: Vec<GapFile>,
}

/// How many requests of one kind there are, minute by minute.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurveFile {
    /// A steady load.
    pub constant: Option<ConstantFile>,
    /// Work that rises in the morning and falls in the evening.
    pub business_hours: Option<At<BusinessHoursFile>>,
    /// Steady loads of some minutes.
    #[serde(default)]
    pub batch: Vec<At<BatchFile>>,
    /// Minutes without a datapoint, whatever happened.
    #[serde(default)]
    pub gaps: Vec<GapFile>,
}

impl UsageFile {
    /// The curve, without what it is of. Flattening it into the section would cost the places of its values.
    pub fn curve(&self) -> CurveFile {
        CurveFile {
            constant: self.constant.clone(),
            business_hours: self.business_hours.clone(),
            batch: self.batch.clone(),
            gaps: self.gaps.clone(),
        }
    }
}

/// A steady load.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstantFile {
    /// Requests a second.
    pub rps: At<f64>,
}

/// Work that rises in the morning, peaks at the middle of the working day and falls towards the evening.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessHoursFile {
    /// The total of every calendar month.
    pub requests_per_month: u64,
    /// The hour of the day it begins at.
    pub from: i8,
    /// The hour of the day it ends at.
    pub to: i8,
    /// A fixed offset from UTC, such as `+02:00`.
    pub utc_offset: Option<At<String>>,
    /// A time zone, such as `Europe/Paris`.
    pub time_zone: Option<At<String>>,
    /// Whether weekends are worked through.
    #[serde(default)]
    pub weekends: bool,
}

/// A steady load of some minutes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchFile {
    /// When it begins.
    pub start: Instant,
    /// How long it lasts.
    pub minutes: u32,
    /// Requests a second.
    pub rps: f64,
}

/// Minutes without a datapoint.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GapFile {
    /// The first of them.
    pub start: Instant,
    /// How many.
    pub minutes: u32,
}
