//! `bucket-key-disabled`: an SSE-KMS bucket that calls KMS for every object.

mod estimate;
mod verdict;

use self::estimate::{Estimates, Source};
use self::verdict::Verdict;
use super::kms_buckets::{CONDITIONS_QUOTED, ContextOfKeys, KmsBucket, judge_kms_buckets};
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "bucket-key-disabled",
    title: "SSE-KMS bucket without an S3 Bucket Key",
    severity: Severity::Medium,
    why: "Without a Bucket Key, S3 calls KMS for every object that is written or read, and each of these requests is \
          paid for and counts against the request quota that all keys of the account and Region share.",
    remediation: "Each finding has a verdict, safe_to_enable. Where it is yes, look at the IAM policies as well and \
                  set BucketKeyEnabled with PutBucketEncryption; where it is no, first change the statements and \
                  grants that are quoted; where it is unknown, find out.",
    settings: &[],
    page: include_str!("../../../docs/checks/bucket-key-disabled.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let mut contexts = ContextOfKeys::default();
    let estimates = Estimates::of(subject);
    judge_kms_buckets(subject, outcomes, |bucket, outcomes| {
        if !bucket.supports_bucket_key() || bucket.uses_bucket_key() {
            outcomes.pass();
            return;
        }
        let resource = outcomes.bucket(bucket.bucket);
        let verdict = Verdict::of(&bucket, &resource.arn, &mut contexts);
        outcomes.fail(resource, failure(&bucket, &verdict, &estimates));
    });
}

fn failure(bucket: &KmsBucket<'_>, verdict: &Verdict, estimates: &Estimates<'_>) -> Failure {
    let estimate = estimates.of_bucket(bucket);
    let requests = match &estimate {
        Ok(estimate) => estimate.sentence(),
        Err(because) => format!(
            "How many KMS requests it makes is not known: {because}; a request metrics configuration for the whole \
             bucket would tell."
        ),
    };
    let estimate = estimate.as_ref();
    let month = estimate.map(|estimate| estimate.month).ok();
    let source = estimate.map(|estimate| estimate.source).ok();
    Failure {
        detail: format!(
            "The default encryption is SSE-KMS with {}, and no Bucket Key is used. {} {requests}",
            bucket.key(),
            verdict.sentence(),
        ),
        observed: observed! {
            "algorithm": bucket.encryption.algorithm,
            "kms_key": bucket.encryption.kms_key,
            "bucket_key_enabled": bucket.encryption.bucket_key_enabled,
            "safe_to_enable": verdict.word(),
            "safe_to_enable_unknown_because": verdict.unknown_because(),
            "conditions": verdict.changes().iter().take(CONDITIONS_QUOTED).collect::<Vec<_>>(),
            "conditions_found": verdict.changes().len(),
            "other_context_conditions_found": verdict.isolating(),
            "kms_requests_per_month": month.map(|month| month.requests),
            "kms_cost_usd_per_month": month.map(|month| month.cost),
            "estimated_from": source.map(Source::word),
            "estimate_window_start": month.map(|month| month.window_start),
            "estimate_window_end": month.map(|month| month.window_end),
            "buckets_of_the_key": source.and_then(Source::buckets),
            "no_estimate_because": estimate.err(),
        },
        remediation: Some(verdict.remediation().into()),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests;
