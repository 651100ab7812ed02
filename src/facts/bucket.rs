//! A general purpose S3 bucket.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use super::{Fact, Region};

/// One general purpose bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The Region it lies in; unavailable where neither the list nor a redirect said so.
    pub region: Option<Region>,
    /// When it was created.
    pub creation_date: Option<Timestamp>,
    /// Its default encryption.
    pub encryption: Fact<BucketEncryption>,
    /// Its request metrics configurations, where its requests to KMS matter.
    #[serde(default)]
    pub metrics_configurations: Fact<Vec<MetricsConfiguration>>,
    /// How many objects were written and read within the window of the scan; `None` where no request metrics
    /// configuration covers the whole bucket.
    #[serde(default)]
    pub requests: Fact<Option<BucketRequests>>,
    /// When AWS Config captured the item that all this is from; null where Amazon S3 itself was asked.
    #[serde(default)]
    pub captured_at: Option<Timestamp>,
}

/// A request metrics configuration of a bucket. Without one, CloudWatch has no requests of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetricsConfiguration {
    /// Its id, which is the `FilterId` dimension of the metrics.
    pub id: String,
    /// Whether it covers the whole bucket rather than a prefix, tag or access point.
    pub whole_bucket: bool,
}

/// Requests for the objects of a bucket, from the CloudWatch metrics `AWS/S3` `GetRequests` and `PutRequests`, which S3
/// delivers on a best-effort basis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BucketRequests {
    /// The first moment looked at.
    pub window_start: Timestamp,
    /// The moment the window ends, not included.
    pub window_end: Timestamp,
    /// Objects read.
    pub get: f64,
    /// Objects written.
    pub put: f64,
}

/// The default encryption of a bucket. It governs requests that do not name another; objects of other encryption
/// can lie beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketEncryption {
    /// The algorithm.
    pub algorithm: SseAlgorithm,
    /// The key as the configuration names it: a key id, a key ARN, an alias name or an alias ARN. `None` for SSE-KMS
    /// means the AWS managed key `aws/s3`.
    pub kms_key: Option<String>,
    /// Whether an S3 Bucket Key is switched on. It only has a meaning for SSE-KMS.
    pub bucket_key_enabled: bool,
}

open_enum! {
    /// Server-side encryption, as `s3:GetBucketEncryption` names it.
    SseAlgorithm {
        /// SSE-S3: keys that S3 manages; no KMS request.
        SseS3 = "AES256",
        /// SSE-KMS: what a Bucket Key makes cheaper.
        SseKms = "aws:kms",
        /// DSSE-KMS: two layers; Bucket Keys are not supported.
        DsseKms = "aws:kms:dsse",
    }
}
