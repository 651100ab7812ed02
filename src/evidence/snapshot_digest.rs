//! A digest over a snapshot: by it, a report can be traced to what it was made from, wherever that lies.

use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EvidenceError;
use super::files::{FileEntry, files_below};
use crate::digest::Hashing;

/// A snapshot, named by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotDigest {
    /// `sha256:` and the SHA-256, in hexadecimal, of a line for each file of the snapshot, as `sha256sum` prints it (the
    /// SHA-256 of the file, two spaces, its path below the folder of the snapshot), in the order of the paths.
    pub digest: String,
    /// How many files it has.
    pub files: u64,
    /// How many bytes they have together.
    pub bytes: u64,
}

impl SnapshotDigest {
    /// Reads a snapshot that lies in a folder.
    ///
    /// # Errors
    /// When a file cannot be read, or is no file.
    pub fn of(folder: &Path) -> Result<Self, EvidenceError> {
        let (files, others) = files_below(folder)?;
        // What a link leads to would be read, and not be in the digest.
        if let Some(other) = others.first() {
            let source = io::Error::other("it is neither a file nor a folder");
            return Err(EvidenceError::file(&folder.join(other), source));
        }
        let entries = files
            .into_iter()
            .map(|(path, file)| FileEntry::of(&file, path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(SnapshotDigest::of_files(
            entries.iter().map(|entry| (entry.path.as_str(), entry)),
        ))
    }

    /// The snapshot among the files of a run, which are in the order of their paths.
    pub(super) fn within(files: &[FileEntry]) -> Self {
        let snapshot = files.iter().filter_map(|entry| {
            let path = entry.path.strip_prefix("snapshot/")?;
            Some((path, entry))
        });
        SnapshotDigest::of_files(snapshot)
    }

    fn of_files<'a>(files: impl Iterator<Item = (&'a str, &'a FileEntry)>) -> Self {
        let mut lines = Hashing::new(io::sink());
        let mut snapshot = SnapshotDigest {
            digest: String::new(),
            files: 0,
            bytes: 0,
        };
        for (path, entry) in files {
            // A sink takes everything.
            let _ = writeln!(lines, "{}  {path}", entry.sha256);
            snapshot.files += 1;
            snapshot.bytes += entry.bytes;
        }
        snapshot.digest = format!("sha256:{}", lines.finish());
        snapshot
    }
}
