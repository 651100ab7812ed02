//! Writing a snapshot.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::rows::{AccountRow, AlarmRow, KeyRow, QuotaRow, RegionRow, ScanFile};
use super::{SCAN_FILE, SCHEMA_VERSION, SnapshotError, Table};
use crate::facts::{AccountFacts, Fact, RegionFacts, ScanFacts, gaps};
use crate::private_files;

/// zstd's own default: the files are small and read more often than written.
const COMPRESSION: i32 = 3;

/// Writes the snapshot of one scan.
#[derive(Debug)]
pub struct SnapshotWriter {
    folder: PathBuf,
}

impl SnapshotWriter {
    /// Starts a snapshot in a folder of its own.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(folder: &Path) -> Result<Self, SnapshotError> {
        private_files::make_folder(folder).map_err(|source| SnapshotError::file(folder, source))?;
        Ok(SnapshotWriter {
            folder: folder.to_owned(),
        })
    }

    /// Writes everything that was read of an account.
    ///
    /// # Errors
    /// When a file cannot be written; then none of its tables is half-written.
    pub fn write_account(&self, account: &AccountFacts) -> Result<(), SnapshotError> {
        let regions = &account.regions;
        let keys = regions.iter().flat_map(|region| {
            region.keys.iter().map(|key| KeyRow {
                region: region.region.clone(),
                key,
            })
        });
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
        self.write(Table::Keys, account, keys)?;
        self.write(Table::Quotas, account, quotas)?;
        self.write(Table::Regions, account, regions.iter().map(region_row))?;
        self.write(Table::Buckets, account, account.buckets.iter())?;
        self.write(Table::Alarms, account, alarms)?;
        self.write(Table::Trails, account, account.trails.iter())?;
        self.write(Table::Gaps, account, gaps(account).iter())?;
        // The account's own row comes last: an account without it was not finished.
        let row = AccountRow {
            partition: account.partition.clone(),
            region_source: account.region_source,
            bucket_listing: account.bucket_listing.clone(),
            fallbacks: account.fallbacks.clone(),
            api_calls: account.api_calls.clone(),
        };
        self.write(Table::Accounts, account, [row].into_iter())
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
        write_whole(&path, |out| {
            serde_json::to_writer_pretty(&mut *out, &file)?;
            out.write_all(b"\n")
        })
    }

    fn write<T: Serialize>(
        &self,
        table: Table,
        account: &AccountFacts,
        rows: impl Iterator<Item = T>,
    ) -> Result<(), SnapshotError> {
        write_whole(&table.file(&self.folder, &account.account_id), |out| {
            let mut out = zstd::Encoder::new(out, COMPRESSION)?;
            out.include_checksum(true)?;
            for row in rows {
                serde_json::to_writer(&mut out, &row)?;
                out.write_all(b"\n")?;
            }
            out.finish().map(drop)
        })
    }
}

fn region_row(region: &RegionFacts) -> RegionRow {
    RegionRow {
        region: region.region.clone(),
        state: region.state,
        key_listing: region.key_listing.clone(),
        alias_listing: region.alias_listing.clone(),
        aws_managed_keys: region.aws_managed_keys,
        aws_s3_key: region.aws_s3_key.clone(),
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

fn write_whole(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), SnapshotError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_files::make_folder(folder)
        .and_then(|()| private_files::write_whole(path, content))
        .map_err(|source| SnapshotError::file(path, source))
}
