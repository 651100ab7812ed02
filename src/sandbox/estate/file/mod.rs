//! An estate file as it is written: TOML and its types, nothing checked yet.
//!
//! The doc comments of the types are the descriptions in `docs/estate.schema.json`, which is generated from them.

mod account;
mod aggregator;
mod alarm;
mod bucket;
mod custom_key_store;
mod fault;
mod grant;
mod key;
mod metric_filter;
mod region;
mod rotation;
mod trail;
mod usage;
mod value;

pub use account::{AccountFile, AccountState, MemberFile, OrganizationFile, RoleFile};
pub use aggregator::{AggregatorFile, RecorderFile, RecordingFrequency, SourceStatus};
pub use alarm::{AlarmFile, AlarmKind, AlarmMetricFile, AlarmState, Comparison, MissingData};
pub use bucket::{BucketFile, EncryptionKind, KeyForm, RequestMetricsFile};
pub use custom_key_store::{CustomKeyStoreFile, XksProxyFile};
pub use fault::FaultFile;
pub use grant::GrantFile;
pub use key::{KeyFile, MultiRegionRole};
pub use metric_filter::MetricFilterFile;
pub use region::{Applied, QuotaFile, RegionFile};
pub use rotation::{CompletedRotationFile, MaterialFile, RotationFile};
pub use trail::{AdvancedSelectorFile, EventSelectorFile, FieldSelector, ReadWrite, TrailFile};
pub use usage::{BusinessHoursFile, CurveFile, UsageFile};
pub use value::{At, Instant, OneOrMany};

use schemars::JsonSchema;
use serde::Deserialize;

/// An AWS that exists only in kms-audit: what `scan --sandbox` scans and `sandbox serve` serves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstateFile {
    /// The editor's note of where this schema is; it means nothing else.
    #[serde(default, rename = "$schema")]
    pub _schema: Option<String>,
    /// The instant that it always is in this estate.
    pub as_of: Instant,
    /// When AWS KMS began to record the last usage of keys; 2026-03-11T00:00:00Z where nothing is said, or `as_of` if
    /// that is earlier.
    pub last_usage_tracking_start: Option<At<Instant>>,
    /// The account that the credentials belong to.
    pub account: AccountFile,
    /// The organization that the account belongs to, if it does.
    pub organization: Option<OrganizationFile>,
    /// The other accounts of the organization.
    #[serde(default, rename = "member")]
    pub members: Vec<At<MemberFile>>,
    /// The Regions of the account of the credentials.
    #[serde(default, rename = "region")]
    pub regions: Vec<RegionFile>,
    /// The general purpose buckets of the account of the credentials.
    #[serde(default, rename = "bucket")]
    pub buckets: Vec<BucketFile>,
    /// The trails of the account of the credentials.
    #[serde(default, rename = "trail")]
    pub trails: Vec<At<TrailFile>>,
    /// The aggregators of AWS Config in the account of the credentials.
    #[serde(default, rename = "config_aggregator")]
    pub aggregators: Vec<AggregatorFile>,
    /// What goes wrong on purpose.
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultFile>,
}

fn yes() -> bool {
    true
}
