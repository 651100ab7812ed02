//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim, which key
//! a bucket names, how full a quota is.

mod bucket_keys;
mod cost;
mod headroom;
mod justification;
mod key_policy;

pub use bucket_keys::{BucketKey, BucketKeys};
pub use cost::monthly_cost;
pub use headroom::Headroom;
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
