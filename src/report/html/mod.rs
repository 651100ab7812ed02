//! `report.html`: one file that asks for no other, for whoever has ten seconds, and for whoever has an afternoon.
//!
//! The page is whole without a script; with one, its findings can be searched. It carries the hashes of its one script
//! and its one style sheet, and nothing else is allowed to run or to be fetched.

mod charts;
mod data;
mod figures;
mod pool_figures;

use std::fmt;
use std::io::Write;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::figures::Figure;
use self::pool_figures::PoolFigures;
use super::{Report, ReportError, wording};
use crate::assessment::{
    Accepted, BucketToFix, FindingGroup, GapSummary, HighestUtilization, InventoryRow, Overview, Place, QuotaRow,
};
use crate::numbers::{grouped, percent};
use crate::published::MicroDollars;
use crate::severity::Severity;
use crate::visible::visible;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// Where the findings go. Text that is escaped cannot be this.
const FINDINGS_HERE: &str = "<!--findings-->";

/// How many rows a table shows.
const MOST_ROWS: usize = 100;
/// In how many accounts and Regions a group of findings is shown.
const MOST_PLACES: usize = 20;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    document: &'a Overview,
    groups: &'a [FindingGroup],
    accepted: &'a [Accepted],
    policy: String,
    coverage: String,
    several: bool,
    open_findings: u64,
    severities: Vec<(&'static str, u64)>,
    utilization: Option<Figure>,
    justification: Figure,
    cost: Option<Figure>,
    pools: Vec<PoolFigures>,
    legend: Vec<(usize, String)>,
    buckets: &'a [BucketToFix],
    inventory: Vec<&'a InventoryRow>,
    more_inventory: u64,
    quotas: Vec<&'a QuotaRow>,
    more_quotas: u64,
    silent_quotas: u64,
    threshold: f64,
}

/// Writes the page.
///
/// # Errors
/// When `out` refuses it, or the results cannot be read.
pub fn write_html(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let page = Page::of(report)?.render()?;
    let (before, after) = page.split_once(FINDINGS_HERE).unwrap_or((&page, ""));
    out.write_all(before.as_bytes())?;
    data::write_findings(report, out)?;
    out.write_all(after.as_bytes())?;
    out.write_all(b"\n")?;
    Ok(())
}

impl<'a> Page<'a> {
    fn of(report: &Report<'a>) -> Result<Self, ReportError> {
        let document = report.document;
        let (mut quotas, silent_quotas) = wording::quotas_to_show(document);
        let more_quotas = wording::cut(&mut quotas, MOST_ROWS);
        let mut inventory = wording::inventory_to_show(document, MOST_ROWS);
        let more_inventory = wording::cut(&mut inventory, MOST_ROWS);
        Ok(Page {
            document,
            groups: report.groups,
            accepted: report.accepted,
            policy: policy(),
            coverage: wording::coverage_line(document),
            several: wording::has_several_accounts(document),
            open_findings: document.summary.findings_from(Severity::Info),
            severities: severities(document),
            utilization: figures::utilization(report)?,
            justification: figures::justification(report)?,
            cost: figures::cost(report)?,
            pools: pool_figures::pools(report)?,
            legend: pool_figures::legend(report.threshold_percent),
            buckets: &report.highlights.buckets,
            inventory,
            more_inventory,
            quotas,
            more_quotas,
            silent_quotas,
            threshold: report.threshold_percent / 100.0,
        })
    }

    fn count(&self, number: impl std::borrow::Borrow<u64>) -> String {
        grouped(*number.borrow())
    }

    fn counted(&self, number: impl std::borrow::Borrow<u64>, one: &str, many: &str) -> String {
        wording::counted(*number.borrow(), one, many)
    }

    fn percent(&self, part: impl std::borrow::Borrow<f64>) -> String {
        percent(*part.borrow())
    }

    /// The text with its percentages kept in one line.
    fn unbroken(&self, text: &str) -> String {
        text.replace(" %", "\u{a0}%")
    }

