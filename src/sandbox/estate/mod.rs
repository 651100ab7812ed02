//! The estate: accounts, their Regions, keys, quotas, usage and buckets, and the faults they are to show, read from a
//! TOML file.

mod accounts;
mod aggregators;
mod alarm_metrics;
mod alarms;
mod aliases;
mod bucket_encryption;
mod bucket_metrics;
mod buckets;
mod build;
mod checked;
mod custom_key_store_metrics;
mod custom_key_stores;
mod fault;
mod file;
mod grants;
mod key_sets;
mod key_state;
mod keys;
mod last_usage;
mod metric_filters;
mod organization;
mod policies;
mod region;
mod rotations;
mod schema;
mod taken;
mod trails;
mod usage;

#[cfg(test)]
mod tests;

pub(super) use accounts::{Account, AccountSet, Role};
pub(super) use aggregators::{Aggregator, Recorder};
pub(super) use alarm_metrics::{MetricQuery, MetricStat, Queried, STATISTICS};
pub(super) use alarms::{Alarm, Alarms, Condition, LogAlarm, MetricAlarm, Source, Watches};
pub(super) use bucket_metrics::RequestMetrics;
pub(super) use buckets::{Bucket, Buckets};
pub(super) use file::AccountState;
pub(super) use metric_filters::MetricFilter;
pub use schema::estate_schema;
pub(super) use trails::{EventSelector, Selectors, Trail, name_problem};

use super::catalogue::{CatalogueQuota, UsageMetric};
use super::curve::Curve;
use super::faults::Faults;
use super::keys::KeyPlan;
use super::keys::custom_key_stores::CustomKeyStore;
use super::organization::Organization;
use jiff::Timestamp;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Why an estate file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EstateError {
    /// The file could not be read.
    #[error(
        "cannot read the estate file {}; check the path and its permissions",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not TOML, or says something that no AWS account could be.
    #[error("{file}, line {line}, column {column}: {problem}")]
    Invalid {
        /// The name of the file.
        file: String,
        /// The line, from 1 up.
        line: usize,
        /// The column, from 1 up, in characters.
        column: usize,
        /// What is wrong there, and what would be right.
        problem: String,
    },
}

/// Everything that this AWS knows.
#[derive(Debug)]
pub(super) struct Estate {
    pub as_of: Timestamp,
    pub partition: String,
    /// When KMS began to record the last usage of keys.
    pub last_usage_tracking_start: Timestamp,
    pub organization: Option<Organization>,
    pub faults: Faults,
    /// The first holds the account of the credentials.
    accounts: Vec<AccountSet>,
    /// Those of AWS Config in the account of the credentials, by name.
    pub aggregators: Vec<Aggregator>,
}

/// What a Region of an account has. Accounts that are alike share it.
#[derive(Debug)]
pub(super) struct Region {
    pub name: String,
    pub enabled: bool,
    pub keys: KeyPlan,
    pub custom_key_stores: Vec<Arc<CustomKeyStore>>,
    pub quotas: Vec<Quota>,
    pub usage: Vec<Usage>,
    pub alarms: Alarms,
    /// By name.
    pub metric_filters: Vec<MetricFilter>,
    /// What AWS Config records.
    pub recorder: Recorder,
}

/// How much of a request quota is used.
#[derive(Debug)]
pub(super) struct Usage {
    pub metric: &'static UsageMetric,
    pub curve: Curve,
}

/// A quota in one Region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    pub catalogue: &'static CatalogueQuota,
    pub default: f64,
    /// `None` when ListServiceQuotas leaves the quota out.
    pub applied: Option<f64>,
}

impl Estate {
    /// The estate that `text` describes; `file` is its name in errors.
    pub fn read(file: &str, text: &str) -> Result<Estate, EstateError> {
        let parsed = toml::from_str(text)
            .map_err(|error| Problem::new(error.span().unwrap_or_default(), error.message().to_owned()));
        parsed
            .and_then(build::estate)
            .map_err(|problem| problem.in_file(file, text))
    }

    /// The Region that a client is pointed at unless it asks for another: the first enabled one.
    pub fn home(&self) -> &str {
        let enabled = self.home_account().regions().iter().find(|region| region.enabled);
        // An estate without an enabled Region is refused when it is read.
        enabled.map_or("us-east-1", |region| &region.name)
    }

    /// The account that the credentials belong to.
    pub fn home_account(&self) -> Account<'_> {
        // An estate has at least this one.
        Account::numbered(&self.accounts[0], 1)
    }

    /// The account with this id.
    pub fn account(&self, id: &str) -> Option<Account<'_>> {
        self.accounts.iter().find_map(|set| set.with_id(id))
    }

    /// Every account, in the order of the file.
    pub fn accounts(&self) -> impl Iterator<Item = Account<'_>> {
        self.accounts.iter().flat_map(AccountSet::accounts)
    }

    /// The bucket with this name and the account that has it.
    pub fn bucket(&self, name: &str) -> Option<(Account<'_>, &Bucket)> {
        self.accounts().find_map(|account| {
            let bucket = account.set.buckets.named(name, &account)?;
            Some((account, bucket))
        })
    }

    /// How many accounts there are.
    pub fn accounts_len(&self) -> usize {
        self.accounts.iter().map(|set| set.count as usize).sum()
    }

    /// The account at a position of ListAccounts.
    pub fn listed_account(&self, position: usize) -> Option<Account<'_>> {
        let mut rest = position;
        for set in &self.accounts {
            match rest.checked_sub(set.count as usize) {
                None => return Some(Account::numbered(set, u32::try_from(rest + 1).ok()?)),
                Some(after) => rest = after,
            }
        }
        None
    }
}

/// What holds for a whole estate, and what its parts are checked against.
#[derive(Clone, Copy, Debug)]
struct Setting<'a> {
    as_of: Timestamp,
    partition: &'a str,
    last_usage_tracking_start: Timestamp,
}

/// What is wrong with an estate file, and where: bytes of its text.
#[derive(Debug)]
struct Problem {
    at: Range<usize>,
    /// Where the other one is, if two things do not go together.
    beside: Option<Range<usize>>,
    what: String,
}

impl Problem {
    fn new(at: Range<usize>, what: impl Into<String>) -> Problem {
        Problem {
            at,
            beside: None,
            what: what.into(),
        }
    }

    /// The same problem, of what stands in two places.
    fn beside(self, other: Range<usize>) -> Problem {
        Problem {
            beside: Some(other),
            ..self
        }
    }

    fn in_file(self, file: &str, text: &str) -> EstateError {
        let (line, column) = place_in(text, &self.at);
        let problem = match &self.beside {
            None => self.what,
            Some(other) => {
                let (line, column) = place_in(text, other);
                format!("{}; the other is in line {line}, column {column}", self.what)
            }
        };
        EstateError::Invalid {
            file: file.to_owned(),
            line,
            column,
            problem,
        }
    }
}

/// The line and the column in which a part of a text begins, both from 1 up.
fn place_in(text: &str, at: &Range<usize>) -> (usize, usize) {
    let before = text.get(..at.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// `a, b or c`, for error messages that say what would be right.
fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
