//! `bucket-key-unsupported`: a DSSE-KMS bucket, for which there is no Bucket Key.

use super::kms_buckets::judge_kms_buckets;
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::SseAlgorithm;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "bucket-key-unsupported",
    title: "DSSE-KMS bucket, which no S3 Bucket Key can make cheaper",
    severity: Severity::Info,
    why: "S3 Bucket Keys are not supported for DSSE-KMS. Every object that is written or read calls KMS, more often \
          than with SSE-KMS, and each request is paid for and counts against the request quota that all keys of the \
          account and Region share.",
    remediation: "Nothing, if a rule asks for two layers of encryption: reckon with the requests when planning the \
                  request quota and batch jobs. If none does, SSE-KMS with a Bucket Key is cheaper; \
                  UpdateObjectEncryption does not take DSSE-KMS objects, so existing ones have to be copied.",
    settings: &[],
    page: include_str!("../../docs/checks/bucket-key-unsupported.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    judge_kms_buckets(subject, outcomes, |bucket, outcomes| {
        if bucket.encryption.algorithm != SseAlgorithm::DsseKms {
            outcomes.pass();
            return;
        }
        let failure = Failure {
            detail: format!(
                "The default encryption is DSSE-KMS with {}: each object written or read calls KMS, and no Bucket Key \
                 can change that.",
                bucket.key()
            ),
            observed: observed! {
                "algorithm": bucket.encryption.algorithm,
                "kms_key": bucket.encryption.kms_key,
                "bucket_key_enabled": bucket.encryption.bucket_key_enabled,
            },
            ..Failure::default()
        };
        let resource = outcomes.bucket(bucket.bucket);
        outcomes.fail(resource, failure);
    });
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::examples::{account, bucket, denied, region};
    use crate::facts::{Bucket, Fact};

    fn judge_one(bucket: Bucket) -> Judged {
        let mut account = account(region([]));
        account.buckets = vec![bucket];
        judge(&CHECK, account)
    }

    #[test]
    fn dsse_kms_is_worth_knowing_whatever_the_flag_says() {
        for flag in [false, true] {
            let judged = judge_one(bucket(SseAlgorithm::DsseKms, flag));
            assert_eq!(judged.findings[0].severity, Severity::Info);
        }
    }

    #[test]
    fn other_encryption_passes() {
        for algorithm in [SseAlgorithm::SseKms, SseAlgorithm::SseS3, "aws:backup".into()] {
            assert_eq!(judge_one(bucket(algorithm, false)).tally.passed, 1);
        }
    }

    #[test]
    fn unknown_encryption_is_not_assessed() {
        for unknown in [denied("s3:GetBucketEncryption"), Fact::NotCollected] {
            let mut bucket = bucket(SseAlgorithm::DsseKms, false);
            bucket.encryption = unknown;
            assert_eq!(judge_one(bucket).tally.not_assessed.len(), 1);
        }
    }
}
