//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim and
//! whether that holds, whether it is in use, which
//! keys are one scheme, how full a quota is.

mod claims;
mod clusters;
mod cost;
mod days;
mod headroom;
mod justification;
mod key_policy;
mod key_use;
mod templates;

pub use claims::{Verdict, byok, cannot_rotate, grant, policy, rotation};
pub use clusters::{Cluster, ClusterRules, Evidence, clusters};
pub use cost::monthly_cost;
pub use days::{day_of, days_between};
pub use headroom::Headroom;
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
pub use key_use::{IdleKey, IdleSince, KeyUse, UseLimits, key_use};
