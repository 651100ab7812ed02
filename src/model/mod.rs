//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim, how full a quota is.

mod alarms;
mod cost;
mod headroom;
mod justification;
mod key_policy;

pub use alarms::{AlarmLimits, Fault, ThrottleAlarm, Verdict, Watched, throttle_alarms, unread_filters};
pub use cost::monthly_cost;
pub use headroom::{Headroom, limit_is_certain};
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
