//! Configuration items, as AWS Config records what is in an estate.
//!
//! Source: <https://github.com/awslabs/aws-config-resource-schema>. Nothing in an estate has changed since it was created,
//! and so that is when each item was captured.

use crate::sandbox::estate::{Account, Bucket, Estate, Recorder, Region};
use crate::sandbox::keys::Key;
use crate::sandbox::keys::metadata::describe_key;
use crate::sandbox::kms::rotations::get_key_rotation_status;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The types that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Key,
    Alias,
    Bucket,
    Recorder,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Key, Kind::Alias, Kind::Bucket, Kind::Recorder];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Key => "AWS::KMS::Key",
            Kind::Alias => "AWS::KMS::Alias",
            Kind::Bucket => "AWS::S3::Bucket",
            Kind::Recorder => "AWS::Config::ConfigurationRecorder",
        }
    }
}

/// The items of one type in a Region of an account.
pub struct Place<'a> {
    pub estate: &'a Estate,
    pub account: Account<'a>,
    pub region: &'a Region,
    pub kind: Kind,
}

impl Place<'_> {
    fn recorder(&self) -> &Recorder {
        &self.region.recorder
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.kind {
            Kind::Recorder => 1,
            kind if !self.recorder().records(kind.name()) => 0,
            Kind::Bucket => self.buckets().len(),
            // Without an end, everything that there is has been seen.
            Kind::Key if self.recorder().until.is_none() => self.region.keys.len(),
            Kind::Alias if self.recorder().until.is_none() => self.region.keys.aliases_len(),
            Kind::Key | Kind::Alias => self.seen().len(),
        }
    }

    /// The item at a position.
    pub fn item(&self, position: usize) -> Option<Value> {
        let keys = self
            .region
            .keys
            .of(&self.account.id, &self.estate.partition, &self.region.name);
        let position = match self.kind {
            Kind::Key | Kind::Alias if self.recorder().until.is_some() => *self.seen().get(position)?,
            _ => position,
        };
        match self.kind {
            Kind::Key => Some(self.key(&keys.listed(position)?)),
            Kind::Alias => {
                let alias = keys.listed_alias(position)?;
                let arn = format!("{}{}", keys.arn_prefix, alias.name);
                let created = alias.key.map_or(0, |key| key.created_millisecond());
                let mut configuration = json!({ "AliasName": alias.name });
                if let Some(key) = alias.key {
                    configuration["TargetKeyId"] = key.id().into();
                }
                Some(self.common(&arn, &alias.name, &alias.name, created, configuration, &[]))
            }
            Kind::Bucket => {
                let (name, bucket) = self.buckets().into_iter().nth(position)?;
                Some(self.bucket(&name, bucket))
            }
            Kind::Recorder => Some(self.recorder_item()),
        }
    }

    /// The positions of the keys or aliases that were created while it was still recording.
    fn seen(&self) -> Vec<usize> {
        let keys = self
            .region
            .keys
            .of(&self.account.id, &self.estate.partition, &self.region.name);
        let has_seen =
            |key: Option<Key<'_>>| key.is_none_or(|key| self.recorder().has_seen(key.created_millisecond()));
        match self.kind {
            Kind::Alias => (0..keys.aliases_len())
                .filter(|position| keys.listed_alias(*position).is_some_and(|alias| has_seen(alias.key)))
                .collect(),
            _ => (0..keys.len())
                .filter(|position| has_seen(keys.listed(*position)))
                .collect(),
        }
    }

    fn buckets(&self) -> Vec<(String, &Bucket)> {
        let mut buckets = self.account.set.buckets.of(&self.account);
        buckets.retain(|(_, bucket)| {
            bucket.region == self.region.name && self.recorder().has_seen(bucket.created.as_millisecond())
        });
        buckets
    }

    /// What every item has.
    fn common(
        &self,
        arn: &str,
        id: &str,
        name: &str,
        captured: i64,
        configuration: Value,
        tags: &[(String, String)],
    ) -> Value {
        let tags = tags.iter();
        let tags = tags.map(|(key, value)| json!({ "key": key, "value": value, "tag": format!("{key}={value}") }));
        let moment = moment(captured);
        json!({
            "version": "1.3",
            "accountId": self.account.id,
            "awsRegion": self.region.name,
            "availabilityZone": "Not Applicable",
            "arn": arn,
            "resourceId": id,
            "resourceName": name,
            "resourceType": self.kind.name(),
            "resourceCreationTime": moment,
            "configurationItemCaptureTime": moment,
            "configurationItemStatus": "OK",
            "configurationStateId": captured.to_string(),
            "recordingFrequency": self.recorder().frequency,
            "tags": tags.collect::<Vec<_>>(),
            "relationships": [],
            "configuration": configuration,
            "supplementaryConfiguration": {},
        })
    }

    fn key(&self, key: &Key<'_>) -> Value {
        let described: Value = serde_json::from_str(&describe_key(key)).unwrap_or_default();
        let mut configuration = recorded(&described["KeyMetadata"]);
        for date in ["creationDate", "deletionDate", "validTo"] {
            if let Some(seconds) = configuration[date].as_f64() {
                configuration[date] = moment((seconds * 1000.0).round() as i64).into();
            }
        }
        let tags: Vec<_> = key.tags().collect();
        let id = key.id();
        let mut item = self.common(&key.arn(), &id, &id, key.created_millisecond(), configuration, &tags);
        let status = get_key_rotation_status(key).ok();
        if let Some(status) = status.and_then(|status| serde_json::from_str::<Value>(&status).ok()) {
            item["supplementaryConfiguration"]["KeyRotationStatus"] = status["KeyRotationEnabled"].clone();
        }
        item
    }

    fn bucket(&self, name: &str, bucket: &Bucket) -> Value {
        let arn = format!("arn:{}:s3:::{name}", self.estate.partition);
        let created = bucket.created.as_millisecond();
        let configuration = json!({ "name": name, "creationDate": moment(created) });
        let mut item = self.common(&arn, name, name, created, configuration, &bucket.tags);
        if let Some(encryption) = &bucket.encryption {
            let key = bucket.kms_key(&self.account, self.estate);
            item["supplementaryConfiguration"]["ServerSideEncryptionConfiguration"] = json!({ "rules": [{
                "applyServerSideEncryptionByDefault": { "sseAlgorithm": encryption.algorithm, "kmsMasterKeyID": key },
                "bucketKeyEnabled": encryption.bucket_key,
            }] });
        }
        item
    }

    fn recorder_item(&self) -> Value {
        let recorder = self.recorder();
        let strategy = match (&recorder.only, recorder.excluded.is_empty()) {
            (Some(_), _) => "INCLUSION_BY_RESOURCE_TYPES",
            (None, true) => "ALL_SUPPORTED_RESOURCE_TYPES",
            (None, false) => "EXCLUSION_BY_RESOURCE_TYPES",
        };
        let configuration = json!({
            "Id": "default",
            "Name": "default",
            "Recording": recorder.recording,
            "RecordingGroup": {
                "AllSupported": strategy == "ALL_SUPPORTED_RESOURCE_TYPES",
                "IncludeGlobalResourceTypes": false,
                "ResourceTypes": recorder.only.as_deref().unwrap_or_default(),
                "ExclusionByResourceTypes": { "ResourceTypes": recorder.excluded },
                "RecordingStrategy": { "UseOnly": strategy },
            },
            "RecordingMode": { "RecordingFrequency": recorder.frequency },
        });
        let (partition, id) = (&self.estate.partition, &self.account.id);
        let arn = format!(
            "arn:{partition}:config:{}:{id}:configuration-recorder/default",
            self.region.name
        );
        let captured = recorder.until.unwrap_or(self.estate.as_of).as_millisecond();
        self.common(&arn, "default", "default", captured, configuration, &[])
    }
}

