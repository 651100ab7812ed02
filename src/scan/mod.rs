//! The scanner: fans out over the Regions of an account and brings the answers together.
//!
//! In two passes. The first reads what is there: keys, quotas and their use, buckets. The second looks closer at what
//! the first has found, where something depends on it.

mod closer;
mod details;
mod each_region;
mod last_usage;
mod metrics;
mod needs;
mod quotas;
mod region;

pub use last_usage::{EarlierUsage, LastUsageBudget, LastUsagePlan};
pub use quotas::{QuotaPlan, scan_quotas};

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use self::closer::SecondPass;
use self::each_region::in_each_region;
use self::metrics::{Listed, read_use};
use self::region::{ScannedRegion, read_region};
use crate::aws::{
    RecordedAccount, RegionChoice, RegionError, RegionSession, Session, TrailsRead, UsageWindow, choose_regions,
    read_buckets, read_trails,
};
use crate::config::JustificationPolicy;
use crate::facts::{AccountFacts, Arn, Bucket, Region, RegionFacts, SseAlgorithm, TagSource, Trail};
use crate::model::{bucket_key_targets, depends_on_trails};
use crate::progress::Progress;

/// Where the inventory of an account comes from: its keys, their tags and aliases, its buckets.
#[derive(Clone, Debug, Default)]
pub enum Inventory {
    /// The services themselves are asked.
    #[default]
    Services,
    /// AWS Config has recorded it. What it does not know is not asked for: key policies, grants, rotations, last usage,
    /// custom key stores, request metrics of buckets.
    Config(Box<RecordedAccount>),
}

/// What to look at.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    /// The moment of the scan.
    pub as_of: Timestamp,
    /// Which Regions.
    pub regions: RegionChoice,
    /// Over which time the peak is looked for.
    pub window: UsageWindow,
    /// Where the inventory comes from.
    pub inventory: Inventory,
    /// Where the tags of keys are read, where the inventory does not come from AWS Config.
    pub tags_from: TagSource,
    /// What justifies a key: what is asked of it depends on what its tags claim.
    pub justification: JustificationPolicy,
    /// The percentage of a request quota from which its peak is a finding.
    pub threshold_percent: f64,
    /// How the last usage of keys is asked for.
    pub last_usage: LastUsagePlan,
}

/// Reads everything the plan asks for. A call that fails costs the fact it would have delivered and nothing else.
///
/// # Errors
/// Only when no Region can be chosen.
pub async fn scan_account(
    session: &Session,
    plan: &ScanPlan,
    progress: &Progress,
) -> Result<AccountFacts, RegionError> {
    let chosen = choose_regions(session, &plan.regions).await?;
    let source = chosen.source;
    let regions = in_each_region(chosen.regions, progress, async |region, state| {
        read_region(session, region, state, source, plan, progress).await
    });
    let (regions, buckets) = match &plan.inventory {
        Inventory::Services => {
            tokio::join!(regions, read_buckets(session, &plan.regions, progress.buckets()))
        }
        Inventory::Config(recorded) => {
            let regions = regions.await;
            let looked_at = regions.iter().filter(|region| region.clients.is_some());
            let buckets = recorded.buckets(looked_at.map(|region| &region.facts.region));
            (regions, buckets)
        }
    };
    let mut account = AccountFacts {
        account_id: session.account_id.clone(),
        partition: session.partition.clone(),
        region_source: source,
        regions: Vec::new(),
        bucket_listing: buckets.listing,
        buckets: buckets.buckets,
        trails: Vec::new(),
        fallbacks: chosen.fallbacks,
        api_calls: Vec::new(),
    };
    second_pass(session, &mut account, regions, plan, progress).await;
    account.trails = read_depending_trails(session, plan, &mut account.regions).await;
    account
        .fallbacks
        .sort_by(|a, b| (&a.region, &a.operation).cmp(&(&b.region, &b.operation)));
    account.api_calls = session.api_calls();
    Ok(account)
}