    /// The words of a name that is written as one, so that it can be broken between them.
    fn words<'t>(&self, name: &'t str) -> Vec<&'t str> {
        let mut words = Vec::new();
        let mut rest = name;
        while let Some(end) = rest.char_indices().skip(1).find(|(_, c)| c.is_uppercase()) {
            let (word, after) = rest.split_at(end.0);
            words.push(word);
            rest = after;
        }
        words.push(rest);
        words
    }

    fn part(&self, part: &u64, all: &u64) -> String {
        percent(*part as f64 / (*all).max(1) as f64)
    }

    fn name<'t>(&self, name: &'t Option<String>) -> &'t str {
        name.as_deref().unwrap_or_default()
    }

    fn findings_of(&self, group: &FindingGroup) -> u64 {
        group.places.iter().map(|place| place.count).sum()
    }

    fn cost_of(&self, group: &FindingGroup) -> Option<MicroDollars> {
        let costs = group.places.iter().filter_map(|place| place.monthly_cost);
        costs.reduce(|sum, cost| sum + cost)
    }

    fn scope(&self, place: &Place) -> String {
        match (&place.account_id, &place.region) {
            (Some(account), Some(region)) if self.several => format!("account {account}, {region}"),
            (Some(_), Some(region)) => region.to_string(),
            (Some(account), None) => format!("account {account}"),
            (None, _) => "the configuration".to_owned(),
        }
    }

    /// Where the pool is that came closest to its limit.
    fn highest_scope(&self, highest: &HighestUtilization) -> String {
        if self.several {
            format!("{}, {}", highest.account_id, highest.region)
        } else {
            highest.region.to_string()
        }
    }

    /// How near a part of a limit is to harm, as a class of the style sheet.
    fn nearness(&self, part: impl std::borrow::Borrow<f64>) -> &'static str {
        match *part.borrow() {
            part if part >= 1.0 => "bad",
            part if part >= self.threshold => "warn",
            _ => "good",
        }
    }

    fn gap_scope(&self, gap: &GapSummary) -> String {
        wording::gap_scope(self.document, gap)
    }

    fn requests_of(&self, bucket: &BucketToFix) -> String {
        let Some(requests) = bucket.requests_per_month else {
            return "not known".to_owned();
        };
        match bucket.buckets_of_the_key {
            None => grouped(requests),
            Some(1) => format!("{} with its key", grouped(requests)),
            Some(buckets) => format!("{} with the key of {buckets} buckets", grouped(requests)),
        }
    }
}

fn severities(document: &Overview) -> Vec<(&'static str, u64)> {
    let of = |severity: Severity| {
        let count = document.summary.findings.get(severity.as_str()).copied();
        (severity.as_str(), count.unwrap_or_default())
    };
    Severity::ALL.into_iter().map(of).collect()
}

/// What the page may do: run this one script, be styled by this one style sheet, and nothing else.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// Writes text into HTML so that it stays text, and what is invisible in it is seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct HtmlText;

impl askama::filters::Escaper for HtmlText {
    fn write_escaped_str<W: fmt::Write>(&self, out: W, text: &str) -> fmt::Result {
        askama::filters::Html.write_escaped_str(out, &visible(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use askama::filters::Escaper;

    #[test]
    fn markup_and_invisible_characters_stay_text() {
        let mut out = String::new();
        HtmlText
            .write_escaped_str(&mut out, "<b title=\"'\">\u{202e}&amp;")
            .unwrap();
        assert!(!out.contains(['<', '>', '"', '\'', '\u{202e}']), "{out}");
        assert!(out.contains("\\u{202e}"), "{out}");
    }

    #[test]
    fn script_and_style_end_where_the_page_says() {
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</") && !STYLE.contains("url("));
    }

    #[test]
    fn the_script_makes_text_of_texts_and_never_markup() {
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            ".style",
        ] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
    }
}
