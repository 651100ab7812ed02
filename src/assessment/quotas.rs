//! The peak of each quota, as rows.

use super::rows::{QuotaRow, UsageState};
use crate::facts::{AccountFacts, Contributors, Fact, RegionFacts, RequestQuota};
use crate::model::Headroom;

/// The quotas of a Region that belong in a report: the cryptographic pools always, others where they have data. Where
/// it could not be found out whether they have, the gaps name them.
pub(super) fn rows<'a>(account: &'a AccountFacts, region: &'a RegionFacts) -> impl Iterator<Item = QuotaRow> + 'a {
    let belonging = region.quotas.iter().filter(|quota| belongs_in_report(quota));
    belonging.map(|quota| row(account, region, quota))
}

/// Whether a quota belongs in every report.
pub(super) fn belongs_in_report(quota: &RequestQuota) -> bool {
    quota.is_cryptographic() || state(quota) == UsageState::Measured
}

fn state(quota: &RequestQuota) -> UsageState {
    match &quota.usage {
        Fact::Unavailable(_) | Fact::NotCollected => UsageState::Unavailable,
        Fact::Known(usage) if usage.peak.is_none() => UsageState::NoDatapoints,
        Fact::Known(_) => UsageState::Measured,
    }
}

/// The row of a quota.
pub(super) fn row(account: &AccountFacts, region: &RegionFacts, quota: &RequestQuota) -> QuotaRow {
    let usage = quota.usage.known();
    let headroom = usage.and_then(|usage| Headroom::of(quota, usage));
    QuotaRow {
        account_id: account.account_id.clone(),
        region: region.region.clone(),
        pool: quota.pool.clone(),
        quota_code: quota.code.clone(),
        limit_rps: quota.limit,
        limit_source: quota.limit_source,
        default_rps: quota.default,
        usage: state(quota),
        peak_rps: usage.and_then(|usage| usage.peak_rate()),
        peak_at: usage.and_then(|usage| usage.peak).map(|peak| peak.at),
        utilization: headroom.map(|headroom| headroom.utilization),
        datapoints: usage.map(|usage| usage.datapoints),
        window_start: usage.map(|usage| usage.window_start),
        window_end: usage.map(|usage| usage.window_end),
        resolution_seconds: usage.map(|usage| usage.resolution_seconds),
        top_keys: quota.contributors.known().map(Contributors::keys),
    }
}
