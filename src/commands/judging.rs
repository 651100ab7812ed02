//! Judging a snapshot and writing down what that comes to: what `scan` does with what it has collected, and `assess`
//! with any snapshot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Exit;
use super::output::OutputFolder;
use super::outputs::Outputs;
use super::screen::Screen;
use crate::assessment::{Assessment, Assessor};
use crate::checks;
use crate::cli::ReportArgs;
use crate::config::{self, Config, QuotaPolicy};
use crate::evidence::{Origin, sign, write_manifest};
use crate::facts::ScanFacts;
use crate::report::{Report, render_terminal};
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

/// What decided a judgement, by the parameters that its report states.
pub(super) fn recorded_config(parameters: &BTreeMap<String, Value>) -> anyhow::Result<Config> {
    let config = Config {
        justification: recorded(parameters, "justification")?,
        quota: QuotaPolicy {
            threshold_percent: recorded(parameters, "threshold_percent")?,
        },
        checks: recorded(parameters, "checks")?,
        exceptions: recorded(parameters, "exceptions")?,
        ..Config::default()
    };
    checks::check_config(&config).map_err(|what| anyhow::anyhow!("the parameters of the scan: {what}"))?;
    Ok(config)
}

fn recorded<T: DeserializeOwned>(parameters: &BTreeMap<String, Value>, name: &str) -> anyhow::Result<T> {
    let value = parameters.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value)
        .with_context(|| format!("the parameter `{name}` of the scan is not what it should be"))
}

/// A snapshot, and what it is judged by.
pub(super) struct Judging<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The snapshot.
    pub snapshot: &'a SnapshotReader,
    /// The scan that made it, with the parameters of this judgement.
    pub scan: ScanFacts,
    /// What the run is made from.
    pub origin: Origin,
    /// What to write, and where to.
    pub outputs: &'a Outputs,
    /// What else is asked of the report.
    pub args: &'a ReportArgs,
}

impl Judging<'_> {
    /// Judges the snapshot, writes results, reports and manifest, and prints the summary.
    pub(super) fn run(self, output: &mut OutputFolder) -> anyhow::Result<Exit> {
        output.keep();
        let results = Results::in_folder(output.path());
        let assessment = self.assess(&results)?;
        let report = Report::new(&assessment, &results);
        self.outputs.write_folder(&report, output)?;
        write_manifest(output.path(), report.document, self.origin)?;
        self.outputs.write_elsewhere(&report)?;
        print_summary(&report, output, self.outputs)?;
        // Last, since a passphrase that is wrong is to cost the signature and nothing else.
        if let Some(key) = &self.args.sign_with {
            sign(output.path(), key)?;
        }
        let document = report.document;
        let reaches = |least: Severity| document.summary.findings_from(least) > 0;
        Ok(if self.args.fail_on.is_some_and(reaches) {
            Exit::Findings
        } else if self.args.fail_on_gaps && !document.coverage.complete {
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

/// Prints the summary to stdout, or, where that is taken, to stderr.
fn print_summary(report: &Report<'_>, output: &OutputFolder, outputs: &Outputs) -> anyhow::Result<()> {
    let page = output.path().join(outputs.page());
    if outputs.use_stdout() {
        let screen = Screen::Stderr;
        super::print_aside(&screen.fit(render_terminal(report, screen.palette(), &page)?))
    } else {
        let screen = Screen::Stdout;
        super::print(&screen.fit(render_terminal(report, screen.palette(), &page)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decided_a_judgement_is_read_back_from_its_parameters() {
        let text = r#"
            [justification]
            requirement-tags = ["why"]
            classes = ["public"]
            [quota]
            threshold-percent = 12.5
            [checks.unused-key]
            severity = "high"
            days = 30
            [checks.disabled-key]
            enabled = false
            [[exception]]
            check = "disabled-key"
            resource = "alias/*"
            account = "111122223333"
            reason = "until the audit"
            expires = 2026-12-24
        "#;
        let config: Config = toml::from_str(text).unwrap();
        let stated: BTreeMap<_, _> = parameters(&config, None).into_iter().collect();
        assert_eq!(recorded_config(&stated).unwrap(), config);
        let error = recorded_config(&BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("`justification`"), "{error}");
    }
}
