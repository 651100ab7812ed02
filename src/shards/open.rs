//! Opening the folders of shards.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{PREFIX, ShardError};
use crate::evidence::{EvidenceError, MANIFEST_FILE, Manifest, MergedShard, NoRun, verify};
use crate::facts::{ScanFacts, Shard};
use crate::run_record::{RUN_FILE, RunRecord, differs};
use crate::snapshot::{SnapshotReader, SnapshotWriter};

/// What makes a folder one of shards.
const OF_SHARDS: &str = "manifest.json or shard-K-of-N/";

/// A shard that was scanned.
#[derive(Debug)]
pub struct ShardRun {
    /// Its folder.
    pub folder: PathBuf,
    /// Which of how many.
    pub shard: Shard,
    /// Its manifest.
    pub manifest: Manifest,
    /// Who signed that, where it was asked.
    pub signer: Option<String>,
    /// What its scan was.
    pub scan: ScanFacts,
}

/// The shards of one scan, in their order, each once.
#[derive(Debug)]
pub struct Shards {
    /// Those that are there: at least one.
    pub runs: Vec<ShardRun>,
    /// Those that are not.
    pub missing: Vec<Shard>,
}

impl Shards {
    /// Opens the folders of shards, or folders that hold them, and holds each against its manifest and all against each
    /// other. With `allow_missing` some may be missing, or not have come to their end; with `allowed_signers` each must
    /// be signed by one of them.
    ///
    /// # Errors
    /// When a folder is no shard, was altered, is of another scan, is there twice, or one is missing.
    pub fn open(
        named: &[PathBuf],
        allow_missing: bool,
        allowed_signers: Option<&Path>,
    ) -> Result<Shards, ShardError> {
        let mut runs = Vec::new();
        for folder in find(named)? {
            match ShardRun::open(&folder, allowed_signers) {
                Err(ShardError::Evidence(EvidenceError::NoManifest(error))) if allow_missing => {
                    tracing::warn!("{}; it counts as missing", error.what);
                }
                run => runs.push(run?),
            }
        }
        runs.sort_by_key(|run| run.shard.number());
        let Some((first, others)) = runs.split_first() else {
            return Err(ShardError::NoneEnded {
                folders: named.to_vec(),
            });
        };
        let version = &first.manifest.tool.version;
        if *version != RunRecord::tool_version() {
            return Err(ShardError::Version {
                folder: first.folder.clone(),
                version: version.clone(),
            });
        }
        for other in others {
            check_same_scan(first, other)?;
        }
        for pair in runs.windows(2) {
            if let [one, other] = pair
                && one.shard == other.shard
            {
                return Err(ShardError::Twice {
                    shard: one.shard,
                    first: one.folder.clone(),
                    second: other.folder.clone(),
                });
            }
        }
        let is_there = |shard: &Shard| runs.iter().any(|run| run.shard == *shard);
        let (of, missing) = (first.shard.of(), first.shard.all().filter(|shard| !is_there(shard)));
        let missing: Vec<Shard> = missing.collect();
        if !missing.is_empty() && !allow_missing {
            return Err(ShardError::Missing { missing, of });
        }
        Ok(Shards { runs, missing })
    }

