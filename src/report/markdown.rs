//! `report.md`: the report for wikis, pull requests and mail.

use std::fmt;

use askama::Template;

use super::wording;
use crate::assessment::{Assessment, Document, FindingGroup, KeyRow, KeyStanding, QuotaRow};
use crate::numbers::{grouped, percent};
use crate::published::MicroDollars;
use crate::severity::Severity;
use crate::visible::visible;

/// How many rows a table shows.
const MOST_ROWS: usize = 100;

#[derive(Template)]
#[template(path = "report.md")]
struct Page<'a> {
    document: &'a Document,
    groups: &'a [FindingGroup],
    quotas: &'a [&'a QuotaRow],
    silent_quotas: u64,
    more_quotas: u64,
    justified: &'a [&'a KeyRow],
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

    fn severity(&self, severity: &Severity) -> String {
        severity.as_str().to_uppercase()
    }

    fn cost(&self, cost: &Option<MicroDollars>) -> String {
        cost.map_or_else(String::new, |cost| format!("; {cost} a month"))
    }
}

/// Renders the report.
///
/// # Errors
/// Never in practice: writing to memory cannot fail.
pub fn render_markdown(assessment: &Assessment) -> Result<String, fmt::Error> {
    let document = &assessment.document;
    let (mut quotas, silent_quotas) = wording::quotas_to_show(document);
    let more_quotas = cut(&mut quotas);
    let mut justified: Vec<&KeyRow> = document
        .keys
        .iter()
        .filter(|key| key.standing == KeyStanding::Justified)
        .collect();
    let more_justified = cut(&mut justified);
    Page {
        document,
        groups: &assessment.groups,
        quotas: &quotas,
        silent_quotas,
        more_quotas,
        justified: &justified,
        more_justified,
        coverage: wording::coverage_line(document),
    }
    .render()
    .map_err(|_| fmt::Error)
}

/// Keeps the rows a table shows, and says how many there were besides.
fn cut<T>(rows: &mut Vec<T>) -> u64 {
    let more = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    more as u64
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
