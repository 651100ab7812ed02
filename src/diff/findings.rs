//! The findings, by fingerprint.

use std::collections::HashMap;

use serde_json::Value;

use super::buckets::not_seen_because;
use super::change::{ChangeKind, Side};
use super::comparison::{About, AccountDiff, Comparison, because, json};
use super::region::looked_at;
use crate::facts::Region;
use crate::results::OpenFinding;
use crate::runs::{AccountView, RunHead};

/// What a run says of the findings of an account: the findings themselves, and whether there would be one.
pub(super) struct Judged<'a> {
    run: &'a RunHead,
    /// In the order of the run.
    findings: &'a [OpenFinding],
    by_fingerprint: HashMap<&'a str, &'a OpenFinding>,
    /// The account; `None` for the findings about the configuration.
    view: Option<&'a AccountView>,
}

impl<'a> Judged<'a> {
    pub(super) fn of(run: &'a RunHead, view: &'a AccountView) -> Self {
        Judged {
            run,
            findings: &view.findings,
            by_fingerprint: by_fingerprint(&view.findings),
            view: Some(view),
        }
    }

    fn of_configuration(run: &'a RunHead, findings: &'a [OpenFinding]) -> Self {
        Judged {
            run,
            findings,
            by_fingerprint: by_fingerprint(findings),
            view: None,
        }
    }

    /// Why there is no such finding here although there may be reason for one. `other` is the run that has it.
    fn not_judged_because(&self, finding: &OpenFinding, other: &Judged<'_>) -> Option<String> {
        if !self.run.checks.contains(&finding.check) {
            return Some("the check was not made".to_owned());
        }
        let Some(view) = self.view else {
            let named = self.run.parameters.get("regions").and_then(Value::as_array);
            let some_regions = named.is_some_and(|regions| !regions.is_empty());
            return (!self.run.complete || some_regions).then(|| "not everything was looked at".to_owned());
        };
        let resource = &finding.resource;
        let region = resource.region.as_ref();
        if let Some(because) = view.unassessed.get(&finding.check).and_then(|unassessed| {
            let others = unassessed.others.as_ref();
            unassessed.named.get(&resource.arn).or(others)
        }) {
            return Some(because.clone());
        }
        match resource.kind.as_ref() {
            "s3-bucket" => {
                let is_here = view.buckets.iter().any(|bucket| bucket.arn == resource.arn);
                let unseen = if is_here { None } else { not_seen_because(view, region) };
                unseen.or_else(|| region.and_then(|region| looked_at(view, region).err()))
            }
            "kms-key" => region.and_then(|region| key_not_seen_because(view, region, finding)),
            "kms-request-quota" => region.and_then(|region| looked_at(view, region).err()),
            // What hangs together from several resources may not be seen because one of them was not.
            _ => region
                .and_then(|region| looked_at(view, region).err())
                .or_else(|| new_gap(view, other.view, region)),
        }
    }
}

fn by_fingerprint(findings: &[OpenFinding]) -> HashMap<&str, &OpenFinding> {
    findings
        .iter()
        .map(|finding| (finding.fingerprint.as_str(), finding))
        .collect()
}

/// Why a run would not have seen a key.
fn key_not_seen_because(view: &AccountView, region: &Region, finding: &OpenFinding) -> Option<String> {
    let region = match looked_at(view, region) {
        Ok(region) => region,
        Err(because) => return Some(because),
    };
    let is_here = region
        .keys
        .binary_search_by(|key| key.arn.cmp(&finding.resource.arn))
        .is_ok();
    if is_here { None } else { because(&region.key_listing) }
}

/// A gap of the Region, or of the account, that the other run does not have.
fn new_gap(view: &AccountView, other: Option<&AccountView>, region: Option<&Region>) -> Option<String> {
    let others = other.map_or(&[][..], |other| &other.gaps);
    let concerns = |of: &Option<Region>| of.is_none() || region.is_none() || of.as_ref() == region;
    let gap = view.gaps.iter().find(|gap| {
        let is_known = others.iter().any(|other| {
            (&other.region, &other.operation, &other.effect) == (&gap.region, &gap.operation, &gap.effect)
        });
        concerns(&gap.region) && !is_known
    })?;
    Some(format!("{} failed: {}", gap.operation, gap.error_code))
}

