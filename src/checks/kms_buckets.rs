//! The buckets that AWS KMS encrypts, for the checks that judge them.

use std::collections::HashMap;

use super::outcomes::Outcomes;
use super::subject::Subject;
use crate::facts::{Arn, Bucket, BucketEncryption, Fact, Key, SseAlgorithm};
use crate::model::{BucketKeyTarget, ContextConditions};

/// A bucket whose default encryption calls KMS.
#[derive(Clone, Copy)]
pub struct KmsBucket<'s> {
    /// The bucket.
    pub bucket: &'s Bucket,
    /// Its default encryption.
    pub encryption: &'s BucketEncryption,
    /// The key that this means.
    pub target: &'s BucketKeyTarget<'s>,
}

impl KmsBucket<'_> {
    /// Whether a Bucket Key could be, or is, switched on: they exist for SSE-KMS alone.
    pub fn supports_bucket_key(&self) -> bool {
        self.encryption.algorithm == SseAlgorithm::SseKms
    }

    /// Whether a Bucket Key is in use.
    pub fn uses_bucket_key(&self) -> bool {
        self.supports_bucket_key() && self.encryption.bucket_key_enabled
    }

    /// The default encryption, as a sentence begins.
    pub fn algorithm(&self) -> &'static str {
        if self.supports_bucket_key() {
            "SSE-KMS"
        } else {
            "DSSE-KMS"
        }
    }

    /// The key, as a sentence names it.
    pub fn key(&self) -> String {
        match &self.encryption.kms_key {
            Some(key) => format!("the key {key}"),
            None => "the AWS managed key aws/s3, since no key is named".to_owned(),
        }
    }
}

/// Judges each bucket whose default encryption calls KMS; the others pass, and of those whose default encryption is
/// unknown nothing can be said.
pub fn judge_kms_buckets<'s>(
    subject: &'s Subject<'_>,
    outcomes: &mut Outcomes<'_>,
    mut judge: impl FnMut(KmsBucket<'s>, &mut Outcomes<'_>),
) {
    for (bucket, target) in subject.account.buckets.iter().zip(&subject.bucket_keys) {
        match (&bucket.encryption, target) {
            (Fact::Known(encryption), Some(target)) => {
                let bucket = KmsBucket {
                    bucket,
                    encryption,
                    target,
                };
                judge(bucket, outcomes);
            }
            (Fact::Known(_), None) => outcomes.pass(),
            (Fact::Unavailable(reason), _) => {
                let because = format!("its default encryption could not be read: {}", reason.code);
                outcomes.bucket_not_assessed(bucket, because);
            }
            (Fact::NotCollected, _) => {
                outcomes.bucket_not_assessed(bucket, "its default encryption was not collected");
            }
        }
    }
}

/// The conditions on encryption context of keys, each key read once however many buckets name it.
#[derive(Default)]
pub struct ContextOfKeys<'s>(HashMap<&'s Arn, ContextConditions>);

impl<'s> ContextOfKeys<'s> {
    pub fn of(&mut self, key: &'s Key) -> &ContextConditions {
        self.0
            .entry(&key.arn)
            .or_insert_with(|| ContextConditions::of(&key.details))
    }
}

/// How many conditions a finding quotes: a key can have tens of thousands of grants.
pub const CONDITIONS_QUOTED: usize = 10;
