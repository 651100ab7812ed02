//! The cryptographic operations of KMS, and which of them a key can be used in.
//!
//! From <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-compare.html> and the API model of KMS.

use super::spec::{KeySpec, SYMMETRIC_DEFAULT, Usage};
use crate::sandbox::curve::Curve;
use schemars::JsonSchema;
use serde::Deserialize;

/// A cryptographic operation, as the KMS API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum KeyOperation {
    Decapsulate,
    Decrypt,
    DeriveSharedSecret,
    Encapsulate,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyPair,
    GenerateDataKeyPairWithoutPlaintext,
    GenerateDataKeyWithoutPlaintext,
    GenerateMac,
    ReEncrypt,
    Sign,
    Verify,
    VerifyMac,
}

/// How often each of some keys is used in one operation.
#[derive(Clone, Debug)]
pub struct KeyRequests {
    pub operation: KeyOperation,
    pub curve: Curve,
}

impl KeyOperation {
    /// The operations that keys in custom key stores can be used in: those of symmetric encryption, but no data key
    /// pairs. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html>
    pub const IN_CUSTOM_KEY_STORES: &[KeyOperation] = &[
        KeyOperation::Decrypt,
        KeyOperation::Encrypt,
        KeyOperation::GenerateDataKey,
        KeyOperation::GenerateDataKeyWithoutPlaintext,
        KeyOperation::ReEncrypt,
    ];

    /// The operations that keys of a spec and a usage can be used in.
    pub fn of_keys(spec: &KeySpec, usage: &Usage) -> &'static [KeyOperation] {
        use KeyOperation::*;
        match usage.name {
            "ENCRYPT_DECRYPT" if spec == SYMMETRIC_DEFAULT => &[
                Decrypt,
                Encrypt,
                GenerateDataKey,
                GenerateDataKeyPair,
                GenerateDataKeyPairWithoutPlaintext,
                GenerateDataKeyWithoutPlaintext,
                ReEncrypt,
            ],
            "ENCRYPT_DECRYPT" => &[Decrypt, Encrypt, ReEncrypt],
            "SIGN_VERIFY" => &[Sign, Verify],
            "GENERATE_VERIFY_MAC" => &[GenerateMac, VerifyMac],
            "KEY_AGREEMENT" => &[DeriveSharedSecret],
            _ => &[Decapsulate, Encapsulate],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            KeyOperation::Decapsulate => "Decapsulate",
            KeyOperation::Decrypt => "Decrypt",
            KeyOperation::DeriveSharedSecret => "DeriveSharedSecret",
            KeyOperation::Encapsulate => "Encapsulate",
            KeyOperation::Encrypt => "Encrypt",
            KeyOperation::GenerateDataKey => "GenerateDataKey",
            KeyOperation::GenerateDataKeyPair => "GenerateDataKeyPair",
            KeyOperation::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            KeyOperation::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            KeyOperation::GenerateMac => "GenerateMac",
            KeyOperation::ReEncrypt => "ReEncrypt",
            KeyOperation::Sign => "Sign",
            KeyOperation::Verify => "Verify",
            KeyOperation::VerifyMac => "VerifyMac",
        }
    }
}
