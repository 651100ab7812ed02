//! The shards of a scan: where each writes, and one scan made of all of them.
//!
//! Each shard lists the accounts by itself, looks at those of its slice, and leaves the folder of a run behind. Bringing
//! them together takes nothing on trust: each folder is held against its manifest, all must be of the same scan, and
//! every account that any of them knows of is looked at, skipped or a gap in the whole.

mod open;
mod unite;

use std::path::{Path, PathBuf};

pub use open::{ShardRun, Shards};

use crate::dataset::DatasetError;
use crate::evidence::{EvidenceError, NoRun};
use crate::facts::{AccountId, Shard};
use crate::snapshot::SnapshotError;

/// What the names of folders of shards begin with.
const PREFIX: &str = "shard-";

/// The folder of a shard below that of all, or that folder itself if it is the one of the shard already.
pub fn folder_of(shard: Shard, below: &Path) -> PathBuf {
    let of = shard.of().to_string();
    let name = format!("{PREFIX}{:0width$}-of-{of}", shard.number(), width = of.len());
    if below.file_name().is_some_and(|last| last == name.as_str()) {
        return below.to_owned();
    }
    below.join(name)
}

/// Why shards make no whole.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// A folder has nothing to merge in it.
    #[error(transparent)]
    NoShard(NoRun),
    /// There are shards, and none of them came to its end.
    #[error(
        "none of the shards in {} came to its end: nothing can be merged\n  Go on with each by `kms-audit scan --resume`.",
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NoneEnded {
        /// What was named.
        folders: Vec<PathBuf>,
    },
    /// A folder cannot be looked into.
    #[error("cannot read {folder}")]
    File {
        /// The folder.
        folder: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The manifest, or what it lists, cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The snapshot cannot be read, or not be copied.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A folder is not what its manifest says.
    #[error("{folder} is not what its manifest says: {what}; `kms-audit verify {folder}` names every difference")]
    Altered {
        /// The folder.
        folder: PathBuf,
        /// The first difference, or why the signature does not hold.
        what: String,
    },
    /// A run that was not made by `scan --shard`.
    #[error("{folder} is the run of a whole scan and not of a shard")]
    Whole {
        /// The folder.
        folder: PathBuf,
    },
    /// Two folders have the same shard.
    #[error("shard {shard} is there twice: {first} and {second}")]
    Twice {
        /// The shard.
        shard: Shard,
        /// A folder of it.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// The shards would be judged otherwise than they were.
    #[error("{folder} was scanned by kms-audit {version}, and this is {}; merge with that version", env!("CARGO_PKG_VERSION"))]
    Version {
        /// The folder.
        folder: PathBuf,
        /// The version that scanned it.
        version: String,
    },
    /// Shards of different scans.
    #[error("{first} and {second} are not of the same scan: {}", .differences.join("; "))]
    Differs {
        /// The folder of the first shard.
        first: PathBuf,
        /// That of another.
        second: PathBuf,
        /// Each difference in words.
        differences: Vec<String>,
    },
    /// Shards are not there.
    #[error(
        "{} of {of} shards {} missing: {}; scan them, or leave their accounts out as gaps with --allow-missing-shards",
        .missing.len(), if .missing.len() == 1 { "is" } else { "are" }, numbers(.missing)
    )]
    Missing {
        /// Those that are not there.
        missing: Vec<Shard>,
        /// How many there should be.
        of: u32,
    },
    /// A shard speaks of an account that belongs to another.
    #[error("{folder} has account {account}, which belongs to shard {home}: it is not as a scan writes it")]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The account.
        account: AccountId,
        /// Where it belongs.
        home: Shard,
    },
}

impl From<DatasetError> for ShardError {
    fn from(error: DatasetError) -> Self {
        ShardError::Snapshot(error.into())
    }
}

/// The numbers of shards, the first few of them.
fn numbers(shards: &[Shard]) -> String {
    /// How many are named.
    const MOST: usize = 20;
    let named: Vec<String> = shards
        .iter()
        .take(MOST)
        .map(|shard| shard.number().to_string())
        .collect();
    let more = if shards.len() > MOST { " ..." } else { "" };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shard_has_a_folder_of_its_own_and_they_are_in_order() {
        let folder = |text: &str, below: &str| folder_of(Shard::parse(text).unwrap(), Path::new(below));
        assert_eq!(folder("2/8", "run"), Path::new("run/shard-2-of-8"));
        assert_eq!(folder("2/16", "run"), Path::new("run/shard-02-of-16"));
        assert_eq!(folder("2/8", "run/shard-2-of-8"), Path::new("run/shard-2-of-8"));
        assert_eq!(
            folder("3/8", "run/shard-2-of-8"),
            Path::new("run/shard-2-of-8/shard-3-of-8")
        );
    }
}
