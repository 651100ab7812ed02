//! One scan in a folder at a time: an advisory lock on a file in it. The system releases it when the process ends,
//! however it ends, so that nobody has to clear anything away.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use same_file::Handle;

/// The file that is locked. It is empty, and there only while a scan writes, or where one was killed.
pub const LOCK_FILE: &str = ".kms-audit.lock";

/// How often the file may vanish between opening and locking it before that is an error.
const MOST_TRIES: u32 = 100;

/// The lock on a folder. It ends when it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    _file: File,
}

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another scan is writing into {folder}; wait for it to end, or name another folder with --out")]
    Held {
        /// The folder.
        folder: PathBuf,
    },
    /// The file system refused.
    #[error("cannot lock {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

impl FolderLock {
    /// Locks a folder.
    ///
    /// # Errors
    /// When another process holds the lock, or the folder cannot be written into.
    pub fn take(folder: &Path) -> Result<FolderLock, LockError> {
        let path = folder.join(LOCK_FILE);
        let failed = |source| LockError::File {
            path: path.clone(),
            source,
        };
        for _ in 0..MOST_TRIES {
            let file = open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held {
                        folder: folder.to_owned(),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            // Whoever held it before has taken the file away, perhaps after it was opened here: then it is another one
            // that counts now.
            if is_at(&file, &path).map_err(failed)? {
                return Ok(FolderLock { path, _file: file });
            }
        }
        Err(failed(io::Error::other("it vanishes again and again")))
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // While it is still locked. Where that fails, an empty file stays, which means nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match Handle::from_path(path) {
        Ok(there) => Ok(there == Handle::from_file(file.try_clone()?)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_and_again_when_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        let error = FolderLock::take(folder.path()).unwrap_err();
        assert!(matches!(error, LockError::Held { .. }), "{error}");
        drop(lock);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        drop(FolderLock::take(folder.path()).unwrap());
    }

    #[test]
    fn a_file_that_a_killed_process_left_locks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK_FILE), "").unwrap();
        FolderLock::take(folder.path()).unwrap();
    }

    #[test]
    fn one_of_many_that_come_and_go_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(_lock) = FolderLock::take(folder.path()) {
                            use std::sync::atomic::Ordering::SeqCst;
                            assert_eq!(inside.fetch_add(1, SeqCst), 0);
                            inside.fetch_sub(1, SeqCst);
                        }
                    }
                });
            }
        });
    }
}
