//! Adds up the accounts: what is kept of a comparison does not grow with its changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, ChangeKind, NotComparable};
use super::comparison::AccountDiff;
use crate::published::MicroDollars;
use crate::severity::Severity;

/// How many changes of a kind are kept to be shown.
const EXAMPLES: usize = 5;

/// The comparison in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffSummary {
    /// How many changes of each kind there are; a kind without any is left out.
    pub changes: BTreeMap<ChangeKind, u64>,
    /// Keys that both runs saw.
    pub keys_in_both: u64,
    /// Buckets that both runs saw.
    pub buckets_in_both: u64,
    /// Findings that are open in both runs.
    pub findings_unchanged: u64,
    /// Findings of the new run that an exception covers, and that were covered before or not there.
    pub findings_excepted: u64,
    /// New findings, and those that no exception covers any more, by severity.
    pub findings_new: BTreeMap<Severity, u64>,
    /// Findings seen for the first time because the old run could not judge the resource, by severity. They are not
    /// among the changes.
    pub findings_first_seen: BTreeMap<Severity, u64>,
    /// What the keys cost a month in the old run, of those that can be compared.
    pub monthly_cost_usd_old: MicroDollars,
    /// What they cost in the new run.
    pub monthly_cost_usd_new: MicroDollars,
}

impl DiffSummary {
    /// Whether nothing changed in what could be compared.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many findings of this severity or worse the old run does not have: new, open again, or seen for the first
    /// time because it could not look.
    pub fn findings_not_seen_before(&self, least: Severity) -> u64 {
        let counts = self.findings_new.iter().chain(&self.findings_first_seen);
        counts
            .filter(|(severity, _)| **severity >= least)
            .map(|(_, count)| count)
            .sum()
    }
}

/// The changes of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffGroup {
    /// The kind.
    pub kind: ChangeKind,
    /// How many there are.
    pub count: u64,
    /// The first few; of utilization, those that differ most.
    pub examples: Vec<Change>,
}

/// What comparing the accounts came to, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// In numbers.
    pub summary: DiffSummary,
    /// What could not be compared.
    pub not_comparable: Vec<NotComparable>,
    groups: BTreeMap<ChangeKind, Vec<Change>>,
}

impl Totals {
    /// Adds an account.
    pub fn add(&mut self, account: AccountDiff) {
        let summary = &mut self.summary;
        summary.keys_in_both += account.keys_in_both;
        summary.buckets_in_both += account.buckets_in_both;
        summary.findings_unchanged += account.findings_unchanged;
        summary.findings_excepted += account.findings_excepted;
        summary.monthly_cost_usd_old += account.monthly_cost.0;
        summary.monthly_cost_usd_new += account.monthly_cost.1;
        for (severity, count) in account.findings_first_seen {
            *summary.findings_first_seen.entry(severity).or_default() += count;
        }
        for change in account.changes {
            *summary.changes.entry(change.change).or_default() += 1;
            if let (ChangeKind::FindingNew | ChangeKind::FindingReopened, Some(severity)) =
                (change.change, change.severity)
            {
                *summary.findings_new.entry(severity).or_default() += 1;
            }
            let examples = self.groups.entry(change.change).or_default();
            examples.push(change);
            if examples.len() > 2 * EXAMPLES {
                shorten(examples);
            }
        }
        self.not_comparable.extend(account.not_comparable);
    }

    /// The changes in groups, in the order of their kinds.
    pub fn groups(&self) -> Vec<DiffGroup> {
        let groups = self.groups.iter();
        groups
            .map(|(kind, examples)| {
                let mut examples = examples.clone();
                shorten(&mut examples);
                DiffGroup {
                    kind: *kind,
                    count: self.summary.changes.get(kind).copied().unwrap_or(0),
                    examples,
                }
            })
            .collect()
    }
}

/// Keeps the first few, or, of what has a size, the largest.
fn shorten(examples: &mut Vec<Change>) {
    examples.sort_by(|a, b| size(b).total_cmp(&size(a)));
    examples.truncate(EXAMPLES);
}

/// How much a change is: of utilization, by how much of the limit; of a finding, its severity.
fn size(change: &Change) -> f64 {
    let utilization = |peak: &serde_json::Value| peak["utilization"].as_f64().unwrap_or(0.0);
    match change.change {
        ChangeKind::UtilizationUp | ChangeKind::UtilizationDown => {
            (utilization(&change.to) - utilization(&change.from)).abs()
        }
        _ => change.severity.map_or(0.0, |severity| f64::from(severity as u8)),
    }
}
