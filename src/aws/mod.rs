//! The only place that talks to AWS. One file for each question; every answer leaves as a fact.

mod buckets;
mod call;
#[cfg(test)]
mod canned;
mod error;
mod expiry;
mod guard;
mod http;
mod keys;
mod operations;
mod organization;
mod pacing;
mod paging;
mod quotas;
mod refusals;
mod regions;
mod role;
mod session;
mod usage;

pub use call::{Caller, Stop};
pub use error::CallError;
pub use http::{HttpSettingsError, direct_http_client, http_client};
pub use operations::{OPERATIONS, Operation};
pub use organization::{ListedAccount, OrganizationError, OrganizationRead, read_organization, read_units};
pub use pacing::ApiShare;
pub use regions::{RegionChoice, RegionError};
pub use role::{DEFAULT_ROLE_NAME, ExternalId, RoleSettings};
pub use session::{Credentials, RegionSession, Session, SessionError, SessionSettings};

pub use buckets::{BucketsRead, read_buckets};
pub use keys::{KeysRead, read_keys};
pub use quotas::{QuotasRead, read_quotas};
pub use regions::{RegionsRead, choose_regions};
pub use usage::{UsageWindow, read_usage};
