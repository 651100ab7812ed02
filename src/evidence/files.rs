//! The files of a run, each with its length and hash.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use walkdir::{DirEntry, WalkDir};

use super::EvidenceError;
use crate::digest::sha256_of_file;
use crate::folder_lock::LOCK_FILE;

/// The name of the manifest.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The name of its signature, as ssh-keygen gives it.
pub const SIGNATURE_FILE: &str = "manifest.json.sig";

/// A file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileEntry {
    /// Its path below the folder of the run, with `/` between the parts.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl FileEntry {
    /// Where the file lies in a folder; `None` for a path that would lead out of it.
    pub(super) fn in_folder(&self, folder: &Path) -> Option<PathBuf> {
        let path = Path::new(&self.path);
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
        (is_below && !self.path.is_empty()).then(|| folder.join(path))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(super) fn of(file: &Path, path: String) -> Result<FileEntry, EvidenceError> {
        let (sha256, bytes) = sha256_of_file(file).map_err(|source| EvidenceError::file(file, source))?;
        Ok(FileEntry { path, bytes, sha256 })
    }
}

/// What lies below a folder: regular files by their path, and what is neither file nor folder, such as a link. The
/// manifest and its signature are left out, and so is the lock that a scan holds while it writes.
///
/// # Errors
/// When the file system refuses.
pub(super) fn files_below(folder: &Path) -> Result<(BTreeMap<String, PathBuf>, Vec<String>), EvidenceError> {
    let (mut files, mut others) = (BTreeMap::new(), Vec::new());
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            EvidenceError::File {
                path,
                source: error.into(),
            }
        })?;
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        let path = name_below(folder, entry.path());
        let is_own = path == MANIFEST_FILE || path == SIGNATURE_FILE || (path == LOCK_FILE && is_empty(&entry)?);
        if kind.is_file() && is_own {
            continue;
        }
        if kind.is_file() {
            files.insert(path, entry.into_path());
        } else {
            others.push(path);
        }
    }
    Ok((files, others))
}

/// Whether an entry is a file without content, as the lock is: whatever else has its name is a file like any other.
fn is_empty(entry: &DirEntry) -> Result<bool, EvidenceError> {
    let metadata = entry.metadata().map_err(|error| EvidenceError::File {
        path: entry.path().to_owned(),
        source: error.into(),
    })?;
    Ok(metadata.is_file() && metadata.len() == 0)
}

fn name_below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}
