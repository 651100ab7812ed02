//! Files and folders of a scan: only the user can read them, and a file appears under its name whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};
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

/// Makes a folder for the user alone where temporary files lie. It goes when it is let go.
///
/// # Errors
/// When the file system refuses.
pub fn make_temporary_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("kms-audit-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Without it, the umask alone decides.
        builder.permissions(Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

/// Opens a file to write at its end; one that is made is for the user alone.
///
/// # Errors
/// When the file system refuses.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
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
    write_with(path, None, content)
}

/// Writes a file that somebody else may read: one that is there already is replaced and keeps its permissions, and what
/// is no regular file, such as a pipe, is written into. A new file is for the user alone.
///
/// # Errors
/// As [`write_whole`].
pub fn write_over<E: From<io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return write_whole(path, content),
        metadata => metadata?,
    };
    if metadata.is_file() {
        // Through a link, so that the link stays one.
        return write_with(&path.canonicalize()?, Some(metadata.permissions()), content);
    }
    let mut file = BufWriter::new(fs::OpenOptions::new().write(true).open(path)?);
    content(&mut file)?;
    Ok(file.flush()?)
}

/// The folder that a file lies in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Writes a file that must not exist, whole or not at all.
///
/// # Errors
/// When it exists, or cannot be written.
pub fn write_new<E: From<io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let file = unnamed(path, None, content)?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

fn write_with<E: From<io::Error>>(
    path: &Path,
    permissions: Option<Permissions>,
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let file = unnamed(path, permissions, content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A file that is whole and on disk, beside where it is going to be.
fn unnamed<E: From<io::Error>>(
    path: &Path,
    permissions: Option<Permissions>,
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<NamedTempFile, E> {
    // A temporary file is made with mode 0600.
    let folder = folder_of(path);
    let file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)
        .map_err(|error| without_temporary_name(&error, folder))?;
    // Into the file itself: the errors of the other name it.
    let mut inside = BufWriter::new(file.as_file());
    content(&mut inside)?;
    inside.flush()?;
    drop(inside);
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Why no file can be made in a folder: nobody asked for the file that was tried, and its name means nothing.
fn without_temporary_name(error: &io::Error, folder: &Path) -> io::Error {
    let what = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no folder {}; make it, or name another", folder.display()),
        io::ErrorKind::NotADirectory => format!("{} is no folder", folder.display()),
        _ => {
            let said = error.to_string();
            said.split(" at path ").next().unwrap_or(&said).to_owned()
        }
    };
    io::Error::new(error.kind(), what)
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
    fn a_file_in_a_folder_that_is_not_there_is_refused_without_the_name_of_another() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let said = |name: &str| -> String {
            let error = write_over::<io::Error>(&folder.path().join(name), |_| Ok(())).unwrap_err();
            error.to_string().replace(folder.path().to_str().unwrap(), "HERE")
        };
        assert_eq!(
            said("no/x.json"),
            "there is no folder HERE/no; make it, or name another"
        );
        let within_a_file = write_whole::<io::Error>(&folder.path().join("file/x.json"), |_| Ok(())).unwrap_err();
        assert!(!within_a_file.to_string().contains(UNFINISHED), "{within_a_file}");
        assert!(
            within_a_file.to_string().ends_with("file is no folder"),
            "{within_a_file}"
        );
    }

    #[test]
    fn a_new_file_takes_the_place_of_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kms-audit.toml");
        let write = |text: &'static str| write_new(&path, |out| out.write_all(text.as_bytes()));
        write("first").unwrap();
        assert_eq!(write("second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
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
    fn what_is_replaced_for_others_keeps_its_permissions_and_what_is_no_file_is_written_into() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("kms.prom"), folder.path().join("link"));
        let write = |path: &Path, text: &str| write_over(path, |out| out.write_all(text.as_bytes()));
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write(&path, "1").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, "2").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap()), (0o644, "2".to_owned()));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write(Path::new("/dev/null"), "3").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
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
