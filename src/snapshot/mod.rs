//! The snapshot: what was collected, on disk, before anyone judges it.
//!
//! `snapshot/scan.json` holds the scan; the tables beside it are a [`Dataset`](crate::dataset::Dataset), with a
//! partition for each account.

mod reader;
mod rows;
mod schema;
mod writer;

use std::path::{Path, PathBuf};

use crate::dataset::DatasetError;

pub use reader::{AccountReader, NotFinished, SnapshotReader};
pub use schema::snapshot_schemas;
pub use writer::SnapshotWriter;

/// The version of the rows.
const SCHEMA_VERSION: u32 = 1;

/// The file that describes the scan.
const SCAN_FILE: &str = "scan.json";

/// A table of the snapshot.
#[derive(Clone, Copy, Debug)]
enum Table {
    Accounts,
    Regions,
    Keys,
    Quotas,
    Buckets,
    Alarms,
    Trails,
    Gaps,
}

impl Table {
    /// Every table. That of the accounts comes last: an account without a row in it was not finished.
    const ALL: [Table; 8] = [
        Table::Keys,
        Table::Quotas,
        Table::Regions,
        Table::Buckets,
        Table::Alarms,
        Table::Trails,
        Table::Gaps,
        Table::Accounts,
    ];

    fn name(self) -> &'static str {
        match self {
            Table::Accounts => "accounts",
            Table::Regions => "regions",
            Table::Keys => "keys",
            Table::Quotas => "quotas",
            Table::Buckets => "buckets",
            Table::Alarms => "alarms",
            Table::Trails => "trails",
            Table::Gaps => "gaps",
        }
    }
}

/// Why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The rows of a table could not be written or read.
    #[error(transparent)]
    Table(#[from] DatasetError),
    /// The file system refused.
    #[error("snapshot file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The file that describes the scan is not what it should be.
    #[error("snapshot file {path} does not describe a scan")]
    Scan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: serde_json::Error,
    },
    /// The snapshot was written by another version.
    #[error(
        "the snapshot {path} has schema version {found}, and this program reads version {SCHEMA_VERSION}: {}",
        way_out(*found)
    )]
    Version {
        /// The snapshot.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A row belongs to nothing.
    #[error("snapshot file {path} speaks of {what}, which the snapshot does not hold")]
    Orphan {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
}

/// What to do with a snapshot of another version.
fn way_out(found: u32) -> &'static str {
    if found > SCHEMA_VERSION {
        "a newer kms-audit wrote it; use that version, which `tool` in the manifest.json of the run names, or a later one"
    } else {
        "an older kms-audit wrote it; use that version, which `tool` in the manifest.json of the run names, or scan again"
    }
}

impl SnapshotError {
    fn file(path: &Path, source: std::io::Error) -> Self {
        SnapshotError::File {
            path: path.to_owned(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SseAlgorithm;
    use crate::facts::examples::{account, bucket, denied, key, quota, region, scan};

    #[test]
    fn what_is_written_is_read_back_with_all_three_values() {
        let folder = tempfile::tempdir().unwrap();
        let hostile = key(&[("requirement", "\u{202e}<b>\n")]);
        let mut secret = key(&[]);
        secret.tags = denied("kms:ListResourceTags");
        // In the order of ARNs, as they are written.
        let mut facts = account(region([hostile, secret]));
        facts.regions[0].quotas = vec![quota(10_000.0, Some(60.0)), quota(10_000.0, None)];
        facts.buckets = vec![bucket(SseAlgorithm::DsseKms, false)];
        let writer = SnapshotWriter::create(&folder.path().join("snapshot")).unwrap();
        writer.write_account(&facts).unwrap();
        writer.finish(&scan()).unwrap();

        let reader = SnapshotReader::open(&folder.path().join("snapshot")).unwrap();
        assert_eq!(reader.scan, scan());
        assert_eq!(reader.account(&facts.account_id).unwrap(), facts);
    }

    #[test]
    fn a_snapshot_of_another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("snapshot");
        SnapshotWriter::create(&snapshot).unwrap().finish(&scan()).unwrap();
        let file = snapshot.join(SCAN_FILE);
        let text = std::fs::read_to_string(&file).unwrap();
        for (version, way_out) in [
            ("0", "an older kms-audit wrote it"),
            ("2", "a newer kms-audit wrote it"),
        ] {
            let other = format!("\"schema_version\": {version}");
            std::fs::write(&file, text.replace("\"schema_version\": 1", &other)).unwrap();
            let error = SnapshotReader::open(&snapshot).unwrap_err().to_string();
            assert!(error.contains(&format!("schema version {version},")), "{error}");
            assert!(error.contains(way_out) && error.contains("manifest.json"), "{error}");
        }
    }
}
