//! The questions about use that only have a sense once keys, quotas and buckets are known.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, stream};

use super::ScanPlan;
use crate::aws::{
    KeyMetricsRead, RegionSession, Session, read_bucket_requests, read_contributors, read_custom_key_store_use,
    read_key_requests,
};
use crate::facts::{Arn, Bucket, Region, RegionFacts};

/// What is needed of a Region besides its facts: its clients, and the metrics of its keys.
pub(super) struct Listed {
    pub clients: RegionSession,
    pub metrics: KeyMetricsRead,
}

/// Reads who made the peaks, how much the keys of buckets and custom key stores are used, and how often the objects of
/// buckets are read and written.
pub(super) async fn read_use(
    session: &Session,
    plan: &ScanPlan,
    bucket_keys: &HashSet<Arn>,
    regions: &mut [RegionFacts],
    listed: Vec<Listed>,
    buckets: &mut [Bucket],
) {
    let mut listed: BTreeMap<Region, Listed> = listed
        .into_iter()
        .map(|listed| (listed.clients.region.clone(), listed))
        .collect();
    let mut buckets = by_region(buckets);
    let mut places = Vec::new();
    for facts in regions {
        if let Some(listed) = listed.remove(&facts.region) {
            let buckets = buckets.remove(&facts.region).unwrap_or_default();
            places.push((Some(facts), listed, buckets));
        }
    }
    // Buckets of Regions that were not looked at.
    for (region, buckets) in buckets {
        let listed = Listed {
            clients: session.region(&region),
            metrics: KeyMetricsRead::default(),
        };
        places.push((None, listed, buckets));
    }
    let at_once = places.len().max(1);
    stream::iter(places)
        .for_each_concurrent(at_once, |(facts, listed, buckets)| {
            read_use_in(plan, bucket_keys, facts, listed, buckets)
        })
        .await;
}

fn by_region(buckets: &mut [Bucket]) -> BTreeMap<Region, Vec<&mut Bucket>> {
    let mut by_region: BTreeMap<Region, Vec<&mut Bucket>> = BTreeMap::new();
    for bucket in buckets {
        if let Some(region) = bucket.region.clone() {
            by_region.entry(region).or_default().push(bucket);
        }
    }
    by_region
}

/// One question after the other, so that one that is refused spares the rest.
async fn read_use_in(
    plan: &ScanPlan,
    bucket_keys: &HashSet<Arn>,
    facts: Option<&mut RegionFacts>,
    Listed { clients, metrics }: Listed,
    mut buckets: Vec<&mut Bucket>,
) {
    if let Some(facts) = facts {
        read_contributors(&clients, facts, &metrics, plan.threshold_percent).await;
        read_key_requests(&clients, &mut facts.keys, bucket_keys, &metrics, plan.window).await;
        read_custom_key_store_use(&clients, facts, &metrics, plan.window).await;
    }
    read_bucket_requests(&clients, &mut buckets, plan.window).await;
}
