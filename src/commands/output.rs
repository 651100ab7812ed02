//! The folder a scan writes into.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::private_files;

/// How many default names are tried.
const MOST_SUFFIXES: u32 = 1_000;

/// A folder of our own, made before the first call, so that nobody waits for a scan that cannot be written down.
#[derive(Debug)]
pub(super) struct OutputFolder {
    path: PathBuf,
    made: bool,
    kept: bool,
}

impl OutputFolder {
    /// The folder that was asked for, which must not exist or be empty; else a new one named after the scan.
    pub(super) fn prepare(asked: Option<&Path>, as_of: Timestamp) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => path.to_owned(),
            None => default_name(as_of)?,
        };
        match private_files::make_new_folder(&path) {
            Ok(()) => Ok(OutputFolder {
                path,
                made: true,
                kept: false,
            }),
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
        let mut entries = fs::read_dir(&path).with_context(|| {
            format!(
                "cannot use {} as the output folder; name another with --out",
                path.display()
            )
        })?;
        if entries.next().is_some() {
            bail!(
                "the output folder {} exists and is not empty; name another with --out. A report is never overwritten.",
                path.display()
            );
        }
        // It may exist and still not be writable.
        NamedTempFile::new_in(&path)
            .with_context(|| format!("cannot write into {}; name another folder with --out", path.display()))?;
        Ok(OutputFolder {
            path,
            made: false,
            kept: false,
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

    /// From here on the folder stays, whatever happens.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for OutputFolder {
    /// A scan that never began leaves no empty folder behind.
    fn drop(&mut self) {
        if self.made && !self.kept {
            // It is empty, or somebody else put something into it: then it stays.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// `kms-audit-2026-06-15T060000Z`, with a number behind it if that is taken.
fn default_name(as_of: Timestamp) -> anyhow::Result<PathBuf> {
    let name = format!("kms-audit-{}", as_of.strftime("%Y-%m-%dT%H%M%SZ"));
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
