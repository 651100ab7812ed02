//! A `report.json`: it is read as a whole, and holds neither policies, descriptions, rotation nor buckets.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::folder::limit_source;
use super::view::{AccountView, KeyView, MetadataView, PeakView, QuotaView, RegionView, StandingView, Unassessed};
use super::{RunError, RunHead, not_seen};
use crate::assessment::{Document, InventoryRow, KeyRow, KeyStanding, QuotaRow, SCHEMA_VERSION, UsageState};
use crate::checks::Finding;
use crate::facts::{AccountId, Fact, Gap, Region, RegionState, Unavailable};
use crate::published::{KEY_MONTH, MicroDollars};
use crate::results::OpenFinding;

/// What a report lacks of what is compared.
const LACKS: &str = "key policies, descriptions, rotation and buckets: a report.json does not hold them";

/// A report.
#[derive(Debug)]
pub struct ReportFile(Document);

impl ReportFile {
    pub(super) fn open(path: &Path) -> Result<(RunHead, ReportFile), RunError> {
        let document: Document = read_report(path)?;
        let scan = &document.scan;
        let head = RunHead {
            accounts_not_seen: not_seen(&scan.accounts_skipped, &scan.accounts_not_entered),
            as_of: document.scan.as_of,
            tool: document.tool.clone(),
            sandbox: document.scan.sandbox.clone(),
            accounts: document.scan.accounts.iter().cloned().collect(),
            parameters: document.scan.parameters.clone(),
            checks: document.checks().map(str::to_owned).collect(),
            complete: document.coverage.complete,
            lacks: Some(LACKS),
        };
        Ok((head, ReportFile(document)))
    }

    pub(super) fn account(&self, id: &AccountId) -> AccountView {
        let document = &self.0;
        let gaps: Vec<Gap> = of_account(&document.coverage.gaps, id, |gap| &gap.account_id)
            .cloned()
            .collect();
        let mut regions: BTreeMap<Region, RegionView> = of_account(&document.inventory, id, |row| &row.account_id)
            .map(|row| (row.region.clone(), region_view(row, &gaps)))
            .collect();
        let not_enabled = document.scan.regions_not_enabled.iter();
        for region in not_enabled {
            regions
                .entry(region.clone())
                .or_insert_with(|| RegionView::empty(RegionState::NotEnabled));
        }
        for row in of_account(&document.keys, id, |row| &row.account_id) {
            if let Some(region) = regions.get_mut(&row.region) {
                region.keys.push(key_view(row, &gaps));
            }
        }
        for row in of_account(&document.quota, id, |row| &row.account_id) {
            if let Some(region) = regions.get_mut(&row.region) {
                region.quotas.insert(row.quota_code.clone(), quota_view(row, &gaps));
            }
        }
        for region in regions.values_mut() {
            region.keys.sort_by(|a, b| a.arn.cmp(&b.arn));
        }
        let findings = document.findings.iter();
        AccountView {
            account_id: id.clone(),
            region_source: document.scan.region_source,
            regions,
            bucket_listing: None,
            buckets: Vec::new(),
            findings: findings
                .filter(|finding| finding.resource.account_id.as_ref() == Some(id))
                .map(open)
                .collect(),
            unassessed: self.unassessed(),
            gaps,
        }
    }

    pub(super) fn findings_about_configuration(&self) -> Vec<OpenFinding> {
        let findings = self.0.findings.iter();
        findings
            .filter(|finding| finding.resource.account_id.is_none())
            .map(open)
            .collect()
    }

    /// A report counts what a check could not judge, and does not say what that was.
    fn unassessed(&self) -> HashMap<String, Unassessed> {
        let rows = self.0.assessments.iter().filter(|row| row.not_assessed > 0);
        rows.map(|row| {
            let because = "some resources of this check were not assessed, and a report.json does not say which; \
                           compare the folders of the runs";
            let unassessed = Unassessed {
                named: HashMap::new(),
                others: Some(because.to_owned()),
            };
            (row.check.clone(), unassessed)
        })
        .collect()
    }
}

/// Reads a report, or of it what the type asks for.
///
/// # Errors
/// When it cannot be read, or is not a report of this version.
pub(crate) fn read_report<K, F, G>(path: &Path) -> Result<Document<K, F, G>, RunError>
where
    Document<K, F, G>: serde::de::DeserializeOwned,
{
    let file = File::open(path).map_err(|source| RunError::File {
        path: path.to_owned(),
        source,
    })?;
    let document: Document<K, F, G> =
        serde_json::from_reader(BufReader::with_capacity(1 << 16, file)).map_err(|source| RunError::Report {
            path: path.to_owned(),
            source,
        })?;
    if document.schema_version != SCHEMA_VERSION {
        return Err(RunError::Version {
            path: path.to_owned(),
            found: document.schema_version,
        });
    }
    Ok(document)
}

