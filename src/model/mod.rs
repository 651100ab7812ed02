//! Pure arithmetic over facts, with its sources: what a key costs, what its tags claim, how full a quota is.

mod bucket_keys;
mod cost;
mod headroom;
mod justification;
mod key_policy;
mod request_pool;

pub use bucket_keys::bucket_key;
pub use cost::monthly_cost;
pub use headroom::Headroom;
pub use justification::{Claim, Standing, UnrecognizedWord, standing};
pub use key_policy::{KeyPolicy, Statement, Values};
pub use request_pool::RequestPool;
