//! The files of a run, each with its length and hash.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::EvidenceError;

/// The name of the manifest.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The name of its signature, as ssh-keygen gives it.
pub const SIGNATURE_FILE: &str = "manifest.json.sig";

/// How much of a file is in memory while it is hashed.
const READ_AT_ONCE: usize = 1 << 16;

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
        let mut hash = Sha256::new();
        let bytes = File::open(file)
            .and_then(|mut content| {
                let (mut buffer, mut bytes) = (vec![0; READ_AT_ONCE], 0);
                loop {
                    match content.read(&mut buffer)? {
                        0 => return Ok(bytes),
                        read => {
                            hash.update(&buffer[..read]);
                            bytes += read as u64;
                        }
                    }
                }
            })
            .map_err(|source: io::Error| EvidenceError::file(file, source))?;
        Ok(FileEntry {
            path,
            bytes,
            sha256: hex(&hash.finalize()),
        })
    }
}

/// What lies below a folder: regular files by their path, and what is neither file nor folder, such as a link. The
/// manifest and its signature are left out.
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
        if kind.is_file() && (path == MANIFEST_FILE || path == SIGNATURE_FILE) {
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

fn name_below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
