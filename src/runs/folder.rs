//! The folder of a run: its snapshot, its results and its manifest.

use std::collections::HashMap;
use std::path::Path;

use super::view::{
    AccountView, BucketView, KeyView, MetadataView, PeakView, QuotaView, RegionView, RotationView, StandingView,
    Unassessed,
};
use super::{RunError, RunHead, not_seen};
use crate::assessment::{KeyStanding, role};
use crate::evidence::read_manifest;
use crate::facts::{
    AccountFacts, AccountId, Arn, Bucket, Fact, Key, KeyMetadata, LimitSource, RegionFacts, RequestQuota,
    Unavailable, gaps,
};
use crate::model::{Headroom, monthly_cost};
use crate::results::{OpenFinding, Results};
use crate::snapshot::SnapshotReader;

/// The folder of a run.
#[derive(Debug)]
pub(super) struct Folder {
    snapshot: SnapshotReader,
    results: Results,
}

pub(super) fn open(path: &Path) -> Result<(RunHead, Folder), RunError> {
    let manifest = read_manifest(path)?;
    let snapshot = SnapshotReader::open(&path.join("snapshot"))?;
    let head = RunHead {
        accounts_not_seen: not_seen(&snapshot.scan.accounts_skipped, &snapshot.scan.accounts_not_entered),
        as_of: manifest.as_of,
        tool: manifest.tool,
        sandbox: manifest.sandbox,
        accounts: manifest.accounts.into_iter().collect(),
        parameters: manifest.parameters,
        checks: manifest.checks.into_iter().collect(),
        complete: manifest.coverage_complete,
        lacks: None,
    };
    let folder = Folder {
        snapshot,
        results: Results::in_folder(path),
    };
    Ok((head, folder))
}

impl Folder {
    pub(super) fn account(&self, id: &AccountId) -> Result<AccountView, RunError> {
        let facts = self.snapshot.account(id)?;
        let mut standings = HashMap::new();
        for row in self.results.standings(id) {
            let row = row?;
            let standing = StandingView {
                standing: row.standing,
                justification: row.justification,
            };
            standings.insert(row.arn, standing);
        }
        let mut unassessed: HashMap<String, Unassessed> = HashMap::new();
        for row in self.results.unassessed(id) {
            let row = row?;
            let of_check = unassessed.entry(row.check).or_default();
            match row.resource {
                Some(resource) => {
                    of_check.named.insert(resource, row.because);
                }
                None => of_check.others = Some(row.because),
            }
        }
        let findings = self.results.open_findings(id).collect::<Result<_, _>>()?;
        Ok(view(facts, standings, findings, unassessed))
    }

    pub(super) fn findings_about_configuration(&self) -> Result<Vec<OpenFinding>, RunError> {
        Ok(self
            .results
            .open_findings_about_configuration()
            .collect::<Result<_, _>>()?)
    }
}

fn view(
    facts: AccountFacts,
    mut standings: HashMap<Arn, StandingView>,
    findings: Vec<OpenFinding>,
    unassessed: HashMap<String, Unassessed>,
) -> AccountView {
    let gaps = gaps(&facts);
    let partition = facts.partition;
    let regions = facts.regions.into_iter();
    let bucket = |bucket: Bucket| BucketView {
        arn: Arn::of_bucket(&partition, &bucket.name),
        name: bucket.name,
        region: bucket.region,
        encryption: bucket.encryption,
    };
    AccountView {
        account_id: facts.account_id,
        region_source: Some(facts.region_source),
        regions: regions
            .map(|region| (region.region.clone(), region_view(region, &mut standings)))
            .collect(),
        bucket_listing: Some(facts.bucket_listing),
        buckets: facts.buckets.into_iter().map(bucket).collect(),
        findings,
        unassessed,
        gaps,
    }
}

fn region_view(facts: RegionFacts, standings: &mut HashMap<Arn, StandingView>) -> RegionView {
    let quotas = facts
        .quotas
        .iter()
        .map(|quota| (quota.code.clone(), quota_view(&facts, quota)))
        .collect();
    let aliases_are_known = facts.alias_listing.known().is_some();
    let mut keys: Vec<KeyView> = facts
        .keys
        .into_iter()
        .map(|key| {
            let standing = standings.remove(&key.arn);
            key_view(key, standing, aliases_are_known)
        })
        .collect();
    keys.sort_by(|a, b| a.arn.cmp(&b.arn));
    RegionView {
        state: facts.state,
        key_listing: facts.key_listing,
        alias_listing: facts.alias_listing,
        keys,
        quotas,
    }
}

fn key_view(key: Key, standing: Option<StandingView>, aliases_are_known: bool) -> KeyView {
    let monthly_cost = monthly_cost(&key);
    let may_be_aws_managed = key.metadata.known().is_none() && !aliases_are_known;
    let standing = match standing {
        None => Fact::NotCollected,
        Some(standing) if standing.standing == KeyStanding::NotAssessed => {
            let unread = key.tags.unavailable().or(key.metadata.unavailable());
            unread.cloned().map_or(Fact::NotCollected, Fact::Unavailable)
        }
        Some(standing) => Fact::Known(standing),
    };
    KeyView {
        arn: key.arn,
        name: key.aliases.first().cloned().unwrap_or(key.key_id),
        aliases: key.aliases,
        metadata: key.metadata.map(metadata_view),
        tags: key.tags,
        policy: key.details.policy,
        rotation: key.details.automatic_rotation.map(|rotation| RotationView {
            enabled: rotation.enabled,
            period_days: rotation.period_days,
        }),
        standing,
        may_be_aws_managed,
        monthly_cost,
    }
}

fn metadata_view(metadata: KeyMetadata) -> MetadataView {
    MetadataView {
        role: role(&metadata).to_owned(),
        state: metadata.state.as_str().to_owned(),
        deletion_date: metadata.deletion_date,
        description: Some(metadata.description),
    }
}

fn quota_view(region: &RegionFacts, quota: &RequestQuota) -> QuotaView {
    let unread = quota
        .applied_value
        .unavailable()
        .or(region.applied_quotas.unavailable());
    QuotaView {
        pool: quota.pool.clone(),
        limit: quota.limit,
        source: limit_source(quota.limit_source, unread),
        peak: quota.usage.as_ref().map(|usage| {
            usage.peak.map(|peak| PeakView {
                peak_rps: usage.rate(peak),
                peak_at: peak.at,
                utilization: Headroom::of(quota, usage).map(|headroom| headroom.utilization),
                limit_rps: quota.limit,
            })
        }),
    }
}

/// Whether a limit is one that can be compared: a stand-in for an applied value that could not be read is not.
pub(super) fn limit_source(source: LimitSource, unread: Option<&Unavailable>) -> Fact<LimitSource> {
    match (source, unread) {
        (LimitSource::Applied, _) => Fact::Known(source),
        (_, Some(reason)) => Fact::Unavailable(reason.clone()),
        // The table in the program says nothing about the account.
        (LimitSource::Builtin, None) => Fact::NotCollected,
        (LimitSource::Default, None) => Fact::Known(source),
    }
}
