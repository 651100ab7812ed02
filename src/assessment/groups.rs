//! Findings in the groups people read: three thousand keys of one scheme are one paragraph.

use std::collections::BTreeMap;

use crate::checks::{Finding, Severity};
use crate::facts::{AccountId, Region};
use crate::published::MicroDollars;

/// How many resources of a group are named.
const EXAMPLES: usize = 3;

/// Findings of one check, severity, account and Region.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingGroup {
    /// The check.
    pub check: String,
    /// What is wrong.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// The account.
    pub account_id: AccountId,
    /// The Region, where it is known.
    pub region: Option<Region>,
    /// How many findings.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Example>,
    /// What they cost a month together, where that is known.
    pub monthly_cost: Option<MicroDollars>,
    /// What to do.
    pub remediation: String,
}

/// One finding of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What people call the resource.
    pub name: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Groups findings that are sorted by severity, check, account and Region.
pub(super) fn group(findings: &[Finding]) -> Vec<FindingGroup> {
    let mut groups: BTreeMap<_, FindingGroup> = BTreeMap::new();
    for finding in findings {
        let place = (
            std::cmp::Reverse(finding.severity),
            &finding.check,
            &finding.resource.account_id,
            &finding.resource.region,
        );
        let group = groups.entry(place).or_insert_with(|| FindingGroup {
            check: finding.check.clone(),
            title: finding.title.clone(),
            severity: finding.severity,
            account_id: finding.resource.account_id.clone(),
            region: finding.resource.region.clone(),
            count: 0,
            examples: Vec::new(),
            monthly_cost: None,
            remediation: finding.remediation.clone(),
        });
        group.count += 1;
        if group.examples.len() < EXAMPLES {
            group.examples.push(Example {
                name: finding.resource.name.clone(),
                detail: finding.detail.clone(),
            });
        }
        if let Some(cost) = finding.monthly_cost_usd {
            group.monthly_cost = Some(group.monthly_cost.unwrap_or_default() + cost);
        }
    }
    groups.into_values().collect()
}
