//! The changes in the terminal: each kind with its number and a few examples.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use super::super::grid::Palette;
use super::{
    detail, first_seen_line, name, not_comparable_group, not_comparable_line, notes, place, sandbox_line,
    summary_line,
};
use crate::diff::{DiffGroup, DiffHead, NotComparableGroup, Totals, by_reason};
use crate::numbers::grouped;
use crate::visible::visible;

/// How many reasons are shown why something cannot be compared.
const MOST_NOT_COMPARABLE: usize = 20;

/// Renders the changes.
///
/// # Errors
/// Never in practice: writing to memory cannot fail.
pub fn render_diff_terminal(head: &DiffHead, totals: &Totals, palette: Palette) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let groups = by_reason(&totals.not_comparable);
    let bold = |text: &str| paint(palette, text, Style::new().bold());
    if let Some(sandbox) = sandbox_line(head) {
        let colour = AnsiColor::Cyan.on_default().bold();
        writeln!(out, "{}", paint(palette, &visible(&sandbox), colour))?;
    }
    writeln!(
        out,
        "{} from {} to {}",
        bold("KMS audit, what changed"),
        head.old.as_of,
        head.new.as_of
    )?;
    answer(&mut out, head, totals, &groups, palette)?;
    for note in notes(head) {
        writeln!(out, "{}", visible(&note))?;
    }
    let several = head.old.accounts.len().max(head.new.accounts.len()) > 1;
    for group in totals.groups() {
        show(&mut out, &group, several, &bold)?;
    }
    if !groups.is_empty() {
        writeln!(out, "\n{}", bold("Not comparable"))?;
        writeln!(
            out,
            "  What could not be read in one of the runs is not a change. All of it: --format json"
        )?;
        for group in groups.iter().take(MOST_NOT_COMPARABLE) {
            writeln!(out, "  {}", visible(&not_comparable_group(group, several)))?;
        }
        let more = groups.len().saturating_sub(MOST_NOT_COMPARABLE);
        if more > 0 {
            writeln!(out, "  and {} more, with --format json", grouped(more as u64))?;
        }
    }
    Ok(out)
}

/// The answer, before the reader has to go through anything else.
fn answer(
    out: &mut String,
    head: &DiffHead,
    totals: &Totals,
    groups: &[NotComparableGroup<'_>],
    palette: Palette,
) -> fmt::Result {
    let colour = if totals.summary.is_empty() {
        AnsiColor::Green
    } else {
        AnsiColor::Yellow
    };
    let line = summary_line(head, &totals.summary);
    writeln!(out, "{}", paint(palette, &line, colour.on_default().bold()))?;
    for line in [first_seen_line(&totals.summary), not_comparable_line(groups)]
        .into_iter()
        .flatten()
    {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn show(out: &mut String, group: &DiffGroup, several: bool, bold: &impl Fn(&str) -> String) -> fmt::Result {
    writeln!(out, "\n{}  {}", bold(group.kind.title()), grouped(group.count))?;
    for change in &group.examples {
        let parts = [place(change, several), name(change).to_owned(), detail(change)];
        let parts: Vec<_> = parts
            .iter()
            .filter(|part| !part.is_empty())
            .map(|part| visible(part))
            .collect();
        writeln!(out, "  {}", parts.join("  "))?;
    }
    match group.count - group.examples.len() as u64 {
        0 => Ok(()),
        more => writeln!(out, "  and {} more, with --format json", grouped(more)),
    }
}

fn paint(palette: Palette, text: &str, style: Style) -> String {
    if palette.colours {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}
