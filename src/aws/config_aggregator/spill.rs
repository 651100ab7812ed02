//! Items on disk, a file for each account, until its turn has come.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

use tempfile::TempDir;

use super::items::Item;
use crate::facts::AccountId;
use crate::private_files;

/// A temporary folder, which only the user can read and which goes with this.
#[derive(Debug)]
pub(super) struct Spill {
    folder: TempDir,
    /// What is not written yet: lines of accounts.
    waiting: BTreeMap<AccountId, Vec<u8>>,
}

impl Spill {
    pub(super) fn create() -> io::Result<Spill> {
        Ok(Spill {
            folder: private_files::make_temporary_folder()?,
            waiting: BTreeMap::new(),
        })
    }

    pub(super) fn add(&mut self, account: &AccountId, item: &Item) -> io::Result<()> {
        let lines = self.waiting.entry(account.clone()).or_default();
        serde_json::to_writer(&mut *lines, item)?;
        lines.push(b'\n');
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        for (account, lines) in std::mem::take(&mut self.waiting) {
            let path = self.folder.path().join(account.as_str());
            private_files::open_to_append(&path)?.write_all(&lines)?;
        }
        Ok(())
    }

    /// The items of an account, one at a time.
    pub(super) fn items(&self, account: &AccountId) -> io::Result<impl Iterator<Item = io::Result<Item>>> {
        let file = match File::open(self.folder.path().join(account.as_str())) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let lines = file.into_iter().flat_map(|file| BufReader::new(file).lines());
        Ok(lines.map(|line| Ok(serde_json::from_str(&line?)?)))
    }
}
