//! What was read from AWS, as plain data: no SDK type, no judgement.
//!
//! Every fact that a call can fail to deliver is a [`Fact`] with three values, so that a permission error can never
//! be mistaken for an empty answer.

mod account;
mod alarm;
mod arn;
mod bucket;
mod call_sums;
mod config_record;
mod custom_key_store;
#[cfg(test)]
pub(crate) mod examples;
mod gap;
mod key;
mod key_details;
mod open_enum;
mod parameters;
mod quota;
mod region;
mod scan;
mod shard;
mod source;
mod trail;
mod usage_pattern;

pub use account::{AccountFacts, AccountId, ApiCalls, Fallback, RegionFacts, RegionSource, RegionState};
pub use alarm::{
    Alarm, AlarmKind, AlarmMetric, AlarmMetricSource, AlarmState, FilterMetric, LogAlarm, MetricAlarm, MetricFilter,
};
pub use arn::Arn;
pub use bucket::{Bucket, BucketEncryption, BucketRequests, MetricsConfiguration, SseAlgorithm};
pub use call_sums::CallSums;
pub use config_record::ConfigRecord;
pub use custom_key_store::{ConnectionState, CustomKeyStore, CustomKeyStoreType};
pub use gap::{Gap, gaps};
pub use key::{Key, KeyManager, KeyMetadata, KeyOrigin, KeySpec, KeyState, KeyUsage, MultiRegionRole};
pub use key_details::{
    AutomaticRotation, Grant, KeyDetails, KeyRequests, LastUsage, LastUse, Rotation, RotationType,
};
pub(crate) use parameters::bounded_parameters;
pub use quota::{
    Contributor, Contributors, KeyCountQuota, LimitSource, Peak, RequestQuota, RequestsPerSecond, Usage,
    UsageMetric,
};
pub use region::Region;
pub use scan::{AccountElsewhere, AccountNotEntered, ScanFacts, SkippedAccount};
pub use shard::Shard;
pub use source::TagSource;
pub use trail::{AdvancedEventSelector, EventSelector, FieldSelector, Trail, TrailSelectors, TrailStatus};
pub use usage_pattern::{BusiestDay, HOURS_OF_WEEK, HoursOfWeek, MINUTES_OF_DAY, UsagePattern};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fact with the three values it can really have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Fact_of_{T}")]
pub enum Fact<T> {
    /// AWS answered.
    Known(T),
    /// The call that delivers it failed: a gap in the coverage.
    Unavailable(Unavailable),
    /// The program had no reason to ask.
    #[default]
    NotCollected,
}

impl<T> Fact<T> {
    /// The value, where AWS answered.
    pub fn known(&self) -> Option<&T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Unavailable(_) | Fact::NotCollected => None,
        }
    }

    /// The same fact with a value made of this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Fact::Known(value) => Fact::Known(make(value)),
            Fact::Unavailable(reason) => Fact::Unavailable(reason),
            Fact::NotCollected => Fact::NotCollected,
        }
    }

    /// The same fact with the value borrowed.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Unavailable(reason) => Fact::Unavailable(reason.clone()),
            Fact::NotCollected => Fact::NotCollected,
        }
    }

    /// Why the value is missing, where a call failed.
    pub fn unavailable(&self) -> Option<&Unavailable> {
        match self {
            Fact::Unavailable(reason) => Some(reason),
            Fact::Known(_) | Fact::NotCollected => None,
        }
    }

    /// Whether nobody asked.
    pub fn is_not_collected(&self) -> bool {
        matches!(self, Fact::NotCollected)
    }
}

impl<T, E: Into<Unavailable>> From<Result<T, E>> for Fact<T> {
    fn from(answer: Result<T, E>) -> Self {
        match answer {
            Ok(value) => Fact::Known(value),
            Err(error) => Fact::Unavailable(error.into()),
        }
    }
}

/// Why a fact could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unavailable {
    /// The API operation that failed, as `service:Operation`, for example `kms:DescribeKey`.
    pub operation: String,
    /// The error code of AWS, or one of ours where no AWS error came back (`Timeout`, `MissingMarker` …).
    pub code: String,
    /// What AWS, or the network, said.
    pub message: String,
}
