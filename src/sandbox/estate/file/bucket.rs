//! Buckets, as they are written.

use super::{At, CurveFile, Instant};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    /// The account whose key `kms_key` is, where it is an alias of another account's; the configuration then has the
    /// key's ARN, which nothing else would do for.
    pub kms_key_account: Option<At<String>>,
    /// Whether an S3 Bucket Key is on. S3 keeps the flag also where it means nothing, as with SSE-S3.
    #[serde(default)]
    pub bucket_key: bool,
    /// Whether uploads under keys that the client provides are blocked (true), or were unblocked again (false); the
    /// configuration does not speak of it where nothing is said.
    pub blocks_sse_c: Option<At<bool>>,
    /// Tags; in values, `{n}` stands for the number of the bucket.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The metrics configurations, each with the requests that it counts.
    #[serde(default)]
    pub request_metrics: Vec<At<RequestMetricsFile>>,
    /// How many bytes are stored, all in S3 Standard: the daily metric BucketSizeBytes.
    pub bytes: Option<u64>,
    /// How many objects are stored: the daily metric NumberOfObjects.
    pub objects: Option<u64>,
}

/// A metrics configuration, and the requests that it counts, minute by minute. AllRequests is the sum of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestMetricsFile {
    /// Its id, which is the dimension FilterId; EntireBucket where nothing is said.
    pub filter: Option<At<String>>,
    /// What the names of the objects begin with that are counted; every object is where nothing is said.
    pub prefix: Option<String>,
    /// GetRequests.
    pub get: Option<CurveFile>,
    /// PutRequests.
    pub put: Option<CurveFile>,
    /// HeadRequests.
    pub head: Option<CurveFile>,
    /// PostRequests.
    pub post: Option<CurveFile>,
    /// DeleteRequests.
    pub delete: Option<CurveFile>,
    /// ListRequests.
    pub list: Option<CurveFile>,
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
    /// What S3 says of data in an Amazon FSx file system.
    #[serde(rename = "aws:fsx")]
    Fsx,
    /// What S3 says of data that AWS Backup keeps.
    #[serde(rename = "aws:backup")]
    Backup,
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
