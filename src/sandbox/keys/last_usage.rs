//! The last usage of keys, as far as KMS records it.

use super::spec::{KeySpec, SYMMETRIC_DEFAULT, Usage};
use jiff::Timestamp;

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
