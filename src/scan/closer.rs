//! The second pass of a Region: what depends on what the first has found.

use std::collections::HashSet;

use super::ScanPlan;
use super::details::{add_details, read_details};
use super::last_usage::{Clock, add_last_usage, asking_order, carry_over, read_last_usage};
use super::needs::Needs;
use crate::aws::RegionSession;
use crate::facts::{AccountId, Bucket, RegionFacts, SseAlgorithm};
use crate::model::{BucketKey, BucketKeys, Standing, standing};
use crate::progress::Progress;

/// What the second pass of every Region goes by.
#[derive(Clone, Copy)]
pub(super) struct SecondPass<'a> {
    pub(super) account_id: &'a AccountId,
    /// The buckets of all Regions.
    pub(super) buckets: &'a [Bucket],
    pub(super) plan: &'a ScanPlan,
    /// The time for last usages, which runs in all Regions alike.
    pub(super) clock: Clock,
    pub(super) progress: &'a Progress,
}

impl SecondPass<'_> {
    /// Reads the details of the keys of a Region.
    pub(super) async fn look_closer(&self, clients: &RegionSession, facts: &mut RegionFacts) {
        let (needs, order) = self.questions(facts);
        let (details, last_usage) = tokio::join!(
            read_details(clients, &facts.keys, &needs, self.progress.key_details()),
            read_last_usage(
                clients,
                &facts.keys,
                &order,
                self.clock,
                self.plan.as_of,
                self.progress.last_usage()
            ),
        );
        add_details(&mut facts.keys, details);
        add_last_usage(&mut facts.keys, last_usage);
        carry_over(&mut facts.keys, &self.plan.last_usage.earlier);
    }

    /// Which details which key needs, and which keys are asked for their last usage, in which order: keys by their
    /// places among those of the Region.
    fn questions(&self, facts: &RegionFacts) -> (Vec<(usize, Needs)>, Vec<usize>) {
        let keys_of_buckets = keys_of_buckets(facts, self.account_id, self.buckets);
        let keys = facts.keys.iter();
        let standings: Vec<Standing<'_>> = keys.map(|key| standing(key, &self.plan.justification)).collect();
        let judged = facts.keys.iter().zip(&standings).enumerate();
        let needs = judged
            .map(|(place, (key, standing))| {
                let is_bucket_key = keys_of_buckets.contains(key.key_id.as_str());
                (place, Needs::of(key, standing, is_bucket_key))
            })
            .filter(|(_, needs)| !needs.are_none())
            .collect();
        (needs, asking_order(facts, &standings, self.plan))
    }
}

/// The ids of the keys that the default encryption of an SSE-KMS bucket of the Region names.
fn keys_of_buckets<'a>(
    facts: &'a RegionFacts,
    account_id: &'a AccountId,
    buckets: &'a [Bucket],
) -> HashSet<&'a str> {
    let here = buckets
        .iter()
        .filter(|bucket| bucket.region.as_ref() == Some(&facts.region));
    let encryptions = here.filter_map(|bucket| bucket.encryption.known());
    let mut named = encryptions
        .filter(|encryption| encryption.algorithm == SseAlgorithm::SseKms && encryption.kms_key.is_some())
        .peekable();
    if named.peek().is_none() {
        return HashSet::new();
    }
    let keys = BucketKeys::new(account_id, facts);
    let keys = named.filter_map(|encryption| match keys.of(encryption) {
        BucketKey::Own(key) => Some(key.key_id.as_str()),
        _ => None,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::facts::examples::{bucket, key, region};
    use crate::facts::{BucketEncryption, Region};

    fn encrypted_with(algorithm: SseAlgorithm, bucket_key_enabled: bool, key: &str) -> Bucket {
        Bucket {
            encryption: Fact::Known(BucketEncryption {
                algorithm: algorithm.clone(),
                kms_key: Some(key.to_owned()),
                bucket_key_enabled,
            }),
            ..bucket(algorithm, bucket_key_enabled)
        }
    }

    #[test]
    fn the_keys_of_sse_kms_buckets_of_the_region_are_looked_at_whether_their_bucket_key_is_on_or_off() {
        let facts = region([key(&[]), key(&[]), key(&[]), key(&[])]);
        let id = |place: usize| facts.keys[place].key_id.as_str();
        let elsewhere = Bucket {
            region: Some(Region::new("us-east-1")),
            ..encrypted_with(SseAlgorithm::SseKms, false, id(3))
        };
        let buckets = [
            encrypted_with(SseAlgorithm::SseKms, false, id(0)),
            encrypted_with(SseAlgorithm::SseKms, true, facts.keys[1].arn.as_str()),
            encrypted_with(SseAlgorithm::DsseKms, false, id(2)),
            bucket(SseAlgorithm::SseKms, false),
            elsewhere,
        ];
        let account = AccountId::new("111122223333");
        assert_eq!(
            keys_of_buckets(&facts, &account, &buckets),
            HashSet::from([id(0), id(1)])
        );
    }
}
