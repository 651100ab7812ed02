//! The numbers of many runs over time: keys, those that nothing justifies, how close the quotas came, cost, gaps. They
//! are read from the reports, whose long lists are passed over, so that memory follows neither keys nor findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::assessment::Document;
use crate::evidence::NoRun;
use crate::facts::{AccountId, Region};
use crate::published::MicroDollars;
use crate::runs::{RunError, read_report};

/// The pool of symmetric keys, which most requests count against.
pub const SYMMETRIC_POOL: &str = "CryptographicOperationsSymmetric";

/// The numbers of several runs, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// The estate, where the runs are of the sandbox.
    pub sandbox: Option<String>,
    /// A row for each run.
    pub runs: Vec<TrendRow>,
}

/// The numbers of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrendRow {
    /// The moment the numbers are of.
    pub as_of: Timestamp,
    /// How many accounts were looked at.
    pub accounts: u64,
    /// How many of these the newest run did not look at.
    pub accounts_not_in_newest: u64,
    /// How many accounts the newest run looked at, and this one did not.
    pub accounts_only_in_newest: u64,
    /// Whether everything was looked at; if not, the numbers are lower bounds.
    pub complete: bool,
    /// The numbers of all accounts and Regions.
    #[serde(flatten)]
    pub total: Numbers,
    /// The numbers of each Region.
    pub regions: BTreeMap<Region, Numbers>,
}

/// The numbers of a run, or of a Region in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Numbers {
    /// Customer managed keys.
    pub keys: u64,
    /// Of these, how many no tag justifies.
    pub unjustified: u64,
    /// What the keys cost a month to keep.
    pub monthly_cost_usd: MicroDollars,
    /// What could not be looked at.
    pub gaps: u64,
    /// How much of the limit the busiest minute of the symmetric pool used; of several accounts, the highest. Null where
    /// it was not measured.
    pub symmetric_utilization: Option<f64>,
    /// The same of whichever pool came closest to its limit.
    pub highest_utilization: Option<f64>,
    /// That pool.
    pub highest_pool: Option<String>,
}

/// Why runs make no series.
#[derive(Debug, thiserror::Error)]
pub enum TrendError {
    /// A run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A run has nothing in common with the first.
    #[error("{path} is of {found}, and {first} of {expected}: runs of different accounts are no series")]
    OtherAccounts {
        /// The run.
        path: PathBuf,
        /// Its accounts.
        found: String,
        /// The run that was named first.
        first: PathBuf,
        /// Its accounts.
        expected: String,
    },
}

/// A report without its long lists.
type Report = Document<IgnoredAny, IgnoredAny, Vec<GapPlace>>;

#[derive(Debug, Deserialize)]
struct GapPlace {
    region: Option<Region>,
}

impl Trend {
    /// Reads the runs, which are folders or reports.
    ///
    /// # Errors
    /// When one cannot be read, or shares no account with the first.
    pub fn read(paths: &[PathBuf]) -> Result<Trend, TrendError> {
        let mut runs = Vec::with_capacity(paths.len());
        let mut first: Option<(&Path, Scope)> = None;
        for path in paths {
            let report = read(path)?;
            let scope = Scope::of(&report);
            let accounts = scope.accounts.clone();
            match &first {
                None => first = Some((path, scope)),
                Some((first, expected)) => expected.check(first, path, &scope)?,
            }
            runs.push((row(&report), accounts));
        }
        runs.sort_by_key(|(run, _)| run.as_of);
        Ok(Trend {
            sandbox: first.and_then(|(_, scope)| scope.sandbox),
            runs: held_against_newest(runs),
        })
    }

    /// Every Region that holds a key or has a peak in one of the runs.
    pub fn regions(&self) -> BTreeSet<&Region> {
        let regions = self.runs.iter().flat_map(|run| &run.regions);
        regions
            .filter(|(_, numbers)| numbers.keys > 0 || numbers.highest_utilization.is_some())
            .map(|(region, _)| region)
            .collect()
    }
}

