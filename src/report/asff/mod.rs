//! `findings.asff.jsonl`: the AWS Security Finding Format, as requests of `BatchImportFindings`, one on each line.
//!
//! Source: <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html> and
//! <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html>.

mod finding;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use self::finding::{AsffFinding, Importer};
use super::{Report, ReportError, json_text};

/// The most findings of a request.
const MOST_FINDINGS: usize = 100;

/// Writes the requests: each has findings of one account and Region, since only that account may import them, and there.
///
/// # Errors
/// When `out` refuses them, or the results cannot be read.
pub fn write_asff(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let importer = Importer::of(report.document);
    let mut requests = Requests {
        account: String::new(),
        waiting: BTreeMap::new(),
        out,
    };
    for finding in report.findings() {
        requests.add(importer.finding(&finding?))?;
    }
    for check in &report.document.assessments {
        for (because, count) in &check.not_assessed_because {
            requests.add(importer.unassessed(check, because, *count))?;
        }
    }
    for gap in &report.document.coverage.gaps {
        requests.add(importer.gap(gap))?;
    }
    if report.document.scan.interrupted {
        requests.add(importer.interruption())?;
    }
    Ok(requests.finish()?)
}

/// Requests on their way: findings come account by account, and those of an account by severity.
struct Requests<'o> {
    account: String,
    /// By Region.
    waiting: BTreeMap<String, Vec<AsffFinding>>,
    out: &'o mut dyn Write,
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(rename = "Findings")]
    findings: &'a [AsffFinding],
}

impl Requests<'_> {
    fn add(&mut self, finding: AsffFinding) -> io::Result<()> {
        if self.account != finding.aws_account_id {
            self.finish()?;
            self.account.clone_from(&finding.aws_account_id);
        }
        let waiting = self.waiting.entry(finding.region.clone()).or_default();
        waiting.push(finding);
        if waiting.len() == MOST_FINDINGS {
            let full = std::mem::take(waiting);
            self.write(&full)?;
        }
        Ok(())
    }

    fn write(&mut self, findings: &[AsffFinding]) -> io::Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        json_text::write_line(&Request { findings }, self.out)?;
        self.out.write_all(b"\n")
    }

    /// Writes what waits.
    fn finish(&mut self) -> io::Result<()> {
        for findings in std::mem::take(&mut self.waiting).into_values() {
            self.write(&findings)?;
        }
        Ok(())
    }
}
