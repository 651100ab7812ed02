//! Whether a folder still is what its manifest says.

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::EvidenceError;
use super::files::{FileEntry, MANIFEST_FILE, SIGNATURE_FILE, files_below};
use super::layout;
use super::manifest::{MANIFEST_SCHEMA_VERSION, Manifest};
use super::no_run::NoRun;
use super::signature::{self, SignatureError, signer};
use crate::bounded_files;

/// The largest manifest that is read: a hundred thousand accounts with ten files each stay below it.
const LARGEST_MANIFEST: u64 = 256 << 20;

/// What verifying a folder came to.
#[derive(Debug)]
pub struct Verification {
    /// Its manifest.
    pub manifest: Manifest,
    /// Every difference, in the order of paths.
    pub faults: Vec<Fault>,
    /// Who signed it, or why that cannot be said; `None` where nobody asked.
    pub signature: Option<Result<String, SignatureError>>,
    /// Why nobody could say whether the signature that is there is of this manifest.
    pub unread_signature: Option<SignatureError>,
}

/// A difference between a folder and its manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, below the folder of the run.
    pub path: String,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// Its content is not what the manifest says.
    Altered,
    /// It is not there.
    Missing,
    /// The manifest does not list it.
    Extra,
}

impl FaultKind {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Altered => "altered",
            FaultKind::Missing => "missing",
            FaultKind::Extra => "extra",
        }
    }
}

impl Verification {
    /// The gravest difference, if there is any.
    pub fn gravest(&self) -> Option<FaultKind> {
        self.faults.iter().map(|fault| fault.kind).min()
    }

    /// Whether everything is as the manifest says, and signed if that was asked.
    pub fn holds(&self) -> bool {
        self.faults.is_empty() && !matches!(self.signature, Some(Err(_)))
    }
}

/// Holds a folder against its manifest, and the manifest against its signature if allowed signers are named.
///
/// # Errors
/// When there is no manifest, or it cannot be read as one, or the folder not be read.
pub fn verify(folder: &Path, allowed_signers: Option<&Path>) -> Result<Verification, EvidenceError> {
    let (manifest, is_intact) = parse_manifest(folder)?;
    let mut faults = Vec::new();
    let mut fault = |path: &str, kind| {
        faults.push(Fault {
            path: path.to_owned(),
            kind,
        });
    };
    if !is_intact {
        fault(MANIFEST_FILE, FaultKind::Altered);
    }
    let unread_signature = match signature::fits(folder) {
        Ok(fits) => {
            if !fits {
                fault(SIGNATURE_FILE, FaultKind::Altered);
            }
            None
        }
        Err(error) => Some(error),
    };
    let (mut present, others) = files_below(folder)?;
    for listed in &manifest.files {
        // A path that leads out of the folder was written by nobody but a forger.
        let Some(_) = listed.in_folder(folder) else {
            fault(&listed.path, FaultKind::Missing);
            continue;
        };
        match present.remove(&listed.path) {
            None => fault(&listed.path, FaultKind::Missing),
            Some(file) if FileEntry::of(&file, listed.path.clone())? != *listed => {
                fault(&listed.path, FaultKind::Altered);
            }
            Some(_) => {}
        }
    }
    for extra in present.keys().chain(&others) {
        fault(extra, FaultKind::Extra);
    }
    faults.sort();
    Ok(Verification {
        signature: allowed_signers.map(|allowed| signer(folder, allowed)),
        manifest,
        faults,
        unread_signature,
    })
}

/// Reads the manifest of a run. Its files are not looked at.
///
/// # Errors
/// When there is none, it cannot be read as one, or was altered.
pub fn read_manifest(folder: &Path) -> Result<Manifest, EvidenceError> {
    match parse_manifest(folder)? {
        (manifest, true) => Ok(manifest),
        (_, false) => Err(EvidenceError::Altered {
            folder: folder.to_owned(),
        }),
    }
}

/// The manifest, and whether each of its bytes is as it was written.
fn parse_manifest(folder: &Path) -> Result<(Manifest, bool), EvidenceError> {
    let path = folder.join(MANIFEST_FILE);
    let unreadable = |what: String| EvidenceError::Unreadable {
        path: path.clone(),
        what,
    };
    match path.symlink_metadata() {
        Ok(found) if !found.is_file() => return Err(unreadable("it is a link, or no file".to_owned())),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(EvidenceError::NoManifest(NoRun::at(folder, MANIFEST_FILE)));
        }
        Err(error) => return Err(EvidenceError::file(&path, error)),
    }
    let content =
        bounded_files::read(&path, LARGEST_MANIFEST).map_err(|source| EvidenceError::file(&path, source))?;
    // The version first: another version may have another shape.
    let versioned: Versioned = serde_json::from_slice(&content).map_err(|error| unreadable(error.to_string()))?;
    let found = versioned.schema_version.as_deref().unwrap_or("none");
    if found != MANIFEST_SCHEMA_VERSION {
        return Err(unreadable(format!(
            "its schema version is {found}, and this program reads {MANIFEST_SCHEMA_VERSION}"
        )));
    }
    let manifest: Manifest = serde_json::from_slice(&content).map_err(|error| unreadable(error.to_string()))?;
    let is_intact = layout::digest(&content).as_ref() == Some(&manifest.digest);
    Ok((manifest, is_intact))
}

/// A manifest of any version.
#[derive(Deserialize)]
struct Versioned {
    schema_version: Option<String>,
}
