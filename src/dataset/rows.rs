//! Reading rows, one at a time and within bounds: a file may have been made by anyone.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::{DatasetError, PIECE};

/// How many bytes a line may have. The longest rows are those that name every key of a Region, 9 MB for the 100,000
/// keys that a Region holds by default.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// How many bytes a line has at most, but for a few.
const USUAL_BYTES: u64 = 1 << 20;

/// A value takes up to a hundred bytes of memory, however short it is. In long rows, which are lists of ARNs and grants,
/// one has more bytes than this on average, its share of names and brackets included.
const FEWEST_BYTES_OF_VALUE: usize = 10;

/// The largest window that is kept to undo the compression: 2^23 bytes are 8 MiB. Those that are written here have 2.
const WINDOW_LOG: u32 = 23;

type Lines = BufReader<zstd::Decoder<'static, BufReader<File>>>;

/// The rows of one partition. After an error there are no more.
#[derive(Debug)]
pub struct Rows<T> {
    path: PathBuf,
    state: State,
    /// The line that was read last, counted from 1.
    number: u64,
    line: Vec<u8>,
    row: PhantomData<fn() -> T>,
}

enum State {
    Unopened,
    Open(Box<Lines>),
    Ended,
}

impl<T> Rows<T> {
    pub(super) fn of(path: PathBuf) -> Self {
        Rows {
            path,
            state: State::Unopened,
            number: 0,
            line: Vec::new(),
            row: PhantomData,
        }
    }

    fn open(&self) -> io::Result<Lines> {
        let mut decoder = zstd::Decoder::new(File::open(&self.path)?)?;
        decoder.window_log_max(WINDOW_LOG)?;
        Ok(BufReader::with_capacity(PIECE, decoder))
    }

    /// Reads the next line, without its end. False where there is none.
    fn read_line(&mut self) -> Result<bool, DatasetError> {
        if matches!(self.state, State::Unopened) {
            let lines = self.open().map_err(|source| DatasetError::Unopened {
                path: self.path.clone(),
                source,
            })?;
            self.state = State::Open(Box::new(lines));
        }
        let State::Open(lines) = &mut self.state else {
            return Ok(false);
        };
        let broken = |source| DatasetError::Broken {
            path: self.path.clone(),
            line: self.number,
            source,
        };
        self.line.clear();
        let mut read_more =
            |line: &mut Vec<u8>, most| lines.by_ref().take(most).read_until(b'\n', line).map_err(broken);
        let mut read = read_more(&mut self.line, USUAL_BYTES)? as u64;
        if read == 0 {
            return Ok(false);
        }
        if read == USUAL_BYTES && !self.line.ends_with(b"\n") {
            // All that it may grow to at once: growing by and by, it would be in memory twice while it moves.
            self.line.reserve_exact((MOST_BYTES + 1 - USUAL_BYTES) as usize);
            read += read_more(&mut self.line, MOST_BYTES + 1 - USUAL_BYTES)? as u64;
        }
        if self.line.pop_if(|last| *last == b'\n').is_some() {
            self.number += 1;
            Ok(true)
        } else if read > MOST_BYTES {
            Err(DatasetError::TooLong {
                path: self.path.clone(),
                line: self.number + 1,
                most: MOST_BYTES,
            })
        } else {
            Err(broken(io::ErrorKind::UnexpectedEof.into()))
        }
    }
}

/// Whether a long line holds so many values that they would take many times its length.
fn is_dense(line: &[u8]) -> bool {
    let is_long = line.len() as u64 > USUAL_BYTES;
    is_long && line.iter().filter(|byte| b",:[{".contains(byte)).count() > line.len() / FEWEST_BYTES_OF_VALUE
}

impl<T: DeserializeOwned> Rows<T> {
    fn read(&mut self) -> Result<Option<T>, DatasetError> {
        if !self.read_line()? {
            return Ok(None);
        }
        if is_dense(&self.line) {
            return Err(DatasetError::Dense {
                path: self.path.clone(),
                line: self.number,
            });
        }
        serde_json::from_slice(&self.line)
            .map(Some)
            .map_err(|source| DatasetError::Row {
                path: self.path.clone(),
                line: self.number,
                source,
            })
    }
}

impl<T: DeserializeOwned> Iterator for Rows<T> {
    type Item = Result<T, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.read();
        if !matches!(row, Ok(Some(_))) {
            self.state = State::Ended;
        }
        row.transpose()
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Unopened => "not opened yet",
            State::Open(_) => "open",
            State::Ended => "ended",
        })
    }
}
