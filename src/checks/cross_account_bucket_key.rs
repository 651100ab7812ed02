//! `cross-account-bucket-key`: a bucket under a key of another account.

use super::kms_buckets::judge_kms_buckets;
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::model::BucketKeyTarget;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "cross-account-bucket-key",
    title: "Bucket is encrypted with a key of another account",
    severity: Severity::Low,
    why: "Another account decides who may use the key, and whether it is disabled or deleted, after which nobody can \
          read the objects. Its key policy and tags can be read only there. The requests count against the quota of \
          whoever makes them and are paid for there, not where the key is.",
    remediation: "Make sure that the other account is meant to hold this key, that its deletion is guarded there, and \
                  that its owner knows of this bucket; scan that account too. If it is not meant, name a key of this \
                  account, and bring existing objects under it with UpdateObjectEncryption.",
    settings: &[],
    page: include_str!("../../docs/checks/cross-account-bucket-key.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    judge_kms_buckets(subject, outcomes, |bucket, outcomes| match bucket.target {
        BucketKeyTarget::OtherAccount { account, .. } => {
            let failure = Failure {
                detail: format!(
                    "The default encryption is {} with {}, which belongs to the account {account}. Its policy, and \
                     whether it is disabled or deleted, is decided there.",
                    bucket.algorithm(),
                    bucket.key(),
                ),
                observed: observed! {
                    "algorithm": bucket.encryption.algorithm,
                    "kms_key": bucket.encryption.kms_key,
                    "key_account_id": account,
                    "bucket_key_enabled": bucket.encryption.bucket_key_enabled,
                },
                ..Failure::default()
            };
            let resource = outcomes.bucket(bucket.bucket);
            outcomes.fail(resource, failure);
        }
        BucketKeyTarget::NotAKey => {
            outcomes.bucket_not_assessed(bucket.bucket, "what it names as its key is not the ARN of one");
        }
        // An alias is looked up in the account of whoever asks: ambiguous-bucket-key.
        _ => outcomes.pass(),
    });
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::SseAlgorithm;
    use crate::facts::SseAlgorithm::{DsseKms, SseKms, SseS3};
    use crate::facts::examples::{account, bucket, bucket_under, denied, region};

    const ELSEWHERE: &str = "arn:aws:kms:eu-west-3:444455556666:key/x";

    fn judge_naming(name: &str, algorithm: SseAlgorithm) -> Judged {
        let mut account = account(region([]));
        account.buckets = vec![bucket_under(name, algorithm, true)];
        judge(&CHECK, account)
    }

    #[test]
    fn a_key_of_another_account_is_a_finding_that_names_it() {
        for algorithm in [SseKms, DsseKms] {
            let judged = judge_naming(ELSEWHERE, algorithm);
            assert_eq!(judged.findings[0].observed["key_account_id"], "444455556666");
        }
    }

    #[test]
    fn keys_of_this_account_aliases_and_other_encryption_pass() {
        for name in ["x", "alias/x", "arn:aws:kms:eu-west-3:111122223333:key/x"] {
            assert_eq!(judge_naming(name, SseKms).tally.passed, 1, "{name}");
        }
        assert_eq!(judge_naming(ELSEWHERE, SseS3).tally.passed, 1);
        let mut unnamed = account(region([]));
        unnamed.buckets = vec![bucket(SseKms, false)];
        assert_eq!(judge(&CHECK, unnamed).tally.passed, 1);
    }

    #[test]
    fn what_is_no_key_or_unread_is_not_assessed() {
        assert_eq!(judge_naming("arn:aws:s3:::x", SseKms).tally.not_assessed.len(), 1);
        let mut account = account(region([]));
        account.buckets = vec![bucket(SseKms, false)];
        account.buckets[0].encryption = denied("s3:GetBucketEncryption");
        assert_eq!(judge(&CHECK, account).tally.not_assessed.len(), 1);
    }
}
