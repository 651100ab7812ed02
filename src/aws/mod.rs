//! The only place that talks to AWS. One file for each question; every answer leaves as a fact.

mod alarms;
mod bucket_metrics;
mod buckets;
mod call;
#[cfg(test)]
mod canned;
mod clients;
mod config_aggregator;
mod contributors;
mod custom_key_store_use;
mod custom_key_stores;
mod error;
mod expiry;
mod grants;
mod guard;
mod http;
mod key_metrics;
mod key_requests;
mod keys;
mod metric_data;
mod metric_filters;
mod moment;
mod key_policies;
mod last_usage;
mod operations;
mod organization;
mod pacing;
mod paging;
mod places;
mod profiles;
mod quotas;
mod refusals;
mod regions;
mod request_log;
mod role;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod sandboxed;
mod rotations;
mod secrets;
mod session;
mod session_error;
mod session_settings;
mod silence;
mod tags;
mod trails;
mod usage;
mod usage_minutes;
mod window;

pub use call::{Caller, Stop};
pub use clients::RegionSession;
pub use error::CallError;
pub use http::{HttpSettingsError, direct_http_client, http_client};
pub use operations::{OPERATIONS, Operation, QUOTA_OPERATIONS};
pub use organization::{ListedAccount, OrganizationError, OrganizationRead, read_organization, read_units};
pub use pacing::ApiShare;
pub use regions::{RegionChoice, RegionError};
pub use role::{DEFAULT_ROLE_NAME, DEFAULT_SESSION_NAME, ExternalId, RoleSettings};
pub use session::Session;
pub use session_error::SessionError;
pub use session_settings::{Credentials, SessionSettings};

pub use alarms::read_alarms;
pub use bucket_metrics::read_bucket_requests;
pub use buckets::{BucketsRead, read_buckets};
pub use config_aggregator::{
    Aggregate, AggregatorChoice, AggregatorError, RecordedAccount, read_aggregator, read_recorded_keys,
};
pub use contributors::read_contributors;
pub use custom_key_store_use::read_custom_key_store_use;
pub use custom_key_stores::read_custom_key_stores;
pub use grants::GrantReader;
pub use key_metrics::{KeyMetric, KeyMetricsRead};
pub use key_policies::KeyPolicyReader;
pub use key_requests::read_key_requests;
pub use keys::{KeysRead, read_keys};
pub use last_usage::LastUsageReader;
pub use metric_filters::read_metric_filters;
pub use quotas::{QuotasRead, read_quotas};
pub use regions::{RegionsRead, choose_regions};
pub use rotations::RotationReader;
pub use trails::{TrailsRead, read_trails};
pub use usage::read_usage;
pub use window::UsageWindow;
