//! GetKeyLastUsage.

use crate::sandbox::Call;
use crate::sandbox::key_id::KeyIds;
use crate::sandbox::key_metadata::seconds;
use crate::sandbox::key_spec::{KeySpec, SYMMETRIC_DEFAULT, Usage};
use crate::sandbox::keys::Key;
use jiff::Timestamp;
use serde_json::json;

/// When KMS began to record the last usage of keys: the date in the example of
/// <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-keys-determining-usage.html>.
pub const TRACKING_START: &str = "2026-03-11T00:00:00Z";

/// The last successful cryptographic operation with a key.
#[derive(Clone, Debug)]
pub struct LastUsage {
    pub operation: &'static str,
    pub at: Timestamp,
}

/// The operations with keys of a spec and a usage that KMS records: `KeyLastUsageTrackingOperation` of its API model.
pub fn recorded_operations(spec: &KeySpec, usage: &Usage) -> &'static [&'static str] {
    match usage.name {
        "ENCRYPT_DECRYPT" if spec == SYMMETRIC_DEFAULT => &[
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
            "ReEncrypt",
        ],
        "ENCRYPT_DECRYPT" => &["Decrypt", "Encrypt", "ReEncrypt"],
        "SIGN_VERIFY" => &["Sign", "Verify"],
        "GENERATE_VERIFY_MAC" => &["GenerateMac", "VerifyMac"],
        "KEY_AGREEMENT" => &["DeriveSharedSecret"],
        _ => &[],
    }
}

pub(super) fn get_key_last_usage(call: &Call<'_>, key: &Key<'_>) -> String {
    let created = key.created_millisecond();
    let tracking_start = call.estate.last_usage_tracking_start.as_millisecond();
    let last_usage = match &key.template().last_usage {
        None => json!({}),
        Some(LastUsage { operation, at }) => {
            // The keys of a multi-Region set have one id, but each its own usage.
            let ids = KeyIds::new(&format!("{}/last-usage", key.arn()));
            json!({
                "Operation": operation,
                "Timestamp": seconds(at.as_millisecond()),
                "CloudTrailEventId": ids.of_key(0),
                "KmsRequestId": ids.of_key(1),
            })
        }
    };
    let answer = json!({
        "KeyId": key.id(),
        "KeyLastUsage": last_usage,
        // A key that is younger is recorded from its first day on.
        "TrackingStartDate": seconds(tracking_start.max(created)),
        "KeyCreationDate": seconds(created),
    });
    answer.to_string()
}