/// The members of `KeyMetadata` that AWS Config records, as it spells them.
fn recorded(metadata: &Value) -> Value {
    const MEMBERS: [&str; 22] = [
        "Arn",
        "AWSAccountId",
        "CloudHsmClusterId",
        "CreationDate",
        "CustomKeyStoreId",
        "CustomerMasterKeySpec",
        "DeletionDate",
        "Description",
        "Enabled",
        "EncryptionAlgorithms",
        "ExpirationModel",
        "KeyId",
        "KeyManager",
        "KeySpec",
        "KeyState",
        "KeyUsage",
        "MacAlgorithms",
        "MultiRegion",
        "MultiRegionConfiguration",
        "Origin",
        "PendingDeletionWindowInDays",
        "SigningAlgorithms",
    ];
    let members = MEMBERS.iter().chain(["ValidTo"].iter());
    let members = members.filter_map(|name| Some((spelled(name), lowered(metadata.get(name)?))));
    Value::Object(members.collect())
}

fn lowered(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (spelled(name), lowered(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(entries) => entries.iter().map(lowered).collect(),
        other => other.clone(),
    }
}

/// With a small letter first, as the models of the Java SDK spell members.
fn spelled(name: &str) -> String {
    match name.strip_prefix("AWS") {
        Some(rest) => format!("aws{}", rest.replacen('A', "a", 1)),
        None => name[..1].to_ascii_lowercase() + &name[1..],
    }
}

fn moment(millisecond: i64) -> String {
    let moment = Timestamp::from_millisecond(millisecond).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
