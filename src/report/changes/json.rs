//! The changes for programs, and their JSON Schema. They are written while the accounts are compared.

use std::cell::{Cell, RefCell};
use std::io::Write;

use serde::ser::{Error, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::diff::{DiffDocument, DiffHead, Totals, walk};
use crate::report::ReportError;
use crate::runs::{Run, RunError};

/// Compares two runs and writes every change on the way. Says what they came to.
///
/// # Errors
/// When `out` refuses it, or a run cannot be read.
pub fn write_diff_json(old: &Run, new: &Run, head: &DiffHead, out: &mut dyn Write) -> Result<Totals, ReportError> {
    let changes = Walked {
        runs: (old, new),
        totals: RefCell::default(),
        failure: Cell::default(),
    };
    match write_document(head, &changes, out) {
        Ok(()) => Ok(changes.totals.into_inner()),
        Err(error) => Err(match changes.failure.take() {
            Some(failure) => failure.into(),
            None => std::io::Error::from(error).into(),
        }),
    }
}

fn write_document(head: &DiffHead, changes: &Walked<'_>, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    let mut serializer = serde_json::Serializer::pretty(&mut *out);
    let mut document = serializer.serialize_map(None)?;
    document.serialize_entry("schema_version", &head.schema_version)?;
    document.serialize_entry("tool", &head.tool)?;
    document.serialize_entry("old", &head.old)?;
    document.serialize_entry("new", &head.new)?;
    document.serialize_entry("parameters_changed", &head.parameters_changed)?;
    document.serialize_entry("not_compared", &head.not_compared)?;
    document.serialize_entry("changes", changes)?;
    // What follows is known once the accounts have been walked.
    let totals = changes.totals.borrow();
    document.serialize_entry("not_comparable", &totals.not_comparable)?;
    document.serialize_entry("summary", &totals.summary)?;
    SerializeMap::end(document)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// The list of changes, made while it is written. A run that cannot be read ends it, and the reason is kept, because the
/// error of a serializer is only text.
struct Walked<'a> {
    runs: (&'a Run, &'a Run),
    totals: RefCell<Totals>,
    failure: Cell<Option<RunError>>,
}

/// Why a walk ends early.
enum Ended<E> {
    Unreadable(RunError),
    Unwritten(E),
}

impl<E> From<RunError> for Ended<E> {
    fn from(error: RunError) -> Self {
        Ended::Unreadable(error)
    }
}

impl Serialize for Walked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let walked = walk(self.runs.0, self.runs.1, |account| {
            for change in &account.changes {
                list.serialize_element(change).map_err(Ended::Unwritten)?;
            }
            self.totals.borrow_mut().add(account);
            Ok(())
        });
        match walked {
            Ok(()) => list.end(),
            Err(Ended::Unwritten(error)) => Err(error),
            Err(Ended::Unreadable(failure)) => {
                let error = S::Error::custom(&failure);
                self.failure.set(Some(failure));
                Err(error)
            }
        }
    }
}

/// The JSON Schema of the document.
pub fn diff_schema() -> serde_json::Value {
    schemars::schema_for!(DiffDocument).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diff_schema_in_the_documentation_is_the_schema_of_the_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/diff.schema.json");
        let made = serde_json::to_string_pretty(&diff_schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == made, "docs/diff.schema.json is out of date: run `make docs`");
    }
}
