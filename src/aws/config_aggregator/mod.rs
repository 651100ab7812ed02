//! What does AWS Config know of the keys and buckets of many accounts?
//!
//! An aggregator answers for all of them, a hundred items with a call. So it is asked once, before the accounts are
//! scanned; what it says goes to disk, account by account, and comes back when the turn of an account has come. Memory
//! follows accounts and Regions, and not their keys.

mod coverage;
mod items;
mod recorded;
mod resource_type;
mod spill;

pub use recorded::{RecordedAccount, read_recorded_keys};

use std::collections::BTreeSet;
use std::io;

use self::coverage::Coverage;
use self::items::{Row, Unreadable};
use self::resource_type::Type;
use self::spill::Spill;
use super::call::Caller;
use super::error::CallError;
use super::operations::{
    CONFIG_DESCRIBE_AGGREGATORS as DESCRIBE, CONFIG_DESCRIBE_SOURCES_STATUS as STATUS,
    CONFIG_SELECT_AGGREGATE_RESOURCE_CONFIG as SELECT,
};
use super::paging::Pages;
use super::regions::RegionChoice;
use super::session::Session;
use crate::facts::{AccountId, Region};

/// The most that each of these lists gives at once.
const A_PAGE: i32 = 100;

/// So many accounts or Regions are named in a query; of more, all are asked for, and the others left out. A query has
/// at most 4,096 characters.
const MOST_NAMED: usize = 100;

/// Which aggregator to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregatorChoice {
    /// Its name; where none is given, the only one there is.
    pub name: Option<String>,
    /// The Region it is in; that of the caller's configuration where none is given.
    pub region: Option<Region>,
}

/// Why nothing can be read from an aggregator. Nothing was scanned.
#[derive(Debug, thiserror::Error)]
pub enum AggregatorError {
    /// A call failed.
    #[error("cannot read the AWS Config aggregator: {cause}\n  {advice}")]
    Call {
        /// The failed call.
        cause: CallError,
        /// What to do about it.
        advice: &'static str,
    },
    /// There is none.
    #[error(
        "there is no AWS Config aggregator{} in {region} of this account. Name its Region with --aggregator-region and \
         use credentials of the account it is in",
        .name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default()
    )]
    NotThere {
        /// The one that was asked for.
        name: Option<String>,
        /// Where it was looked for.
        region: Region,
    },
    /// There are several.
    #[error("{region} has several AWS Config aggregators; choose one with --aggregator: {}", .names.join(", "))]
    Several {
        /// Where they are.
        region: Region,
        /// Their names.
        names: Vec<String>,
    },
    /// What it said could not be written to a temporary folder.
    #[error("cannot keep what AWS Config said in a temporary folder; make room there, or name another in TMPDIR")]
    Disk(#[from] io::Error),
}

impl AggregatorError {
    fn of(cause: CallError) -> Self {
        let advice = match cause.code.as_str() {
            _ if cause.says_expired() => "The credentials have expired. Renew them and run again.",
            "AccessDeniedException" => {
                "The caller needs the permissions that `kms-audit template organization-policy` prints. Or leave \
                 --source away."
            }
            _ => "Run again with --verbose to see more, or leave --source away.",
        };
        AggregatorError::Call { cause, advice }
    }
}

/// What an aggregator knows.
#[derive(Debug)]
pub struct Aggregate {
    coverage: Coverage,
    spill: Spill,
    /// The types whose items could not all be read, with the failed call.
    cut_short: Vec<(Type, CallError)>,
}

/// Reads what an aggregator knows of these accounts.
///
/// # Errors
/// When there is no such aggregator, or not one of its items can be read.
pub async fn read_aggregator(
    session: &Session,
    choice: &AggregatorChoice,
    accounts: &BTreeSet<AccountId>,
    regions: &RegionChoice,
) -> Result<Aggregate, AggregatorError> {
    let region = choice.region.as_ref().unwrap_or(&session.home);
    let (caller, client) = session.config_service(region);
    let mut reading = Reading {
        caller,
        client,
        aggregator: String::new(),
        condition: condition(accounts, regions),
        accounts,
        aggregate: Aggregate {
            coverage: Coverage::default(),
            spill: Spill::create()?,
            cut_short: Vec::new(),
        },
    };
    reading.aggregator = reading.choose(choice, region).await?;
    reading.aggregate.coverage.aggregator.clone_from(&reading.aggregator);
    // Without these, nothing that follows could be told from an inventory that is not there.
    reading.recorders().await?;
    reading.statuses().await.map_err(AggregatorError::of)?;
    for kind in [Type::Key, Type::Alias, Type::Bucket] {
        match reading.items(kind).await {
            Ok(()) => {}
            Err(AggregatorError::Call { cause, .. }) => reading.aggregate.cut_short.push((kind, cause)),
            Err(other) => return Err(other),
        }
    }
    Ok(reading.aggregate)
}

/// What narrows a query to few accounts and Regions.
fn condition(accounts: &BTreeSet<AccountId>, regions: &RegionChoice) -> String {
    let mut condition = String::new();
    let mut narrow = |property: &str, names: Vec<&str>| {
        if names.len() <= MOST_NAMED {
            condition += &format!(" AND {property} IN ('{}')", names.join("', '"));
        }
    };
    narrow("accountId", accounts.iter().map(AccountId::as_str).collect());
    if let RegionChoice::Named(named) = regions {
        narrow("awsRegion", named.iter().map(Region::as_str).collect());
    }
    condition
}

