//! `report.sarif`: SARIF 2.1.0, for GitHub code scanning and other viewers of results.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; what GitHub takes:
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>.

mod notification;
mod result;
mod rule;
mod text;

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use self::notification::{Notification, notifications};
use self::result::SarifResult;
use self::rule::{Rule, rules};
use super::json_text::HarmlessLine;
use super::walked::{Walked, write_walked};
use super::{Report, ReportError};
use crate::assessment::Overview;
use crate::checks::Finding;
use crate::severity::Severity;

/// The most results that GitHub takes; a file with more is refused whole.
const MOST_RESULTS: u64 = 25_000;

/// Writes the log: one run, its rules, what it could not look at, and its results.
///
/// # Errors
/// When `out` refuses it, or the results cannot be read.
pub fn write_sarif(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut room = Room::of(report.document);
    let rules = rules(report.document);
    let positions: BTreeMap<String, usize> = rules.iter().map(|rule| rule.id.to_owned()).zip(0..).collect();
    let results = report.findings().filter_map(|finding| match finding {
        Ok(finding) if !room.takes(&finding) => None,
        Ok(finding) => Some(Ok(SarifResult::of(&finding, &positions))),
        Err(error) => Some(Err(error)),
    });
    write_walked(|failure| {
        let log = Log {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: &report.document.tool.name,
                        version: &report.document.tool.version,
                        semantic_version: &report.document.tool.version,
                        rules: &rules,
                    },
                },
                invocations: [Invocation::of(report.document)],
                column_kind: "utf16CodeUnits",
                properties: Properties {
                    sandbox: report.document.scan.sandbox.as_deref(),
                    accounts: report
                        .document
                        .scan
                        .accounts
                        .iter()
                        .map(|account| account.as_str())
                        .collect(),
                },
                results: Walked::new(results, failure),
            }],
        };
        log.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, HarmlessLine))
    })?;
    Ok(out.write_all(b"\n")?)
}

/// How many results of each kind there is room for: the most severe first, those that are excepted last.
struct Room {
    open: BTreeMap<Severity, u64>,
    excepted: u64,
}

impl Room {
    fn of(document: &Overview) -> Self {
        let mut left = MOST_RESULTS;
        let mut take = |wanted: u64| {
            let taken = wanted.min(left);
            left -= taken;
            taken
        };
        let wanted = |severity: Severity| document.summary.findings.get(severity.as_str()).copied();
        Room {
            open: Severity::ALL
                .map(|severity| (severity, take(wanted(severity).unwrap_or_default())))
                .into(),
            excepted: take(document.summary.excepted),
        }
    }

    /// How many findings are left out.
    fn left_out(document: &Overview) -> u64 {
        let all = document.summary.findings.values().sum::<u64>() + document.summary.excepted;
        all.saturating_sub(MOST_RESULTS)
    }

    fn takes(&mut self, finding: &Finding) -> bool {
        let room = match &finding.exception {
            Some(_) => Some(&mut self.excepted),
            None => self.open.get_mut(&finding.severity),
        };
        match room {
            Some(room) if *room > 0 => {
                *room -= 1;
                true
            }
            _ => false,
        }
    }
}

#[derive(Serialize)]
struct Log<'a, Results> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a, Results>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a, Results> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    properties: Properties<'a>,
    results: Results,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    semantic_version: &'a str,
    rules: &'a [Rule<'a>],
}

#[derive(Serialize)]
struct Properties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<&'a str>,
    accounts: Vec<&'a str>,
}

/// The scan, and what it could not look at.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    start_time_utc: String,
    end_time_utc: String,
    tool_execution_notifications: Vec<Notification>,
}

impl Invocation {
    fn of(document: &Overview) -> Self {
        Invocation {
            execution_successful: document.coverage.complete,
            start_time_utc: document.scan.started_at.to_string(),
            end_time_utc: document.scan.finished_at.to_string(),
            tool_execution_notifications: notifications(document),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::Assessor;
    use crate::config::Config;
    use crate::facts::examples::scan;

    #[test]
    fn there_is_room_for_the_most_severe_findings_and_the_excepted_come_last() {
        let mut document = Assessor::new(&Config::default(), scan()).finish().document;
        let counts = [("critical", 10_000), ("high", 10_000), ("medium", 10_000), ("low", 1)];
        document.summary.findings = counts.map(|(severity, count)| (severity.to_owned(), count)).into();
        document.summary.excepted = 7;
        let room = Room::of(&document);
        let open: Vec<u64> = Severity::ALL.iter().map(|severity| room.open[severity]).collect();
        assert_eq!((open, room.excepted), (vec![10_000, 10_000, 5_000, 0, 0], 0));
        assert_eq!(Room::left_out(&document), 5_008);
        document.summary.findings = [("low".to_owned(), 24_995)].into();
        assert_eq!(Room::of(&document).excepted, 5);
    }
}
