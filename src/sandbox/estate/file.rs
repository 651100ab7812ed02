//! An estate file as it is written: TOML and its types, nothing checked yet.

use super::super::faults::Kind;
use super::super::key_template::{KeyState, Origin};
use super::super::service::Service;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EstateFile {
    pub as_of: Instant,
    pub account: AccountFile,
    #[serde(default, rename = "region")]
    pub regions: Vec<RegionFile>,
    #[serde(default, rename = "bucket")]
    pub buckets: Vec<BucketFile>,
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountFile {
    pub id: Spanned<String>,
    #[serde(default = "aws")]
    pub partition: Spanned<String>,
    pub caller_arn: Option<String>,
}

fn aws() -> Spanned<String> {
    Spanned::new(0..0, "aws".to_owned())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionFile {
    pub name: Spanned<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub reserved_aliases: Vec<Spanned<String>>,
    #[serde(default, rename = "key")]
    pub keys: Vec<Spanned<KeyFile>>,
    #[serde(default, rename = "quota")]
    pub quotas: Vec<QuotaFile>,
    #[serde(default)]
    pub usage: Vec<UsageFile>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    pub count: Option<Spanned<u32>>,
    pub alias: Option<Spanned<OneOrMany>>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub spec: Option<Spanned<String>>,
    pub usage: Option<Spanned<String>>,
    #[serde(default)]
    pub origin: Origin,
    #[serde(default)]
    pub state: KeyState,
    pub created: Option<Spanned<Instant>>,
    pub created_until: Option<Spanned<Instant>>,
    pub valid_to: Option<Instant>,
    pub deletion_in_days: Option<Spanned<i64>>,
    pub multi_region: Option<MultiRegionRole>,
    pub multi_region_set: Option<Spanned<String>>,
    #[serde(default)]
    pub aws_managed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MultiRegionRole {
    Primary,
    Replica,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn as_slice(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuotaFile {
    pub code: Spanned<String>,
    pub default: Option<f64>,
    pub applied: Option<Applied>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number, or \"absent\" for a quota that ListServiceQuotas leaves out"
)]
pub(super) enum Applied {
    Value(f64),
    Word(Absent),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Absent {
    Absent,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsageFile {
    pub resource: Spanned<String>,
    pub constant: Option<ConstantFile>,
    pub business_hours: Option<Spanned<BusinessHoursFile>>,
    #[serde(default)]
    pub batch: Vec<Spanned<BatchFile>>,
    #[serde(default)]
    pub gaps: Vec<GapFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConstantFile {
    pub rps: Spanned<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BusinessHoursFile {
    pub requests_per_month: u64,
    pub from: i8,
    pub to: i8,
    pub utc_offset: Option<Spanned<String>>,
    pub time_zone: Option<Spanned<String>>,
    #[serde(default)]
    pub weekends: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchFile {
    pub start: Instant,
    pub minutes: u32,
    pub rps: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GapFile {
    pub start: Instant,
    pub minutes: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BucketFile {
    pub name: Spanned<String>,
    pub count: Option<Spanned<u32>>,
    pub region: Spanned<String>,
    pub created: Option<Instant>,
    pub encryption: EncryptionKind,
    pub kms_key: Option<Spanned<String>>,
    #[serde(default)]
    pub kms_key_form: KeyForm,
    #[serde(default)]
    pub bucket_key: bool,
}

/// A bucket's default encryption, as the S3 documentation names the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum EncryptionKind {
    #[serde(rename = "SSE-S3")]
    SseS3,
    #[serde(rename = "SSE-KMS")]
    SseKms,
    #[serde(rename = "DSSE-KMS")]
    DsseKms,
    #[serde(rename = "none")]
    None,
}

/// How a bucket's configuration names its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KeyForm {
    #[default]
    Arn,
    Id,
    Alias,
    AliasArn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultFile {
    pub service: Service,
    pub operation: Option<Spanned<String>>,
    pub region: Option<Spanned<String>>,
    pub key: Option<Spanned<String>>,
    pub bucket: Option<Spanned<String>>,
    pub kind: Spanned<Kind>,
    pub code: Option<String>,
    pub status: Option<Spanned<u16>>,
    pub message: Option<String>,
    pub ms: Option<u64>,
    pub times: Option<u64>,
}

/// An instant: a TOML date-time with an offset, or the same as a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        struct InstantVisitor;

        impl<'de> Visitor<'de> for InstantVisitor {
            type Value = Instant;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a date and time with an offset, such as 2026-06-15T06:00:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
                text.parse()
                    .map(Instant)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Instant, A::Error> {
                let datetime = toml::value::Datetime::deserialize(de::value::MapAccessDeserializer::new(map))?;
                self.visit_str(&datetime.to_string())
            }
        }

        deserializer.deserialize_any(InstantVisitor)
    }
}
