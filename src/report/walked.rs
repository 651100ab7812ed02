//! A list within a JSON document whose rows come from disk while it is written, so that memory does not follow it.

use std::cell::Cell;

use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};

use super::ReportError;
use crate::dataset::DatasetError;

/// Why a row could not be read, for the error of a serializer is only text.
pub(super) type Failure = Cell<Option<DatasetError>>;

/// The rows. One that cannot be read ends the document, and the reason is kept.
pub(super) struct Walked<'a, Rows> {
    rows: Cell<Option<Rows>>,
    failure: &'a Failure,
}

impl<'a, Rows> Walked<'a, Rows> {
    pub(super) fn new(rows: Rows, failure: &'a Failure) -> Self {
        Walked {
            rows: Cell::new(Some(rows)),
            failure,
        }
    }
}

/// Writes a document with such lists by a function.
///
/// # Errors
/// What the function says, or why a row could not be read.
pub(super) fn write_walked(
    write: impl FnOnce(&Failure) -> Result<(), serde_json::Error>,
) -> Result<(), ReportError> {
    let failure = Cell::new(None);
    match write(&failure) {
        Ok(()) => Ok(()),
        Err(error) => Err(match failure.take() {
            Some(failure) => failure.into(),
            None => std::io::Error::from(error).into(),
        }),
    }
}

impl<T: Serialize, Rows: Iterator<Item = Result<T, DatasetError>>> Serialize for Walked<'_, Rows> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for row in self.rows.take().into_iter().flatten() {
            match row {
                Ok(row) => list.serialize_element(&row)?,
                Err(failure) => {
                    let error = S::Error::custom(&failure);
                    self.failure.set(Some(failure));
                    return Err(error);
                }
            }
        }
        list.end()
    }
}
