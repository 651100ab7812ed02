//! The assessment: facts and findings brought together into the document that every report renders. Pure: no clock,
//! no network, no disk.

mod document;
mod groups;
mod inventory;
mod quotas;

pub use document::{
    AssessmentRow, Coverage, Document, HighestUtilization, InventoryRow, KeyRow, KeyStanding, QuotaRow,
    SCHEMA_VERSION, ScanSection, Summary, Tool, UsageState,
};
pub use groups::{FindingGroup, Place};

use std::collections::BTreeMap;

use crate::checks::{self, CHECKS, Check, Finding, Subject, Tally};
use crate::config::Config;
use crate::facts::{AccountFacts, ApiCalls, RegionState, ScanFacts, gaps};
use crate::severity::Severity;

/// What a report renders.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The document that `report.json` is.
    pub document: Document,
    /// Its findings in the groups people read, the most severe first.
    pub groups: Vec<FindingGroup>,
}

/// Judges the accounts of a scan. Each account is taken in, judged and let go.
pub struct Assessor<'a> {
    config: &'a Config,
    document: Document,
    tallies: Vec<Tally>,
}

impl<'a> Assessor<'a> {
    /// An assessment of a scan, without any account yet.
    pub fn new(config: &'a Config, scan: ScanFacts) -> Self {
        Assessor {
            config,
            document: Document::new(scan),
            tallies: Vec::new(),
        }
    }

    /// Judges one account.
    pub fn add(&mut self, account: &AccountFacts) {
        let document = &mut self.document;
        let judgement = checks::assess(&Subject::new(account, self.config, document.scan.as_of));
        document.findings.extend(judgement.findings);
        self.tallies.resize_with(CHECKS.len(), Tally::default);
        for (sum, tally) in self.tallies.iter_mut().zip(judgement.tallies) {
            sum.add(tally);
        }
        for region in account
            .regions
            .iter()
            .filter(|region| region.state == RegionState::Scanned)
        {
            let (row, keys) = inventory::rows(account, region, &self.config.justification);
            document.summary.count(&row);
            document.inventory.push(row);
            document.keys.extend(keys);
            document.quota.extend(quotas::rows(account, region));
        }
        document.summary.count_buckets(account);
        document.scan.note_regions(account);
        document.coverage.gaps.extend(gaps(account));
        document.coverage.fallbacks.extend(account.fallbacks.iter().cloned());
        add_calls(&mut document.api_calls, &account.api_calls);
    }

    /// The finished assessment.
    pub fn finish(self) -> Assessment {
        let mut document = self.document;
        document.findings.sort_by(|a, b| order(a).cmp(&order(b)));
        for severity in Severity::ALL {
            document.summary.findings.insert(severity.as_str().to_owned(), 0);
        }
        for finding in &document.findings {
            *document
                .summary
                .findings
                .entry(finding.severity.as_str().to_owned())
                .or_default() += 1;
        }
        document.summary.highest_utilization = quotas::highest(&document.quota);
        document.assessments = CHECKS
            .iter()
            .zip(self.tallies)
            .map(|(check, tally)| row(check, tally))
            .collect();
        // Where no Region was looked at, there was nothing to be complete about.
        document.coverage.complete =
            document.coverage.gaps.is_empty() && !document.scan.interrupted && !document.scan.regions.is_empty();
        let groups = groups::group(&document.findings);
        Assessment { document, groups }
    }
}

/// The most severe first, then as people look things up: check, account, Region, name.
fn order(finding: &Finding) -> impl Ord + '_ {
    let resource = &finding.resource;
    (
        std::cmp::Reverse(finding.severity),
        &finding.check,
        &resource.account_id,
        &resource.region,
        &resource.name,
        &resource.arn,
    )
}

fn row(check: &Check, tally: Tally) -> AssessmentRow {
    AssessmentRow {
        check: check.id.to_owned(),
        title: check.title.to_owned(),
        why: check.why.to_owned(),
        passed: tally.passed,
        failed: tally.failed,
        not_assessed: tally.not_assessed.values().sum(),
        not_assessed_because: tally.not_assessed,
        excepted: tally.excepted,
    }
}

/// Adds the calls of one account to those of others.
fn add_calls(all: &mut Vec<ApiCalls>, more: &[ApiCalls]) {
    let mut sums: BTreeMap<(String, String), ApiCalls> = BTreeMap::new();
    for calls in all.drain(..).chain(more.iter().cloned()) {
        let name = (calls.service.clone(), calls.operation.clone());
        match sums.get_mut(&name) {
            Some(sum) => {
                sum.calls += calls.calls;
                sum.throttled += calls.throttled;
                sum.retried += calls.retried;
            }
            None => {
                sums.insert(name, calls);
            }
        }
    }
    all.extend(sums.into_values());
}
