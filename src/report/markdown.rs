//! `report.md`: the report for wikis, pull requests and mail.

use std::fmt;

use askama::Template;

use super::{Report, ReportError, wording};
use crate::assessment::{Accepted, FindingGroup, InventoryRow, KeyRow, KeyStanding, Overview, Place, QuotaRow};
use crate::dataset::DatasetError;
use crate::numbers::{grouped, percent};
use crate::published::MicroDollars;
use crate::severity::Severity;
use crate::visible::visible;

/// How many rows a table shows.
const MOST_ROWS: usize = 100;

/// In how many accounts and Regions a group of findings is shown.
const MOST_PLACES: usize = 40;

#[derive(Template)]
#[template(path = "report.md")]
struct Page<'a> {
    document: &'a Overview,
    groups: &'a [FindingGroup],
    accepted: &'a [Accepted],
    several: bool,
    inventory: &'a [&'a InventoryRow],
    more_inventory: u64,
    quotas: &'a [&'a QuotaRow],
    silent_quotas: u64,
    more_quotas: u64,
    justified: &'a [KeyRow],
    more_justified: u64,
    coverage: String,
}

impl Page<'_> {
    fn count(&self, number: impl std::borrow::Borrow<u64>) -> String {
        grouped(*number.borrow())
    }

    fn percent(&self, part: impl std::borrow::Borrow<f64>) -> String {
        percent(*part.borrow())
    }

    fn text<'t>(&self, text: &'t Option<String>) -> &'t str {
        text.as_deref().unwrap_or("unread")
    }

    fn name<'t>(&self, name: &'t Option<String>) -> &'t str {
        name.as_deref().unwrap_or_default()
    }

    fn severity(&self, severity: &Severity) -> String {
        severity.as_str().to_uppercase()
    }

    fn scope(&self, place: &Place) -> String {
        match (&place.account_id, &place.region) {
            (Some(account), Some(region)) => format!("in account {account}, {region}"),
            (Some(account), None) => format!("in account {account}"),
            (None, _) => "in the configuration".to_owned(),
        }
    }

    fn cost(&self, cost: &Option<MicroDollars>) -> String {
        cost.map_or_else(String::new, |cost| format!("; {cost} a month"))
    }
}

/// Renders the report.
///
/// # Errors
/// When the results cannot be read.
pub fn render_markdown(report: &Report<'_>) -> Result<String, ReportError> {
    let document = report.document;
    let (mut quotas, silent_quotas) = wording::quotas_to_show(document);
    let more_quotas = wording::cut(&mut quotas, MOST_ROWS);
    let justified = justified(report)?;
    let mut inventory = wording::inventory_to_show(document, MOST_ROWS);
    let more_inventory = wording::cut(&mut inventory, MOST_ROWS);
    let page = Page {
        document,
        groups: report.groups,
        accepted: report.accepted,
        several: wording::has_several_accounts(document),
        inventory: &inventory,
        more_inventory,
        quotas: &quotas,
        silent_quotas,
        more_quotas,
        justified: &justified,
        more_justified: document.summary.justified - justified.len() as u64,
        coverage: wording::coverage_line(document),
    };
    Ok(page.render()?)
}

/// The first justified keys. The walk ends with the last that is shown: how many there are is known.
fn justified(report: &Report<'_>) -> Result<Vec<KeyRow>, DatasetError> {
    let shown = usize::try_from(report.document.summary.justified).map_or(MOST_ROWS, |all| all.min(MOST_ROWS));
    report
        .keys()
        .filter(|key| !matches!(key, Ok(key) if key.standing != KeyStanding::Justified))
        .take(shown)
        .collect()
}

/// Writes text into Markdown so that it stays text: no markup, no HTML, no link, no mention, no row of a table.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarkdownText;

impl askama::filters::Escaper for MarkdownText {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, text: &str) -> fmt::Result {
        let text = visible(text);
        let mut rest: &str = &text;
        while let Some(c) = rest.chars().next() {
            match c {
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '&' => out.write_str("&amp;")?,
                // A mention, a reference to an issue, a link that starts by itself.
                '@' => out.write_str("&#64;")?,
                '#' => out.write_str("&#35;")?,
                ':' if rest.starts_with("://") => out.write_str("&#58;")?,
                '.' if ends_with_www(&text, rest) => out.write_str("&#46;")?,
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => {
                    out.write_char('\\')?;
                    out.write_char(c)?;
                }
                c => out.write_char(c)?,
            }
            rest = &rest[c.len_utf8()..];
        }
        Ok(())
    }
}

fn ends_with_www(text: &str, rest: &str) -> bool {
    text[..text.len() - rest.len()].to_ascii_lowercase().ends_with("www")
}

#[cfg(test)]
mod tests {
    use super::*;
    use askama::filters::Escaper;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        MarkdownText.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn markup_html_tables_links_and_mentions_stay_text() {
        assert_eq!(escaped("a|b\n# c"), "a\\|b\\u{a}&#35; c".replace("\\u", "\\\\u"));
        assert_eq!(escaped("<script>"), "&lt;script&gt;");
        assert_eq!(escaped("[x](javascript:0)"), "\\[x\\](javascript:0)");
        assert_eq!(
            escaped("https://evil.example www.evil"),
            "https&#58;//evil.example www&#46;evil"
        );
        assert_eq!(escaped("@org/team #1 `x`"), "&#64;org/team &#35;1 \\`x\\`");
    }
}
