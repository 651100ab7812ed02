//! The request quotas alone, each held against a percentage: what `quota` says. Pure: no clock, no network, no disk.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::LookedAt;
use super::document::{Coverage, Document, GapSummary, Overview, ScanSection, Tool};
use super::quotas::{belongs_in_report, row};
use super::rows::QuotaRow;
use crate::facts::{AccountFacts, ApiCalls, CallSums, Fallback, Gap, RegionState, ScanFacts, gaps};
use crate::model::QuotaStanding;

/// The check of request quotas by `kms-audit quota`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "kms-audit quota")]
pub struct QuotaDocument {
    /// The version of this shape, "1".
    pub schema_version: String,
    /// What made the check.
    pub tool: Tool,
    /// When, by whom and how it was made: the same as `scan` in report.json.
    #[serde(flatten)]
    pub scan: ScanSection,
    /// The percentage of a limit that a peak is held against.
    pub threshold_percent: f64,
    /// The peak of each quota, and where it stands: the cryptographic pools always, other quotas where they have data or
    /// `--pool` names them. The fields of report.json's `quota`, and `top_keys` null: keys are not looked at.
    pub quota: Vec<CheckedQuota>,
    /// What could not be looked at of the quotas.
    pub coverage: Coverage,
    /// The footprint of the check: requests sent, retries included.
    pub api_calls: Vec<ApiCalls>,
}

/// The peak of a quota, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedQuota {
    /// The peak, as report.json has it.
    #[serde(flatten)]
    pub row: QuotaRow,
    /// Where it stands.
    pub verdict: QuotaVerdict,
    /// Why it was not assessed; null where it was.
    pub not_assessed_because: Option<String>,
}

/// Where the peak of a quota stands against the percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaVerdict {
    /// It is at or above it.
    Reached,
    /// It cannot be said. That is no pass.
    NotAssessed,
    /// It is below it.
    Below,
}

/// The quotas of one account, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountQuotas {
    /// The quotas that belong in the check.
    rows: Vec<CheckedQuota>,
    /// Every pool that AWS or this version names in a Region of the account.
    pools: BTreeSet<String>,
    gaps: Vec<Gap>,
    looked_at: LookedAt,
    fallbacks: Vec<Fallback>,
    api_calls: Vec<ApiCalls>,
}

/// Holds the quotas of an account against a percentage: those of the pools that are named, or of all where none is.
pub fn judge_quotas(mut account: AccountFacts, threshold_percent: f64, named: &BTreeSet<String>) -> AccountQuotas {
    let quotas = account.regions.iter().flat_map(|region| &region.quotas);
    let pools = quotas.map(|quota| quota.pool.clone()).collect();
    if !named.is_empty() {
        // What is wrong with another pool is no gap in this check.
        for region in &mut account.regions {
            region.quotas.retain(|quota| named.contains(&quota.pool));
        }
    }
    let mut rows = Vec::new();
    for region in account
        .regions
        .iter()
        .filter(|region| region.state == RegionState::Scanned)
    {
        for quota in &region.quotas {
            if !named.is_empty() || belongs_in_report(quota) {
                let standing = QuotaStanding::of(region, quota, threshold_percent);
                rows.push(CheckedQuota::new(row(&account, region, quota), &standing));
            }
        }
    }
    AccountQuotas {
        rows,
        pools,
        gaps: gaps(&account),
        looked_at: LookedAt::of(&account),
        fallbacks: account.fallbacks,
        api_calls: account.api_calls,
    }
}

impl CheckedQuota {
    fn new(row: QuotaRow, standing: &QuotaStanding<'_>) -> Self {
        CheckedQuota {
            row,
            verdict: match standing {
                QuotaStanding::Reached { .. } => QuotaVerdict::Reached,
                QuotaStanding::Below => QuotaVerdict::Below,
                QuotaStanding::NoDatapoints | QuotaStanding::NotAssessed(_) => QuotaVerdict::NotAssessed,
            },
            not_assessed_because: standing.not_assessed_because().map(str::to_owned),
        }
    }
}

/// What was found out of the quotas of all accounts.
#[derive(Clone, Debug)]
pub struct QuotaCheck {
    /// When, by whom and how, and what could not be read. It is without keys, buckets and quotas.
    pub overview: Overview,
    /// The percentage that peaks are held against.
    pub threshold_percent: f64,
    /// The quotas, account by account.
    pub rows: Vec<CheckedQuota>,
    /// What could not be read, with every resource it names.
    pub gaps: Vec<Gap>,
    /// Every pool that AWS or this version names.
    pub pools: BTreeSet<String>,
    /// Whether only the pools that were named are looked at.
    pub names_pools: bool,
}

