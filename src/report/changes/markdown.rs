//! The changes for wikis, pull requests and mail.

use askama::Template;

use super::super::ReportError;
use super::{
    detail, first_seen_line, name, not_comparable_group, not_comparable_line, notes, place, sandbox_line,
    summary_line,
};
use crate::diff::{Change, DiffGroup, DiffHead, Totals, by_reason};
use crate::numbers::grouped;

#[derive(Template)]
#[template(path = "changes.md")]
struct Page<'a> {
    head: &'a DiffHead,
    groups: &'a [DiffGroup],
    not_comparable: &'a [String],
    summary: String,
    first_seen: Option<String>,
    unread: Option<String>,
    several: bool,
    sandbox: Option<String>,
    notes: Vec<String>,
}

impl Page<'_> {
    fn detail(&self, change: &Change) -> String {
        detail(change)
    }

    fn name<'c>(&self, change: &'c Change) -> &'c str {
        name(change)
    }

    fn place(&self, change: &Change) -> String {
        place(change, self.several)
    }

    fn count(&self, number: impl std::borrow::Borrow<u64>) -> String {
        grouped(*number.borrow())
    }

    fn more(&self, group: &DiffGroup) -> u64 {
        group.count - group.examples.len() as u64
    }
}

/// Renders the changes.
///
/// # Errors
/// When the template does not render.
pub fn render_diff_markdown(head: &DiffHead, totals: &Totals) -> Result<String, ReportError> {
    let several = head.old.accounts.len().max(head.new.accounts.len()) > 1;
    let reasons = by_reason(&totals.not_comparable);
    let rows: Vec<String> = reasons
        .iter()
        .map(|group| not_comparable_group(group, several))
        .collect();
    let page = Page {
        head,
        groups: &totals.groups(),
        not_comparable: &rows,
        summary: summary_line(head, &totals.summary),
        first_seen: first_seen_line(&totals.summary),
        unread: not_comparable_line(&reasons),
        several,
        sandbox: sandbox_line(head),
        notes: notes(head),
    };
    Ok(page.render()?)
}
