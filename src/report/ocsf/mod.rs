//! `findings.ocsf.jsonl`: Compliance Findings of the Open Cybersecurity Schema Framework, one on each line.
//!
//! Version 1.6.0, in which Security Hub has its findings: <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-ocsf.html>.
//! The class: <https://schema.ocsf.io/1.6.0/classes/compliance_finding>.

mod event;

use std::io::{self, Write};

use self::event::{Account, Cloud, Compliance, ComplianceStatus, Event, FindingInfo, Resource, Subject, Unmapped};
use super::{Report, ReportError, json_text, wording};
use crate::assessment::{AssessmentRow, GapSummary};
use crate::checks::Finding;
use crate::severity::Severity;
use crate::visible::visible;

/// Writes the findings, then what could not be judged and what could not be read, whose status is unknown.
///
/// # Errors
/// When `out` refuses them, or the results cannot be read.
pub fn write_ocsf(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let subject = Subject::of(report.document);
    for finding in report.findings() {
        write_event(&of_finding(&subject, &finding?), out)?;
    }
    for check in &report.document.assessments {
        for (because, count) in &check.not_assessed_because {
            write_event(&of_unassessed(&subject, check, because, *count), out)?;
        }
    }
    for gap in &report.document.coverage.gaps {
        write_event(&of_gap(&subject, gap), out)?;
    }
    if report.document.scan.interrupted {
        write_event(&of_interruption(&subject), out)?;
    }
    Ok(())
}

fn write_event(event: &Event<'_>, out: &mut dyn Write) -> io::Result<()> {
    json_text::write_line(event, out)?;
    out.write_all(b"\n")
}

fn of_finding<'a>(subject: &Subject<'a>, finding: &'a Finding) -> Event<'a> {
    let resource = &finding.resource;
    let exception = finding.exception.as_ref();
    Event {
        status: exception.map(|_| "Suppressed").unwrap_or("New"),
        status_id: if exception.is_some() { 3 } else { 1 },
        comment: exception.map(|exception| {
            visible(&format!("accepted until {}: {}", exception.expires, exception.reason))
                .into_owned()
                .into()
        }),
        message: visible(&finding.detail),
        cloud: Cloud {
            account: resource
                .account_id
                .as_ref()
                .map(|account| Account::new(account.as_str())),
            region: resource.region.as_ref().map(|region| region.as_str()),
            ..subject.cloud()
        },
        finding_info: FindingInfo {
            desc: Some(visible(&finding.detail)),
            ..subject.finding_info((&*finding.fingerprint).into(), (&*finding.title).into())
        },
        compliance: Compliance::new(&finding.check, ComplianceStatus::Fail),
        remediation: Some(event::Remediation {
            desc: visible(&finding.remediation),
        }),
        resources: vec![Resource {
            uid: Some(resource.arn.as_str().into()),
            name: Some(visible(&resource.name)),
            kind: &resource.kind,
            region: resource.region.as_ref().map(|region| region.as_str()),
            cloud_partition: subject.partition,
        }],
        unmapped: Unmapped {
            observed: Some(&finding.observed),
            monthly_cost_usd: finding.monthly_cost_usd,
            exception,
            sandbox: subject.sandbox,
        },
        ..subject.event(finding.severity)
    }
}

fn of_unassessed<'a>(subject: &Subject<'a>, check: &'a AssessmentRow, because: &'a str, count: u64) -> Event<'a> {
    let uid = wording::identity(&["not-assessed", &check.check, because]);
    let resources = wording::counted(count, "resource", "resources");
    let message = format!("{resources} could not be judged: {}", visible(because));
    Event {
        message: message.clone().into(),
        count: Some(count),
        finding_info: FindingInfo {
            desc: Some(message.into()),
            ..subject.finding_info(uid.into(), (&*check.title).into())
        },
        compliance: Compliance::new(&check.check, ComplianceStatus::Unknown).because(visible(because)),
        ..subject.event(Severity::Info)
    }
}

fn of_interruption<'a>(subject: &Subject<'a>) -> Event<'a> {
    Event {
        message: wording::INTERRUPTED.into(),
        finding_info: subject.finding_info(wording::identity(&["interrupted"]).into(), wording::INTERRUPTED.into()),
        compliance: Compliance::new("coverage", ComplianceStatus::Unknown),
        ..subject.event(Severity::Info)
    }
}

fn of_gap<'a>(subject: &Subject<'a>, gap: &'a GapSummary) -> Event<'a> {
    let failure = wording::gap_failure(gap);
    Event {
        message: visible(&failure).into_owned().into(),
        count: Some(gap.resources.max(1)),
        cloud: Cloud {
            account: Some(gap.account_id.as_str())
                .filter(|id| !id.is_empty())
                .map(Account::new),
            region: gap.region.as_ref().map(|region| region.as_str()),
            ..subject.cloud()
        },
        finding_info: subject.finding_info(wording::gap_identity(gap).into(), visible(&gap.effect)),
        compliance: Compliance::new("coverage", ComplianceStatus::Unknown)
            .because(visible(&failure).into_owned().into()),
        resources: gap.examples.iter().map(|name| subject.resource(name)).collect(),
        ..subject.event(Severity::Info)
    }
}
