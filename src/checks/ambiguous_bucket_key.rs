//! `ambiguous-bucket-key`: a bucket whose key is named by an alias, which each account looks up for itself.

use super::kms_buckets::{KmsBucket, judge_kms_buckets};
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::model::{AliasMeaning, BucketKeyTarget};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "ambiguous-bucket-key",
    title: "Bucket names its key by an alias",
    severity: Severity::Medium,
    why: "AWS KMS looks an alias up in the account of whoever makes the request. What another account writes into the \
          bucket can so be encrypted with a key of that account: the owner of the bucket then neither controls nor \
          audits that key, and loses the data with it.",
    remediation: "Name the key by its full ARN in the default encryption of the bucket. Before that, look whether \
                  objects of other accounts are encrypted with keys of theirs (HeadObject and S3 Inventory tell the \
                  key); UpdateObjectEncryption brings them under the right one.",
    settings: &[],
    page: include_str!("../../docs/checks/ambiguous-bucket-key.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    judge_kms_buckets(subject, outcomes, |bucket, outcomes| match bucket.target {
        BucketKeyTarget::Alias(meaning) => {
            let resource = outcomes.bucket(bucket.bucket);
            outcomes.fail(resource, failure(&bucket, meaning));
        }
        BucketKeyTarget::NotAKey => {
            outcomes.bucket_not_assessed(bucket.bucket, "what it names as its key is not the ARN of one");
        }
        _ => outcomes.pass(),
    });
}

fn failure(bucket: &KmsBucket<'_>, meaning: &AliasMeaning<'_>) -> Failure {
    let alias = bucket.encryption.kms_key.as_deref().unwrap_or_default();
    let (here, key) = match meaning {
        AliasMeaning::Key(key) => (format!("it means the key {}", key.key_id), Some(&key.arn)),
        AliasMeaning::Nothing => ("it means no key".to_owned(), None),
        AliasMeaning::Unknown(because) => (format!("what it means is not known, since {because}"), None),
    };
    Failure {
        detail: format!(
            "The default encryption is {} with the alias {alias}. To requests of this account {here}; to those of \
             another account it means whatever key has that alias there.",
            bucket.algorithm(),
        ),
        observed: observed! {
            "algorithm": bucket.encryption.algorithm,
            "kms_key": bucket.encryption.kms_key,
            "key_in_this_account": key,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::SseAlgorithm::{DsseKms, SseKms, SseS3};
    use crate::facts::examples::{account, bucket, bucket_under, denied, key, region};
    use crate::facts::{AccountFacts, SseAlgorithm};

    fn facts() -> AccountFacts {
        let mut invoices = key(&[]);
        invoices.key_id = "cafe".into();
        invoices.aliases = vec!["alias/invoices".into()];
        account(region([invoices]))
    }

    fn judge_naming(name: &str, algorithm: SseAlgorithm) -> Judged {
        let mut account = facts();
        account.buckets = vec![bucket_under(name, algorithm, true)];
        judge(&CHECK, account)
    }

    #[test]
    fn an_alias_by_name_or_arn_is_a_finding_that_names_the_key_here() {
        for name in ["alias/invoices", "arn:aws:kms:eu-west-3:111122223333:alias/invoices"] {
            for algorithm in [SseKms, DsseKms] {
                let judged = judge_naming(name, algorithm);
                let finding = &judged.findings[0];
                assert!(
                    finding.detail.contains("this account it means the key cafe"),
                    "{}",
                    finding.detail
                );
                assert!(finding.observed["key_in_this_account"].is_string());
            }
        }
    }

    #[test]
    fn an_alias_that_means_nothing_here_is_no_less_ambiguous() {
        assert!(
            judge_naming("alias/gone", SseKms).findings[0]
                .detail
                .contains("it means no key;")
        );
        let elsewhere = judge_naming("arn:aws:kms:eu-west-3:444455556666:alias/invoices", SseKms);
        assert!(elsewhere.findings[0].detail.contains("the account 444455556666"));
    }

    #[test]
    fn the_alias_of_the_aws_managed_key_is_the_usual_way_to_name_it() {
        for name in ["alias/aws/s3", "arn:aws:kms:eu-west-3:111122223333:alias/aws/s3"] {
            assert_eq!(judge_naming(name, SseKms).tally.passed, 1, "{name}");
        }
    }

    #[test]
    fn key_ids_arns_and_other_encryption_pass() {
        for name in [
            "cafe",
            "arn:aws:kms:eu-west-3:111122223333:key/cafe",
            "arn:aws:kms:eu-west-3:444455556666:key/x",
        ] {
            assert_eq!(judge_naming(name, SseKms).tally.passed, 1, "{name}");
        }
        assert_eq!(judge_naming("alias/invoices", SseS3).tally.passed, 1);
    }

    #[test]
    fn what_is_no_key_or_unread_is_not_assessed() {
        assert_eq!(judge_naming("arn:aws:s3:::x", SseKms).tally.not_assessed.len(), 1);
        let mut account = facts();
        account.buckets = vec![bucket(SseKms, false)];
        account.buckets[0].encryption = denied("s3:GetBucketEncryption");
        assert_eq!(judge(&CHECK, account).tally.not_assessed.len(), 1);
    }
}
