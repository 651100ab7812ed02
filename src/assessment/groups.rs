//! Findings in the groups people read: three thousand keys of one scheme are one paragraph.

use std::collections::BTreeMap;

use crate::checks::{CHECKS, Finding};
use crate::facts::{AccountId, Region};
use crate::published::MicroDollars;
use crate::severity::Severity;

/// How many resources of a place are named.
const EXAMPLES: usize = 3;

/// Findings of one check and severity.
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
    /// The account.
    pub account_id: Option<AccountId>,
    /// The Region, where it is known.
    pub region: Option<Region>,
    /// How many findings.
    pub count: u64,
    /// The first few.
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

/// Groups findings, the most severe first, then by check, account and Region.
pub(super) fn group(findings: &[Finding]) -> Vec<FindingGroup> {
    let mut groups: BTreeMap<_, (&Finding, BTreeMap<_, Place>)> = BTreeMap::new();
    for finding in findings {
        let (_, places) = groups
            .entry((std::cmp::Reverse(finding.severity), &finding.check))
            .or_insert_with(|| (finding, BTreeMap::new()));
        let resource = &finding.resource;
        places
            .entry((&resource.account_id, &resource.region))
            .or_insert_with(|| Place {
                account_id: resource.account_id.clone(),
                region: resource.region.clone(),
                count: 0,
                examples: Vec::new(),
                monthly_cost: None,
            })
            .add(finding);
    }
    groups
        .into_values()
        .map(|(first, places)| FindingGroup {
            check: first.check.clone(),
            title: first.title.clone(),
            why: CHECKS
                .iter()
                .find(|check| check.id == first.check)
                .map_or("", |check| check.why),
            severity: first.severity,
            remediation: first.remediation.clone(),
            places: places.into_values().collect(),
        })
        .collect()
}

impl Place {
    fn add(&mut self, finding: &Finding) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
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
