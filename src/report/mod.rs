//! Reports: one file for each format, each rendering the same assessment. A format computes nothing anew, and walks the
//! long lists once, a row at a time, so that memory does not follow them.

mod asff;
mod changes;
mod chart_error;
mod findings_csv;
mod fitted;
mod formats;
mod grid;
mod html;
mod inventory_csv;
mod json;
mod json_text;
mod junit;
mod key_counts;
mod markdown;
mod ocsf;
mod prometheus;
mod quota;
mod sarif;
mod spreadsheet;
mod terminal;
mod trend;
mod walked;
mod wording;

use std::io;

use crate::assessment::{Accepted, Assessment, FindingGroup, Highlights, KeyRow, Overview};
use crate::checks::Finding;
use crate::dataset::DatasetError;
use crate::facts::Gap;
use crate::results::Results;
use crate::runs::RunError;

pub use asff::write_asff;
pub use changes::{diff_schema, render_diff_markdown, render_diff_terminal, write_diff_json};
pub use chart_error::ChartError;
pub use findings_csv::write_findings_csv;
pub use fitted::fitted;
pub use formats::{FORMATS, Format};
pub use grid::Palette;
pub use html::write_html;
pub use inventory_csv::write_inventory_csv;
pub use json::{schema, write_json};
pub(crate) use json_text::write_harmless;
pub use junit::write_junit;
pub use markdown::render_markdown;
pub use ocsf::write_ocsf;
pub use prometheus::write_prometheus;
pub use quota::{
    quota_gap_lines, quota_schema, render_quota_terminal, write_quota_json, write_quota_json_line,
    write_quota_prometheus,
};
pub use sarif::write_sarif;
pub use terminal::render_terminal;
pub use trend::{render_trend_chart, render_trend_table, write_trend_csv, write_trend_json};

/// What a format renders: the assessment, and its long lists on disk.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The document without its long lists.
    pub document: &'a Overview,
    /// The findings in the groups people read, the most severe first.
    pub groups: &'a [FindingGroup],
    /// What the exceptions of the configuration cover.
    pub accepted: &'a [Accepted],
    /// What deserves a closer look.
    pub highlights: &'a Highlights,
    /// From which percentage of a limit on a peak is a finding.
    pub threshold_percent: f64,
    about_configuration: &'a [Finding],
    scan_gaps: &'a [Gap],
    results: &'a Results,
}

impl<'a> Report<'a> {
    /// The report of an assessment and of the results that were written on the way to it.
    pub fn new(assessment: &'a Assessment, results: &'a Results) -> Self {
        Report {
            document: &assessment.document,
            groups: &assessment.groups,
            accepted: &assessment.accepted,
            highlights: &assessment.highlights,
            threshold_percent: assessment.threshold_percent,
            about_configuration: &assessment.about_configuration,
            scan_gaps: &assessment.scan_gaps,
            results,
        }
    }

    /// Walks the findings: those about the configuration, then account by account, of each the most severe first. A
    /// format ends at the first error.
    pub fn findings(&self) -> impl Iterator<Item = Result<Finding, DatasetError>> + use<'a> {
        let about_configuration = self.about_configuration.iter().cloned().map(Ok);
        about_configuration.chain(self.results.findings(&self.document.scan.accounts))
    }

    /// Walks the customer managed keys, account by account. A format ends at the first error.
    pub fn keys(&self) -> impl Iterator<Item = Result<KeyRow, DatasetError>> + use<'a> {
        self.results.keys(&self.document.scan.accounts)
    }

    /// Walks the gaps with every resource they name: those of accounts that could not be listed or entered, then account
    /// by account. A format ends at the first error.
    pub fn gaps(&self) -> impl Iterator<Item = Result<Gap, DatasetError>> + use<'a> {
        let of_the_scan = self.scan_gaps.iter().cloned().map(Ok);
        of_the_scan.chain(self.results.gaps(&self.document.scan.accounts))
    }
}

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The results cannot be read: the report would not be whole.
    #[error("cannot read the results that the report is made of")]
    Results(#[from] DatasetError),
    /// A run that is compared cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It cannot be written down.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A template does not render.
    #[error("cannot render the report")]
    Template(#[from] askama::Error),
    /// A chart cannot be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
}

#[cfg(test)]
mod tests;
