//! `bucket-key-bypasses-context`: a Bucket Key where the key policy tells tenants or objects apart.

use super::kms_buckets::{CONDITIONS_QUOTED, ContextOfKeys, KmsBucket, judge_kms_buckets};
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::{Arn, Key};
use crate::model::{AliasMeaning, BucketKeySafety, BucketKeyTarget, Change, ContextCondition, ContextConditions};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "bucket-key-bypasses-context",
    title: "Key policy relies on encryption context that a Bucket Key bypasses",
    severity: Severity::Medium,
    why: "S3 asks KMS for a bucket-level key once for each requester and a limited time. Later requests that use it \
          are not checked against the key policy, so a condition on the encryption context of single objects or \
          tenants decides nothing about them.",
    remediation: "Decide where access is decided. If the encryption context of each request has to be checked, leave \
                  the Bucket Key off (or switch it off: objects written with it keep it until UpdateObjectEncryption \
                  or a copy takes it away), and except bucket-key-disabled for this bucket. Else keep tenants apart \
                  by S3 permissions, by a bucket or a key for each, and take the conditions out, so that nobody \
                  counts on them.",
    settings: &[],
    page: include_str!("../../docs/checks/bucket-key-bypasses-context.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let mut contexts = ContextOfKeys::default();
    judge_kms_buckets(subject, outcomes, |bucket, outcomes| {
        if !bucket.supports_bucket_key() {
            outcomes.pass();
            return;
        }
        let key = match key_to_judge(bucket.target) {
            Ok(Some(key)) => key,
            Ok(None) => return outcomes.pass(),
            Err(because) => return outcomes.bucket_not_assessed(bucket.bucket, because),
        };
        let resource = outcomes.bucket(bucket.bucket);
        let conditions = contexts.of(key);
        let bypassed = Bypassed::of(conditions, &resource.arn, bucket.uses_bucket_key());
        if let Some(first) = bypassed.first() {
            let failure = failure(&bucket, &bypassed, first);
            outcomes.fail(resource, failure);
        } else if let Some(because) = &conditions.unread {
            outcomes.bucket_not_assessed(bucket.bucket, because.as_str());
        } else {
            outcomes.pass();
        }
    });
}

/// The key whose policies matter; `None` for `aws/s3`, whose policy knows no tenants.
fn key_to_judge<'a>(target: &BucketKeyTarget<'a>) -> Result<Option<&'a Key>, &'static str> {
    match target {
        BucketKeyTarget::Key(key) | BucketKeyTarget::Alias(AliasMeaning::Key(key)) => Ok(Some(key)),
        BucketKeyTarget::AwsManaged => Ok(None),
        BucketKeyTarget::OtherAccount { .. } => {
            Err("its key belongs to another account, where alone its policy is read")
        }
        BucketKeyTarget::OtherRegion { .. }
        | BucketKeyTarget::Missing
        | BucketKeyTarget::Alias(AliasMeaning::Nothing) => {
            Err("the key that it names does not exist in its Region")
        }
        BucketKeyTarget::Alias(AliasMeaning::Unknown(_))
        | BucketKeyTarget::NotAKey
        | BucketKeyTarget::Unknown(_) => Err("which key it means is not known"),
    }
}

/// The conditions that a Bucket Key bypasses.
struct Bypassed<'c> {
    /// On pairs of the customer's own.
    isolating: &'c [ContextCondition],
    /// On the ARNs of objects. Where the Bucket Key is off, `bucket-key-disabled` speaks of these.
    on_objects: Vec<Change>,
}

impl<'c> Bypassed<'c> {
    fn of(conditions: &'c ContextConditions, bucket: &Arn, in_use: bool) -> Self {
        let on_objects = match conditions.bucket_key_safety(bucket) {
            BucketKeySafety::Unsafe(changes) if in_use => changes,
            _ => Vec::new(),
        };
        Bypassed {
            isolating: &conditions.isolating,
            on_objects,
        }
    }

    fn all(&self) -> impl Iterator<Item = &ContextCondition> {
        let on_objects = self.on_objects.iter().map(|change| &change.condition);
        self.isolating.iter().chain(on_objects)
    }

    fn first(&self) -> Option<&ContextCondition> {
        self.all().next()
    }

    fn count(&self) -> usize {
        self.isolating.len() + self.on_objects.len()
    }
}

