//! The peak of each quota, as rows.

use super::rows::{QuotaRow, UsageState};
use crate::facts::{AccountFacts, Contributors, Fact, RegionFacts, RequestQuota};
use crate::model::Headroom;

/// The quotas of a Region that belong in a report: the cryptographic pools always, others where they have data. Where
/// it could not be found out whether they have, the gaps name them.
pub(super) fn rows<'a>(account: &'a AccountFacts, region: &'a RegionFacts) -> impl Iterator<Item = QuotaRow> + 'a {
    region
        .quotas
        .iter()
        .map(|quota| row(account, region, quota))
        .filter(|row| row.usage == UsageState::Measured || row.is_cryptographic)
        .map(|row| row.row)
}

struct Row {
    usage: UsageState,
    is_cryptographic: bool,
    row: QuotaRow,
}

fn row(account: &AccountFacts, region: &RegionFacts, quota: &RequestQuota) -> Row {
    let usage = quota.usage.known();
    let headroom = usage.and_then(|usage| Headroom::of(quota, usage));
    let state = match &quota.usage {
        Fact::Unavailable(_) | Fact::NotCollected => UsageState::Unavailable,
        Fact::Known(usage) if usage.peak.is_none() => UsageState::NoDatapoints,
        Fact::Known(_) => UsageState::Measured,
    };
    let row = QuotaRow {
        account_id: account.account_id.clone(),
        region: region.region.clone(),
        pool: quota.pool.clone(),
        quota_code: quota.code.clone(),
        limit_rps: quota.limit,
        limit_source: quota.limit_source,
        default_rps: quota.default,
        usage: state,
        peak_rps: usage.and_then(|usage| usage.peak_rate()),
        peak_at: usage.and_then(|usage| usage.peak).map(|peak| peak.at),
        utilization: headroom.map(|headroom| headroom.utilization),
        datapoints: usage.map(|usage| usage.datapoints),
        window_start: usage.map(|usage| usage.window_start),
        window_end: usage.map(|usage| usage.window_end),
        resolution_seconds: usage.map(|usage| usage.resolution_seconds),
        top_keys: quota.contributors.known().map(Contributors::keys),
    };
    Row {
        usage: state,
        is_cryptographic: quota.is_cryptographic(),
        row,
    }
}
