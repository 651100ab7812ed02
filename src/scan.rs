//! The scanner: fans out over the Regions of an account and brings the answers together.

use futures_util::{StreamExt, stream};

use crate::aws::{
    self, RegionChoice, RegionError, Session, UsageWindow, choose_regions, read_buckets, read_keys, read_quotas,
    read_usage,
};
use crate::facts::{AccountFacts, Fact, Fallback, Region, RegionFacts, RegionSource, RegionState};
use crate::progress::Progress;
use crate::published;

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
            let scanned = match state {
                RegionState::Scanned => scan_region(session, region, source, plan.window, progress).await,
                RegionState::NotEnabled => (RegionFacts::new(region, state), Vec::new()),
            };
            progress.regions().finish_one();
            scanned
        })
        .buffer_unordered(at_once)
        .collect::<Vec<_>>();
    let (regions, buckets) = tokio::join!(regions, read_buckets(session, &plan.regions, progress.buckets()));
    let (mut regions, fallbacks): (Vec<RegionFacts>, Vec<Vec<Fallback>>) = regions.into_iter().unzip();
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

async fn scan_region(
    session: &Session,
    region: Region,
    source: RegionSource,
    window: UsageWindow,
    progress: &Progress,
) -> (RegionFacts, Vec<Fallback>) {
    let clients = session.region(&region);
    let mut facts = RegionFacts::new(region.clone(), RegionState::Scanned);
    let quotas = async {
        let mut read = read_quotas(&clients).await;
        let fallbacks = read_usage(&clients, &mut read.quotas, window).await;
        (read, fallbacks)
    };
    let (keys, quotas) = match source {
        // Nothing else is asked of a Region that may not be enabled before it has accepted the credentials.
        RegionSource::Probed => match read_keys(&clients, progress.keys()).await {
            // Only a Region that needs an opt-in can be without one. Any other that does not accept the credentials is
            // a gap, and so is the one that has just accepted them.
            Err(error)
                if error.says_not_enabled() && published::is_opt_in(region.as_str()) && region != session.home =>
            {
                return (RegionFacts::new(region, RegionState::NotEnabled), Vec::new());
            }
            keys => (keys, quotas.await),
        },
        RegionSource::Requested | RegionSource::Listed => {
            tokio::join!(read_keys(&clients, progress.keys()), quotas)
        }
    };
    match keys {
        Ok(keys) => {
            facts.key_listing = keys.key_listing;
            facts.alias_listing = keys.alias_listing;
            facts.aws_managed_keys = keys.aws_managed;
            facts.aws_s3_key = keys.aws_s3;
            facts.keys = keys.keys;
        }
        Err(error) => facts.key_listing = Fact::Unavailable(refused(error).into()),
    }
    let (quotas, fallbacks) = quotas;
    facts.applied_quotas = quotas.applied;
    facts.default_quotas = quotas.default;
    facts.quotas = quotas.quotas;
    (facts, fallbacks)
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
