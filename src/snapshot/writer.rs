//! Writing a snapshot.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::rows::{AccountRow, AlarmRow, KeyRow, QuotaRow, RegionRow, ScanFile};
use super::{SCAN_FILE, SCHEMA_VERSION, SnapshotError, Table};
use crate::dataset::{Dataset, DatasetError};
use crate::facts::{AccountFacts, AccountId, Fact, Gap, Key, RegionFacts, ScanFacts, gaps};
use crate::private_files;

/// Writes the snapshot of one scan.
#[derive(Debug)]
pub struct SnapshotWriter {
    folder: PathBuf,
    tables: Dataset,
}

impl SnapshotWriter {
    /// Starts a snapshot in a folder of its own, or goes on with the one that is there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(folder: &Path) -> Result<Self, SnapshotError> {
        private_files::make_folder(folder).map_err(|source| SnapshotError::file(folder, source))?;
        Ok(SnapshotWriter {
            folder: folder.to_owned(),
            tables: Dataset::in_folder(folder),
        })
    }

    /// Writes everything that was read of an account. It counts as finished unless the scan was stopped, or the
    /// credentials ran out, before all of it could be asked.
    ///
    /// # Errors
    /// When a file cannot be written; then none of its tables is half-written.
    pub fn write_account(&self, account: &AccountFacts) -> Result<(), SnapshotError> {
        let gaps = gaps(account);
        let regions = &account.regions;
        let keys = regions
            .iter()
            .flat_map(|region| by_arn(&region.keys).map(|key| KeyRow::of(&region.region, key)));
        let quotas = regions.iter().flat_map(|region| {
            region.quotas.iter().map(|quota| QuotaRow {
                region: region.region.clone(),
                quota,
            })
        });
        let alarms = regions.iter().flat_map(|region| {
            region.alarms.known().into_iter().flatten().map(|alarm| AlarmRow {
                region: region.region.clone(),
                alarm,
            })
        });
        let written = [
            (Table::Keys, self.write(Table::Keys, account, keys)?),
            (Table::Quotas, self.write(Table::Quotas, account, quotas)?),
            (
                Table::Regions,
                self.write(Table::Regions, account, regions.iter().map(region_row))?,
            ),
            (
                Table::Buckets,
                self.write(Table::Buckets, account, account.buckets.iter())?,
            ),
            (Table::Alarms, self.write(Table::Alarms, account, alarms)?),
            (
                Table::Trails,
                self.write(Table::Trails, account, account.trails.iter())?,
            ),
            (Table::Gaps, self.write(Table::Gaps, account, gaps.iter())?),
        ];
        // The account's own row comes last: an account without it was not finished.
        let row = AccountRow {
            partition: account.partition.clone(),
            region_source: account.region_source,
            bucket_listing: account.bucket_listing.clone(),
            fallbacks: account.fallbacks.clone(),
            api_calls: account.api_calls.clone(),
            finished: !gaps.iter().any(Gap::would_pass),
            sha256: written.map(|(table, sha256)| (table.name().to_owned(), sha256)).into(),
        };
        self.write(Table::Accounts, account, [row])?;
        Ok(())
    }

    /// Copies everything that another snapshot holds of an account, as it lies. Says of each file its path below the
    /// folder of the snapshot, and the SHA-256 of what was copied.
    ///
    /// # Errors
    /// When a file is not there, or the file system refuses.
    pub fn copy_account(&self, account: &AccountId, from: &Path) -> Result<Vec<(String, String)>, SnapshotError> {
        let from = Dataset::in_folder(from);
        let copy = |table: Table| {
            let sha256 = self.tables.copy(table.name(), account, &from)?;
            Ok((Dataset::path_of(table.name(), account), sha256))
        };
        Table::ALL.into_iter().map(copy).collect()
    }

    /// Removes what was written of an account, its own row first.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove_account(&self, account: &AccountId) -> Result<(), SnapshotError> {
        for table in Table::ALL.into_iter().rev() {
            self.tables.remove(table.name(), account)?;
        }
        Ok(())
    }

    /// Writes what the scan was, which makes the snapshot readable.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(&self, scan: &ScanFacts) -> Result<(), SnapshotError> {
        let file = ScanFile {
            schema_version: SCHEMA_VERSION,
            scan: scan.clone(),
        };
        let path = self.folder.join(SCAN_FILE);
        private_files::write_whole(&path, |out| {
            serde_json::to_writer_pretty(&mut *out, &file)?;
            out.write_all(b"\n")
        })
        .map_err(|source| SnapshotError::file(&path, source))
    }

    fn write<T: Serialize>(
        &self,
        table: Table,
        account: &AccountFacts,
        rows: impl IntoIterator<Item = T>,
    ) -> Result<String, DatasetError> {
        self.tables.write(table.name(), &account.account_id, rows)
    }
}

/// The keys of a Region in the order of their ARNs, in which two snapshots are compared.
fn by_arn(keys: &[Key]) -> impl Iterator<Item = &Key> {
    let mut keys: Vec<&Key> = keys.iter().collect();
    keys.sort_by(|a, b| a.arn.cmp(&b.arn));
    keys.into_iter()
}

fn region_row(region: &RegionFacts) -> RegionRow {
    RegionRow {
        region: region.region.clone(),
        state: region.state,
        key_listing: region.key_listing.clone(),
        alias_listing: region.alias_listing.clone(),
        aws_managed_keys: region.aws_managed_keys.clone(),
        tag_source: region.tag_source,
        config_record: region.config_record.clone(),
        applied_quotas: region.applied_quotas.clone(),
        default_quotas: region.default_quotas.clone(),
        key_count_quota: region.key_count_quota.clone(),
        key_metrics: region.key_metrics.clone(),
        custom_key_stores: region.custom_key_stores.clone(),
        alarms: match &region.alarms {
            Fact::Known(_) => Fact::Known(()),
            Fact::Unavailable(reason) => Fact::Unavailable(reason.clone()),
            Fact::NotCollected => Fact::NotCollected,
        },
        metric_filters: region.metric_filters.clone(),
        trails: region.trails.clone(),
    }
}
