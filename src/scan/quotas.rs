//! The request quotas of an account and their use, and nothing else: what is asked where only the ceiling matters.

use std::collections::BTreeSet;

use super::each_region::in_each_region;
use crate::aws::{
    QuotasRead, RegionChoice, RegionError, RegionSession, Session, UsageWindow, choose_regions, read_quotas,
    read_usage,
};
use crate::facts::{AccountFacts, Fact, Fallback, Region, RegionFacts, RegionSource, RegionState, RequestQuota};
use crate::progress::Progress;
use crate::published;

/// What to look at where only the request quotas matter.
#[derive(Clone, Debug)]
pub struct QuotaPlan {
    /// Which Regions.
    pub regions: RegionChoice,
    /// Over which time the peak is looked for.
    pub window: UsageWindow,
    /// The pools whose use is read; of every quota if none is named.
    pub pools: BTreeSet<String>,
}

impl QuotaPlan {
    fn wants(&self, quota: &RequestQuota) -> bool {
        self.pools.is_empty() || self.pools.contains(&quota.pool)
    }
}

/// Reads the quotas and their use, as [`scan_account`](super::scan_account) does; whatever else an account holds is not
/// collected. A call that fails costs the fact it would have delivered and nothing else.
///
/// # Errors
/// Only when no Region can be chosen.
pub async fn scan_quotas(
    session: &Session,
    plan: &QuotaPlan,
    progress: &Progress,
) -> Result<AccountFacts, RegionError> {
    let chosen = choose_regions(session, &plan.regions).await?;
    let source = chosen.source;
    let read = in_each_region(chosen.regions, progress, async |region, state| {
        read_region(session, region, state, source, plan).await
    })
    .await;
    let mut account = AccountFacts {
        account_id: session.account_id.clone(),
        partition: session.partition.clone(),
        region_source: source,
        regions: Vec::new(),
        bucket_listing: Fact::NotCollected,
        buckets: Vec::new(),
        trails: Vec::new(),
        fallbacks: chosen.fallbacks,
        api_calls: Vec::new(),
    };
    for (region, fallbacks) in read {
        account.regions.push(region);
        account.fallbacks.extend(fallbacks);
    }
    account.regions.sort_by(|a, b| a.region.cmp(&b.region));
    account
        .fallbacks
        .sort_by(|a, b| (&a.region, &a.operation).cmp(&(&b.region, &b.operation)));
    account.api_calls = session.api_calls();
    Ok(account)
}

async fn read_region(
    session: &Session,
    region: Region,
    state: RegionState,
    source: RegionSource,
    plan: &QuotaPlan,
) -> (RegionFacts, Vec<Fallback>) {
    let mut facts = RegionFacts::new(region, state);
    if state == RegionState::NotEnabled {
        return (facts, Vec::new());
    }
    let clients = session.region(&facts.region);
    let mut read = read_quotas(&clients).await;
    // As where keys are listed: only a Region that needs an opt-in can be without one, and the one that has just told
    // whose credentials these are is enabled.
    let may_be_without = source == RegionSource::Probed
        && published::is_opt_in(facts.region.as_str())
        && facts.region != session.home;
    if may_be_without && read.says_not_enabled() {
        facts.state = RegionState::NotEnabled;
        return (facts, Vec::new());
    }
    let fallbacks = read_wanted_usage(&clients, &mut read.quotas, plan).await;
    keep_quotas(&mut facts, read);
    (facts, fallbacks)
}

/// Reads the use of the quotas that are wanted. That of the others is not collected.
async fn read_wanted_usage(
    clients: &RegionSession,
    quotas: &mut [RequestQuota],
    plan: &QuotaPlan,
) -> Vec<Fallback> {
    quotas.sort_by_key(|quota| !plan.wants(quota));
    let wanted = quotas.partition_point(|quota| plan.wants(quota));
    let fallbacks = match quotas.get_mut(..wanted) {
        None | Some([]) => Vec::new(),
        Some(wanted) => read_usage(clients, wanted, plan.window).await,
    };
    quotas.sort_by(|a, b| a.code.cmp(&b.code));
    fallbacks
}

/// Takes what was read of the quotas of a Region over into its facts.
pub(super) fn keep_quotas(facts: &mut RegionFacts, read: QuotasRead) {
    facts.applied_quotas = read.applied;
    facts.default_quotas = read.default;
    facts.quotas = read.quotas;
    facts.key_count_quota = Some(read.key_count);
}
