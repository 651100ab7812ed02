//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim, how full a quota is.

mod alarm;
mod cost;
mod headroom;
mod justification;
mod key_policy;
mod trail;

pub use alarm::{
    CustomMetrics, alarms_named_in, depends_on_trails, drop_idle_composites, may_concern_kms, uses_pools,
};
pub use cost::monthly_cost;
pub use headroom::Headroom;
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
pub use trail::{KmsEvents, WhyNotAll, kms_events};