fn of_account<'a, T>(
    rows: &'a [T],
    id: &'a AccountId,
    account: impl Fn(&T) -> &AccountId + 'a,
) -> impl Iterator<Item = &'a T> {
    rows.iter().filter(move |row| account(row) == id)
}

fn open(finding: &Finding) -> OpenFinding {
    OpenFinding {
        fingerprint: finding.fingerprint.clone(),
        check: finding.check.clone().into_owned(),
        severity: finding.severity,
        resource: finding.resource.clone(),
        exception: finding.exception.clone(),
    }
}

/// How a list of a Region ended, by the gaps.
fn listing(gaps: &[Gap], region: &Region, operation: &str) -> Fact<()> {
    let gap = gaps.iter().find(|gap| {
        gap.operation == operation && gap.resources.is_empty() && gap.region.as_ref().is_none_or(|of| of == region)
    });
    gap.map_or(Fact::Known(()), |gap| Fact::Unavailable(reason(gap)))
}

fn reason(gap: &Gap) -> Unavailable {
    Unavailable {
        operation: gap.operation.clone(),
        code: gap.error_code.clone(),
        message: gap.message.clone(),
    }
}

/// Why a fact of a resource is missing, by the gaps.
fn missing<T>(gaps: &[Gap], resource: &str, operation: &str) -> Fact<T> {
    let gap = gaps
        .iter()
        .find(|gap| gap.operation == operation && gap.resources.iter().any(|name| name == resource));
    gap.map_or(Fact::NotCollected, |gap| Fact::Unavailable(reason(gap)))
}

fn region_view(row: &InventoryRow, gaps: &[Gap]) -> RegionView {
    // A key of which is not known whether AWS manages it is in a number and not in the list.
    let listed = match row.unknown_manager {
        0 => listing(gaps, &row.region, "kms:ListKeys"),
        _ => listing(gaps, &row.region, "kms:ListAliases"),
    };
    RegionView {
        key_listing: match (row.complete && row.unknown_manager == 0, listed) {
            (true, _) => Fact::Known(()),
            (false, Fact::Known(())) => Fact::NotCollected,
            (false, unread) => unread,
        },
        alias_listing: listing(gaps, &row.region, "kms:ListAliases"),
        ..RegionView::empty(RegionState::Scanned)
    }
}

fn key_view(row: &KeyRow, gaps: &[Gap]) -> KeyView {
    let arn = row.arn.as_str();
    let metadata = match (&row.state, &row.multi_region_role) {
        (Some(state), Some(role)) => Fact::Known(MetadataView {
            state: state.clone(),
            deletion_date: None,
            description: None,
            role: role.clone(),
        }),
        _ => missing(gaps, arn, "kms:DescribeKey"),
    };
    let tags = match &row.tags {
        Some(tags) => Fact::Known(tags.clone()),
        None => missing(gaps, arn, "kms:ListResourceTags"),
    };
    let is_free = row.state.is_none() || row.standing == KeyStanding::PendingDeletion;
    KeyView {
        arn: row.arn.clone(),
        name: match row.aliases.first() {
            Some(alias) => alias.clone(),
            None => arn.rsplit('/').next().unwrap_or(arn).to_owned(),
        },
        aliases: row.aliases.clone(),
        standing: match (row.standing, &tags, &metadata) {
            (KeyStanding::NotAssessed, Fact::Unavailable(reason), _)
            | (KeyStanding::NotAssessed, _, Fact::Unavailable(reason)) => Fact::Unavailable(reason.clone()),
            (KeyStanding::NotAssessed, _, _) => Fact::NotCollected,
            (standing, _, _) => Fact::Known(StandingView {
                standing,
                justification: row.justification.clone(),
            }),
        },
        metadata,
        tags,
        policy: Fact::NotCollected,
        rotation: Fact::NotCollected,
        may_be_aws_managed: false,
        monthly_cost: if is_free { MicroDollars(0) } else { KEY_MONTH },
    }
}

fn quota_view(row: &QuotaRow, gaps: &[Gap]) -> QuotaView {
    let applied = listing(gaps, &row.region, "servicequotas:ListServiceQuotas");
    QuotaView {
        pool: row.pool.clone(),
        limit: row.limit_rps,
        source: limit_source(row.limit_source, applied.unavailable()),
        peak: match (row.usage, row.peak_rps, row.peak_at) {
            (UsageState::Measured, Some(peak_rps), Some(peak_at)) => Fact::Known(Some(PeakView {
                peak_rps,
                peak_at,
                utilization: row.utilization,
                limit_rps: row.limit_rps,
            })),
            (UsageState::NoDatapoints, _, _) => Fact::Known(None),
            _ => missing(gaps, &row.pool, "cloudwatch:GetMetricData"),
        },
    }
}

impl RegionView {
    fn empty(state: RegionState) -> Self {
        RegionView {
            state,
            key_listing: Fact::NotCollected,
            alias_listing: Fact::NotCollected,
            keys: Vec::new(),
            quotas: BTreeMap::new(),
        }
    }
}
