//! Which Regions to look at?

use aws_sdk_account::types::RegionOptStatus;

use super::error::CallError;
use super::operations::ACCOUNT_LIST_REGIONS;
use super::paging::Pages;
use super::session::Session;
use crate::facts::{Fallback, Region, RegionSource, RegionState};
use crate::published;

/// What the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum RegionChoice {
    /// Every enabled Region.
    Enabled,
    /// These.
    Named(Vec<Region>),
}

/// The Regions of an account.
#[derive(Debug)]
pub struct RegionsRead {
    /// How they were found.
    pub source: RegionSource,
    /// The Regions, in the order of their names, each with what is known of it before it was asked.
    pub regions: Vec<(Region, RegionState)>,
    /// The failed call that probing stands in for, if that is what happened.
    pub fallbacks: Vec<Fallback>,
}

/// Why no Region can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// A Region that neither this version nor the account knows.
    #[error("{region} is not a Region of partition {partition}{}", .nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        region: Region,
        /// The partition of the account.
        partition: String,
        /// The Region with the most similar name.
        nearest: Option<&'static str>,
    },
    /// A partition without a table of Regions, whose Regions cannot be listed either.
    #[error("the Regions of partition {0} are not known to this version; name them with --region")]
    UnknownPartition(String),
}

/// Decides which Regions to look at: those the user named, else those `account:ListRegions` says are enabled, else
/// every Region of the partition, to be asked one by one.
///
/// # Errors
/// When a named Region does not exist, or when the partition is unknown and its Regions cannot be listed.
pub async fn choose_regions(session: &Session, choice: &RegionChoice) -> Result<RegionsRead, RegionError> {
    match choice {
        RegionChoice::Named(named) => named_regions(session, named).await,
        RegionChoice::Enabled => enabled_regions(session).await,
    }
}

async fn named_regions(session: &Session, named: &[Region]) -> Result<RegionsRead, RegionError> {
    let known = published::regions_of(&session.partition);
    let mut regions = named.to_vec();
    regions.sort();
    regions.dedup();
    let new: Vec<&Region> = regions
        .iter()
        .filter(|region| !known.contains(&region.as_str()))
        .collect();
    if !new.is_empty() {
        // Newer than this version, or mistyped: the account may know.
        let listed = list_regions(session).await;
        for region in new {
            check_new_region(session, region, known, &listed)?;
        }
    }
    Ok(RegionsRead {
        source: RegionSource::Requested,
        regions: to_ask(regions),
        fallbacks: Vec::new(),
    })
}

/// Refuses a Region that the account does not know, or that looks like a mistyped one where that cannot be asked. Any
/// other is scanned: if it does not exist, it does not answer, and that is a gap.
fn check_new_region(
    session: &Session,
    region: &Region,
    known: &'static [&'static str],
    listed: &Option<Result<Vec<(Region, RegionState)>, CallError>>,
) -> Result<(), RegionError> {
    let nearest = nearest(region, known);
    let refuse = match listed {
        Some(Ok(listed)) => !listed.iter().any(|(listed, _)| listed == region),
        Some(Err(_)) | None => nearest.is_some() && !session.stop().is_requested(),
    };
    if refuse {
        return Err(RegionError::Unknown {
            region: region.clone(),
            partition: session.partition.clone(),
            nearest,
        });
    }
    tracing::warn!(%region, "this version does not know the Region");
    Ok(())
}

async fn enabled_regions(session: &Session) -> Result<RegionsRead, RegionError> {
    let error = match list_regions(session).await {
        Some(Ok(regions)) => {
            return Ok(RegionsRead {
                source: RegionSource::Listed,
                regions,
                fallbacks: Vec::new(),
            });
        }
        Some(Err(_)) if session.stop().is_requested() => {
            return Ok(RegionsRead {
                source: RegionSource::Listed,
                regions: Vec::new(),
                fallbacks: Vec::new(),
            });
        }
        Some(Err(error)) => Some(error),
        None => None,
    };
    let mut regions: Vec<Region> = published::regions_of(&session.partition)
        .iter()
        .map(|name| Region::new(*name))
        .collect();
    if regions.is_empty() {
        return Err(RegionError::UnknownPartition(session.partition.clone()));
    }
    if !regions.contains(&session.home) {
        regions.push(session.home.clone());
    }
    regions.sort();
    let instead = "each Region of the partition was asked; a Region that needs an opt-in and does not accept the \
                   credentials was taken as not enabled. Session tokens of the global STS endpoint are not valid in \
                   opt-in Regions: use a Regional STS endpoint, or allow account:ListRegions, to be sure of those.";
    Ok(RegionsRead {
        source: RegionSource::Probed,
        regions: to_ask(regions),
        fallbacks: error.into_iter().map(|error| error.fallback(None, instead)).collect(),
    })
}

/// Regions of which nothing is known before they are asked.
fn to_ask(regions: Vec<Region>) -> Vec<(Region, RegionState)> {
    let scanned = regions.into_iter().map(|region| (region, RegionState::Scanned));
    scanned.collect()
}

/// Asks the Account API; `None` where the partition has none.
async fn list_regions(session: &Session) -> Option<Result<Vec<(Region, RegionState)>, CallError>> {
    let serving = Region::new(published::account_api_region(&session.partition)?);
    let (caller, client) = session.account_api(&serving);
    let operation = ACCOUNT_LIST_REGIONS;
    let mut regions = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            client
                .list_regions()
                .max_results(50)
                .set_next_token(token.clone())
                .send()
        };
        let page = match caller.call(operation, request).await {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        let Some(listed) = page.regions else {
            return Some(Err(CallError::malformed(
                operation,
                "the answer has no list of Regions",
            )));
        };
        let brought = listed.len();
        for region in listed {
            let state = match region.region_opt_status {
                Some(RegionOptStatus::Disabled | RegionOptStatus::Enabling) => RegionState::NotEnabled,
                // What AWS may add later is asked rather than left out.
                _ => RegionState::Scanned,
            };
            let Some(name) = region.region_name.as_deref().and_then(Region::parse) else {
                return Some(Err(CallError::malformed(
                    operation,
                    "a Region in the list has no proper name",
                )));
            };
            regions.push((name, state));
        }
        match pages.next(operation, None, page.next_token.as_deref(), brought) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => break,
            Err(error) => return Some(Err(error)),
        }
    }
    regions.sort_by(|a, b| a.0.cmp(&b.0));
    regions.dedup_by(|a, b| a.0 == b.0);
    if regions.iter().all(|(_, state)| *state == RegionState::NotEnabled) {
        return Some(Err(CallError::malformed(
            operation,
            "no Region is enabled, which cannot be",
        )));
    }
    Some(Ok(regions))
}

fn nearest(region: &Region, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(region.as_str(), name), *name))
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .map(|(_, name)| name)
}
