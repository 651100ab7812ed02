//! The only place that talks to AWS. One file for each question; every answer leaves as a fact.

mod buckets;
mod call;
#[cfg(test)]
mod canned;
mod error;
mod expiry;
mod grants;
mod guard;
mod http;
mod key_policies;
mod keys;
mod last_usage;
mod operations;
mod pacing;
mod paging;
mod quotas;
mod refusals;
mod regions;
mod rotations;
mod session;
mod usage;

pub use call::{Caller, Stop};
pub use error::CallError;
pub use http::{HttpSettingsError, direct_http_client, http_client};
pub use operations::{OPERATIONS, Operation};
pub use pacing::ApiShare;
pub use regions::{RegionChoice, RegionError};
pub use session::{Credentials, RegionSession, Session, SessionError, SessionSettings};

pub use buckets::{BucketsRead, read_buckets};
pub use grants::GrantReader;
pub use key_policies::KeyPolicyReader;
pub use keys::{KeysRead, read_keys};
pub use last_usage::LastUsageReader;
pub use quotas::{QuotasRead, read_quotas};
pub use regions::{RegionsRead, choose_regions};
pub use rotations::RotationReader;
pub use usage::{UsageWindow, read_usage};
