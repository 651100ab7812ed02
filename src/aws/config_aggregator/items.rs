//! Configuration items, and what of them is kept.
//!
//! Source: <https://github.com/awslabs/aws-config-resource-schema>, for the properties of each type.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::error::CallError;
use super::super::operations::CONFIG_SELECT_AGGREGATE_RESOURCE_CONFIG as SELECT;
use super::coverage::{Coverage, Recorder};
use super::resource_type::Type;
use crate::facts::{
    AccountId, Arn, AutomaticRotation, Bucket, BucketEncryption, Fact, Key, KeyDetails, KeyManager, KeyMetadata,
    MultiRegionRole, Region, Unavailable,
};

/// A row of an answer.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) account_id: AccountId,
    pub(super) region: Region,
    item: RawItem,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawItem {
    account_id: String,
    aws_region: String,
    #[serde(default)]
    resource_id: String,
    configuration_item_capture_time: Option<Timestamp>,
    #[serde(default)]
    configuration_item_status: String,
    #[serde(default)]
    configuration: Value,
    #[serde(default)]
    supplementary_configuration: Value,
    #[serde(default)]
    tags: Vec<RawTag>,
}

#[derive(Debug, Deserialize)]
struct RawTag {
    key: String,
    #[serde(default)]
    value: String,
}

/// An item does not have what an item of its type has.
#[derive(Debug)]
pub(super) struct Unreadable;

/// What is kept of an item.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) region: Region,
    pub(super) captured: Option<Timestamp>,
    pub(super) of: Kept,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Kept {
    Key(Box<Key>),
    AwsManagedKey(String),
    Alias { name: String, key_id: String },
    Bucket(Box<Bucket>),
}

impl Row {
    pub(super) fn parse(text: &str) -> Result<Row, CallError> {
        let item: RawItem =
            serde_json::from_str(text).map_err(|_| malformed("a result is not the item of a resource"))?;
        let account_id = AccountId::parse(&item.account_id);
        match (account_id, Region::parse(&item.aws_region)) {
            (Some(account_id), Some(region)) => Ok(Row {
                account_id,
                region,
                item,
            }),
            _ => Err(malformed("a result names no account or Region")),
        }
    }

    /// Whether the resource still exists.
    pub(super) fn is_there(&self) -> bool {
        !self.item.configuration_item_status.starts_with("ResourceDeleted")
    }

    /// What a recorder records, where that can be read.
    pub(super) fn recorder(&self) -> Option<Recorder> {
        Recorder::deserialize(&self.item.configuration).ok()
    }

    /// Notes that it cannot be read.
    pub(super) fn note_unreadable(self, kind: Type, coverage: &mut Coverage) {
        coverage.add_unreadable(self.account_id, self.region, kind, &self.item.resource_id);
    }

    /// What is kept of it; `None` for an alias without a key.
    pub(super) fn item(&self, kind: Type) -> Result<Option<Item>, Unreadable> {
        let of = match kind {
            Type::Key => Some(self.key()?),
            Type::Alias => self.alias(),
            Type::Bucket => Some(Kept::Bucket(Box::new(self.bucket()?))),
            Type::Recorder => None,
        };
        Ok(of.map(|of| Item {
            region: self.region.clone(),
            captured: self.item.configuration_item_capture_time,
            of,
        }))
    }

    fn key(&self) -> Result<Kept, Unreadable> {
        let key = RawKey::deserialize(&self.item.configuration).map_err(|_| Unreadable)?;
        if key.key_manager.as_deref() == Some(KeyManager::Aws.as_str()) {
            return Ok(Kept::AwsManagedKey(key.key_id));
        }
        let tags = self.item.tags.iter();
        let rotates = self
            .item
            .supplementary_configuration
            .get("KeyRotationStatus")
            .and_then(flag);
        let details = KeyDetails {
            automatic_rotation: rotates.map_or(Fact::NotCollected, |enabled| {
                Fact::Known(AutomaticRotation {
                    enabled,
                    period_days: None,
                    next_rotation: None,
                })
            }),
            ..KeyDetails::default()
        };
        Ok(Kept::Key(Box::new(Key {
            arn: Arn::new(key.arn.clone()),
            key_id: key.key_id.clone(),
            aliases: Vec::new(),
            metadata: Fact::Known(key.metadata()),
            tags: Fact::Known(
                tags.map(|tag| (tag.key.clone(), tag.value.clone()))
                    .collect::<BTreeMap<_, _>>(),
            ),
            details,
            captured_at: self.item.configuration_item_capture_time,
        })))
    }

    fn alias(&self) -> Option<Kept> {
        let text = |name: &str| self.item.configuration.get(name)?.as_str();
        let target = text("TargetKeyId")?;
        // It is named by its id or its ARN.
        let key_id = target.rsplit('/').next().unwrap_or(target);
        Some(Kept::Alias {
            name: text("AliasName")?.to_owned(),
            key_id: key_id.to_owned(),
        })
    }

