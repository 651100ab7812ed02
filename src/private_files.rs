//! Files and folders of a scan: only the user can read them, and a file appears under its name whole or not at all.

use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use walkdir::WalkDir;

/// What the name of a file begins with until it is whole.
const UNFINISHED: &str = ".kms-audit-";

/// Makes a folder, and whatever leads to it, for the user alone. It may exist.
///
/// # Errors
/// When the file system refuses.
pub fn make_folder(path: &Path) -> io::Result<()> {
    builder().recursive(true).create(path)
}

/// Makes a folder that must not exist yet, for the user alone, and whatever leads to it.
///
/// # Errors
/// When it exists, or when the file system refuses.
pub fn make_new_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_folder(parent)?;
    }
    builder().create(path)
}

/// Writes a file beside its place and renames it into it.
///
/// # Errors
/// When the file system refuses, or the content cannot be made; then there is nothing under the name, or what was there
/// before.
pub fn write_whole<E: From<io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // A temporary file is made with mode 0600.
    let mut file = BufWriter::new(tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?);
    content(&mut file)?;
    let file = file.into_inner().map_err(|error| error.into_error())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether a file of this name is one that was never finished, because the program was killed.
pub fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

/// Removes the files that were never finished from a folder and those below it.
///
/// # Errors
/// When the file system refuses.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() && is_unfinished(entry.file_name()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn builder() -> DirBuilder {
    #[allow(unused_mut, reason = "only Unix has a mode to set")]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_writing_failed_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let error = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert!(error.is_err() && !path.exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_never_finished_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("keys/account_id=111122223333");
        make_folder(&inner).unwrap();
        write_whole(&inner.join("part.jsonl.zst"), |out| out.write_all(b"x")).unwrap();
        for place in [folder.path(), &inner] {
            let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(place).unwrap();
            file.keep().unwrap();
        }
        remove_unfinished(folder.path()).unwrap();
        let left: Vec<_> = WalkDir::new(folder.path()).into_iter().map(Result::unwrap).collect();
        let files = left.iter().filter(|entry| entry.file_type().is_file());
        assert_eq!(
            files.map(|file| file.file_name()).collect::<Vec<_>>(),
            ["part.jsonl.zst"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_what_is_written() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        write_whole(&inner.join("c"), |out| out.write_all(b"x")).unwrap();
        assert_eq!(
            (mode(&folder.path().join("a")), mode(&inner), mode(&inner.join("c"))),
            (0o700, 0o700, 0o600)
        );
    }
}
