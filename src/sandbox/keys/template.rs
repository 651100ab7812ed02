//! What any number of keys have in common, and what DescribeKey says of it.

use super::custom_key_stores::StoredKey;
use super::grants::Grant;
use super::last_usage::LastUsage;
use super::lifecycle::{Creation, KeyState, Origin};
use super::operation::KeyRequests;
use super::policies::Policies;
use super::rotations::Rotations;
use super::spec::{KeySpec, Usage};
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A key's part in a multi-Region set.
#[derive(Clone, Debug)]
pub struct MultiRegion {
    /// The number of the set in its estate.
    pub set: u32,
    pub is_primary: bool,
    pub primary_region: String,
    pub replica_regions: Vec<String>,
}

/// What any number of keys have in common.
#[derive(Clone, Debug)]
pub struct KeyTemplate {
    pub count: u32,
    /// Each begins with `alias/`.
    pub aliases: Vec<Pattern>,
    pub description: Pattern,
    pub tags: Vec<(Pattern, Pattern)>,
    pub spec: &'static KeySpec,
    pub usage: &'static Usage,
    pub origin: Origin,
    pub state: KeyState,
    pub created: Creation,
    pub deletion_in_days: i64,
    /// When the first of the imported key materials expires.
    pub valid_to: Option<Timestamp>,
    pub aws_managed: bool,
    pub multi_region: Option<MultiRegion>,
    pub policies: Policies,
    /// Rotation, of keys that can rotate.
    pub rotations: Option<Rotations>,
    pub grants: Vec<Grant>,
    pub last_usage: Option<LastUsage>,
    /// The place in a custom key store, of keys that are in one.
    pub custom_key_store: Option<StoredKey>,
    /// How often each of the keys is used.
    pub requests: Vec<KeyRequests>,
}

impl KeyTemplate {
    /// When the imported key material of the keys expires, if they have any that does.
    pub fn material_expires(&self) -> Option<Timestamp> {
        let has_imported = self.origin == Origin::External && self.state != KeyState::PendingImport;
        self.valid_to.filter(|_| has_imported)
    }

    /// The members of `KeyMetadata` that all keys of the template share, each after a comma, as JSON.
    pub fn shared_metadata(&self, as_of: Timestamp) -> String {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
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
                let date = as_of.as_second() + self.deletion_in_days * 86_400;
                put("DeletionDate", json!(date));
            }
            KeyState::PendingReplicaDeletion => {
                put("PendingDeletionWindowInDays", json!(self.deletion_in_days));
            }
            _ => {}
        }
        if self.origin == Origin::External && self.state != KeyState::PendingImport {
            match self.valid_to {
                Some(valid_to) => {
                    put("ExpirationModel", json!("KEY_MATERIAL_EXPIRES"));
                    put("ValidTo", json!(valid_to.as_second()));
                }
                None => {
                    put("ExpirationModel", json!("KEY_MATERIAL_DOES_NOT_EXPIRE"));
                }
            }
        }
        let object = Value::Object(members).to_string();
        format!(",{}", &object[1..object.len() - 1])
    }
}