impl QuotaCheck {
    /// Brings the accounts together, in the order in which they are given.
    pub fn new(
        scan: ScanFacts,
        threshold_percent: f64,
        named: &BTreeSet<String>,
        accounts: impl IntoIterator<Item = AccountQuotas>,
    ) -> QuotaCheck {
        let gaps = scan.gaps();
        let mut calls = CallSums::default();
        calls.add(scan.api_calls.clone());
        let mut check = QuotaCheck {
            overview: Document::new(scan, &[]),
            threshold_percent,
            rows: Vec::new(),
            gaps,
            pools: BTreeSet::new(),
            names_pools: !named.is_empty(),
        };
        // Nothing is checked but the quotas.
        check.overview.assessments.clear();
        for account in accounts {
            check.rows.extend(account.rows);
            check.gaps.extend(account.gaps);
            check.pools.extend(account.pools);
            check.overview.scan.note(account.looked_at);
            check.overview.coverage.fallbacks.extend(account.fallbacks);
            calls.add(account.api_calls);
        }
        check.overview.api_calls = calls.into_rows();
        check.overview.coverage.gaps = check.gaps.iter().cloned().map(GapSummary::from).collect();
        check.overview.coverage.complete = check.overview.covers_everything();
        check
    }

    /// How many quotas have this verdict.
    pub fn count(&self, verdict: QuotaVerdict) -> u64 {
        let rows = self.rows.iter().filter(|row| row.verdict == verdict);
        rows.count() as u64
    }

    /// The document that the check is in JSON.
    pub fn document(&self) -> QuotaDocument {
        let overview = &self.overview;
        QuotaDocument {
            schema_version: overview.schema_version.clone(),
            tool: overview.tool.clone(),
            scan: overview.scan.clone(),
            threshold_percent: self.threshold_percent,
            quota: self.rows.clone(),
            coverage: Coverage {
                config_record: None,
                complete: overview.coverage.complete,
                gaps: self.gaps.clone(),
                fallbacks: overview.coverage.fallbacks.clone(),
            },
            api_calls: overview.api_calls.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{account, denied, quota, region, scan};
    use crate::facts::{LimitSource, RequestQuota};

    fn management(busiest_minute: Option<f64>) -> RequestQuota {
        RequestQuota {
            code: "L-A2B0F7F2".into(),
            pool: "ListKeys".into(),
            ..quota(500.0, busiest_minute)
        }
    }

    fn check(quotas: Vec<RequestQuota>, named: &[&str]) -> QuotaCheck {
        let mut here = region([]);
        here.quotas = quotas;
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        QuotaCheck::new(scan(), 70.0, &named, [judge_quotas(account(here), 70.0, &named)])
    }

    fn verdicts(check: &QuotaCheck) -> Vec<(&str, QuotaVerdict)> {
        let rows = check.rows.iter();
        rows.map(|row| (row.row.pool.as_str(), row.verdict)).collect()
    }

    #[test]
    fn a_quota_whose_use_was_denied_is_not_assessed_and_a_gap() {
        let mut unread = quota(10_000.0, None);
        unread.usage = denied("cloudwatch:GetMetricData");
        let check = check(vec![unread], &[]);
        assert_eq!(
            verdicts(&check),
            [("CryptographicOperationsSymmetric", QuotaVerdict::NotAssessed)]
        );
        assert_eq!((check.gaps.len(), check.overview.coverage.complete), (1, false));
    }

    #[test]
    fn no_datapoints_is_not_assessed_and_no_gap() {
        let check = check(vec![quota(10_000.0, None), management(None)], &[]);
        assert_eq!(
            verdicts(&check),
            [("CryptographicOperationsSymmetric", QuotaVerdict::NotAssessed)]
        );
        assert!(check.gaps.is_empty() && check.overview.coverage.complete);
    }

    #[test]
    fn a_pool_that_is_named_is_there_with_data_or_without_and_the_others_are_no_gap() {
        let mut unread = quota(10_000.0, None);
        unread.applied_value = denied("servicequotas:ListServiceQuotas");
        let check = check(vec![unread, management(None)], &["ListKeys"]);
        assert_eq!(verdicts(&check), [("ListKeys", QuotaVerdict::NotAssessed)]);
        assert!(check.gaps.is_empty());
        assert_eq!(check.pools.len(), 2);
    }

    #[test]
    fn a_low_peak_is_no_pass_where_the_limit_is_not_the_accounts_own() {
        let mut guessed = quota(10_000.0, Some(60.0));
        guessed.limit_source = LimitSource::Builtin;
        let check = check(vec![guessed, management(Some(60.0))], &[]);
        let because = check.rows[0].not_assessed_because.as_deref();
        assert_eq!(because, Some("the value applied to the account could not be read"));
        assert_eq!(check.rows[1].verdict, QuotaVerdict::Below);
    }

    #[test]
    fn the_document_has_the_rows_of_a_report_with_their_verdicts() {
        let check = check(vec![quota(10_000.0, Some(420_000.0))], &[]);
        let document = serde_json::to_value(check.document()).unwrap();
        assert_eq!(document["as_of"], "2026-06-15T06:00:00Z");
        let mut row = document["quota"][0].clone();
        let fields = row.as_object_mut().unwrap();
        assert_eq!(fields.remove("verdict").unwrap(), "reached");
        assert!(fields.remove("not_assessed_because").unwrap().is_null());
        let row: QuotaRow = serde_json::from_value(row).unwrap();
        assert_eq!(row, check.rows[0].row);
    }
}
