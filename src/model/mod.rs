//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim and whether that holds, whether it
//! is in use, which keys are one scheme, how full a quota is, which alarms would tell of it, what a Bucket Key changes.

mod alarms;
mod alarms_to_keep;
mod bucket_keys;
mod claims;
mod clusters;
mod cost;
mod days;
mod encryption_context;
mod headroom;
mod justification;
mod key_policy;
mod key_use;
mod kms_requests;
mod quiet_hours;
mod quota_standing;
mod request_pool;
mod templates;
mod trail;

pub use alarms::{AlarmLimits, Fault, ThrottleAlarm, Verdict, Watched, throttle_alarms, unread_filters};
pub use alarms_to_keep::{
    CustomMetrics, alarms_named_in, depends_on_trails, drop_idle_composites, may_concern_kms, uses_pools,
};
pub use bucket_keys::{AliasMeaning, BucketKeyTarget, bucket_key_targets};
pub use claims::{ClaimVerdict, byok, cannot_rotate, grant, policy, rotation};
pub use clusters::{Cluster, ClusterRules, Evidence, clusters};
pub use cost::monthly_cost;
pub use days::{day_of, days_between};
pub use encryption_context::{
    BucketKeySafety, Change, ConditionPlace, Consequence, ContextCondition, ContextConditions,
};
pub use headroom::{Headroom, limit_is_certain};
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
pub use key_use::{IdleKey, IdleSince, KeyUse, UseLimits, key_use};
pub use kms_requests::MonthlyRequests;
pub use quiet_hours::{QuietStretch, quiet_stretch};
pub use quota_standing::QuotaStanding;
pub use request_pool::RequestPool;
pub use trail::{KmsEvents, WhyNotAll, kms_events};