    /// Copies what was collected of each account into one snapshot. What is copied is held against the manifest of its
    /// shard once more, so that nothing can come in between.
    ///
    /// # Errors
    /// When a file is not what the manifest says, or the file system refuses.
    pub fn copy_accounts(&self, writer: &SnapshotWriter) -> Result<(), ShardError> {
        for run in &self.runs {
            let files = run.manifest.files.iter();
            let listed: HashMap<&str, &str> =
                files.map(|file| (file.path.as_str(), file.sha256.as_str())).collect();
            for account in &run.scan.accounts {
                for (path, sha256) in writer.copy_account(account, &run.folder.join("snapshot"))? {
                    let path = format!("snapshot/{path}");
                    if listed.get(path.as_str()) != Some(&sha256.as_str()) {
                        return Err(ShardError::Altered {
                            folder: run.folder.clone(),
                            what: format!("{path} was altered"),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// The shards as the manifest of the whole names them.
    pub fn for_manifest(&self) -> Vec<MergedShard> {
        let named = |run: &ShardRun| MergedShard {
            shard: run.shard,
            digest: run.manifest.digest.clone(),
            signer: run.signer.clone(),
            caller_arn: run.manifest.caller_arn.clone(),
            started_at: run.manifest.started_at,
            finished_at: run.manifest.finished_at,
            api_calls: run.manifest.api_calls.clone(),
        };
        self.runs.iter().map(named).collect()
    }
}

/// The folders of shards among those that are named, and in them.
fn find(named: &[PathBuf]) -> Result<Vec<PathBuf>, ShardError> {
    let mut folders = Vec::new();
    for folder in named {
        let unreadable = |source| ShardError::File {
            folder: folder.clone(),
            source,
        };
        // By one name, since the same could be named twice.
        let named = folder;
        if !named.is_dir() {
            return Err(ShardError::NoShard(NoRun::at(named, OF_SHARDS)));
        }
        let folder = named.canonicalize().map_err(unreadable)?;
        if [MANIFEST_FILE, RUN_FILE].iter().any(|name| folder.join(name).exists()) {
            folders.push(folder);
            continue;
        }
        let within = shards_in(&folder).map_err(unreadable)?;
        if within.is_empty() {
            let holds_shards = |folder: &Path| shards_in(folder).is_ok_and(|shards| !shards.is_empty());
            return Err(ShardError::NoShard(NoRun::among(named, OF_SHARDS, holds_shards)));
        }
        folders.extend(within);
    }
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// The folders in a folder that are called as those of shards are.
fn shards_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut shards = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.path().is_dir() {
            shards.push(entry.path());
        }
    }
    Ok(shards)
}

impl ShardRun {
    fn open(folder: &Path, allowed_signers: Option<&Path>) -> Result<ShardRun, ShardError> {
        let verification = verify(folder, allowed_signers)?;
        let altered = |what: String| ShardError::Altered {
            folder: folder.to_owned(),
            what,
        };
        if let Some(fault) = verification.faults.first() {
            return Err(altered(format!("{} is {}", fault.path, fault.kind.as_str())));
        }
        let signer = verification.signature.transpose();
        let signer = signer.map_err(|error| altered(error.to_string()))?;
        let scan = SnapshotReader::open(&folder.join("snapshot"))?.scan;
        let Some(shard) = scan.shard else {
            return Err(ShardError::Whole {
                folder: folder.to_owned(),
            });
        };
        Ok(ShardRun {
            folder: folder.to_owned(),
            shard,
            manifest: verification.manifest,
            signer,
            scan,
        })
    }
}

/// Refuses shards of different scans.
fn check_same_scan(first: &ShardRun, other: &ShardRun) -> Result<(), ShardError> {
    let differences = differences(first, other);
    if differences.is_empty() {
        return Ok(());
    }
    Err(ShardError::Differs {
        first: first.folder.clone(),
        second: other.folder.clone(),
        differences,
    })
}

fn differences(first: &ShardRun, other: &ShardRun) -> Vec<String> {
    let (one, two) = (&first.scan, &other.scan);
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let account = |scan: &ScanFacts| {
        let account = scan.caller_arn.account();
        account.map_or_else(|| "unknown".to_owned(), |account| account.to_string())
    };
    let mut pairs = vec![
        (
            "the version of kms-audit".to_owned(),
            first.manifest.tool.version.clone(),
            other.manifest.tool.version.clone(),
        ),
        (
            "the number of shards".to_owned(),
            first.shard.of().to_string(),
            other.shard.of().to_string(),
        ),
        (
            "the moment of the scan (--as-of)".to_owned(),
            one.as_of.to_string(),
            two.as_of.to_string(),
        ),
        (
            "the estate of the sandbox".to_owned(),
            text(&one.sandbox),
            text(&two.sandbox),
        ),
        ("the account of the credentials".to_owned(), account(one), account(two)),
        ("the partition".to_owned(), one.partition.clone(), two.partition.clone()),
    ];
    let names: std::collections::BTreeSet<&String> = one.parameters.keys().chain(two.parameters.keys()).collect();
    for name in names {
        let value = |scan: &ScanFacts| scan.parameters.get(name).cloned().unwrap_or_default().to_string();
        pairs.push((format!("`{name}`"), value(one), value(two)));
    }
    pairs.retain(|(_, one, two)| one != two);
    pairs.iter().map(|(what, one, two)| differs(what, one, two)).collect()
}