fn failure(bucket: &KmsBucket<'_>, bypassed: &Bypassed<'_>, first: &ContextCondition) -> Failure {
    let in_use = bucket.uses_bucket_key();
    let more = match bypassed.count() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let what_follows = if in_use {
        "The Bucket Key is on, so most requests for objects are not checked against it."
    } else {
        "The Bucket Key is off, and switching it on, which bucket-key-disabled recommends, would end that check for \
         most requests."
    };
    Failure {
        severity: Some(if in_use { CHECK.severity } else { Severity::Low }),
        detail: format!("Access is limited by encryption context: {first}{more}. {what_follows}"),
        observed: observed! {
            "kms_key": bucket.encryption.kms_key,
            "bucket_key_enabled": bucket.encryption.bucket_key_enabled,
            "conditions": bypassed.all().take(CONDITIONS_QUOTED).collect::<Vec<_>>(),
            "conditions_found": bypassed.count(),
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::SseAlgorithm::{DsseKms, SseKms, SseS3};
    use crate::facts::examples::{account, bucket, bucket_under, denied, key_under_condition, region};
    use crate::facts::{Fact, SseAlgorithm};

    fn judge_under(key: Key, algorithm: SseAlgorithm, bucket_key: bool) -> Judged {
        let bucket = bucket_under(key.arn.as_str(), algorithm, bucket_key);
        let mut account = account(region([key]));
        account.buckets = vec![bucket];
        judge(&CHECK, account)
    }

    fn tenant() -> Value {
        json!({"StringEquals": {"kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}"}})
    }

    fn on_objects() -> Value {
        json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::invoices/a/*"}})
    }

    #[test]
    fn tenant_isolation_under_a_bucket_key_is_a_finding_that_quotes_it() {
        let judged = judge_under(key_under_condition(tenant()), SseKms, true);
        let finding = &judged.findings[0];
        assert_eq!(finding.severity, Severity::Medium);
        assert_eq!(
            finding.detail,
            "Access is limited by encryption context: statement 1 (Readers) of the key policy: Allow if StringEquals \
             kms:EncryptionContext:tenant = ${aws:PrincipalTag/tenant}. The Bucket Key is on, so most requests for \
             objects are not checked against it."
        );
        assert_eq!(finding.observed["conditions"][0]["key"], "kms:EncryptionContext:tenant");
    }

    #[test]
    fn where_the_bucket_key_is_only_recommended_it_matters_less() {
        let judged = judge_under(key_under_condition(tenant()), SseKms, false);
        assert_eq!(judged.findings[0].severity, Severity::Low);
        assert!(judged.findings[0].detail.contains("switching it on"));
    }

    #[test]
    fn object_arns_are_bypassed_only_by_a_bucket_key_that_is_on() {
        let judged = judge_under(key_under_condition(on_objects()), SseKms, true);
        assert_eq!(
            (
                judged.tally.failed,
                judged.findings[0].observed["conditions_found"].clone()
            ),
            (1, json!(1))
        );
        assert_eq!(
            judge_under(key_under_condition(on_objects()), SseKms, false)
                .tally
                .passed,
            1
        );
    }

    #[test]
    fn one_bucket_is_one_finding_however_many_conditions() {
        let both = json!({
            "StringEquals": {"kms:EncryptionContext:tenant": "a", "kms:EncryptionContext:stage": "test"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::invoices/a/*"},
        });
        let judged = judge_under(key_under_condition(both), SseKms, true);
        assert_eq!(
            (judged.findings.len(), &judged.findings[0].observed["conditions_found"]),
            (1, &json!(3))
        );
        assert!(judged.findings[0].detail.contains("(and 2 more)"));
    }

    #[test]
    fn without_such_conditions_and_without_bucket_keys_it_passes() {
        let logs = json!({"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*:*:*"}});
        let whole_bucket = json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::invoices*"}});
        for condition in [json!({}), logs, whole_bucket] {
            assert_eq!(
                judge_under(key_under_condition(condition), SseKms, true).tally.passed,
                1
            );
        }
        for algorithm in [DsseKms, SseS3] {
            assert_eq!(
                judge_under(key_under_condition(tenant()), algorithm, true).tally.passed,
                1
            );
        }
        let mut aws_managed = account(region([]));
        aws_managed.buckets = vec![bucket(SseKms, true)];
        assert_eq!(judge(&CHECK, aws_managed).tally.passed, 1);
    }

    #[test]
    fn what_was_not_read_is_not_assessed_unless_the_rest_is_enough() {
        let mut half_read = key_under_condition(json!({}));
        half_read.details.grants = denied("kms:ListGrants");
        let judged = judge_under(half_read.clone(), SseKms, true);
        let because = "the list of grants could not be read: AccessDeniedException";
        assert_eq!((judged.tally.failed, judged.tally.not_assessed[because]), (0, 1));
        half_read.details.policy = key_under_condition(tenant()).details.policy;
        assert_eq!(judge_under(half_read, SseKms, true).tally.failed, 1);
        let mut unread = key_under_condition(json!({}));
        unread.details.policy = Fact::NotCollected;
        assert_eq!(judge_under(unread, SseKms, true).tally.not_assessed.len(), 1);
    }

    #[test]
    fn a_key_that_is_elsewhere_or_unknown_is_not_assessed() {
        for name in [
            "arn:aws:kms:eu-west-3:444455556666:key/x",
            "arn:aws:kms:eu-west-1:111122223333:key/x",
            "gone",
            "alias/gone",
            "arn:aws:s3:::x",
        ] {
            let mut account = account(region([]));
            account.buckets = vec![bucket_under(name, SseKms, true)];
            assert_eq!(judge(&CHECK, account).tally.not_assessed.len(), 1, "{name}");
        }
    }
}
