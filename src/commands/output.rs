//! The folder a scan writes into.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::UsageError;
use crate::evidence::MANIFEST_FILE;
use crate::folder_lock::{FolderLock, LOCK_FILE, LockError};
use crate::private_files;
use crate::run_record::RUN_FILE;

/// How many default names are tried.
const MOST_SUFFIXES: u32 = 1_000;

/// A folder of our own, made and locked before the first call, so that nobody waits for a scan that cannot be written
/// down.
#[derive(Debug)]
pub(super) struct OutputFolder {
    path: PathBuf,
    made: bool,
    kept: bool,
    /// Until the run is written down.
    lock: Option<FolderLock>,
}

impl OutputFolder {
    /// The folder that was asked for, which must not exist or be empty; else a new one named after the scan.
    pub(super) fn prepare(asked: Option<&Path>, as_of: Timestamp) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => path.to_owned(),
            None => unused_default_name(as_of)?,
        };
        match private_files::make_new_folder(&path) {
            Ok(()) => {
                let mut folder = OutputFolder {
                    path,
                    made: true,
                    kept: false,
                    lock: None,
                };
                folder.lock = Some(FolderLock::take(&folder.path)?);
                Ok(folder)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::adopt(path),
            Err(error) => Err(error).with_context(|| {
                format!(
                    "cannot make the output folder {}; name another with --out",
                    path.display()
                )
            }),
        }
    }

    fn adopt(path: PathBuf) -> anyhow::Result<Self> {
        // Nothing is to be left in the folder of somebody else, not even a lock.
        if !path.join(LOCK_FILE).exists() {
            check_unused(&path)?;
        }
        let lock = match FolderLock::take(&path) {
            Err(LockError::File { source, .. }) => {
                // It may exist and still not be writable.
                return Err(source).with_context(|| {
                    format!("cannot write into {}; name another folder with --out", path.display())
                });
            }
            lock => lock?,
        };
        // Another scan may have come between, and a killed one may have left files that never were whole.
        check_unused(&path)?;
        private_files::remove_unfinished(&path).with_context(|| format!("cannot clear {}", path.display()))?;
        Ok(OutputFolder {
            path,
            made: false,
            kept: false,
            lock: Some(lock),
        })
    }

    /// The folder of a run that is to be gone on with. What was never finished is removed.
    pub(super) fn resume(path: &Path) -> anyhow::Result<Self> {
        let lock = FolderLock::take(path)?;
        private_files::remove_unfinished(path).with_context(|| format!("cannot clear {}", path.display()))?;
        Ok(OutputFolder {
            path: path.to_owned(),
            made: false,
            kept: true,
            lock: Some(lock),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the run.
    pub(super) fn write<E>(
        &mut self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> anyhow::Result<PathBuf>
    where
        E: From<io::Error> + std::error::Error + Send + Sync + 'static,
    {
        self.kept = true;
        let path = self.path.join(name);
        private_files::write_whole(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Removes a file of the run, if it is there.
    pub(super) fn remove(&self, name: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// From here on the folder stays, whatever happens.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for OutputFolder {
    /// A scan that never began leaves nothing behind.
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(self.path.join(RUN_FILE));
        }
        self.lock.take();
        if self.made && !self.kept {
            // It is empty, or somebody else put something into it: then it stays.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// Refuses to write into a run that the report is made from: it would not be what its manifest says any more.
pub(super) fn check_apart(output: &Path, run: &Path) -> anyhow::Result<()> {
    if is_within(output, run) {
        let what = format!(
            "a report is not written into the run that it is made from, {}; name another folder with --out",
            run.display()
        );
        return Err(UsageError(what).into());
    }
    Ok(())
}

/// Whether something that may not exist yet would lie in a folder, by what exists of the way to it.
pub(super) fn is_within(path: &Path, folder: &Path) -> bool {
    let existing = path.ancestors().find_map(|ancestor| {
        let ancestor = if ancestor.as_os_str().is_empty() {
            Path::new(".")
        } else {
            ancestor
        };
        ancestor.canonicalize().ok()
    });
    let folder = folder.canonicalize();
    matches!((existing, folder), (Some(existing), Ok(folder)) if existing.starts_with(&folder))
}

/// Refuses a folder with anything in it but what a scan leaves that was killed before it had begun.
fn check_unused(path: &Path) -> anyhow::Result<()> {
    let unusable = || {
        format!(
            "cannot use {} as the output folder; name another with --out",
            path.display()
        )
    };
    let is_there = |name: &str| path.join(name).exists();
    if is_there(RUN_FILE) && !is_there(MANIFEST_FILE) {
        bail!(
            "the output folder {0} holds a scan; go on with it by --resume {0}, or name another folder with --out",
            path.display()
        );
    }
    for entry in fs::read_dir(path).with_context(unusable)? {
        let name = entry.with_context(unusable)?.file_name();
        if name != LOCK_FILE && !private_files::is_unfinished(&name) {
            bail!(
                "the output folder {} exists and is not empty; name another with --out. A report is never overwritten.",
                path.display()
            );
        }
    }
    Ok(())
}

/// `kms-audit-2026-06-15T060000Z`.
pub(super) fn default_name(as_of: Timestamp) -> String {
    format!("kms-audit-{}", as_of.strftime("%Y-%m-%dT%H%M%SZ"))
}

/// The default name, with a number behind it if that is taken.
fn unused_default_name(as_of: Timestamp) -> anyhow::Result<PathBuf> {
    let name = default_name(as_of);
    let suffixes = (2..MOST_SUFFIXES).map(|number| format!("{name}-{number}"));
    std::iter::once(name.clone())
        .chain(suffixes)
        .map(PathBuf::from)
        .find(|path| !path.exists())
        .with_context(|| {
            format!("every name from {name} to {name}-{MOST_SUFFIXES} is taken; name a folder with --out")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_of() -> Timestamp {
        "2026-06-15T06:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("report.json"), "{}").unwrap();
        let error = OutputFolder::prepare(Some(folder.path()), as_of()).unwrap_err();
        assert!(error.to_string().contains("--out"), "{error}");
    }

    #[test]
    fn a_folder_that_another_scan_writes_into_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let first = OutputFolder::prepare(Some(&path), as_of()).unwrap();
        for refused in [OutputFolder::prepare(Some(&path), as_of()), OutputFolder::resume(&path)] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains("another scan is writing into"), "{error}");
        }
        drop(first);
        OutputFolder::prepare(Some(&path), as_of()).unwrap();
    }

    #[test]
    fn what_a_killed_scan_leaves_that_had_not_begun_is_no_obstacle_and_a_scan_that_had_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in [LOCK_FILE, ".kms-audit-x7Ab2c"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        drop(OutputFolder::prepare(Some(folder.path()), as_of()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join(RUN_FILE), "{}").unwrap();
        let error = OutputFolder::prepare(Some(folder.path()), as_of())
            .unwrap_err()
            .to_string();
        assert!(error.contains("--resume"), "{error}");
        assert!(folder.path().join(RUN_FILE).exists() && !folder.path().join(LOCK_FILE).exists());
    }

    #[test]
    fn a_folder_below_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(OutputFolder::prepare(Some(&folder.path().join("file/out")), as_of()).is_err());
    }

    #[test]
    fn a_folder_that_was_never_written_to_is_taken_away_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/run");
        drop(OutputFolder::prepare(Some(&path), as_of()).unwrap());
        assert!(!path.exists());
        let mut output = OutputFolder::prepare(Some(&path), as_of()).unwrap();
        output.write("report.json", |out| out.write_all(b"{}")).unwrap();
        drop(output);
        assert_eq!(fs::read_to_string(path.join("report.json")).unwrap(), "{}");
    }
}