    fn bucket(&self) -> Result<Bucket, Unreadable> {
        if self.item.resource_id.is_empty() {
            return Err(Unreadable);
        }
        let created = self.item.configuration.get("creationDate");
        let configuration = self
            .item
            .supplementary_configuration
            .get("ServerSideEncryptionConfiguration");
        Ok(Bucket {
            name: self.item.resource_id.clone(),
            region: Some(self.region.clone()),
            creation_date: created.and_then(moment),
            encryption: encryption(configuration.unwrap_or(&Value::Null)),
            metrics_configurations: Fact::NotCollected,
            requests: Fact::NotCollected,
            captured_at: self.item.configuration_item_capture_time,
        })
    }
}

/// The configuration of a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawKey {
    arn: String,
    key_id: String,
    key_manager: Option<String>,
    key_state: Option<String>,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    key_usage: Option<String>,
    origin: Option<String>,
    multi_region: Option<bool>,
    multi_region_configuration: Option<RawMultiRegion>,
    #[serde(default)]
    creation_date: Value,
    #[serde(default)]
    deletion_date: Value,
    #[serde(default)]
    valid_to: Value,
    custom_key_store_id: Option<String>,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMultiRegion {
    multi_region_key_type: Option<String>,
    primary_key: Option<RawMember>,
    #[serde(default)]
    replica_keys: Vec<RawMember>,
}

#[derive(Debug, Deserialize)]
struct RawMember {
    arn: Option<String>,
    region: Option<String>,
}

impl RawKey {
    fn metadata(self) -> KeyMetadata {
        let text = |value: Option<String>| value.unwrap_or_else(|| "not stated".to_owned());
        let role = self.multi_region_configuration;
        KeyMetadata {
            manager: text(self.key_manager).as_str().into(),
            state: text(self.key_state).as_str().into(),
            // An item from before 2021 has the older name.
            spec: text(self.key_spec.or(self.customer_master_key_spec)).as_str().into(),
            usage: text(self.key_usage).as_str().into(),
            origin: text(self.origin).as_str().into(),
            multi_region: self
                .multi_region
                .unwrap_or(false)
                .then(|| role.map_or(MultiRegionRole::Unstated, RawMultiRegion::role)),
            creation_date: moment(&self.creation_date),
            deletion_date: moment(&self.deletion_date),
            valid_to: moment(&self.valid_to),
            custom_key_store_id: self.custom_key_store_id,
            description: self.description.unwrap_or_default(),
        }
    }
}

impl RawMultiRegion {
    fn role(self) -> MultiRegionRole {
        match self.multi_region_key_type.as_deref() {
            Some("PRIMARY") => MultiRegionRole::Primary {
                replica_regions: self
                    .replica_keys
                    .into_iter()
                    .filter_map(|replica| Region::parse(&replica.region?))
                    .collect(),
            },
            Some("REPLICA") => MultiRegionRole::Replica {
                primary: self.primary_key.and_then(|primary| primary.arn).map(Arn::new),
            },
            _ => MultiRegionRole::Unstated,
        }
    }
}

#[derive(Debug, Deserialize)]
struct RawEncryption {
    rules: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    apply_server_side_encryption_by_default: Option<RawDefault>,
    bucket_key_enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDefault {
    sse_algorithm: String,
    #[serde(rename = "kmsMasterKeyID")]
    kms_master_key_id: Option<String>,
}

/// The default encryption that the item of a bucket tells. AWS Config has supplementary configuration as an object here
/// and as text in other places.
fn encryption(value: &Value) -> Fact<BucketEncryption> {
    let read: Option<RawEncryption> = match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        value => RawEncryption::deserialize(value).ok(),
    };
    let rule = read.and_then(|read| read.rules.into_iter().next());
    let default =
        rule.and_then(|rule| Some((rule.apply_server_side_encryption_by_default?, rule.bucket_key_enabled)));
    match default {
        Some((default, bucket_key)) => Fact::Known(BucketEncryption {
            algorithm: default.sse_algorithm.as_str().into(),
            kms_key: default.kms_master_key_id.filter(|key| !key.is_empty()),
            bucket_key_enabled: bucket_key.unwrap_or(false),
        }),
        // What S3 does then may have changed since the item was captured.
        None => Fact::Unavailable(Unavailable {
            operation: SELECT.id(),
            code: "NotInItem".to_owned(),
            message: "what AWS Config has of the bucket does not tell its default encryption".to_owned(),
        }),
    }
}

/// A moment as text, or as milliseconds or seconds since 1970.
fn moment(value: &Value) -> Option<Timestamp> {
    /// As seconds, this is far beyond any date of AWS; as milliseconds, it is in 1973.
    const MILLISECONDS_FROM: f64 = 1e11;
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            let number = number.as_f64()?;
            let milliseconds = if number < MILLISECONDS_FROM {
                number * 1000.0
            } else {
                number
            };
            Timestamp::from_millisecond(milliseconds.round() as i64).ok()
        }
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn malformed(what: &str) -> CallError {
    CallError::malformed(SELECT, what)
}

#[cfg(test)]
mod tests;
