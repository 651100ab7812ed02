//! The scanner: fans out over the Regions of an account and brings the answers together.

mod region;

use futures_util::{StreamExt, stream};

use self::region::{ScannedRegion, read_region};
use crate::aws::{RegionChoice, RegionError, Session, UsageWindow, choose_regions, read_buckets};
use crate::facts::{AccountFacts, Fallback, RegionFacts};
use crate::progress::Progress;

/// What to look at.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    /// Which Regions.
    pub regions: RegionChoice,
    /// Over which time the peak is looked for.
    pub window: UsageWindow,
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
    progress.regions().find(chosen.regions.len());
    let at_once = chosen.regions.len().max(1);
    let regions = stream::iter(chosen.regions)
        .map(|(region, state)| async move {
            let read = read_region(session, region, state, source, plan, progress).await;
            progress.regions().finish_one();
            read
        })
        .buffer_unordered(at_once)
        .collect::<Vec<_>>();
    let (regions, buckets) = tokio::join!(regions, read_buckets(session, &plan.regions, progress.buckets()));
    let parts = regions
        .into_iter()
        .map(|ScannedRegion { facts, fallbacks }| (facts, fallbacks));
    let (mut regions, fallbacks): (Vec<RegionFacts>, Vec<Vec<Fallback>>) = parts.unzip();
    regions.sort_by(|a, b| a.region.cmp(&b.region));
    let mut fallbacks: Vec<Fallback> = chosen
        .fallbacks
        .into_iter()
        .chain(fallbacks.into_iter().flatten())
        .collect();
    fallbacks.sort_by(|a, b| (&a.region, &a.operation).cmp(&(&b.region, &b.operation)));
    Ok(AccountFacts {
        account_id: session.account_id.clone(),
        partition: session.partition.clone(),
        region_source: source,
        regions,
        bucket_listing: buckets.listing,
        buckets: buckets.buckets,
        trails: Vec::new(),
        fallbacks,
        api_calls: session.api_calls(),
    })
}
