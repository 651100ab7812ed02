//! `bucket-key-disabled`: an SSE-KMS bucket that calls KMS for every object.

use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::{BucketEncryption, Fact, SseAlgorithm};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "bucket-key-disabled",
    title: "SSE-KMS bucket without an S3 Bucket Key",
    severity: Severity::Medium,
    why: "Without a Bucket Key, S3 calls KMS for every object that is written or read, and each of these requests is \
          paid for and counts against the request quota that all keys of the account and Region share.",
    remediation: "Before switching it on, make sure that nothing depends on what it changes: the encryption context \
                  becomes the bucket ARN instead of the object ARN, so a key policy, IAM policy or grant with \
                  kms:EncryptionContext:aws:s3:arn on object ARNs stops matching, and later requests are no longer \
                  checked against the key policy one by one. Then set BucketKeyEnabled with PutBucketEncryption. It \
                  applies to new objects; existing ones follow with UpdateObjectEncryption, without moving data.",
    settings: &[],
    page: include_str!("../../docs/checks/bucket-key-disabled.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for bucket in &subject.account.buckets {
        match &bucket.encryption {
            Fact::Known(encryption) if calls_kms_for_every_object(encryption) => {
                let resource = outcomes.bucket(bucket);
                outcomes.fail(resource, failure(encryption));
            }
            Fact::Known(_) => outcomes.pass(),
            Fact::Unavailable(reason) => {
                outcomes.not_assessed(format!("its default encryption could not be read: {}", reason.code));
            }
            Fact::NotCollected => outcomes.not_assessed("its default encryption was not collected"),
        }
    }
}

/// Bucket Keys exist for SSE-KMS alone: SSE-S3 does not call KMS, and DSSE-KMS does not support them.
fn calls_kms_for_every_object(encryption: &BucketEncryption) -> bool {
    encryption.algorithm == SseAlgorithm::SseKms && !encryption.bucket_key_enabled
}

fn failure(encryption: &BucketEncryption) -> Failure {
    let key = match &encryption.kms_key {
        Some(key) => format!("the key {key}"),
        None => "the AWS managed key aws/s3, since no key is named".to_owned(),
    };
    Failure {
        detail: format!("The default encryption is SSE-KMS with {key}, and no Bucket Key is used."),
        observed: observed! {
            "algorithm": encryption.algorithm,
            "kms_key": encryption.kms_key,
            "bucket_key_enabled": encryption.bucket_key_enabled,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::examples::{account, bucket, denied, region};

    fn failed(algorithm: SseAlgorithm, bucket_key: bool) -> u64 {
        let mut account = account(region([]));
        account.buckets = vec![bucket(algorithm, bucket_key)];
        judge(&CHECK, account).tally.failed
    }

    #[test]
    fn sse_kms_without_a_bucket_key_fails_and_with_one_passes() {
        assert_eq!(failed(SseAlgorithm::SseKms, false), 1);
        assert_eq!(failed(SseAlgorithm::SseKms, true), 0);
    }

    #[test]
    fn other_encryption_is_never_flagged() {
        for algorithm in [
            SseAlgorithm::SseS3,
            SseAlgorithm::DsseKms,
            SseAlgorithm::Unknown("aws:fsx".into()),
        ] {
            assert_eq!(failed(algorithm.clone(), false), 0, "{algorithm}");
        }
    }

    #[test]
    fn a_bucket_whose_encryption_was_denied_is_not_assessed() {
        let mut account = account(region([]));
        account.buckets = vec![bucket(SseAlgorithm::SseKms, false)];
        account.buckets[0].encryption = denied("s3:GetBucketEncryption");
        let judged = judge(&CHECK, account);
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
    }
}
