//! How many KMS requests a bucket makes, where something tells.

use std::collections::HashMap;

use super::super::Subject;
use super::super::kms_buckets::KmsBucket;
use crate::facts::{Arn, Fact, Key};
use crate::model::{BucketKeyTarget, MonthlyRequests};
use crate::numbers::grouped;

/// What estimates need to know of the account as a whole: how many buckets name each key.
pub(super) struct Estimates<'s> {
    buckets_of_key: HashMap<&'s Arn, usize>,
}

/// What the requests of a bucket to KMS come to. Multipart uploads and copies take more of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    /// A month of them.
    pub month: MonthlyRequests,
    /// Where they were counted.
    pub source: Source,
}

/// Where requests were counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// At the bucket.
    Bucket,
    /// At the key, which others use as well.
    Key {
        /// How many buckets name it.
        buckets: usize,
    },
}

impl<'s> Estimates<'s> {
    pub(super) fn of(subject: &'s Subject<'_>) -> Self {
        let mut buckets_of_key = HashMap::new();
        for key in subject.bucket_keys.iter().flatten().filter_map(BucketKeyTarget::key) {
            *buckets_of_key.entry(&key.arn).or_default() += 1;
        }
        Estimates { buckets_of_key }
    }

    /// The estimate for a bucket, or why there is none.
    pub(super) fn of_bucket(&self, bucket: &KmsBucket<'_>) -> Result<Estimate, String> {
        let without_bucket_metrics = match &bucket.bucket.requests {
            Fact::Known(Some(requests)) => match MonthlyRequests::of_bucket(requests) {
                Some(month) => {
                    let source = Source::Bucket;
                    return Ok(Estimate { month, source });
                }
                None => "its request metrics hold no numbers".to_owned(),
            },
            Fact::Known(None) => "it has no request metrics for the whole bucket".to_owned(),
            Fact::Unavailable(reason) => format!("its request metrics could not be read: {}", reason.code),
            Fact::NotCollected => match &bucket.bucket.metrics_configurations {
                Fact::Unavailable(reason) => {
                    format!("its request metrics configurations could not be read: {}", reason.code)
                }
                Fact::Known(listed) if !listed.iter().any(|listed| listed.whole_bucket) => {
                    "it has no request metrics for the whole bucket".to_owned()
                }
                Fact::Known(_) | Fact::NotCollected => "its request metrics were not collected".to_owned(),
            },
        };
        // An alias may mean another key to whoever makes the requests.
        let BucketKeyTarget::Key(key) = bucket.target else {
            return Err(without_bucket_metrics);
        };
        self.of_key(key)
            .ok_or_else(|| match key.details.requests.unavailable() {
                Some(reason) => format!(
                    "{without_bucket_metrics}, and the requests of its key could not be read: {}",
                    reason.code
                ),
                None => format!("{without_bucket_metrics}, and there are no numbers of its key"),
            })
    }

    fn of_key(&self, key: &Key) -> Option<Estimate> {
        let month = MonthlyRequests::of_key(key.details.requests.known()?)?;
        let buckets = self.buckets_of_key.get(&key.arn).copied().unwrap_or(1);
        let source = Source::Key { buckets };
        Some(Estimate { month, source })
    }
}

impl Estimate {
    pub(super) fn sentence(&self) -> String {
        let (requests, cost) = (grouped(self.month.requests), self.month.cost);
        match self.source {
            Source::Bucket => format!(
                "At the rate of the last two weeks it makes about {requests} KMS requests a month ({cost}), of which a \
                 Bucket Key would save a part: one for each object written or read, if all are encrypted with SSE-KMS \
                 and without a Bucket Key."
            ),
            Source::Key { buckets } => {
                let named_by = match buckets {
                    1 => "no other bucket of the account names".to_owned(),
                    _ => format!("{} buckets of the account name", grouped(buckets as u64)),
                };
                format!(
                    "A Bucket Key would save a part of about {requests} KMS requests a month ({cost}), at the rate of \
                     the last two weeks: all the GenerateDataKey and Decrypt requests with its key, which {named_by} \
                     and others may use."
                )
            }
        }
    }
}

impl Source {
    /// The word for it in the observed facts.
    pub(super) fn word(self) -> &'static str {
        match self {
            Source::Bucket => "bucket_requests",
            Source::Key { .. } => "key_requests",
        }
    }

    /// How many buckets name the key, where the key was counted.
    pub(super) fn buckets(self) -> Option<usize> {
        match self {
            Source::Bucket => None,
            Source::Key { buckets } => Some(buckets),
        }
    }
}
