//! The assessment: facts and findings brought together into what every report renders. Pure: no clock, no network, no
//! disk.
//!
//! Accounts stream through. [`judge`] makes of one account's facts its [`AccountAssessment`], with every finding and
//! every key; the [`Assessor`] adds it up and forgets these. What it keeps grows with accounts and Regions, and not
//! with keys.

mod account;
mod document;
mod groups;
mod highlights;
mod inventory;
mod quota_check;
mod quotas;
mod rows;
mod summary;
#[cfg(test)]
mod tests;

pub use account::{AccountAssessment, LookedAt};
pub use document::{AssessmentRow, Coverage, Document, GapSummary, Overview, SCHEMA_VERSION, ScanSection, Tool};
pub use groups::{Accepted, Example, FindingGroup, Place};
pub use highlights::{BucketToFix, BusyPool, Highlights};
pub use inventory::role;
pub use quota_check::{AccountQuotas, CheckedQuota, QuotaCheck, QuotaDocument, QuotaVerdict, judge_quotas};
pub use rows::{InventoryRow, KeyRow, KeyStanding, QuotaRow, UsageState};
pub use summary::{HighestUtilization, Summary};

use crate::checks::{self, ExceptionReview, ExceptionUse, Finding};
use crate::config::Config;
use crate::facts::{AccountFacts, CallSums, Gap, RegionSource, ScanFacts};
use account::judge;
use groups::Groups;

/// What reports render, without what grows with keys.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The document that `report.json` is, without its long lists.
    pub document: Overview,
    /// The findings in the groups people read, the most severe first.
    pub groups: Vec<FindingGroup>,
    /// What the exceptions of the configuration cover, by check and reason.
    pub accepted: Vec<Accepted>,
    /// What deserves a closer look.
    pub highlights: Highlights,
    /// From which percentage of a limit on a peak is a finding.
    pub threshold_percent: f64,
    /// The findings about the configuration, which are of no account.
    pub about_configuration: Vec<Finding>,
    /// The gaps that are of no account looked at: accounts that could not be listed or entered.
    pub scan_gaps: Vec<Gap>,
}

/// Adds up the accounts of a scan.
#[derive(Debug)]
pub struct Assessor<'a> {
    config: &'a Config,
    document: Overview,
    groups: Groups,
    highlights: Highlights,
    api_calls: CallSums,
    exceptions: ExceptionUse,
    scan_gaps: Vec<Gap>,
}

impl<'a> Assessor<'a> {
    /// An assessment of a scan, without any account yet.
    pub fn new(config: &'a Config, scan: ScanFacts) -> Self {
        let (scan_gaps, api_calls) = (scan.gaps(), scan.api_calls.clone());
        let mut assessor = Assessor {
            config,
            exceptions: ExceptionUse::default(),
            document: Document::new(scan, &scan_gaps),
            groups: Groups::default(),
            highlights: Highlights::default(),
            api_calls: CallSums::default(),
            scan_gaps,
        };
        assessor.api_calls.add(api_calls);
        assessor
    }

    /// Judges an account. Whoever writes down what it came to hands it on to [`Self::add`].
    pub fn judge(&self, account: &AccountFacts) -> AccountAssessment {
        judge(account, self.config, self.document.scan.as_of)
    }

    /// Adds an account. Its findings and keys are counted and let go.
    pub fn add(&mut self, mut account: AccountAssessment) {
        self.groups.add(&account.findings);
        let busy_pools = std::mem::take(&mut account.busy_pools);
        self.highlights.add(busy_pools, &account.findings);
        self.exceptions.add(&account.exceptions);
        let document = &mut self.document;
        document.summary.add(account.summary);
        for record in account.inventory.iter().filter_map(|row| row.config_record.as_ref()) {
            document.coverage.config_record.get_or_insert_default().merge(record);
        }
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
        self.api_calls.add(account.api_calls);
    }

    /// The finished assessment.
    pub fn finish(mut self) -> Assessment {
        let document = &mut self.document;
        document.api_calls = std::mem::take(&mut self.api_calls).into_rows();
        document.coverage.complete = document.covers_everything();
        let about_configuration = self.review_exceptions();
        let accepted = self.groups.accepted();
        Assessment {
            document: self.document,
            groups: self.groups.finish(),
            accepted,
            highlights: self.highlights,
            threshold_percent: self.config.quota.threshold_percent,
            about_configuration,
            scan_gaps: self.scan_gaps,
        }
    }

    /// Judges the exceptions of the configuration, now that all accounts have been.
    fn review_exceptions(&mut self) -> Vec<Finding> {
        let document = &mut self.document;
        let review = checks::review_exceptions(&ExceptionReview {
            config: self.config,
            used: &self.exceptions,
            accounts: &document.scan.accounts,
            as_of: document.scan.as_of,
            incomplete_because: if !document.coverage.complete {
                Some("not everything could be read")
            } else if document.scan.region_source == Some(RegionSource::Requested) {
                Some("only some Regions were looked at")
            } else {
                None
            },
        });
        for (row, tally) in document.assessments.iter_mut().zip(review.tallies) {
            row.add(tally);
        }
        for finding in &review.findings {
            document.summary.count_finding(finding);
        }
        self.groups.add(&review.findings);
        review.findings
    }
}
