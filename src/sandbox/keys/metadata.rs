//! `KeyMetadata`, the answer to DescribeKey.
//!
//! A scan asks for it once per key, so what all keys of a template share is written once, when the
//! estate is read.

use super::Key;
use super::custom_key_stores::{StoreType, StoredKey};
use super::id::KeyIds;
use super::lifecycle::{KeyState, Origin};
use super::template::{KeyTemplate, MultiRegion};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The answer to DescribeKey, as JSON.
pub fn describe_key(key: &Key<'_>) -> String {
    let id = key.id();
    let arn_prefix = &key.keys.arn_prefix;
    let template = key.template();
    let mut json = String::with_capacity(key.shared_metadata().len() + 420);
    // Writing to a String cannot fail.
    let _ = write!(
        json,
        "{{\"KeyMetadata\":{{\"KeyId\":\"{id}\",\"Arn\":\"{arn_prefix}key/{id}\",\"AWSAccountId\":\"{}\",\"CreationDate\":",
        key.keys.account
    );
    push_seconds(&mut json, key.created_millisecond());
    json.push_str(",\"Description\":\"");
    template.description.push(&mut json, key.n());
    json.push('"');
    if let Some(multi_region) = &template.multi_region {
        let _ = write!(
            json,
            ",\"MultiRegionConfiguration\":{}",
            multi_region_configuration(multi_region, arn_prefix, &id)
        );
    }
    if has_material(template) {
        let _ = write!(json, ",\"CurrentKeyMaterialId\":\"{}\"", key.material());
    }
    if let Some(store) = &template.custom_key_store {
        push_store(&mut json, store, key);
    }
    json.push_str(key.shared_metadata());
    json.push_str("}}");
    json
}

/// Appends the members that only keys in a custom key store have, each after a comma.
fn push_store(json: &mut String, stored: &StoredKey, key: &Key<'_>) {
    let (store, account, region) = (&stored.store, key.keys.account, key.keys.region);
    // Writing to a String cannot fail.
    let _ = write!(json, ",\"CustomKeyStoreId\":\"{}\"", store.id(account, region));
    let _ = match store.kind {
        StoreType::CloudHsm => {
            let cluster = store.cluster(account, region);
            write!(json, ",\"CloudHsmClusterId\":\"{cluster}\"")
        }
        StoreType::External => {
            let id = match &stored.xks_key_id {
                Some(id) => key.fill(id),
                None => KeyIds::new(&format!("{}/xks", key.arn())).material(0)[..16].to_owned(),
            };
            write!(json, ",\"XksKeyConfiguration\":{{\"Id\":\"{id}\"}}")
        }
    };
}

/// Epoch seconds with milliseconds, as KMS sends its dates.
pub fn push_seconds(json: &mut String, millisecond: i64) {
    let seconds = millisecond.div_euclid(1000);
    let _ = match millisecond.rem_euclid(1000) {
        0 => write!(json, "{seconds}"),
        thousandths => write!(json, "{seconds}.{thousandths:03}"),
    };
}

/// The same as a value of JSON.
pub fn seconds(millisecond: i64) -> Value {
    let mut seconds = String::new();
    push_seconds(&mut seconds, millisecond);
    // It is a number.
    seconds.parse().unwrap_or_default()
}

/// `text` as it stands between the quotes of a JSON string.
pub fn json_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// KMS names the current key material of symmetric encryption keys that hold any.
fn has_material(template: &KeyTemplate) -> bool {
    template.spec.name == "SYMMETRIC_DEFAULT"
        && matches!(template.origin, Origin::AwsKms | Origin::External)
        && !matches!(template.state, KeyState::PendingImport | KeyState::Creating)
}

fn multi_region_configuration(multi_region: &MultiRegion, arn_prefix: &str, id: &str) -> Value {
    let MultiRegion {
        is_primary,
        primary_region,
        replica_regions,
        ..
    } = multi_region;
    // arn:partition:kms:region:account:
    let parts: Vec<&str> = arn_prefix.split(':').collect();
    let key_in = |region: &String| {
        let [_, partition, _, _, account, ..] = parts[..] else {
            return Value::Null;
        };
        let arn = format!("arn:{partition}:kms:{region}:{account}:key/{id}");
        json!({ "Arn": arn, "Region": region })
    };
    json!({
        "MultiRegionKeyType": if *is_primary { "PRIMARY" } else { "REPLICA" },
        "PrimaryKey": key_in(primary_region),
        "ReplicaKeys": replica_regions.iter().map(key_in).collect::<Vec<_>>(),
    })
}
