//! Earlier runs, read back to be compared: the folder of a run, an account at a time, or a `report.json`, which holds
//! less and is read as a whole.

mod folder;
mod report_file;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use crate::assessment::Tool;
use crate::dataset::DatasetError;
use crate::evidence::{EvidenceError, NoRun};
use crate::facts::{AccountId, AccountNotEntered, SkippedAccount};
use crate::results::OpenFinding;
use crate::snapshot::{SnapshotError, SnapshotReader};

pub use report_file::ReportFile;
pub(crate) use report_file::read_report;
pub use view::{
    AccountView, BucketView, KeyView, MetadataView, PeakView, QuotaView, RegionView, RotationView, StandingView,
    Unassessed,
};

use folder::Folder;

/// A run that is over.
#[derive(Debug)]
pub struct Run {
    /// What it was.
    pub head: RunHead,
    source: Source,
}

/// What a run was.
#[derive(Clone, Debug)]
pub struct RunHead {
    /// The moment that every judgement refers to.
    pub as_of: Timestamp,
    /// What judged it.
    pub tool: Tool,
    /// The estate, where the scan was of the sandbox.
    pub sandbox: Option<String>,
    /// The accounts looked at.
    pub accounts: BTreeSet<AccountId>,
    /// The accounts that it knew of and did not look at, and why.
    pub accounts_not_seen: BTreeMap<AccountId, String>,
    /// What was asked for, and what it was judged by.
    pub parameters: BTreeMap<String, Value>,
    /// The checks that judged.
    pub checks: BTreeSet<String>,
    /// Whether everything was looked at.
    pub complete: bool,
    /// What it does not hold, because only its report is there.
    pub lacks: Option<&'static str>,
}

/// The accounts that a scan knew of and did not look at, and why.
fn not_seen(skipped: &[SkippedAccount], not_entered: &[AccountNotEntered]) -> BTreeMap<AccountId, String> {
    let skipped = skipped.iter().map(|account| {
        let because = match account.state.as_str() {
            "EXCLUDED" => "it was excluded".to_owned(),
            state => format!("it was {state}"),
        };
        (account.account_id.clone(), because)
    });
    let not_entered = not_entered.iter().map(|account| {
        let because = format!(
            "it could not be entered: {} ({})",
            account.error_code, account.operation
        );
        (account.account_id.clone(), because)
    });
    skipped.chain(not_entered).collect()
}

#[derive(Debug)]
enum Source {
    Folder(Box<Folder>),
    Report(Box<ReportFile>),
}

/// Why a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is neither a snapshot nor a report.
    #[error(transparent)]
    NoRun(NoRun),
    /// The file system refused.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The file is not a report.
    #[error("{path} is not a report.json that this program can read")]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: serde_json::Error,
    },
    /// The report was written by another version.
    #[error(
        "the report {path} has schema version {found}, and this program reads {}",
        crate::assessment::SCHEMA_VERSION
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// The manifest cannot be read, or is not what was written.
    #[error(transparent)]
    Manifest(#[from] EvidenceError),
    /// The snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The results cannot be read.
    #[error(transparent)]
    Results(#[from] DatasetError),
}

impl Run {
    /// Opens the folder of a run, or a report.
    ///
    /// # Errors
    /// When it is neither, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let report = path.join("report.json");
        if SnapshotReader::is_in(&path.join("snapshot")) {
            let (head, folder) = folder::open(path)?;
            Ok(Run {
                head,
                source: Source::Folder(Box::new(folder)),
            })
        } else if path.is_file() || report.is_file() {
            let (head, report) = ReportFile::open(if path.is_file() { path } else { &report })?;
            Ok(Run {
                head,
                source: Source::Report(Box::new(report)),
            })
        } else {
            Err(RunError::NoRun(NoRun::at(path, "snapshot/ or report.json")))
        }
    }

    /// What the run says of an account; `None` if it did not look at it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn account(&self, id: &AccountId) -> Result<Option<AccountView>, RunError> {
        if !self.head.accounts.contains(id) {
            return Ok(None);
        }
        match &self.source {
            Source::Folder(folder) => folder.account(id).map(Some),
            Source::Report(report) => Ok(Some(report.account(id))),
        }
    }

    /// The findings about the configuration, which are of no account.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn findings_about_configuration(&self) -> Result<Vec<OpenFinding>, RunError> {
        match &self.source {
            Source::Folder(folder) => folder.findings_about_configuration(),
            Source::Report(report) => Ok(report.findings_about_configuration()),
        }
    }
}