/// Looks closer at what the first pass has found, in all Regions at once: the details of keys, and what only has a sense
/// once keys, quotas and buckets are known.
async fn second_pass(
    session: &Session,
    account: &mut AccountFacts,
    regions: Vec<ScannedRegion>,
    plan: &ScanPlan,
    progress: &Progress,
) {
    let mut listed = Vec::new();
    for region in regions {
        account.fallbacks.extend(region.fallbacks);
        account.regions.push(region.facts);
        if let Some(clients) = region.clients {
            let metrics = region.metrics;
            listed.push(Listed { clients, metrics });
        }
    }
    account.regions.sort_by(|a, b| a.region.cmp(&b.region));
    let bucket_keys = keys_of_buckets(account);
    let pass = SecondPass {
        bucket_keys: &bucket_keys,
        plan,
        clock: plan.last_usage.budget.start(),
        progress,
    };
    let clients: BTreeMap<&Region, &RegionSession> = listed
        .iter()
        .map(|listed| (&listed.clients.region, &listed.clients))
        .collect();
    let at_once = clients.len().max(1);
    stream::iter(&mut account.regions)
        .for_each_concurrent(at_once, |facts| {
            let clients = clients.get(&facts.region).copied();
            async move {
                if let Some(clients) = clients {
                    pass.look_closer(clients, facts).await;
                }
            }
        })
        .await;
    let (regions, buckets) = (&mut account.regions, &mut account.buckets);
    read_use(session, plan, &bucket_keys, regions, listed, buckets).await;
}

/// The keys that the default encryption of an SSE-KMS bucket means.
fn keys_of_buckets(account: &AccountFacts) -> HashSet<Arn> {
    let is_sse_kms = |bucket: &Bucket| {
        let encryption = bucket.encryption.known();
        encryption.is_some_and(|encryption| encryption.algorithm == SseAlgorithm::SseKms)
    };
    let targets = bucket_key_targets(account);
    let targets = account
        .buckets
        .iter()
        .zip(targets)
        .filter(|(bucket, _)| is_sse_kms(bucket));
    let keys = targets.filter_map(|(_, target)| target?.key());
    keys.map(|key| key.arn.clone()).collect()
}

/// Reads the trails of the Regions in which something depends on them, and notes for each which they are.
async fn read_depending_trails(session: &Session, plan: &ScanPlan, regions: &mut [RegionFacts]) -> Vec<Trail> {
    let mut depending: Vec<&mut RegionFacts> = regions
        .iter_mut()
        .filter(|region| depends_on_trails(region, &plan.justification))
        .collect();
    let TrailsRead { mut by_region, trails } =
        read_trails(session, depending.iter().map(|region| &region.region)).await;
    for region in &mut depending {
        region.trails = by_region.remove(&region.region).unwrap_or_default();
    }
    trails
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{account, bucket, key, region};
    use crate::facts::{BucketEncryption, Fact};

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
    fn the_keys_of_sse_kms_buckets_are_looked_at_whether_their_bucket_key_is_on_or_off() {
        let facts = region([key(&[]), key(&[]), key(&[]), key(&[])]);
        let arns: Vec<Arn> = facts.keys.iter().map(|key| key.arn.clone()).collect();
        let id = |place: usize| facts.keys[place].key_id.clone();
        let elsewhere = Bucket {
            region: Some(Region::new("us-east-1")),
            ..encrypted_with(SseAlgorithm::SseKms, false, &id(3))
        };
        let buckets = vec![
            encrypted_with(SseAlgorithm::SseKms, false, &id(0)),
            encrypted_with(SseAlgorithm::SseKms, true, arns[1].as_str()),
            encrypted_with(SseAlgorithm::DsseKms, false, &id(2)),
            bucket(SseAlgorithm::SseKms, false),
            elsewhere,
        ];
        let mut account = account(facts);
        account.buckets = buckets;
        let expected: HashSet<Arn> = arns.into_iter().take(2).collect();
        assert_eq!(keys_of_buckets(&account), expected);
    }
}
