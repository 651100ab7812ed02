//! Rows on disk: JSON Lines compressed with zstd, in Hive partitions, `<table>/account_id=<id>/part.jsonl.zst`, so that
//! DuckDB, Athena and Spark read them as they lie. A partition is written beside its place and renamed into it, so it
//! is there whole or not at all.

mod rows;
#[cfg(test)]
pub(crate) mod testing;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use crate::digest::{Hashing, sha256_of_file};
use crate::facts::AccountId;
use crate::private_files;

pub use rows::Rows;

/// The fastest that zstd has without giving up much: rows are alike, and a higher level finds little more in them.
const COMPRESSION: i32 = 1;

/// How many bytes are handed to the compressor, and taken from it, at once.
const PIECE: usize = 1 << 17;

/// The JSON Schema of the rows of a table, as they are written.
pub fn row_schema<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.into()
}

/// A folder of tables, each with a partition for each account.
#[derive(Clone, Debug)]
pub struct Dataset {
    folder: PathBuf,
}

impl Dataset {
    /// The tables below a folder.
    pub fn in_folder(folder: &Path) -> Self {
        Dataset {
            folder: folder.to_owned(),
        }
    }

    /// Where the rows of an account lie.
    pub fn partition(&self, table: &str, account: &AccountId) -> PathBuf {
        self.folder.join(Self::path_of(table, account))
    }

    /// The same below the folder of the tables, with `/` between the parts.
    pub fn path_of(table: &str, account: &AccountId) -> String {
        format!("{table}/account_id={account}/part.jsonl.zst")
    }

    /// Writes the rows of an account, in the place of those that were there. Says the SHA-256 of the file.
    ///
    /// # Errors
    /// When the file system refuses; then there is what was there before.
    pub fn write<T: Serialize>(
        &self,
        table: &str,
        account: &AccountId,
        rows: impl IntoIterator<Item = T>,
    ) -> Result<String, DatasetError> {
        self.put(table, account, |out| compress(rows, out))
    }

    /// Puts a file in its place. Says its SHA-256.
    fn put(
        &self,
        table: &str,
        account: &AccountId,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<String, DatasetError> {
        let path = self.partition(table, account);
        let folder = path.parent().unwrap_or(&self.folder);
        let mut sha256 = String::new();
        private_files::make_folder(folder)
            .and_then(|()| {
                private_files::write_whole(&path, |out| {
                    let mut out = Hashing::new(out);
                    content(&mut out)?;
                    sha256 = out.finish();
                    Ok(())
                })
            })
            .map_err(|source| DatasetError::Unwritable {
                path: path.clone(),
                source,
            })?;
        Ok(sha256)
    }

    /// Copies the rows of an account from other tables, as they lie. Says the SHA-256 of what was copied.
    ///
    /// # Errors
    /// When they are not there, or the file system refuses; then there is what was there before.
    pub fn copy(&self, table: &str, account: &AccountId, from: &Dataset) -> Result<String, DatasetError> {
        let source = from.partition(table, account);
        let mut rows = File::open(&source).map_err(|error| DatasetError::Unopened {
            path: source,
            source: error,
        })?;
        self.put(table, account, |out| io::copy(&mut rows, out).map(drop))
    }

    /// The SHA-256 of the file that holds the rows of an account.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn sha256(&self, table: &str, account: &AccountId) -> Result<String, DatasetError> {
        let path = self.partition(table, account);
        match sha256_of_file(&path) {
            Ok((sha256, _)) => Ok(sha256),
            Err(source) => Err(DatasetError::Unopened { path, source }),
        }
    }

    /// Removes the rows of an account, if there are any.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove(&self, table: &str, account: &AccountId) -> Result<(), DatasetError> {
        let path = self.partition(table, account);
        let folder = path.parent().unwrap_or(&self.folder);
        match std::fs::remove_dir_all(folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(DatasetError::Unwritable { path, source })
            }
            _ => Ok(()),
        }
    }

    /// The rows of an account, one at a time. A partition that is not there is an error of the first row.
    pub fn rows<T>(&self, table: &str, account: &AccountId) -> Rows<T> {
        Rows::of(self.partition(table, account))
    }
}

fn compress<T: Serialize>(rows: impl IntoIterator<Item = T>, out: impl Write) -> io::Result<()> {
    let mut out = zstd::Encoder::new(out, COMPRESSION)?;
    out.include_checksum(true)?;
    // The compressor takes one long piece sooner than many short ones.
    let mut lines = Vec::with_capacity(2 * PIECE);
    for row in rows {
        serde_json::to_writer(&mut lines, &row)?;
        lines.push(b'\n');
        if lines.len() >= PIECE {
            out.write_all(&lines)?;
            lines.clear();
        }
    }
    out.write_all(&lines)?;
    out.finish().map(drop)
}

