//! Findings in the groups people read: three thousand keys of one scheme are one paragraph. A group keeps a count, a
//! few examples and the cost of each place, and no finding.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::checks::{CHECKS, Finding, FindingException};
use crate::facts::{AccountId, Region};
use crate::published::MicroDollars;
use crate::severity::Severity;

/// How many resources of a place are named.
const EXAMPLES: usize = 3;

/// In how many places of a group resources are named: more than any report for people shows. An organization has tens of
/// thousands.
const PLACES_WITH_EXAMPLES: usize = 100;

/// Findings of one check and severity that ask for the same.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingGroup {
    /// The check.
    pub check: String,
    /// What is wrong.
    pub title: String,
    /// Why it matters.
    pub why: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What to do.
    pub remediation: String,
    /// Where, each account and Region by itself.
    pub places: Vec<Place>,
}

/// The findings of a group in one account and Region.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The account; `None` for findings about the configuration.
    pub account_id: Option<AccountId>,
    /// The Region, where it is known.
    pub region: Option<Region>,
    /// How many findings.
    pub count: u64,
    /// The first few, in the first hundred places of a group.
    pub examples: Vec<Example>,
    /// What they cost a month together, where that is known.
    pub monthly_cost: Option<MicroDollars>,
}

/// One finding of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What people call the resource.
    pub name: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Findings of a check that an exception covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The check.
    pub check: String,
    /// Why, and until when.
    pub exception: FindingException,
    /// How many findings.
    pub count: u64,
}

/// Findings on their way into groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The most severe first, then in the order of the table of checks, then by remedy.
    groups: BTreeMap<(Reverse<Severity>, usize, String, String), Group>,
    /// How many findings an exception covers, by check and exception.
    accepted: BTreeMap<(String, FindingException), u64>,
}

#[derive(Debug)]
struct Group {
    title: String,
    /// By account and Region.
    places: BTreeMap<(Option<AccountId>, Option<Region>), Place>,
}

impl Groups {
    /// Adds findings. Those that an exception covers are in no group.
    pub(super) fn add(&mut self, findings: &[Finding]) {
        // In the order of a judged account, those of a place stand together.
        for findings in findings.chunk_by(|a, b| place_of(a) == place_of(b)) {
            for finding in findings {
                if let Some(exception) = &finding.exception {
                    let name = (finding.check.to_string(), exception.clone());
                    *self.accepted.entry(name).or_default() += 1;
                }
            }
            let mut findings = findings.iter().filter(|finding| finding.exception.is_none()).peekable();
            if let Some(first) = findings.peek() {
                let (place, most) = self.place(first);
                findings.for_each(|finding| place.add(finding, most));
            }
        }
    }

    /// The place of a finding, and how many resources are named there.
    fn place(&mut self, finding: &Finding) -> (&mut Place, usize) {
        let group = self
            .groups
            .entry((
                Reverse(finding.severity),
                CHECKS
                    .iter()
                    .position(|check| check.id == finding.check)
                    .unwrap_or(CHECKS.len()),
                finding.check.to_string(),
                finding.remediation.to_string(),
            ))
            .or_insert_with(|| Group {
                title: finding.title.to_string(),
                places: BTreeMap::new(),
            });
        let resource = &finding.resource;
        let named = if group.places.len() < PLACES_WITH_EXAMPLES {
            EXAMPLES
        } else {
            0
        };
        let place = group
            .places
            .entry((resource.account_id.clone(), resource.region.clone()))
            .or_insert_with(|| Place {
                account_id: resource.account_id.clone(),
                region: resource.region.clone(),
                count: 0,
                examples: Vec::new(),
                monthly_cost: None,
            });
        (place, named)
    }

    /// What exceptions cover, in the order of checks and reasons.
    pub(super) fn accepted(&self) -> Vec<Accepted> {
        let accepted = self.accepted.iter();
        accepted
            .map(|((check, exception), count)| Accepted {
                check: check.clone(),
                exception: exception.clone(),
                count: *count,
            })
            .collect()
    }

    /// The groups, the most severe first, then by check, account and Region.
    pub(super) fn finish(self) -> Vec<FindingGroup> {
        self.groups
            .into_iter()
            .map(|((Reverse(severity), _, check, remediation), group)| FindingGroup {
                why: CHECKS
                    .iter()
                    .find(|registered| registered.id == check)
                    .map_or("", |registered| registered.why),
                check,
                title: group.title,
                severity,
                remediation,
                places: group.places.into_values().collect(),
            })
            .collect()
    }
}

fn place_of(finding: &Finding) -> impl PartialEq + '_ {
    let resource = &finding.resource;
    (
        finding.severity,
        &finding.check,
        &finding.remediation,
        &resource.account_id,
        &resource.region,
    )
}

impl Place {
    /// Adds a finding, which is named if it is one of the first so many.
    fn add(&mut self, finding: &Finding, named: usize) {
        self.count += 1;
        if self.examples.len() < named {
            self.examples.push(Example {
                name: finding.resource.name.clone(),
                detail: finding.detail.clone(),
            });
        }
        if let Some(cost) = finding.monthly_cost_usd {
            self.monthly_cost = Some(self.monthly_cost.unwrap_or_default() + cost);
        }
    }
}
