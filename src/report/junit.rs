//! `junit.xml`: JUnit's XML, for the test reports of CI systems.
//!
//! A suite for the coverage, one for the checks, and one for the findings of each account. A test passes only where
//! something was seen to be in order: what could not be read is an error, what could not be judged is skipped.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use tempfile::SpooledTempFile;

use super::{Report, ReportError, json_text, wording};
use crate::assessment::{AssessmentRow, Overview};
use crate::checks::Finding;
use crate::facts::AccountId;
use crate::visible::visible;

/// How much of a suite is kept in memory until its numbers, which stand before it, are known.
const IN_MEMORY: usize = 1 << 20;

/// Writes the suites.
///
/// # Errors
/// When `out` refuses them, or the results cannot be read.
pub fn write_junit(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut document = Document::begin(out, report.document)?;
    document.add(coverage(report.document)?)?;
    document.add(checks(report.document)?)?;
    let mut suite: Option<(Option<AccountId>, Suite)> = None;
    for finding in report.findings() {
        let finding = finding?;
        let account = finding.resource.account_id.as_ref();
        if let Some((_, done)) = suite.take_if(|(of, _)| of.as_ref() != account) {
            document.add(done)?;
        }
        let (_, suite) = suite.get_or_insert_with(|| (account.cloned(), Suite::of_account(account)));
        suite.add_finding(&finding)?;
    }
    if let Some((_, done)) = suite {
        document.add(done)?;
    }
    document.end()
}

fn coverage(document: &Overview) -> io::Result<Suite> {
    let mut suite = Suite::new("coverage".to_owned());
    if document.scan.interrupted {
        suite.add(
            "coverage",
            "the end of the scan",
            &Outcome::Error(wording::INTERRUPTED, ""),
        )?;
    }
    for gap in &document.coverage.gaps {
        let place = wording::gap_scope(document, gap);
        let name = format!("{} in {place}: {}", gap.operation, gap.effect);
        suite.add(
            "coverage",
            &name,
            &Outcome::Error(&gap.effect, &wording::gap_failure(gap)),
        )?;
    }
    if document.coverage.complete {
        suite.add(
            "coverage",
            "everything was read",
            &Outcome::Passed(&wording::regions_line(document)),
        )?;
    } else if suite.tests == 0 {
        suite.add(
            "coverage",
            "something was read",
            &Outcome::Error("nothing was looked at", ""),
        )?;
    }
    Ok(suite)
}

fn checks(document: &Overview) -> io::Result<Suite> {
    let mut suite = Suite::new("checks".to_owned());
    for check in &document.assessments {
        suite.add_check(check)?;
    }
    Ok(suite)
}

