//! What any number of keys have in common, and what DescribeKey says of it.

use super::key_spec::{KeySpec, Usage};
use super::pattern::Pattern;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// `KeyState` of the KMS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum KeyState {
    Creating,
    #[default]
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Unavailable,
    Updating,
}

/// `OriginType` of the KMS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Origin {
    #[default]
    #[serde(rename = "AWS_KMS")]
    AwsKms,
    #[serde(rename = "EXTERNAL")]
    External,
    #[serde(rename = "AWS_CLOUDHSM")]
    CloudHsm,
    #[serde(rename = "EXTERNAL_KEY_STORE")]
    ExternalKeyStore,
}

/// A key's part in a multi-Region set.
#[derive(Clone, Debug)]
pub(super) struct MultiRegion {
    /// The number of the set in its estate.
    pub set: u32,
    pub is_primary: bool,
    pub primary_region: String,
    pub replica_regions: Vec<String>,
}

/// What any number of keys have in common.
#[derive(Clone, Debug)]
pub(super) struct KeyTemplate {
    pub count: u32,
    /// Each begins with `alias/`.
    pub aliases: Vec<Pattern>,
    pub description: Pattern,
    pub tags: Vec<(Pattern, Pattern)>,
    pub spec: &'static KeySpec,
    pub usage: &'static Usage,
    pub origin: Origin,
    pub state: KeyState,
    /// The creation of the first key, and of the last; the others lie between, evenly.
    pub created: (Timestamp, Timestamp),
    pub deletion_in_days: i64,
    pub valid_to: Option<Timestamp>,
    pub aws_managed: bool,
    pub multi_region: Option<MultiRegion>,
}

/// Where the keys of a Region are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub partition: &'a str,
    pub account: &'a str,
    pub region: &'a str,
    pub as_of: Timestamp,
}

impl KeyTemplate {
    /// The members of `KeyMetadata` that all keys of the template share, each after a comma, as JSON.
    pub fn shared_metadata(&self, place: Place<'_>) -> String {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("AWSAccountId", json!(place.account));
        put("Enabled", json!(self.state == KeyState::Enabled));
        put("KeyState", json!(self.state));
        put("KeyUsage", json!(self.usage.name));
        put("KeySpec", json!(self.spec.name));
        put("CustomerMasterKeySpec", json!(self.spec.name));
        put(self.usage.member, json!(self.usage.algorithms));
        put("Origin", json!(self.origin));
        let manager = if self.aws_managed { "AWS" } else { "CUSTOMER" };
        put("KeyManager", json!(manager));
        put("MultiRegion", json!(self.multi_region.is_some()));
        match self.state {
            KeyState::PendingDeletion => {
                let date = place.as_of.as_second() + self.deletion_in_days * 86_400;
                put("DeletionDate", json!(date));
            }
            KeyState::PendingReplicaDeletion => {
                put("PendingDeletionWindowInDays", json!(self.deletion_in_days));
            }
            _ => {}
        }
        match self.origin {
            Origin::AwsKms => {}
            Origin::External if self.state == KeyState::PendingImport => {}
            Origin::External => match self.valid_to {
                Some(valid_to) => {
                    put("ExpirationModel", json!("KEY_MATERIAL_EXPIRES"));
                    put("ValidTo", json!(valid_to.as_second()));
                }
                None => {
                    put("ExpirationModel", json!("KEY_MATERIAL_DOES_NOT_EXPIRE"));
                }
            },
            Origin::CloudHsm => {
                put("CustomKeyStoreId", json!("cks-1a2b3c4d5e6f7a8b9"));
                put("CloudHsmClusterId", json!("cluster-2a34b5cdefg"));
            }
            Origin::ExternalKeyStore => {
                put("CustomKeyStoreId", json!("cks-9b8a7f6e5d4c3b2a1"));
                put("XksKeyConfiguration", json!({ "Id": "bb8562717f809024" }));
            }
        }
        let object = Value::Object(members).to_string();
        format!(",{}", &object[1..object.len() - 1])
    }
}
