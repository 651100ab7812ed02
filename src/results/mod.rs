//! What judging came to and grows with keys, on disk: the tables `findings`, `inventory` (a row for each customer
//! managed key), `gaps` and `unassessed` (what a check could not judge), beside the snapshot and in the same form, with
//! a partition for each account. Findings about the configuration are of no account: their partition has the name that
//! Hive gives to a missing value.

mod rows;
mod schema;

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::assessment::{AccountAssessment, KeyRow};
use crate::checks::Finding;
use crate::dataset::{Dataset, DatasetError, Rows};
use crate::facts::{AccountId, Gap};

const FINDINGS: &str = "findings";
const INVENTORY: &str = "inventory";
const GAPS: &str = "gaps";
const UNASSESSED: &str = "unassessed";

/// What stands for a missing value in the name of a Hive partition; DuckDB and Spark read it as null.
const OF_NO_ACCOUNT: &str = "__HIVE_DEFAULT_PARTITION__";

pub use rows::{OpenFinding, StandingRow, UnassessedRow};
pub use schema::results_schemas;

/// The results of a run.
#[derive(Clone, Debug)]
pub struct Results {
    tables: Dataset,
}

impl Results {
    /// The results in the folder of a run.
    pub fn in_folder(folder: &Path) -> Self {
        Results {
            tables: Dataset::in_folder(folder),
        }
    }

    /// Writes what an account came to.
    ///
    /// # Errors
    /// When the file system refuses; then none of its tables is half-written.
    pub fn write(&self, account: &AccountAssessment) -> Result<(), DatasetError> {
        let id = &account.account_id;
        self.tables.write(GAPS, id, &account.gaps)?;
        self.tables.write(INVENTORY, id, &account.keys)?;
        self.tables.write(UNASSESSED, id, rows::unassessed(&account.tallies))?;
        self.tables.write(FINDINGS, id, &account.findings)?;
        Ok(())
    }

    /// Removes what an account came to, if anything.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove(&self, account: &AccountId) -> Result<(), DatasetError> {
        [GAPS, INVENTORY, UNASSESSED, FINDINGS]
            .into_iter()
            .try_for_each(|table| self.tables.remove(table, account))
    }

    /// Writes the findings about the configuration.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_about_configuration(&self, findings: &[Finding]) -> Result<(), DatasetError> {
        self.tables.write(FINDINGS, &AccountId::new(OF_NO_ACCOUNT), findings)?;
        Ok(())
    }

    /// What is compared of the findings of an account.
    pub fn open_findings(&self, account: &AccountId) -> Rows<OpenFinding> {
        self.tables.rows(FINDINGS, account)
    }

    /// The same of the findings about the configuration.
    pub fn open_findings_about_configuration(&self) -> Rows<OpenFinding> {
        self.tables.rows(FINDINGS, &AccountId::new(OF_NO_ACCOUNT))
    }

    /// Where the customer managed keys of an account stand.
    pub fn standings(&self, account: &AccountId) -> Rows<StandingRow> {
        self.tables.rows(INVENTORY, account)
    }

    /// What the checks could not judge in an account.
    pub fn unassessed(&self, account: &AccountId) -> Rows<UnassessedRow> {
        self.tables.rows(UNASSESSED, account)
    }

    /// The findings of these accounts, one account after the other, of each the most severe first.
    pub fn findings(&self, accounts: &[AccountId]) -> impl Iterator<Item = Result<Finding, DatasetError>> {
        self.walk(FINDINGS, accounts)
    }

    /// The customer managed keys of these accounts, one account after the other.
    pub fn keys(&self, accounts: &[AccountId]) -> impl Iterator<Item = Result<KeyRow, DatasetError>> {
        self.walk(INVENTORY, accounts)
    }

    /// The gaps in what was read of these accounts, one account after the other.
    pub fn gaps(&self, accounts: &[AccountId]) -> impl Iterator<Item = Result<Gap, DatasetError>> {
        self.walk(GAPS, accounts)
    }

    fn walk<T: DeserializeOwned>(
        &self,
        table: &'static str,
        accounts: &[AccountId],
    ) -> impl Iterator<Item = Result<T, DatasetError>> {
        accounts
            .iter()
            .flat_map(move |account| self.tables.rows(table, account))
    }
}
