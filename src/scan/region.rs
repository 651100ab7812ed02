//! The first pass of a Region: what is there.

use super::details::EarlyDetails;
use super::quotas::keep_quotas;
use super::{Inventory, ScanPlan};
use crate::aws::{
    CallError, KeyMetricsRead, RegionSession, Session, read_alarms, read_custom_key_stores, read_keys,
    read_metric_filters, read_quotas, read_recorded_keys, read_usage,
};
use crate::facts::{Fact, Fallback, Key, Region, RegionFacts, RegionSource, RegionState};
use crate::model::uses_pools;
use crate::progress::Progress;
use crate::published;

/// What the first pass has read of a Region.
pub(super) struct ScannedRegion {
    /// The clients that read it; `None` for a Region that is not enabled. The second pass goes on with them, since they
    /// have learned the time of AWS.
    pub(super) clients: Option<RegionSession>,
    /// The metrics of the use of its keys.
    pub(super) metrics: KeyMetricsRead,
    pub(super) facts: RegionFacts,
    pub(super) fallbacks: Vec<Fallback>,
}

impl ScannedRegion {
    fn not_enabled(region: Region) -> Self {
        ScannedRegion {
            clients: None,
            metrics: KeyMetricsRead::default(),
            facts: RegionFacts::new(region, RegionState::NotEnabled),
            fallbacks: Vec::new(),
        }
    }
}

/// Reads what is in a Region, if it is enabled.
pub(super) async fn read_region(
    session: &Session,
    region: Region,
    state: RegionState,
    source: RegionSource,
    plan: &ScanPlan,
    progress: &Progress,
) -> ScannedRegion {
    if state == RegionState::NotEnabled {
        return ScannedRegion::not_enabled(region);
    }
    let clients = session.region(&region);
    let mut facts = RegionFacts::new(region.clone(), RegionState::Scanned);
    let quotas = async {
        let mut read = read_quotas(&clients).await;
        let fallbacks = read_usage(&clients, &mut read.quotas, plan.window).await;
        let alarms = match uses_pools(&read.quotas) {
            true => read_alarms(&clients).await,
            false => Fact::NotCollected,
        };
        (read, fallbacks, alarms)
    };
    let details = EarlyDetails::new(&clients, &plan.justification, progress.key_details());
    let look_closer = async |key: &mut Key| details.read(key).await;
    let from = (plan.tags_from, plan.as_of);
    let read_keys = async || match &plan.inventory {
        Inventory::Services => read_keys(session, &clients, from, progress.keys(), &look_closer).await,
        Inventory::Config(recorded) => read_recorded_keys(&clients, recorded, source == RegionSource::Probed).await,
    };
    let (keys, (quotas, mut fallbacks, alarms)) = match source {
        // Nothing else is asked of a Region that may not be enabled before it has accepted the credentials.
        RegionSource::Probed => match read_keys().await {
            // Only a Region that needs an opt-in can be without one. Any other that does not accept the credentials is
            // a gap, and so is the one that has just accepted them.
            Err(error)
                if error.says_not_enabled() && published::is_opt_in(region.as_str()) && region != session.home =>
            {
                return ScannedRegion::not_enabled(region);
            }
            keys => (keys, quotas.await),
        },
        RegionSource::Requested | RegionSource::Listed => {
            tokio::join!(read_keys(), quotas)
        }
    };
    let mut metrics = KeyMetricsRead::default();
    match keys {
        Ok(keys) => {
            facts.key_listing = keys.key_listing;
            facts.alias_listing = keys.alias_listing;
            facts.aws_managed_keys = keys.aws_managed;
            facts.keys = keys.keys;
            facts.tag_source = keys.tag_source;
            fallbacks.extend(keys.fallback);
            facts.key_metrics = keys.metrics.listing.clone();
            facts.config_record = keys.record;
            if let Inventory::Services = plan.inventory {
                facts.custom_key_stores = read_custom_key_stores(&clients, &facts.keys).await;
            }
            metrics = keys.metrics;
        }
        Err(error) => facts.key_listing = Fact::Unavailable(refused(error).into()),
    }
    keep_quotas(&mut facts, quotas);
    // Without a key and without use there is nothing to watch.
    facts.alarms = match alarms {
        Fact::NotCollected if !facts.keys.is_empty() => read_alarms(&clients).await,
        alarms => alarms,
    };
    if let Some(alarms) = facts.alarms.known() {
        facts.metric_filters = read_metric_filters(session, &facts.region, alarms).await;
    }
    ScannedRegion {
        clients: Some(clients),
        metrics,
        facts,
        fallbacks,
    }
}

/// A Region that should have accepted the credentials and did not.
fn refused(mut error: CallError) -> CallError {
    error.message = format!(
        "{}. The Region does not accept these credentials: it may not be enabled, or they come from the global STS \
         endpoint, whose session tokens are not valid in opt-in Regions.",
        error.message.trim_end_matches('.')
    );
    error
}