/// What became of a test.
enum Outcome<'a> {
    /// In order, and what was seen to be.
    Passed(&'a str),
    /// A finding: its severity, its title, and the rest, of which the lines are harmless.
    Failed(&'a str, &'a str, &'a str),
    /// It could not be read: what is missing, and why.
    Error(&'a str, &'a str),
    /// It could not be judged, or is accepted: why.
    Skipped(&'a str),
}

/// A suite on its way.
struct Suite {
    name: String,
    cases: Writer<BufWriter<SpooledTempFile>>,
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Suite {
    fn new(name: String) -> Self {
        Suite {
            name,
            cases: Writer::new(BufWriter::new(SpooledTempFile::new(IN_MEMORY))),
            tests: 0,
            failures: 0,
            errors: 0,
            skipped: 0,
        }
    }

    fn of_account(account: Option<&AccountId>) -> Self {
        Suite::new(account.map_or_else(|| "configuration".to_owned(), |account| format!("account {account}")))
    }

    fn add(&mut self, class: &str, name: &str, outcome: &Outcome<'_>) -> io::Result<()> {
        self.tests += 1;
        let class = format!("kms-audit.{class}");
        let mut case = BytesStart::new("testcase");
        case.extend_attributes([
            ("classname", &*visible(&class)),
            ("name", &*visible(name)),
            ("time", "0"),
        ]);
        self.cases.write_event(Event::Start(case))?;
        let (element, kind, message, text) = match *outcome {
            Outcome::Passed(text) => ("system-out", None, None, visible(text)),
            Outcome::Failed(severity, title, text) => {
                self.failures += 1;
                ("failure", Some(severity), Some(title), text.into())
            }
            Outcome::Error(effect, text) => {
                self.errors += 1;
                ("error", Some("gap"), Some(effect), visible(text))
            }
            Outcome::Skipped(because) => {
                self.skipped += 1;
                ("skipped", None, Some(because), "".into())
            }
        };
        let mut start = BytesStart::new(element);
        for (name, value) in [("type", kind), ("message", message)] {
            if let Some(value) = value {
                start.push_attribute((name, &*visible(value)));
            }
        }
        self.cases.write_event(Event::Start(start))?;
        self.cases.write_event(Event::Text(BytesText::new(&text)))?;
        self.cases.write_event(Event::End(BytesEnd::new(element)))?;
        self.cases.write_event(Event::End(BytesEnd::new("testcase")))?;
        self.cases.get_mut().write_all(b"\n")
    }

    fn add_check(&mut self, check: &AssessmentRow) -> io::Result<()> {
        if check.passed > 0 {
            let seen = wording::counted(check.passed, "resource", "resources");
            let text = format!("{seen} in order, of those that could be read");
            self.add(&check.check, "resources in order", &Outcome::Passed(&text))?;
        }
        for (because, count) in &check.not_assessed_because {
            let text = format!(
                "{} could not be judged",
                wording::counted(*count, "resource", "resources")
            );
            let name = format!("not assessed: {because}");
            self.add(&check.check, &name, &Outcome::Skipped(&text))?;
        }
        Ok(())
    }

    /// A finding is known again by its fingerprint, which depends on what it is about and not on what that is called.
    fn add_finding(&mut self, finding: &Finding) -> io::Result<()> {
        let resource = &finding.resource;
        let name = format!("{} ({})", resource.arn, finding.fingerprint);
        if let Some(exception) = &finding.exception {
            let because = format!("accepted until {}: {}", exception.expires, exception.reason);
            return self.add(&finding.check, &name, &Outcome::Skipped(&because));
        }
        let title = format!("{}: {}", resource.name, finding.title);
        let observed = json_text::line(&finding.observed)?;
        let lines = [&*finding.detail, &finding.remediation, &observed].map(visible);
        let text = format!("{}\n\n{}\n\nObserved: {}\n", lines[0], lines[1], lines[2]);
        let outcome = Outcome::Failed(finding.severity.as_str(), &title, &text);
        self.add(&finding.check, &name, &outcome)
    }
}

/// The document on its way.
struct Document<'o> {
    out: Writer<&'o mut dyn Write>,
    timestamp: String,
}

impl<'o> Document<'o> {
    fn begin(out: &'o mut dyn Write, document: &Overview) -> io::Result<Self> {
        let mut out = Writer::new(out);
        out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let name = match &document.scan.sandbox {
            Some(estate) => format!("kms-audit of the sandbox {estate}"),
            None => "kms-audit".to_owned(),
        };
        let suites = BytesStart::new("testsuites").with_attributes([("name", &*visible(&name))]);
        out.write_event(Event::Start(suites))?;
        Ok(Document {
            out,
            timestamp: document.scan.as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        })
    }

    fn add(&mut self, suite: Suite) -> io::Result<()> {
        let counts = [suite.tests, suite.failures, suite.errors, suite.skipped].map(|count| count.to_string());
        let mut start = BytesStart::new("testsuite");
        start.extend_attributes([
            ("name", suite.name.as_str()),
            ("tests", &counts[0]),
            ("failures", &counts[1]),
            ("errors", &counts[2]),
            ("skipped", &counts[3]),
            ("time", "0"),
            ("timestamp", &self.timestamp),
        ]);
        self.out.write_event(Event::Start(start))?;
        self.out.get_mut().write_all(b"\n")?;
        let cases = suite.cases.into_inner().into_inner();
        let mut cases = cases.map_err(io::IntoInnerError::into_error)?;
        cases.seek(SeekFrom::Start(0))?;
        io::copy(&mut cases, self.out.get_mut())?;
        self.out.write_event(Event::End(BytesEnd::new("testsuite")))
    }

    fn end(mut self) -> Result<(), ReportError> {
        self.out.write_event(Event::End(BytesEnd::new("testsuites")))?;
        Ok(self.out.get_mut().write_all(b"\n")?)
    }
}
