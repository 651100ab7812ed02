//! The scanner: fans out over the Regions of an account and brings the answers together.
//!
//! In two passes. The first reads what is there: keys, quotas and their use, buckets. The second looks closer at what
//! the first has found, where something depends on it.

mod closer;
mod details;
mod last_usage;
mod needs;
mod region;

pub use last_usage::{EarlierUsage, LastUsageBudget, LastUsagePlan};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use self::closer::SecondPass;
use self::region::{ScannedRegion, read_region};
use crate::aws::{RegionChoice, RegionError, Session, UsageWindow, choose_regions, read_buckets};
use crate::config::JustificationPolicy;
use crate::facts::{AccountFacts, Fallback, RegionFacts};
use crate::progress::Progress;

/// What to look at.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    /// The moment of the scan.
    pub as_of: Timestamp,
    /// Which Regions.
    pub regions: RegionChoice,
    /// Over which time the peak is looked for.
    pub window: UsageWindow,
    /// What justifies a key: what is asked of it depends on what its tags claim.
    pub justification: JustificationPolicy,
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
    second_pass(&mut account, regions, plan, progress).await;
    account
        .fallbacks
        .sort_by(|a, b| (&a.region, &a.operation).cmp(&(&b.region, &b.operation)));
    account.api_calls = session.api_calls();
    Ok(account)
}

/// Looks closer at what the first pass has found, in all Regions at once.
async fn second_pass(
    account: &mut AccountFacts,
    regions: Vec<ScannedRegion>,
    plan: &ScanPlan,
    progress: &Progress,
) {
    let at_once = regions.len().max(1);
    let pass = SecondPass {
        account_id: &account.account_id,
        buckets: &account.buckets,
        plan,
        clock: plan.last_usage.budget.start(),
        progress,
    };
    let looked_at = stream::iter(regions)
        .map(|mut region| async move {
            if let Some(clients) = &region.clients {
                pass.look_closer(clients, &mut region.facts).await;
            }
            (region.facts, region.fallbacks)
        })
        .buffer_unordered(at_once)
        .collect::<Vec<_>>()
        .await;
    let (mut regions, fallbacks): (Vec<RegionFacts>, Vec<Vec<Fallback>>) = looked_at.into_iter().unzip();
    regions.sort_by(|a, b| a.region.cmp(&b.region));
    account.regions = regions;
    account.fallbacks.extend(fallbacks.into_iter().flatten());
}
