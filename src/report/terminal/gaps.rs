//! What could not be looked at, in the terminal.

use std::fmt::{self, Write};

use comfy_table::Cell;

use super::super::grid::{Grid, Shape};
use super::super::wording::{self, counted};
use super::Screen;
use crate::assessment::{GapSummary, Overview};
use crate::visible::visible;

const GAPS: Shape<'_> = Shape {
    header: &["Operation", "Error", "Where", "What is missing"],
    essential: 3,
    whole: 2,
    most: 8,
};

impl Screen<'_> {
    pub(super) fn gaps(&self, out: &mut String, document: &Overview) -> fmt::Result {
        let coverage = &document.coverage;
        if !coverage.gaps.is_empty() {
            writeln!(out, "\n{}", self.bold("Not looked at"))?;
            let mut grid = Grid::new(self.palette, &GAPS);
            for group in alike(&coverage.gaps) {
                let gap = group.first;
                let place = wording::gap_place(document, gap);
                let place = match group.more {
                    0 => place,
                    more => format!("{place} and {}", counted(more, "other place", "other places")),
                };
                grid.add(vec![
                    Cell::new(&gap.operation),
                    Cell::new(visible(&gap.error_code)),
                    Cell::new(place),
                    Cell::new(&gap.effect),
                ]);
            }
            grid.show(out, "kinds of gaps", self.page)?;
        }
        let mut instead: Vec<_> = coverage
            .fallbacks
            .iter()
            .map(|fallback| (&fallback.operation, &fallback.error_code))
            .collect();
        instead.dedup();
        for (operation, code) in instead {
            writeln!(
                out,
                "  {operation} failed ({}); answered another way, see {}.",
                visible(code),
                self.page
            )?;
        }
        Ok(())
    }
}

/// Gaps that hide the same for the same reason, in several places.
struct Alike<'g> {
    first: &'g GapSummary,
    more: u64,
}

/// Those that are alike together, in the order of the first of each.
fn alike(gaps: &[GapSummary]) -> Vec<Alike<'_>> {
    let mut groups: Vec<Alike<'_>> = Vec::new();
    let kind = |gap: &GapSummary| (gap.operation.clone(), gap.error_code.clone(), gap.effect.clone());
    for gap in gaps {
        match groups.iter_mut().find(|group| kind(group.first) == kind(gap)) {
            Some(group) => group.more += 1,
            None => groups.push(Alike { first: gap, more: 0 }),
        }
    }
    groups
}