/// Why rows could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file system refused to take them.
    #[error("cannot write {path}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The file cannot be opened.
    #[error("cannot open {path}")]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The file breaks off, or is not what zstd wrote.
    #[error("cannot read {path} beyond line {line}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The last line that could be read; 0 where none could.
        line: u64,
        /// What the file system or zstd said.
        source: io::Error,
    },
    /// A line is not a row of its table.
    #[error("{path}, line {line}, is not a row of its table")]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A line holds more values than any row of its length.
    #[error("{path}, line {line}, holds more values than a row of its length can have")]
    Dense {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// A line is longer than any row.
    #[error("{path}, line {line}, is longer than the {} MiB that a row may have", most >> 20)]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// How many bytes a line may have.
        most: u64,
    },
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn account() -> AccountId {
        AccountId::new("111122223333")
    }

    /// A partition with these bytes in it.
    fn partition_of(bytes: &[u8]) -> (tempfile::TempDir, Dataset) {
        let folder = tempfile::tempdir().unwrap();
        let dataset = Dataset::in_folder(folder.path());
        let path = dataset.partition("numbers", &account());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        (folder, dataset)
    }

    fn read(dataset: &Dataset) -> Result<Vec<u64>, DatasetError> {
        dataset.rows("numbers", &account()).collect()
    }

    #[test]
    fn rows_come_back_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = Dataset::in_folder(folder.path());
        dataset.write("numbers", &account(), 0..100_000_u64).unwrap();
        assert!(read(&dataset).unwrap().into_iter().eq(0..100_000));
        dataset.write("numbers", &account(), [7_u64]).unwrap();
        assert_eq!(read(&dataset).unwrap(), [7], "a partition is replaced as a whole");
        assert!(
            folder
                .path()
                .join("numbers/account_id=111122223333/part.jsonl.zst")
                .is_file()
        );
    }

    #[test]
    fn rows_are_copied_as_they_lie() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (from, to) = (Dataset::in_folder(from.path()), Dataset::in_folder(to.path()));
        let error = to.copy("numbers", &account(), &from).unwrap_err();
        assert!(matches!(error, DatasetError::Unopened { .. }), "{error}");
        let written = from.write("numbers", &account(), 0..1_000_u64).unwrap();
        assert_eq!(to.copy("numbers", &account(), &from).unwrap(), written);
        assert_eq!(to.sha256("numbers", &account()).unwrap(), written);
        assert!(read(&to).unwrap().into_iter().eq(0..1_000));
    }

    #[test]
    fn an_account_without_rows_is_not_an_account_without_a_partition() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = Dataset::in_folder(folder.path());
        let error = read(&dataset).unwrap_err();
        assert!(matches!(error, DatasetError::Unopened { .. }), "{error}");
        dataset.write("numbers", &account(), [0_u64; 0]).unwrap();
        assert_eq!(read(&dataset).unwrap(), [0_u64; 0]);
    }

    #[test]
    fn a_line_that_is_no_row_is_named_and_ends_the_rows() {
        let (_folder, dataset) = partition_of(&zstd::encode_all(&b"1\n2\nthree\n4\n"[..], 3).unwrap());
        let mut rows = dataset.rows::<u64>("numbers", &account());
        assert_eq!([rows.next().unwrap().unwrap(), rows.next().unwrap().unwrap()], [1, 2]);
        let error = rows.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("part.jsonl.zst, line 3"), "{error}");
        assert!(rows.next().is_none());
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error_wherever_it_does() {
        let text: String = (0..100_000_u64).map(|number| format!("{number}\n")).collect();
        let whole = zstd::encode_all(text.as_bytes(), 3).unwrap();
        for part in [0, 1, 10, whole.len() / 2, whole.len() - 1] {
            let (_folder, dataset) = partition_of(&whole[..part]);
            assert!(read(&dataset).is_err(), "{part} of {} bytes", whole.len());
        }
        let unfinished = zstd::encode_all(&text.as_bytes()[..text.len() - 1], 3).unwrap();
        let (_folder, dataset) = partition_of(&unfinished);
        assert!(read(&dataset).is_err(), "every line ends with a line feed");
    }

    #[test]
    fn a_byte_that_was_changed_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = Dataset::in_folder(folder.path());
        dataset.write("numbers", &account(), 0..1_000_u64).unwrap();
        let path = dataset.partition("numbers", &account());
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&path, bytes).unwrap();
            // A bit that means nothing may be changed; a row never is.
            if let Ok(rows) = read(&dataset) {
                assert!(rows.into_iter().eq(0..1_000), "byte {at}");
            }
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
        bomb.write_all(b"1\n").unwrap();
        for _ in 0..rows::MOST_BYTES >> 20 {
            bomb.write_all(&vec![b'1'; 1 << 20]).unwrap();
        }
        bomb.write_all(b"1\n2\n").unwrap();
        let (_folder, dataset) = partition_of(&bomb.finish().unwrap());
        let error = read(&dataset).unwrap_err().to_string();
        assert!(error.contains("line 2, is longer than the 64 MiB"), "{error}");
    }

    #[test]
    fn a_long_line_of_tiny_values_is_refused_and_one_of_arns_is_not() {
        let of = |item: &str| format!("[{}{item}]\n", format!("{item},").repeat((2 << 20) / item.len()));
        let arn = "\"arn:aws:kms:eu-west-3:111122223333:key/00000000-0000-4000-8000-000000000000\"";
        let (_folder, dataset) = partition_of(&zstd::encode_all(of(arn).as_bytes(), 1).unwrap());
        let rows: Result<Vec<Vec<String>>, _> = dataset.rows("numbers", &account()).collect();
        assert!(rows.unwrap()[0].len() > 20_000);
        for tiny in ["\"\"", "[]", "{\"\":0}", "0"] {
            let (_folder, dataset) = partition_of(&zstd::encode_all(of(tiny).as_bytes(), 1).unwrap());
            let rows: Result<Vec<serde_json::Value>, _> = dataset.rows("numbers", &account()).collect();
            let error = rows.unwrap_err().to_string();
            assert!(error.contains("line 1, holds more values"), "{error}");
        }
    }

    #[test]
    fn a_window_that_takes_much_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(b"1\n").unwrap();
        let (_folder, dataset) = partition_of(&encoder.finish().unwrap());
        let error = read(&dataset).unwrap_err();
        assert!(matches!(error, DatasetError::Broken { line: 0, .. }), "{error}");
    }
}
