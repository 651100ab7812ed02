//! A Region, as it is written.

use super::{AlarmFile, At, CustomKeyStoreFile, KeyFile, MetricFilterFile, OneOrMany, RecorderFile, UsageFile};
use schemars::JsonSchema;
use serde::Deserialize;

/// A Region, or several alike.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionFile {
    /// The name, or the names of several that are alike.
    pub name: At<OneOrMany>,
    /// Whether the account has enabled it. One that is not does not accept the account's credentials.
    #[serde(default = "super::yes")]
    pub enabled: bool,
    /// Aliases that AWS keeps for keys that do not exist yet.
    #[serde(default)]
    pub reserved_aliases: Vec<At<String>>,
    /// The KMS keys.
    #[serde(default, rename = "key")]
    pub keys: Vec<At<KeyFile>>,
    /// The custom key stores.
    #[serde(default, rename = "custom_key_store")]
    pub custom_key_stores: Vec<At<CustomKeyStoreFile>>,
    /// Quotas of KMS that differ from the published defaults.
    #[serde(default, rename = "quota")]
    pub quotas: Vec<QuotaFile>,
    /// How much of the request quotas is used.
    #[serde(default)]
    pub usage: Vec<UsageFile>,
    /// The alarms of CloudWatch.
    #[serde(default, rename = "alarm")]
    pub alarms: Vec<At<AlarmFile>>,
    /// The metric filters of CloudWatch Logs. The log groups that they and the trails name are there.
    #[serde(default, rename = "metric_filter")]
    pub metric_filters: Vec<At<MetricFilterFile>>,
    /// What AWS Config records; every change of everything where nothing is said.
    pub config_recorder: Option<RecorderFile>,
}

/// A quota of KMS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaFile {
    /// The quota code, such as `L-6E3AF000`.
    pub code: At<String>,
    /// The default value of the Region.
    pub default: Option<f64>,
    /// The applied value; the default where nothing is said.
    pub applied: Option<Applied>,
}

/// An applied quota value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected a number, or \"absent\" for a quota that ListServiceQuotas leaves out"
)]
pub enum Applied {
    /// The value.
    Value(f64),
    /// ListServiceQuotas leaves the quota out.
    Word(Absent),
}

/// The word for a quota without an applied value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// ListServiceQuotas leaves the quota out.
    Absent,
}
