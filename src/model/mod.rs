//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim, how full a quota is.

mod alarms;
mod bucket_keys;
mod cost;
mod encryption_context;
mod headroom;
mod justification;
mod key_policy;
mod kms_alarms;
mod kms_requests;
mod trail;

pub use alarms::{AlarmLimits, Fault, ThrottleAlarm, Verdict, Watched, throttle_alarms, unread_filters};
pub use bucket_keys::{AliasMeaning, BucketKeyTarget, bucket_key_targets};
pub use cost::monthly_cost;
pub use encryption_context::{
    BucketKeySafety, Change, ConditionPlace, Consequence, ContextCondition, ContextConditions,
};
pub use headroom::{Headroom, limit_is_certain};
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
pub use kms_alarms::{
    CustomMetrics, alarms_named_in, depends_on_trails, drop_idle_composites, may_concern_kms, uses_pools,
};
pub use kms_requests::MonthlyRequests;
pub use trail::{KmsEvents, WhyNotAll, kms_events};
