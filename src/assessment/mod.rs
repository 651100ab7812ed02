//! The assessment: facts and findings brought together into what every report renders. Pure: no clock, no network, no
//! disk.
//!
//! Accounts stream through. [`judge`] makes of one account's facts its [`AccountAssessment`], with every finding and
//! every key; the [`Assessor`] adds it up and forgets these. What it keeps grows with accounts and Regions, and not
//! with keys.

mod account;
mod document;
mod groups;
mod inventory;
mod quotas;
mod rows;
mod summary;
#[cfg(test)]
mod tests;

pub use account::{AccountAssessment, LookedAt, judge};
pub use document::{AssessmentRow, Coverage, Document, GapSummary, Overview, SCHEMA_VERSION, ScanSection, Tool};
pub use groups::{Example, FindingGroup, Place};
pub use rows::{InventoryRow, KeyRow, KeyStanding, QuotaRow, UsageState};
pub use summary::{HighestUtilization, Summary};

use std::collections::BTreeMap;

use crate::facts::{ApiCalls, ScanFacts};
use groups::Groups;

/// What reports render, without what grows with keys.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The document that `report.json` is, without its long lists.
    pub document: Overview,
    /// The findings in the groups people read, the most severe first.
    pub groups: Vec<FindingGroup>,
}

/// Adds up the accounts of a scan.
#[derive(Debug)]
pub struct Assessor {
    document: Overview,
    groups: Groups,
    api_calls: BTreeMap<(String, String), ApiCalls>,
}

impl Assessor {
    /// An assessment of a scan, without any account yet.
    pub fn new(scan: ScanFacts) -> Self {
        Assessor {
            document: Document::new(scan),
            groups: Groups::default(),
            api_calls: BTreeMap::new(),
        }
    }

    /// Adds an account. Its findings and keys are counted and let go.
    pub fn add(&mut self, account: AccountAssessment) {
        self.groups.add(&account.findings);
        let document = &mut self.document;
        document.summary.add(account.summary);
        document.inventory.extend(account.inventory);
        document.quota.extend(account.quota);
        document.scan.note(account.looked_at);
        document
            .coverage
            .gaps
            .extend(account.gaps.into_iter().map(GapSummary::from));
        document.coverage.fallbacks.extend(account.fallbacks);
        for (row, tally) in document.assessments.iter_mut().zip(account.tallies) {
            row.add(tally);
        }
        for calls in account.api_calls {
            self.add_calls(calls);
        }
    }

    fn add_calls(&mut self, calls: ApiCalls) {
        let name = (calls.service.clone(), calls.operation.clone());
        match self.api_calls.get_mut(&name) {
            Some(sum) => {
                sum.calls += calls.calls;
                sum.throttled += calls.throttled;
                sum.retried += calls.retried;
            }
            None => {
                self.api_calls.insert(name, calls);
            }
        }
    }

    /// The finished assessment.
    pub fn finish(self) -> Assessment {
        let mut document = self.document;
        document.api_calls = self.api_calls.into_values().collect();
        // Where no Region was looked at, there was nothing to be complete about.
        document.coverage.complete =
            document.coverage.gaps.is_empty() && !document.scan.interrupted && !document.scan.regions.is_empty();
        Assessment {
            document,
            groups: self.groups.finish(),
        }
    }
}
