//! CSV as RFC 4180 has it, for programs and for spreadsheets: in the latter, what a customer typed must stay text.
//!
//! A spreadsheet takes what begins with one of a few characters for a formula, quoted or not, and one that is set to
//! semicolons begins a cell behind each of them. An apostrophe before the formula keeps it text. To undo it: at the
//! beginning of a cell and behind each semicolon, take away one apostrophe where spaces and quotation marks and then one
//! of those characters follow.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::visible::visible;

/// What a formula begins with, in its half-width, full-width and small forms. Tabs and line ends are made visible, and so
/// begin nothing.
const FORMULA: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

/// Rows of cells.
pub(super) struct Sheet<W: Write>(csv::Writer<W>);

impl<W: Write> Sheet<W> {
    /// A sheet with its header.
    pub(super) fn new<const COLUMNS: usize>(out: W, header: [&str; COLUMNS]) -> io::Result<Self> {
        let mut sheet = Sheet(
            csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(out),
        );
        sheet.0.write_record(header).map_err(refusal)?;
        Ok(sheet)
    }

    /// Adds a row.
    pub(super) fn row<const COLUMNS: usize>(&mut self, cells: [&str; COLUMNS]) -> io::Result<()> {
        for text in cells {
            self.0.write_field(cell(text).as_bytes()).map_err(refusal)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(refusal)
    }

    /// Writes down what is left.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What the operating system said. The library's own conversion forgets the kind of the error, from which the advice
/// follows.
pub(super) fn refusal(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(refusal) => refusal,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Text that a spreadsheet takes for text.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !text.split(';').any(begins_formula) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 4);
    for part in text.split_inclusive(';') {
        if begins_formula(part) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    Cow::Owned(safe)
}

fn begins_formula(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the documentation says to do.
    fn undone(cell: &str) -> String {
        let parts = cell.split_inclusive(';');
        parts
            .map(|part| match part.strip_prefix('\'') {
                Some(rest) if begins_formula(rest) => rest,
                _ => part,
            })
            .collect()
    }

    #[test]
    fn what_begins_like_a_formula_gets_an_apostrophe() {
        for formula in [
            "=1+1", "+1", "-1", "@SUM(1)", "＝1", "－1", " =1", "\"=1", "\u{a0}=1", "−1",
        ] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        assert_eq!(cell("a;=cmd|' /C calc'!A0;b"), "a;'=cmd|' /C calc'!A0;b");
        assert_eq!(cell("'=1"), "''=1");
        assert_eq!(cell("\t=1"), "\\u{9}=1");
        for text in ["", "alias/a-b", "a=b", "1-1", "'quoted'", "a; b"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn a_sheet_is_as_rfc_4180_has_it() {
        let mut out = Vec::new();
        let mut sheet = Sheet::new(&mut out, ["a", "b"]).unwrap();
        sheet.row(["x, y", "say \"no\""]).unwrap();
        sheet.row(["", ""]).unwrap();
        sheet.finish().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a,b\r\n\"x, y\",\"say \"\"no\"\"\"\r\n,\r\n"
        );
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula_and_the_text_can_be_had_back(text in "[;='\"+@\u{ff1d}\u{202e}\na -]{0,12}|.*") {
            let cell = cell(&text);
            for part in cell.split(';') {
                prop_assert!(!part.starts_with(FORMULA) && !part.contains(char::is_control), "{part:?}");
            }
            prop_assert_eq!(undone(&cell), visible(&text));
        }
    }
}
