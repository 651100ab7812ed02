//! Grants of keys.

use super::spec::{KeySpec, SYMMETRIC_DEFAULT, Usage};
use super::text::KeyText;
use jiff::Timestamp;

/// What stands for the number of a grant in its texts.
pub const NUMBER: &str = "{grant}";

/// Any number of grants that each key of a template has.
#[derive(Clone, Debug)]
pub struct Grant {
    pub count: u32,
    pub grantee: Grantee,
    pub retiring: Option<Grantee>,
    pub operations: Vec<&'static str>,
    pub name: Option<KeyText>,
    pub constraints: Constraints,
    /// The creation of the key, if absent.
    pub created: Option<Timestamp>,
}

/// Who gets or retires a grant.
#[derive(Clone, Debug)]
pub enum Grantee {
    Principal(KeyText),
    Service(String),
}

/// What a request must be like for a grant to allow it.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    pub encryption_context_subset: Vec<(KeyText, KeyText)>,
    pub encryption_context_equals: Vec<(KeyText, KeyText)>,
    pub source_arn: Option<KeyText>,
}

/// The operations that a grant of a key with this spec and usage can allow.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations>
pub fn grant_operations(spec: &KeySpec, usage: &Usage) -> Vec<&'static str> {
    let (cryptographic, is_asymmetric): (&[&str], bool) = match usage.name {
        "ENCRYPT_DECRYPT" if spec == SYMMETRIC_DEFAULT => (
            &[
                "Decrypt",
                "Encrypt",
                "GenerateDataKey",
                "GenerateDataKeyPair",
                "GenerateDataKeyPairWithoutPlaintext",
                "GenerateDataKeyWithoutPlaintext",
                "ReEncryptFrom",
                "ReEncryptTo",
            ],
            false,
        ),
        "ENCRYPT_DECRYPT" => (&["Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"], true),
        "SIGN_VERIFY" => (&["Sign", "Verify"], true),
        "GENERATE_VERIFY_MAC" => (&["GenerateMac", "VerifyMac"], false),
        "KEY_AGREEMENT" => (&["DeriveSharedSecret"], true),
        _ => (&[], true),
    };
    let public_key: &[&str] = if is_asymmetric { &["GetPublicKey"] } else { &[] };
    let of_every_key = ["CreateGrant", "DescribeKey", "RetireGrant"];
    [cryptographic, public_key, &of_every_key].concat()
}
