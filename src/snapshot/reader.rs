//! Reading a snapshot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::rows::{AccountRow, OwnedAlarmRow, OwnedKeyRow, OwnedQuotaRow, RegionRow, Versioned};
use super::{SCAN_FILE, SCHEMA_VERSION, SnapshotError, Table};
use crate::bounded_files;
use crate::dataset::Dataset;
use crate::facts::{AccountFacts, AccountId, Bucket, Fact, Region, RegionFacts, ScanFacts, Trail};

/// The largest `scan.json` that is read: a hundred thousand accounts and as many exceptions stay below it.
const LARGEST_SCAN: u64 = 16 << 20;

/// Reads the snapshot of one scan, an account at a time.
#[derive(Debug)]
pub struct SnapshotReader {
    accounts: AccountReader,
    /// The scan that made it.
    pub scan: ScanFacts,
}

/// Reads the accounts of a snapshot, whether it was finished or not.
#[derive(Debug)]
pub struct AccountReader {
    tables: Dataset,
}

/// Why an account counts as not finished.
#[derive(Debug, thiserror::Error)]
pub enum NotFinished {
    /// A file is not there, or not whole.
    #[error(transparent)]
    Unreadable(#[from] SnapshotError),
    /// The scan ended, or was stopped, before everything was read.
    #[error("not everything was read")]
    Incomplete,
    /// A file is not what was written.
    #[error("{path} is not what was written")]
    Altered {
        /// The file.
        path: PathBuf,
    },
}

impl SnapshotReader {
    /// Whether a finished snapshot lies in a folder, of whatever version.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(SCAN_FILE).is_file()
    }

    /// Opens a snapshot.
    ///
    /// # Errors
    /// When it cannot be read, or was written by another version.
    pub fn open(folder: &Path) -> Result<Self, SnapshotError> {
        let path = folder.join(SCAN_FILE);
        let text =
            bounded_files::read_text(&path, LARGEST_SCAN).map_err(|source| SnapshotError::file(&path, source))?;
        let invalid = |source| SnapshotError::Scan {
            path: path.clone(),
            source,
        };
        // The version first: another version may have another shape.
        let Versioned { schema_version } = serde_json::from_str(&text).map_err(invalid)?;
        if schema_version != Some(SCHEMA_VERSION) {
            return Err(SnapshotError::Version {
                path: folder.to_owned(),
                found: schema_version.unwrap_or(0),
            });
        }
        Ok(SnapshotReader {
            accounts: AccountReader::in_folder(folder),
            scan: serde_json::from_str(&text).map_err(invalid)?,
        })
    }

    /// Reads everything that was written of an account.
    ///
    /// # Errors
    /// When a file is missing, cannot be read or does not fit the others.
    pub fn account(&self, id: &AccountId) -> Result<AccountFacts, SnapshotError> {
        self.accounts.account(id)
    }
}

impl AccountReader {
    /// The accounts of a snapshot in this folder.
    pub fn in_folder(folder: &Path) -> Self {
        AccountReader {
            tables: Dataset::in_folder(folder),
        }
    }

    /// Whether an account was read to its end, and each of its files is there as it was written.
    ///
    /// # Errors
    /// Why it counts as not finished.
    pub fn check_finished(&self, id: &AccountId) -> Result<(), NotFinished> {
        let row = self.account_row(id)?;
        if !row.finished {
            return Err(NotFinished::Incomplete);
        }
        // The row cannot hold the hash of its own file; zstd's checksum stands for it.
        let others = Table::ALL.into_iter().filter(|table| !matches!(table, Table::Accounts));
        for table in others {
            let found = self.tables.sha256(table.name(), id).map_err(SnapshotError::from)?;
            if row.sha256.get(table.name()) != Some(&found) {
                return Err(NotFinished::Altered {
                    path: self.file(table, id),
                });
            }
        }
        // A hash may fit and the version that wrote the rows not be this one.
        self.account(id)?;
        Ok(())
    }

    fn account_row(&self, id: &AccountId) -> Result<AccountRow, SnapshotError> {
        let accounts: Vec<AccountRow> = self.rows(Table::Accounts, id)?;
        accounts.into_iter().next().ok_or_else(|| SnapshotError::Orphan {
            path: self.file(Table::Accounts, id),
            what: format!("account {id}"),
        })
    }

    /// Reads everything that was written of an account.
    ///
    /// # Errors
    /// When a file is missing, cannot be read or does not fit the others.
    pub fn account(&self, id: &AccountId) -> Result<AccountFacts, SnapshotError> {
        let account = self.account_row(id)?;
        let mut regions: BTreeMap<Region, RegionFacts> = self
            .rows::<RegionRow>(Table::Regions, id)?
            .into_iter()
            .map(|row| (row.region.clone(), region_facts(row)))
            .collect();
        for row in self.tables.rows::<OwnedKeyRow>(Table::Keys.name(), id) {
            let row = row?;
            self.region(&mut regions, Table::Keys, id, &row.region)?
                .keys
                .push(row.into_key());
        }
        for row in self.tables.rows::<OwnedQuotaRow>(Table::Quotas.name(), id) {
            let row = row?;
            self.region(&mut regions, Table::Quotas, id, &row.region)?
                .quotas
                .push(row.quota);
        }
        for row in self.rows::<OwnedAlarmRow>(Table::Alarms, id)? {
            if let Fact::Known(alarms) = &mut self.region(&mut regions, Table::Alarms, id, &row.region)?.alarms {
                alarms.push(row.alarm);
            }
        }
        Ok(AccountFacts {
            account_id: id.clone(),
            partition: account.partition,
            region_source: account.region_source,
            regions: regions.into_values().collect(),
            bucket_listing: account.bucket_listing,
            buckets: self.rows::<Bucket>(Table::Buckets, id)?,
            trails: self.rows::<Trail>(Table::Trails, id)?,
            fallbacks: account.fallbacks,
            api_calls: account.api_calls,
        })
    }

    fn region<'r>(
        &self,
        regions: &'r mut BTreeMap<Region, RegionFacts>,
        table: Table,
        id: &AccountId,
        region: &Region,
    ) -> Result<&'r mut RegionFacts, SnapshotError> {
        regions.get_mut(region).ok_or_else(|| SnapshotError::Orphan {
            path: self.file(table, id),
            what: format!("Region {region}"),
        })
    }

    fn rows<T: DeserializeOwned>(&self, table: Table, id: &AccountId) -> Result<Vec<T>, SnapshotError> {
        Ok(self.tables.rows(table.name(), id).collect::<Result<_, _>>()?)
    }

    fn file(&self, table: Table, id: &AccountId) -> PathBuf {
        self.tables.partition(table.name(), id)
    }
}

fn region_facts(row: RegionRow) -> RegionFacts {
    RegionFacts {
        key_listing: row.key_listing,
        alias_listing: row.alias_listing,
        aws_managed_keys: row.aws_managed_keys,
        tag_source: row.tag_source,
        config_record: row.config_record,
        applied_quotas: row.applied_quotas,
        default_quotas: row.default_quotas,
        key_count_quota: row.key_count_quota,
        key_metrics: row.key_metrics,
        custom_key_stores: row.custom_key_stores,
        alarms: match row.alarms {
            Fact::Known(()) => Fact::Known(Vec::new()),
            Fact::Unavailable(reason) => Fact::Unavailable(reason),
            Fact::NotCollected => Fact::NotCollected,
        },
        metric_filters: row.metric_filters,
        trails: row.trails,
        ..RegionFacts::new(row.region, row.state)
    }
}
