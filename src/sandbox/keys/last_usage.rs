//! The last usage of keys, as far as KMS records it.

use super::operation::KeyOperation;
use super::spec::{KeySpec, Usage};
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

/// The operations with keys of a spec and a usage that KMS records: `KeyLastUsageTrackingOperation` of its API model,
/// which has all cryptographic ones but those of ML-KEM.
pub fn recorded_operations(spec: &KeySpec, usage: &Usage) -> impl Iterator<Item = &'static str> {
    let operations = KeyOperation::of_keys(spec, usage).iter();
    let recorded =
        operations.filter(|operation| !matches!(operation, KeyOperation::Decapsulate | KeyOperation::Encapsulate));
    recorded.map(|operation| operation.name())
}
