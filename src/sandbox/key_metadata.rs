//! `KeyMetadata`, the answer to DescribeKey.
//!
//! A scan asks for it once per key, so what all keys of a template share is written once, when the
//! estate is read.

use super::keys::{Key, KeyState, KeyTemplate, MultiRegion, Origin, Place};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The answer to DescribeKey, as JSON.
pub(super) fn describe_key(key: &Key<'_>) -> String {
    let id = key.id();
    let arn_prefix = &key.keys.arn_prefix;
    let template = key.template();
    let mut json = String::with_capacity(key.shared_metadata().len() + 420);
    // Writing to a String cannot fail.
    let _ = write!(
        json,
        "{{\"KeyMetadata\":{{\"KeyId\":\"{id}\",\"Arn\":\"{arn_prefix}key/{id}\",\"CreationDate\":"
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
    json.push_str(key.shared_metadata());
    json.push_str("}}");
    json
}

/// Epoch seconds with milliseconds, as KMS sends its dates.
pub(super) fn push_seconds(json: &mut String, millisecond: i64) {
    let seconds = millisecond.div_euclid(1000);
    let _ = match millisecond.rem_euclid(1000) {
        0 => write!(json, "{seconds}"),
        thousandths => write!(json, "{seconds}.{thousandths:03}"),
    };
}

/// `text` as it stands between the quotes of a JSON string.
pub(super) fn json_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The members that all keys of a template share, each after a comma.
pub(super) fn shared(template: &KeyTemplate, place: Place<'_>) -> String {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("AWSAccountId", json!(place.account));
    put("Enabled", json!(template.state == KeyState::Enabled));
    put("KeyState", json!(format!("{:?}", template.state)));
    put("KeyUsage", json!(template.usage.name));
    put("KeySpec", json!(template.spec.name));
    put("CustomerMasterKeySpec", json!(template.spec.name));
    put(template.usage.member, json!(template.usage.algorithms));
    put("Origin", json!(origin_name(template.origin)));
    let manager = if template.aws_managed { "AWS" } else { "CUSTOMER" };
    put("KeyManager", json!(manager));
    put("MultiRegion", json!(template.multi_region.is_some()));
    match template.state {
        KeyState::PendingDeletion => {
            let date = place.as_of.as_second() + template.deletion_in_days * 86_400;
            put("DeletionDate", json!(date));
        }
        KeyState::PendingReplicaDeletion => {
            let days = template.deletion_in_days;
            put("PendingDeletionWindowInDays", json!(days));
        }
        _ => {}
    }
    match template.origin {
        Origin::AwsKms => {}
        Origin::External if template.state == KeyState::PendingImport => {}
        Origin::External => match template.valid_to {
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
            put("CloudHsmClusterId", json!("cluster-1a23b4cdefg"));
        }
        Origin::ExternalKeyStore => {
            put("CustomKeyStoreId", json!("cks-9b8a7f6e5d4c3b2a1"));
            put("XksKeyConfiguration", json!({ "Id": "bb8562717f809024" }));
        }
    }
    let object = Value::Object(members).to_string();
    format!(",{}", &object[1..object.len() - 1])
}

fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::AwsKms => "AWS_KMS",
        Origin::External => "EXTERNAL",
        Origin::CloudHsm => "AWS_CLOUDHSM",
        Origin::ExternalKeyStore => "EXTERNAL_KEY_STORE",
    }
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
