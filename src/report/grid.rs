//! Tables for the terminal: names and numbers are never broken, and a narrow screen shows fewer columns.

use std::fmt::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table};

/// Below this width only the essential columns are shown.
const NARROW: u16 = 80;

/// How the summary may look.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether colours are wanted.
    pub colours: bool,
}

impl Palette {
    /// Whether only the essential columns have place.
    pub(super) fn is_narrow(self) -> bool {
        self.width < NARROW
    }
}

/// A line without the blanks at its end, which may lie within its colours.
fn trimmed(line: &str) -> String {
    const RESET: &str = "\u{1b}[0m";
    let line = line.trim_end();
    match line.strip_suffix(RESET) {
        Some(inner) => format!("{}{RESET}", inner.trim_end()),
        None => line.to_owned(),
    }
}

/// A table without lines.
pub(super) struct Grid {
    table: Table,
    columns: usize,
    whole: usize,
    rows: usize,
    most: usize,
}

/// What a table looks like.
pub(super) struct Shape<'a> {
    /// The titles of its columns, the essential ones first.
    pub header: &'a [&'a str],
    /// How many columns a narrow screen shows.
    pub essential: usize,
    /// How many columns hold names and numbers; the text in the others may be broken into lines.
    pub whole: usize,
    /// How many rows are shown.
    pub most: usize,
}

impl Grid {
    pub(super) fn new(palette: Palette, shape: &Shape<'_>) -> Self {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(palette.width.saturating_sub(1).max(40));
        if palette.colours {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let columns = if palette.is_narrow() {
            shape.essential
        } else {
            shape.header.len()
        };
        table.set_header(shape.header.iter().take(columns).map(|title| {
            let cell = Cell::new(title);
            if palette.colours {
                cell.add_attribute(Attribute::Dim)
            } else {
                cell
            }
        }));
        Grid {
            table,
            columns,
            whole: shape.whole,
            rows: 0,
            most: shape.most,
        }
    }

    /// Adds a row; those beyond the most that are shown are only counted.
    pub(super) fn add(&mut self, cells: Vec<Cell>) {
        self.rows += 1;
        if self.rows <= self.most {
            self.table.add_row(cells.into_iter().take(self.columns));
        }
    }

    /// Writes the table, and how much more there is where.
    pub(super) fn show(self, out: &mut String, of_what: &str, place: &str) -> fmt::Result {
        self.show_and(out, |more| format!("and {more} more {of_what}, in {place}"))
    }

    /// Writes the table, and what there is to say of the rows that are not shown.
    pub(super) fn show_and(mut self, out: &mut String, of_the_rest: impl FnOnce(usize) -> String) -> fmt::Result {
        for column in self.table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for column in self.table.column_iter_mut().take(self.whole) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        for line in self.table.lines() {
            writeln!(out, "  {}", trimmed(&line))?;
        }
        match self.rows.saturating_sub(self.most) {
            0 => Ok(()),
            more => writeln!(out, "  {}", of_the_rest(more)),
        }
    }
}

/// A number, at the right of its column.
pub(super) fn number(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}
