//! `bucket-key-unusable`: a bucket whose key S3 cannot use.

use super::kms_buckets::{KmsBucket, judge_kms_buckets};
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::{Fact, Key, KeyState, KeyUsage};
use crate::model::{AliasMeaning, BucketKeyTarget};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "bucket-key-unusable",
    title: "Bucket names a key that cannot be used",
    severity: Severity::High,
    why: "Uploads that rely on the default encryption fail, and objects that are encrypted with the key cannot be \
          read, for as long as it cannot be used; once it is deleted, never again.",
    remediation: "Find out which objects are encrypted with the key (S3 Inventory tells) before anything else. If they \
                  are needed: cancel a deletion with CancelKeyDeletion before its date and enable the key; enable a \
                  disabled one; import the key material again; reconnect the custom key store. Then, or if they are \
                  not needed, name a key that can be used in the default encryption of the bucket.",
    settings: &[],
    page: include_str!("../../docs/checks/bucket-key-unusable.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    judge_kms_buckets(subject, outcomes, |bucket, outcomes| match usability(&bucket) {
        Usability::Usable => outcomes.pass(),
        Usability::Unusable(why) => {
            let resource = outcomes.bucket(bucket.bucket);
            outcomes.fail(resource, failure(&bucket, why));
        }
        Usability::Unknown(because) => outcomes.bucket_not_assessed(bucket.bucket, because),
    });
}

enum Usability {
    Usable,
    Unusable(String),
    Unknown(String),
}

fn usability(bucket: &KmsBucket<'_>) -> Usability {
    let elsewhere = |region: &str| {
        let why = format!("lies in another Region, {region}, and S3 can use only keys of its own");
        Usability::Unusable(why)
    };
    match bucket.target {
        BucketKeyTarget::AwsManaged => Usability::Usable,
        BucketKeyTarget::Key(key) | BucketKeyTarget::Alias(AliasMeaning::Key(key)) => of_key(key),
        BucketKeyTarget::Missing => {
            Usability::Unusable("does not exist: it is not among the keys of the account in the Region".into())
        }
        BucketKeyTarget::Alias(AliasMeaning::Nothing) => {
            Usability::Unusable("does not exist in this account: no key of the Region has that alias".into())
        }
        BucketKeyTarget::OtherRegion { region } => elsewhere(region),
        BucketKeyTarget::OtherAccount { region, .. } => match &bucket.bucket.region {
            Some(own) if own.as_str() != *region => elsewhere(region),
            _ => Usability::Unknown("its key belongs to another account, where its state is read".into()),
        },
        BucketKeyTarget::NotAKey => Usability::Unknown("what it names as its key is not the ARN of one".into()),
        BucketKeyTarget::Alias(AliasMeaning::Unknown(_)) | BucketKeyTarget::Unknown(_) => {
            Usability::Unknown("which key it means is not known".into())
        }
    }
}

fn of_key(key: &Key) -> Usability {
    let metadata = match &key.metadata {
        Fact::Known(metadata) => metadata,
        Fact::Unavailable(reason) => {
            return Usability::Unknown(format!("the state of its key could not be read: {}", reason.code));
        }
        Fact::NotCollected => return Usability::Unknown("the state of its key was not collected".into()),
    };
    let why = match &metadata.state {
        // Updating is a multi-Region key that changes its primary; it can be used meanwhile.
        KeyState::Enabled | KeyState::Updating if is_asymmetric(key) => {
            format!(
                "is of the kind {}, and S3 supports only symmetric encryption keys",
                metadata.spec.as_str()
            )
        }
        KeyState::Enabled | KeyState::Updating => return Usability::Usable,
        KeyState::Disabled => "is disabled".to_owned(),
        KeyState::PendingDeletion => match metadata.deletion_date {
            Some(date) => format!("is pending deletion and will be deleted at {date}"),
            None => "is pending deletion".to_owned(),
        },
        KeyState::PendingReplicaDeletion => "is pending deletion and will be deleted after its replicas".to_owned(),
        KeyState::PendingImport => {
            "has no key material, which has expired, was deleted or never imported".to_owned()
        }
        KeyState::Unavailable => "is unavailable, since its custom key store is not connected".to_owned(),
        KeyState::Creating => return Usability::Unknown("its key is still being created".into()),
        KeyState::Unknown(state) => {
            return Usability::Unknown(format!("its key is in a state that is not known here: {state}"));
        }
    };
    Usability::Unusable(why)
}

/// Whether the key is known to be none for symmetric encryption.
fn is_asymmetric(key: &Key) -> bool {
    key.metadata.known().is_some_and(|metadata| {
        let other_use = !matches!(metadata.usage, KeyUsage::EncryptDecrypt | KeyUsage::Unknown(_));
        let spec = metadata.spec.as_str();
        other_use || spec.starts_with("RSA_") || spec == "SM2"
    })
}

