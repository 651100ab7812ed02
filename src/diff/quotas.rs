//! The request quotas of a Region, and how much of them was used.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{ChangeKind, Side};
use super::comparison::{About, Comparison};
use crate::facts::{AccountId, Arn, Fact, Region};
use crate::runs::{PeakView, QuotaView, RegionView};

/// Compares the quotas of a Region that both runs looked at.
pub(super) fn compare(
    comparison: &mut Comparison<'_>,
    account: &AccountId,
    region: &Region,
    old: &RegionView,
    new: &RegionView,
) {
    let codes: BTreeSet<&String> = old.quotas.keys().chain(new.quotas.keys()).collect();
    for code in codes {
        // The partition of the ARN is that of any key; where there is none, the code is enough.
        let partition = old.keys.iter().chain(&new.keys).find_map(|key| key.arn.partition());
        let arn = Arn::of_kms_quota(partition.unwrap_or("aws"), region, account, code);
        match (old.quotas.get(code), new.quotas.get(code)) {
            (Some(before), Some(after)) => compare_quota(comparison, about(region, &arn, after), before, after),
            // A quota that one run does not list had nothing to be said of it, unless it was used.
            (Some(quota), None) => only_in_one(comparison, about(region, &arn, quota), quota, Side::New),
            (None, Some(quota)) => only_in_one(comparison, about(region, &arn, quota), quota, Side::Old),
            (None, None) => {}
        }
    }
}

fn about<'a>(region: &'a Region, arn: &'a Arn, quota: &'a QuotaView) -> About<'a> {
    About {
        region: Some(region),
        resource: arn.as_str(),
        name: &quota.pool,
    }
}

fn only_in_one(comparison: &mut Comparison<'_>, about: About<'_>, quota: &QuotaView, absent_in: Side) {
    if let Fact::Known(Some(_)) = quota.peak {
        let because = "the quota is not in it".to_owned();
        comparison.not_comparable(
            "utilization of quotas",
            about.region,
            (absent_in, because),
            Some(about.name),
        );
    }
}

fn compare_quota(comparison: &mut Comparison<'_>, about: About<'_>, old: &QuotaView, new: &QuotaView) {
    if comparison
        .both("limits of quotas", about, &old.source, &new.source)
        .is_some()
        && old.limit != new.limit
    {
        comparison.change(ChangeKind::QuotaChanged, about, old.limit, new.limit);
    }
    let Some((old, new)) = comparison.both("utilization of quotas", about, &old.peak, &new.peak) else {
        return;
    };
    match (old, new) {
        (None, None) => {}
        (None, Some(peak)) => comparison.change(ChangeKind::UtilizationUp, about, Value::Null, peak),
        (Some(peak), None) => comparison.change(ChangeKind::UtilizationDown, about, peak, Value::Null),
        (Some(before), Some(after)) => {
            // Another minute that was as busy is not another utilization.
            let order = used(after).total_cmp(&used(before));
            if order.is_gt() {
                comparison.change(ChangeKind::UtilizationUp, about, before, after);
            } else if order.is_lt() {
                comparison.change(ChangeKind::UtilizationDown, about, before, after);
            }
        }
    }
}

/// How much of the limit was used; of an unusable limit, the rate.
fn used(peak: &PeakView) -> f64 {
    peak.utilization.unwrap_or(peak.peak_rps.0)
}
