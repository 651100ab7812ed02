//! The scanner: fans out over the Regions of an account and brings the answers together.

mod metrics;

use futures_util::{StreamExt, stream};

use crate::aws::{
    self, KeyMetricsRead, RegionChoice, RegionError, Session, TrailsRead, UsageWindow, choose_regions, read_alarms,
    read_buckets, read_custom_key_stores, read_keys, read_metric_filters, read_quotas, read_trails, read_usage,
};
use crate::config::JustificationPolicy;
use crate::facts::{AccountFacts, Fact, Fallback, Region, RegionFacts, RegionSource, RegionState, Trail};
use crate::model::{depends_on_trails, uses_pools};
use crate::progress::Progress;
use crate::published;
use metrics::{Listed, read_use};

/// What to look at.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    /// Which Regions.
    pub regions: RegionChoice,
    /// Over which time the peak is looked for.
    pub window: UsageWindow,
    /// What justifies a key: some reasons are only as good as what is read beside the key.
    pub justification: JustificationPolicy,
    /// The percentage of a request quota from which its peak is a finding.
    pub threshold_percent: f64,
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
            let scanned = match state {
                RegionState::Scanned => scan_region(session, region, source, plan.window, progress).await,
                RegionState::NotEnabled => (RegionFacts::new(region, state), Vec::new(), None),
            };
            progress.regions().finish_one();
            scanned
        })
        .buffer_unordered(at_once)
        .collect::<Vec<_>>();
    let (scanned, mut buckets) = tokio::join!(regions, read_buckets(session, &plan.regions, progress.buckets()));
    let (mut regions, mut fallbacks, mut in_use) = (Vec::new(), Vec::new(), Vec::new());
    for (facts, of_region, listed) in scanned {
        regions.push(facts);
        fallbacks.push(of_region);
        in_use.extend(listed);
    }
    read_use(session, plan, &mut regions, in_use, &mut buckets.buckets).await;
    regions.sort_by(|a: &RegionFacts, b| a.region.cmp(&b.region));
    let trails = scan_trails(session, plan, &mut regions).await;
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
        trails,
        fallbacks,
        api_calls: session.api_calls(),
    })
}

async fn scan_region(
    session: &Session,
    region: Region,
    source: RegionSource,
    window: UsageWindow,
    progress: &Progress,
) -> (RegionFacts, Vec<Fallback>, Option<Listed>) {
    let clients = session.region(&region);
    let mut facts = RegionFacts::new(region.clone(), RegionState::Scanned);
    let quotas = async {
        let mut read = read_quotas(&clients).await;
        let fallbacks = read_usage(&clients, &mut read.quotas, window).await;
        let alarms = match uses_pools(&read.quotas) {
            true => read_alarms(&clients).await,
            false => Fact::NotCollected,
        };
        (read, fallbacks, alarms)
    };
    let (keys, quotas) = match source {
        // Nothing else is asked of a Region that may not be enabled before it has accepted the credentials.
        RegionSource::Probed => match read_keys(&clients, progress.keys()).await {
            // Only a Region that needs an opt-in can be without one. Any other that does not accept the credentials is
            // a gap, and so is the one that has just accepted them.
            Err(error)
                if error.says_not_enabled() && published::is_opt_in(region.as_str()) && region != session.home =>
            {
                return (RegionFacts::new(region, RegionState::NotEnabled), Vec::new(), None);
            }
            keys => (keys, quotas.await),
        },
        RegionSource::Requested | RegionSource::Listed => {
            tokio::join!(read_keys(&clients, progress.keys()), quotas)
        }
    };
    let mut metrics = KeyMetricsRead::default();
    match keys {
        Ok(keys) => {
            facts.key_listing = keys.key_listing;
            facts.alias_listing = keys.alias_listing;
            facts.aws_managed_keys = keys.aws_managed;
            facts.keys = keys.keys;
            facts.key_metrics = keys.metrics.listing.clone();
            facts.custom_key_stores = read_custom_key_stores(&clients, &facts.keys).await;
            metrics = keys.metrics;
        }
        Err(error) => facts.key_listing = Fact::Unavailable(refused(error).into()),
    }
    let (quotas, fallbacks, alarms) = quotas;
    facts.applied_quotas = quotas.applied;
    facts.default_quotas = quotas.default;
    facts.quotas = quotas.quotas;
    // Without a key and without use there is nothing to watch.
    facts.alarms = match alarms {
        Fact::NotCollected if !facts.keys.is_empty() => read_alarms(&clients).await,
        alarms => alarms,
    };
    if let Some(alarms) = facts.alarms.known() {
        facts.metric_filters = read_metric_filters(session, &facts.region, alarms).await;
    }
    facts.key_count_quota = Some(quotas.key_count);
    (facts, fallbacks, Some(Listed { clients, metrics }))
}

/// Reads the trails of the Regions in which something depends on them, and notes for each which they are.
async fn scan_trails(session: &Session, plan: &ScanPlan, regions: &mut [RegionFacts]) -> Vec<Trail> {
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

/// A Region that should have accepted the credentials and did not.
fn refused(mut error: aws::CallError) -> aws::CallError {
    error.message = format!(
        "{}. The Region does not accept these credentials: it may not be enabled, or they come from the global STS \
         endpoint, whose session tokens are not valid in opt-in Regions.",
        error.message.trim_end_matches('.')
    );
    error
}