fn failure(bucket: &KmsBucket<'_>, why: String) -> Failure {
    let key = bucket.target.key();
    let metadata = key.and_then(|key| key.metadata.known());
    Failure {
        detail: format!(
            "The default encryption is {} with {}, which {why}.",
            bucket.algorithm(),
            bucket.key()
        ),
        observed: observed! {
            "algorithm": bucket.encryption.algorithm,
            "kms_key": bucket.encryption.kms_key,
            "key_arn": key.map(|key| &key.arn),
            "key_state": metadata.map(|metadata| &metadata.state),
            "key_spec": metadata.map(|metadata| &metadata.spec),
            "key_deletion_date": metadata.and_then(|metadata| metadata.deletion_date),
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
    use crate::facts::{KeyMetadata, SseAlgorithm};

    fn judge_key(change: impl FnOnce(&mut KeyMetadata), algorithm: SseAlgorithm) -> Judged {
        let mut key = key(&[]);
        if let Fact::Known(metadata) = &mut key.metadata {
            change(metadata);
        }
        let bucket = bucket_under(key.arn.as_str(), algorithm, true);
        let mut account = account(region([key]));
        account.buckets = vec![bucket];
        judge(&CHECK, account)
    }

    fn judge_state(state: KeyState) -> Judged {
        judge_key(|metadata| metadata.state = state, SseKms)
    }

    fn judge_naming(name: &str) -> Judged {
        let mut account = account(region([]));
        account.buckets = vec![bucket_under(name, SseKms, true)];
        judge(&CHECK, account)
    }

    #[test]
    fn keys_that_cannot_be_used_are_findings_that_say_why() {
        for (state, why) in [
            (KeyState::Disabled, "which is disabled."),
            (KeyState::PendingDeletion, "which is pending deletion."),
            (KeyState::PendingReplicaDeletion, "deleted after its replicas"),
            (KeyState::PendingImport, "has no key material"),
            (KeyState::Unavailable, "custom key store is not connected"),
        ] {
            let judged = judge_state(state.clone());
            let finding = &judged.findings[0];
            assert!(finding.detail.contains(why), "{}", finding.detail);
            assert_eq!(finding.observed["key_state"], state.as_str());
            assert_eq!(finding.severity, Severity::High);
        }
        let date = "2026-07-01T00:00:00Z";
        let dated = judge_key(
            |metadata| {
                metadata.state = KeyState::PendingDeletion;
                metadata.deletion_date = date.parse().ok();
            },
            DsseKms,
        );
        assert!(dated.findings[0].detail.contains("DSSE-KMS") && dated.findings[0].detail.contains(date));
    }

    #[test]
    fn keys_that_can_be_used_pass() {
        for state in [KeyState::Enabled, KeyState::Updating] {
            assert_eq!(judge_state(state).tally.passed, 1);
        }
        assert_eq!(
            judge_key(|metadata| metadata.state = KeyState::Disabled, SseS3)
                .tally
                .passed,
            1
        );
        let mut aws_managed = account(region([]));
        aws_managed.buckets = vec![bucket(SseKms, true)];
        assert_eq!(judge(&CHECK, aws_managed).tally.passed, 1);
    }

    #[test]
    fn a_key_of_another_kind_cannot_be_used() {
        for (spec, usage) in [("RSA_2048", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC")] {
            let judged = judge_key(
                |metadata| {
                    metadata.spec = spec.into();
                    metadata.usage = usage.into();
                },
                SseKms,
            );
            assert!(judged.findings[0].detail.contains("only symmetric"), "{spec}");
        }
        let unstated = judge_key(|metadata| metadata.usage = "not stated".into(), SseKms);
        assert_eq!(unstated.tally.passed, 1);
    }

    #[test]
    fn a_key_that_does_not_exist_or_lies_elsewhere_is_a_finding() {
        for (name, why) in [
            ("gone", "does not exist"),
            ("arn:aws:kms:eu-west-3:111122223333:key/gone", "does not exist"),
            ("alias/gone", "no key of the Region has that alias"),
            ("arn:aws:kms:eu-west-1:111122223333:key/x", "another Region, eu-west-1"),
            ("arn:aws:kms:eu-west-1:444455556666:key/x", "another Region, eu-west-1"),
        ] {
            let judged = judge_naming(name);
            assert!(judged.findings[0].detail.contains(why), "{}", judged.findings[0].detail);
        }
    }

    #[test]
    fn an_incomplete_list_proves_nothing() {
        let mut account = account(region([]));
        account.regions[0].key_listing = denied("kms:ListKeys");
        account.buckets = vec![bucket_under("gone", SseKms, true)];
        let judged = judge(&CHECK, account);
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
    }

    #[test]
    fn what_is_not_known_is_not_assessed() {
        for state in [KeyState::Creating, "Melting".into()] {
            assert_eq!(judge_state(state).tally.not_assessed.len(), 1);
        }
        for name in [
            "arn:aws:kms:eu-west-3:444455556666:key/x",
            "arn:aws:s3:::x",
            "alias/aws/ebs",
        ] {
            assert_eq!(judge_naming(name).tally.not_assessed.len(), 1, "{name}");
        }
        let mut secret = key(&[]);
        secret.metadata = denied("kms:DescribeKey");
        let bucket = bucket_under(secret.arn.as_str(), SseKms, true);
        let mut account = account(region([secret]));
        account.buckets = vec![bucket];
        assert_eq!(judge(&CHECK, account).tally.not_assessed.len(), 1);
    }
}
