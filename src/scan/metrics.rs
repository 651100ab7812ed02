//! The questions about use that only have a sense once keys, quotas and buckets are known.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::ScanPlan;
use crate::aws::{KeyMetricsRead, RegionSession, read_contributors, read_key_requests};
use crate::facts::{Bucket, Region, RegionFacts};

/// What is needed of a Region besides its facts: its clients, and the metrics of its keys.
pub(super) struct Listed {
    pub clients: RegionSession,
    pub metrics: KeyMetricsRead,
}

/// Reads who made the peaks, and how much the keys of buckets are used.
pub(super) async fn read_use(
    plan: &ScanPlan,
    regions: &mut [RegionFacts],
    listed: Vec<Listed>,
    buckets: &[Bucket],
) {
    let mut listed: BTreeMap<Region, Listed> = listed
        .into_iter()
        .map(|listed| (listed.clients.region.clone(), listed))
        .collect();
    let places: Vec<_> = regions
        .iter_mut()
        .filter_map(|facts| Some((listed.remove(&facts.region)?, facts)))
        .collect();
    let at_once = places.len().max(1);
    stream::iter(places)
        .for_each_concurrent(at_once, |(listed, facts)| read_use_in(plan, facts, listed, buckets))
        .await;
}

/// One question after the other, so that one that is refused spares the rest.
async fn read_use_in(
    plan: &ScanPlan,
    facts: &mut RegionFacts,
    Listed { clients, metrics }: Listed,
    buckets: &[Bucket],
) {
    read_contributors(&clients, facts, &metrics, plan.threshold_percent).await;
    let of_region = buckets
        .iter()
        .filter(|bucket| bucket.region.as_ref() == Some(&clients.region));
    read_key_requests(&clients, &mut facts.keys, of_region, &metrics, plan.window).await;
}
