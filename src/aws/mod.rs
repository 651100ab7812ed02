//! The only place that talks to AWS. One file for each question; every answer leaves as a fact.

mod alarms;
mod buckets;
mod call;
#[cfg(test)]
mod canned;
mod error;
mod expiry;
mod guard;
mod http;
mod keys;
mod metric_filters;
mod operations;
mod pacing;
mod paging;
mod quotas;
mod refusals;
mod regions;
mod session;
mod trails;
mod usage;

pub use call::{Caller, Stop};
pub use error::CallError;
pub use http::{HttpSettingsError, direct_http_client, http_client};
pub use operations::{OPERATIONS, Operation};
pub use pacing::ApiShare;
pub use regions::{RegionChoice, RegionError};
pub use session::{Credentials, RegionSession, Session, SessionError, SessionSettings};

pub use alarms::read_alarms;
pub use buckets::{BucketsRead, read_buckets};
pub use keys::{KeysRead, read_keys};
pub use metric_filters::read_metric_filters;
pub use quotas::{QuotasRead, read_quotas};
pub use regions::{RegionsRead, choose_regions};
pub use trails::{TrailsRead, read_trails};
pub use usage::{UsageWindow, read_usage};
