//! The checks, as rules.

use serde::Serialize;

use crate::assessment::Overview;
use crate::checks::{CHECKS, Check};
use crate::severity::Severity;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    pub(super) id: &'a str,
    short_description: Text<'a>,
    full_description: Text<'a>,
    help: Help<'a>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    enabled: bool,
    level: Level,
}

#[derive(Serialize)]
struct Properties {
    tags: [&'static str; 3],
    /// What GitHub sorts by, from 0 to 10.
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

/// How much a result matters, in the words of SARIF.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Error,
    Warning,
    Note,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Level::Error,
            Severity::Medium => Level::Warning,
            Severity::Low | Severity::Info => Level::Note,
        }
    }
}

/// Every check, in the order of the table.
pub(super) fn rules(document: &Overview) -> Vec<Rule<'static>> {
    let judged: Vec<&str> = document.checks().collect();
    CHECKS
        .iter()
        .map(|check| Rule::of(check, judged.contains(&check.id)))
        .collect()
}

impl Rule<'static> {
    fn of(check: &'static Check, enabled: bool) -> Self {
        Rule {
            id: check.id,
            short_description: Text { text: check.title },
            full_description: Text { text: check.why },
            help: Help {
                text: check.remediation,
                markdown: check.page,
            },
            default_configuration: Configuration {
                enabled,
                level: check.severity.into(),
            },
            properties: Properties {
                tags: ["security", "aws", "kms"],
                security_severity: security_severity(check.severity),
            },
        }
    }
}

/// The middle of the band that GitHub calls by the same word.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}
