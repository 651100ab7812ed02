//! Judging a snapshot and writing down what that comes to: what `scan` does with what it has collected, and `assess`
//! with any snapshot.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Exit;
use super::output::OutputFolder;
use crate::assessment::{Assessment, Assessor};
use crate::checks;
use crate::config::{self, Config};
use crate::evidence::{SnapshotDigest, sign, write_manifest};
use crate::facts::ScanFacts;
use crate::report::{Palette, Report, ReportError, render_markdown, render_terminal, write_html, write_json};
use crate::results::Results;
use crate::severity::Severity;
use crate::snapshot::SnapshotReader;

/// Reads the configuration, and lays the flags over it.
pub(super) fn load_config(
    named: Option<&Path>,
    threshold: Option<f64>,
) -> anyhow::Result<(Config, Option<PathBuf>)> {
    let (mut config, file) = Config::load(named)?;
    if let Some(threshold) = threshold {
        config.quota.threshold_percent = threshold;
    }
    checks::check_config(&config).map_err(|fault| config::invalid(fault, file.as_deref()))?;
    Ok((config, file))
}

/// The parameters that decide a judgement, as reports state them.
pub(super) fn parameters(config: &Config, file: Option<&Path>) -> impl IntoIterator<Item = (String, Value)> {
    [
        ("threshold_percent", json!(config.quota.threshold_percent)),
        ("config_file", json!(file.map(|path| path.display().to_string()))),
        ("justification", json!(config.justification)),
        ("checks", json!(config.checks)),
        ("exceptions", json!(config.exceptions)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

/// A snapshot, and what it is judged by.
pub(super) struct Judging<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The snapshot.
    pub snapshot: &'a SnapshotReader,
    /// The scan that made it, with the parameters of this judgement.
    pub scan: ScanFacts,
    /// The snapshot by its content, where it does not lie in the folder that is written.
    pub judged: Option<SnapshotDigest>,
    /// The OpenSSH key to sign with.
    pub sign_with: Option<&'a Path>,
    /// The severity from which findings are an exit code.
    pub fail_on: Option<Severity>,
    /// Whether gaps are one.
    pub fail_on_gaps: bool,
}

impl Judging<'_> {
    /// Judges the snapshot, writes results, reports and manifest, and prints the summary.
    pub(super) fn run(self, output: &mut OutputFolder) -> anyhow::Result<Exit> {
        output.keep();
        let results = Results::in_folder(output.path());
        let assessment = self.assess(&results)?;
        let report = Report::new(&assessment, &results);
        write_reports(&report, output)?;
        write_manifest(output.path(), report.document, self.judged)?;
        if let Some(key) = self.sign_with {
            sign(output.path(), key)?;
        }
        print_summary(&report, output)?;
        let document = report.document;
        let reaches = |least: Severity| document.summary.findings_from(least) > 0;
        Ok(if self.fail_on.is_some_and(reaches) {
            Exit::Findings
        } else if self.fail_on_gaps && !document.coverage.complete {
            Exit::Gaps
        } else {
            Exit::Done
        })
    }

    /// Judges what the snapshot holds, and nothing else: so a report never says more than its evidence. Each account is
    /// read, judged, written down and let go.
    fn assess(&self, results: &Results) -> anyhow::Result<Assessment> {
        let mut assessor = Assessor::new(self.config, self.scan.clone());
        for account in &self.scan.accounts {
            let judged = assessor.judge(&self.snapshot.account(account)?);
            results.write(&judged)?;
            assessor.add(judged);
        }
        let assessment = assessor.finish();
        results.write_about_configuration(&assessment.about_configuration)?;
        Ok(assessment)
    }
}

fn write_reports(report: &Report<'_>, output: &mut OutputFolder) -> anyhow::Result<()> {
    output.write("report.json", |out| write_json(report, out))?;
    output.write("report.md", |out| {
        let page = render_markdown(report)?;
        out.write_all(page.as_bytes()).map_err(ReportError::from)
    })?;
    output.write("report.html", |out| write_html(report, out))?;
    Ok(())
}

fn print_summary(report: &Report<'_>, output: &OutputFolder) -> anyhow::Result<()> {
    super::print(&render_terminal(report, palette(), output.path())?)
}

/// How the terminal that stdout is looks.
pub(super) fn palette() -> Palette {
    Palette {
        // A file or a pipe has no width: nothing is to be broken there.
        width: terminal_size::terminal_size_of(std::io::stdout()).map_or(160, |(width, _)| width.0),
        colours: true,
    }
}
