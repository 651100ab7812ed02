//! What makes a run evidence: a manifest of every file with its hash, whether a folder still is what its manifest says,
//! and who signed for it. What that proves, and what not, is in docs/evidence.md.

mod files;
mod layout;
mod manifest;
mod no_run;
mod signature;
mod snapshot_digest;
mod verification;

pub use files::{FileEntry, MANIFEST_FILE, SIGNATURE_FILE};
pub use manifest::{
    Build, MANIFEST_SCHEMA_VERSION, Manifest, MergedShard, Origin, manifest_schema, write_manifest,
};
pub use no_run::NoRun;
pub use signature::{SignatureError, sign};
pub use snapshot_digest::SnapshotDigest;
pub use verification::{Fault, FaultKind, Verification, read_manifest, verify};

use std::io;
use std::path::{Path, PathBuf};

/// Why evidence could not be made or looked at.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The file system refused.
    #[error("cannot read {path}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// There is no manifest to hold the folder against, or no folder.
    #[error(transparent)]
    NoManifest(NoRun),
    /// The manifest is not one of this program.
    #[error("{path} is not a manifest that this program can read: {what}")]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The manifest is not what was written.
    #[error("{folder}/manifest.json was altered; `kms-audit verify {folder}` names every difference")]
    Altered {
        /// The folder.
        folder: PathBuf,
    },
    /// The manifest could not be made into JSON.
    #[error("cannot make the manifest")]
    Json(#[from] serde_json::Error),
    /// The manifest could not be written.
    #[error("cannot write {path}")]
    Unwritable {
        /// The manifest.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Signing, or looking at a signature, failed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl EvidenceError {
    fn file(path: &Path, source: io::Error) -> Self {
        EvidenceError::File {
            path: path.to_owned(),
            source,
        }
    }
}

#[cfg(test)]
mod tests;