/// Compares the findings of an account that both runs looked at.
pub(super) fn compare(comparison: &mut Comparison<'_>, old: &Judged<'_>, new: &Judged<'_>) {
    for finding in new.findings {
        match old.by_fingerprint.get(finding.fingerprint.as_str()) {
            Some(before) => compare_finding(comparison, before, finding),
            None if finding.exception.is_some() => comparison.diff.findings_excepted += 1,
            None => match old.not_judged_because(finding, new) {
                None => note(
                    comparison,
                    ChangeKind::FindingNew,
                    finding,
                    Value::Null,
                    json(finding.severity),
                ),
                Some(because) => {
                    *comparison.diff.findings_first_seen.entry(finding.severity).or_default() += 1;
                    not_comparable(comparison, finding, (Side::Old, because));
                }
            },
        }
    }
    for finding in old.findings {
        if new.by_fingerprint.contains_key(finding.fingerprint.as_str()) {
            continue;
        }
        match new.not_judged_because(finding, old) {
            None => note(
                comparison,
                ChangeKind::FindingGone,
                finding,
                json(finding.severity),
                Value::Null,
            ),
            Some(because) => not_comparable(comparison, finding, (Side::New, because)),
        }
    }
}

/// Compares the findings about the configuration.
pub fn compare_configuration(
    (old_run, old): (&RunHead, &[OpenFinding]),
    (new_run, new): (&RunHead, &[OpenFinding]),
) -> AccountDiff {
    let mut comparison = Comparison::of(None);
    let (old, new) = (
        Judged::of_configuration(old_run, old),
        Judged::of_configuration(new_run, new),
    );
    compare(&mut comparison, &old, &new);
    comparison.finish()
}

/// Counts the findings of an account that the old run did not look at.
pub(super) fn count_first_seen(diff: &mut AccountDiff, findings: &[OpenFinding]) {
    for finding in findings.iter().filter(|finding| finding.exception.is_none()) {
        *diff.findings_first_seen.entry(finding.severity).or_default() += 1;
    }
}

fn compare_finding(comparison: &mut Comparison<'_>, old: &OpenFinding, new: &OpenFinding) {
    match (&old.exception, &new.exception) {
        (Some(_), Some(_)) => comparison.diff.findings_excepted += 1,
        (None, Some(exception)) => {
            note(
                comparison,
                ChangeKind::FindingExcepted,
                new,
                json(old.severity),
                json(exception),
            );
        }
        (Some(exception), None) => {
            note(
                comparison,
                ChangeKind::FindingReopened,
                new,
                json(exception),
                json(new.severity),
            );
        }
        (None, None) => {
            comparison.diff.findings_unchanged += 1;
            if old.severity != new.severity {
                let (from, to) = (json(old.severity), json(new.severity));
                note(comparison, ChangeKind::FindingSeverityChanged, new, from, to);
            }
        }
    }
}

fn note(comparison: &mut Comparison<'_>, kind: ChangeKind, finding: &OpenFinding, from: Value, to: Value) {
    let about = About {
        region: finding.resource.region.as_ref(),
        resource: finding.resource.arn.as_str(),
        name: &finding.resource.name,
    };
    let mut change = comparison.made(kind, about, from, to);
    change.check = Some(finding.check.clone());
    change.severity = Some(finding.severity);
    change.fingerprint = Some(finding.fingerprint.clone());
    comparison.diff.changes.push(change);
}

fn not_comparable(comparison: &mut Comparison<'_>, finding: &OpenFinding, unread: (Side, String)) {
    let what = format!("findings of {}", finding.check);
    let resource = &finding.resource;
    comparison.not_comparable(&what, resource.region.as_ref(), unread, Some(&resource.name));
}
