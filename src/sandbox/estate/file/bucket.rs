//! Buckets, as they are written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::Deserialize;

/// A general purpose bucket, or several alike.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BucketFile {
    /// The name, with `{n}` for the number of the bucket and, in member accounts, `{account}` for the account's id.
    pub name: At<String>,
    /// How many buckets like this there are; one where nothing is said.
    pub count: Option<At<u32>>,
    /// The Region it is in.
    pub region: At<String>,
    /// When it was created; `as_of` where nothing is said.
    pub created: Option<Instant>,
    /// The default encryption.
    pub encryption: EncryptionKind,
    /// The key of SSE-KMS and DSSE-KMS: an alias of the estate, or anything as it stands; the AWS managed key where
    /// nothing is said.
    pub kms_key: Option<At<String>>,
    /// How the configuration names a key that is given as an alias here.
    #[serde(default)]
    pub kms_key_form: KeyForm,
    /// Whether an S3 Bucket Key is on.
    #[serde(default)]
    pub bucket_key: bool,
}

/// A bucket's default encryption, as the S3 documentation names the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum EncryptionKind {
    /// Keys that Amazon S3 manages.
    #[serde(rename = "SSE-S3")]
    SseS3,
    /// Keys in AWS KMS.
    #[serde(rename = "SSE-KMS")]
    SseKms,
    /// Dual-layer encryption with keys in AWS KMS.
    #[serde(rename = "DSSE-KMS")]
    DsseKms,
    /// No encryption configuration at all.
    #[serde(rename = "none")]
    None,
}

/// How a bucket's configuration names its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyForm {
    /// By the key's ARN.
    #[default]
    Arn,
    /// By the key's id.
    Id,
    /// By an alias.
    Alias,
    /// By the alias's ARN.
    AliasArn,
}