struct Reading<'a> {
    caller: Caller,
    client: aws_sdk_config::Client,
    aggregator: String,
    condition: String,
    accounts: &'a BTreeSet<AccountId>,
    aggregate: Aggregate,
}

impl Reading<'_> {
    async fn choose(&self, choice: &AggregatorChoice, region: &Region) -> Result<String, AggregatorError> {
        let mut names = Vec::new();
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let request = || {
                let request = self.client.describe_configuration_aggregators().limit(A_PAGE);
                request.set_next_token(token.clone()).send()
            };
            let page = self.caller.call(DESCRIBE, request).await.map_err(AggregatorError::of)?;
            let before = names.len();
            let listed = page.configuration_aggregators.unwrap_or_default();
            names.extend(listed.into_iter().filter_map(|one| one.configuration_aggregator_name));
            let brought = names.len() - before;
            match pages.next(DESCRIBE, None, page.next_token.as_deref(), brought) {
                Ok(Some(next)) => token = Some(next),
                Ok(None) => break,
                Err(cause) => return Err(AggregatorError::of(cause)),
            }
        }
        if let Some(wanted) = &choice.name {
            names.retain(|name| name == wanted);
        }
        let region = region.clone();
        match names.len() {
            0 => {
                let name = choice.name.clone();
                Err(AggregatorError::NotThere { name, region })
            }
            1 => Ok(names.swap_remove(0)),
            _ => Err(AggregatorError::Several { region, names }),
        }
    }

    /// Which accounts and Regions record what.
    async fn recorders(&mut self) -> Result<(), AggregatorError> {
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let (rows, next) = self
                .page(Type::Recorder, token.take())
                .await
                .map_err(AggregatorError::of)?;
            let brought = rows.len();
            for row in rows {
                if !self.accounts.contains(&row.account_id) {
                    continue;
                }
                let coverage = &mut self.aggregate.coverage;
                match row.recorder() {
                    Some(recorder) => coverage.add_recorder(row.account_id, row.region, recorder),
                    None => row.note_unreadable(Type::Recorder, coverage),
                }
            }
            match pages.next(SELECT, None, next.as_deref(), brought) {
                Ok(Some(next)) => token = Some(next),
                Ok(None) => return Ok(()),
                Err(cause) => return Err(AggregatorError::of(cause)),
            }
        }
    }

    /// Which accounts and Regions the aggregator has no recent data of.
    async fn statuses(&mut self) -> Result<(), CallError> {
        use aws_sdk_config::types::AggregatedSourceStatusType::{Failed, Outdated};
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let request = || {
                let request = self.client.describe_configuration_aggregator_sources_status();
                let request = request.configuration_aggregator_name(&self.aggregator).limit(A_PAGE);
                let request = request.update_status(Failed).update_status(Outdated);
                request.set_next_token(token.clone()).send()
            };
            let page = self.caller.call(STATUS, request).await?;
            let Some(listed) = page.aggregated_source_status_list else {
                return Err(CallError::malformed(STATUS, "the answer has no list of sources"));
            };
            let brought = listed.len();
            for status in listed {
                self.aggregate.coverage.add_status(status);
            }
            match pages.next(STATUS, None, page.next_token.as_deref(), brought)? {
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Reads the items of a type, and lays them down with their accounts.
    async fn items(&mut self, kind: Type) -> Result<(), AggregatorError> {
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let (rows, next) = self.page(kind, token.take()).await.map_err(AggregatorError::of)?;
            let brought = rows.len();
            for row in rows {
                if !self.accounts.contains(&row.account_id) || !row.is_there() {
                    continue;
                }
                match row.item(kind) {
                    Ok(Some(item)) => self.aggregate.spill.add(&row.account_id, &item)?,
                    Ok(None) => {}
                    Err(Unreadable) => row.note_unreadable(kind, &mut self.aggregate.coverage),
                }
            }
            self.aggregate.spill.flush()?;
            match pages.next(SELECT, None, next.as_deref(), brought) {
                Ok(Some(next)) => token = Some(next),
                Ok(None) => return Ok(()),
                Err(cause) => return Err(AggregatorError::of(cause)),
            }
        }
    }

    /// A page of a query, and the token of the next.
    async fn page(&self, kind: Type, token: Option<String>) -> Result<(Vec<Row>, Option<String>), CallError> {
        let query = format!("{}{}", kind.query(), self.condition);
        let request = || {
            let request = self.client.select_aggregate_resource_config().expression(&query);
            let request = request.configuration_aggregator_name(&self.aggregator).limit(A_PAGE);
            request.set_next_token(token.clone()).send()
        };
        let page = self.caller.call(SELECT, request).await?;
        let Some(results) = page.results else {
            return Err(CallError::malformed(SELECT, "the answer has no list of results"));
        };
        let rows = results.iter().map(|row| Row::parse(row));
        Ok((rows.collect::<Result<_, _>>()?, page.next_token))
    }
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
