//! `findings.csv`: a row for each finding, for spreadsheets and whoever works through a list.
//!
//! What could not be judged or read has rows as well, behind the findings: a sheet without findings must not look like an
//! account in order.

use std::io::{self, Write};

use super::spreadsheet::Sheet;
use super::{Report, ReportError, json_text, wording};
use crate::assessment::{AssessmentRow, GapSummary};
use crate::checks::Finding;

const HEADER: [&str; 17] = [
    "status",
    "severity",
    "check",
    "account_id",
    "region",
    "resource_type",
    "resource_name",
    "resource_arn",
    "title",
    "detail",
    "remediation",
    "monthly_cost_usd",
    "exception_reason",
    "exception_expires",
    "resources",
    "observed",
    "fingerprint",
];

/// Writes the findings, then what could not be judged, then what could not be read.
///
/// # Errors
/// When `out` refuses it, or the results cannot be read.
pub fn write_findings_csv(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new(out, HEADER)?;
    for finding in report.findings() {
        add_finding(&mut sheet, &finding?)?;
    }
    for check in &report.document.assessments {
        add_unassessed(&mut sheet, check)?;
    }
    for gap in &report.document.coverage.gaps {
        add_gap(&mut sheet, gap)?;
    }
    if report.document.scan.interrupted {
        let row = Row {
            status: "gap",
            title: wording::INTERRUPTED,
            ..Row::default()
        };
        row.add(&mut sheet)?;
    }
    Ok(sheet.finish()?)
}

/// The cells of a row that is no finding; what a row does not have is empty.
#[derive(Default)]
struct Row<'a> {
    status: &'a str,
    check: &'a str,
    account_id: &'a str,
    region: &'a str,
    title: &'a str,
    detail: &'a str,
    resources: &'a str,
}

impl Row<'_> {
    fn add<W: Write>(&self, sheet: &mut Sheet<W>) -> io::Result<()> {
        sheet.row([
            self.status,
            "",
            self.check,
            self.account_id,
            self.region,
            "",
            "",
            "",
            self.title,
            self.detail,
            "",
            "",
            "",
            "",
            self.resources,
            "",
            "",
        ])
    }
}

fn add_finding<W: Write>(sheet: &mut Sheet<W>, finding: &Finding) -> io::Result<()> {
    let resource = &finding.resource;
    let exception = finding.exception.as_ref();
    let cost = finding.monthly_cost_usd.map(|cost| cost.dollars().to_string());
    let expires = exception.map(|exception| exception.expires.to_string());
    sheet.row([
        if exception.is_some() { "excepted" } else { "open" },
        finding.severity.as_str(),
        &finding.check,
        resource.account_id.as_ref().map_or("", |account| account.as_str()),
        resource.region.as_ref().map_or("", |region| region.as_str()),
        &resource.kind,
        &resource.name,
        resource.arn.as_str(),
        &finding.title,
        &finding.detail,
        &finding.remediation,
        cost.as_deref().unwrap_or_default(),
        exception.map_or("", |exception| &exception.reason),
        expires.as_deref().unwrap_or_default(),
        "1",
        &json_text::line(&finding.observed)?,
        &finding.fingerprint,
    ])
}

fn add_unassessed<W: Write>(sheet: &mut Sheet<W>, check: &AssessmentRow) -> io::Result<()> {
    for (because, count) in &check.not_assessed_because {
        let row = Row {
            status: "not_assessed",
            check: &check.check,
            title: "could not be judged",
            detail: because,
            resources: &count.to_string(),
            ..Row::default()
        };
        row.add(sheet)?;
    }
    Ok(())
}

fn add_gap<W: Write>(sheet: &mut Sheet<W>, gap: &GapSummary) -> io::Result<()> {
    let row = Row {
        status: "gap",
        account_id: gap.account_id.as_str(),
        region: gap.region.as_ref().map_or("", |region| region.as_str()),
        title: &gap.effect,
        detail: &wording::gap_failure(gap),
        // A gap without resources concerns the Region or the account as a whole.
        resources: &match gap.resources {
            0 => String::new(),
            resources => resources.to_string(),
        },
        ..Row::default()
    };
    row.add(sheet)
}
