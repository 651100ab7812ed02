//! The first pass of a Region: what is there.

use super::ScanPlan;
use crate::aws::{CallError, RegionSession, Session, read_keys, read_quotas, read_usage};
use crate::facts::{Fact, Fallback, Region, RegionFacts, RegionSource, RegionState};
use crate::progress::Progress;
use crate::published;

/// What the first pass has read of a Region.
pub(super) struct ScannedRegion {
    /// The clients that read it; `None` for a Region that is not enabled. The second pass goes on with them, since they
    /// have learned the time of AWS.
    pub(super) clients: Option<RegionSession>,
    pub(super) facts: RegionFacts,
    pub(super) fallbacks: Vec<Fallback>,
}

impl ScannedRegion {
    fn not_enabled(region: Region) -> Self {
        ScannedRegion {
            clients: None,
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
        (read, fallbacks)
    };
    let (keys, (quotas, fallbacks)) = match source {
        // Nothing else is asked of a Region that may not be enabled before it has accepted the credentials.
        RegionSource::Probed => match read_keys(&clients, progress.keys()).await {
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
    facts.applied_quotas = quotas.applied;
    facts.default_quotas = quotas.default;
    facts.quotas = quotas.quotas;
    ScannedRegion {
        clients: Some(clients),
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