/// Says of each run how its accounts differ from those of the last one.
fn held_against_newest(mut runs: Vec<(TrendRow, BTreeSet<AccountId>)>) -> Vec<TrendRow> {
    let newest = runs.last().map(|(_, accounts)| accounts.clone()).unwrap_or_default();
    for (run, accounts) in &mut runs {
        run.accounts_not_in_newest = accounts.difference(&newest).count() as u64;
        run.accounts_only_in_newest = newest.difference(accounts).count() as u64;
    }
    runs.into_iter().map(|(run, _)| run).collect()
}

/// What runs of a series have in common.
struct Scope {
    sandbox: Option<String>,
    accounts: BTreeSet<AccountId>,
}

impl Scope {
    fn of(report: &Report) -> Self {
        Scope {
            sandbox: report.scan.sandbox.clone(),
            accounts: report.scan.accounts.iter().cloned().collect(),
        }
    }

    /// An organization gains and loses accounts: one that both looked at is enough. A simulated account is never the
    /// same as a real one.
    fn check(&self, first: &Path, path: &Path, other: &Scope) -> Result<(), TrendError> {
        let is_same_world = self.sandbox.is_some() == other.sandbox.is_some();
        if is_same_world && !self.accounts.is_disjoint(&other.accounts) {
            return Ok(());
        }
        Err(TrendError::OtherAccounts {
            path: path.to_owned(),
            found: other.named(),
            first: first.to_owned(),
            expected: self.named(),
        })
    }

    fn named(&self) -> String {
        let world = if self.sandbox.is_some() { "the sandbox, " } else { "" };
        match self.accounts.first() {
            None => format!("{world}no account"),
            Some(account) if self.accounts.len() == 1 => format!("{world}account {account}"),
            Some(account) => format!("{world}{} accounts, {account} first", self.accounts.len()),
        }
    }
}

fn read(path: &Path) -> Result<Report, RunError> {
    if path.is_file() {
        return read_report(path);
    }
    let report = path.join("report.json");
    if report.is_file() {
        return read_report(&report);
    }
    Err(RunError::NoRun(NoRun::at(path, "report.json")))
}

fn row(report: &Report) -> TrendRow {
    let mut regions: BTreeMap<Region, Numbers> = BTreeMap::new();
    for row in &report.inventory {
        let numbers = regions.entry(row.region.clone()).or_default();
        numbers.keys += row.customer_managed;
        numbers.unjustified += row.unjustified;
        numbers.monthly_cost_usd += row.monthly_cost_usd;
    }
    let mut total = Numbers {
        keys: report.summary.customer_managed_keys,
        unjustified: report.summary.unjustified,
        monthly_cost_usd: report.summary.monthly_cost_usd,
        gaps: report.coverage.gaps.len() as u64,
        ..Numbers::default()
    };
    for row in &report.quota {
        if let Some(utilization) = row.utilization {
            total.note(&row.pool, utilization);
            regions
                .entry(row.region.clone())
                .or_default()
                .note(&row.pool, utilization);
        }
    }
    for gap in &report.coverage.gaps {
        if let Some(region) = &gap.region {
            regions.entry(region.clone()).or_default().gaps += 1;
        }
    }
    TrendRow {
        as_of: report.scan.as_of,
        accounts: report.scan.accounts.len() as u64,
        accounts_not_in_newest: 0,
        accounts_only_in_newest: 0,
        complete: report.coverage.complete,
        total,
        regions,
    }
}

impl TrendRow {
    /// Whether it looked at other accounts than the newest run: then the two differ for that reason as well.
    pub fn has_other_accounts(&self) -> bool {
        self.accounts_not_in_newest > 0 || self.accounts_only_in_newest > 0
    }
}

impl Numbers {
    fn note(&mut self, pool: &str, utilization: f64) {
        let is_higher = |than: Option<f64>| than.is_none_or(|than| utilization > than);
        if pool == SYMMETRIC_POOL && is_higher(self.symmetric_utilization) {
            self.symmetric_utilization = Some(utilization);
        }
        if is_higher(self.highest_utilization) {
            self.highest_utilization = Some(utilization);
            self.highest_pool = Some(pool.to_owned());
        }
    }
}
