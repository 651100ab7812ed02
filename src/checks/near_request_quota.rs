//! `near-request-quota`: a peak that came close to a request quota.

use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::{Fact, LimitSource, RegionFacts, RequestQuota, Usage};
use crate::model::Headroom;
use crate::numbers::percent;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "near-request-quota",
    title: "Peak request rate near the request quota",
    severity: Severity::Medium,
    why: "The quota is shared by all keys and all callers of the account in the Region, AWS services on its behalf \
          included. Past it, KMS throttles whoever comes next: reads of SSE-KMS objects fail with 503 SlowDown. At \
          70 % a team is one batch job away from that.",
    remediation: "Find out who makes the peak and spread it; switch on S3 Bucket Keys where they are safe; cache data \
                  keys where the application calls KMS itself; ask for a higher quota before the next peak, not \
                  after it. More keys do not help: they share this quota.",
    settings: &[],
    page: include_str!("../../docs/checks/near-request-quota.md"),
    assess,
};

/// The percentages from which a peak is more than the check's own severity.
const HIGH_PERCENT: f64 = 90.0;
const CRITICAL_PERCENT: f64 = 100.0;

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for region in subject.regions() {
        for quota in &region.quotas {
            match &quota.usage {
                Fact::Known(usage) => judge(region, quota, usage, subject.config.quota.threshold_percent, outcomes),
                Fact::Unavailable(reason) => {
                    let because = format!("its use could not be read: {}", reason.code);
                    outcomes.quota_not_assessed(&region.region, quota, because);
                }
                Fact::NotCollected => {
                    outcomes.quota_not_assessed(&region.region, quota, "its use was not collected");
                }
            }
        }
    }
}

fn judge(region: &RegionFacts, quota: &RequestQuota, usage: &Usage, threshold: f64, outcomes: &mut Outcomes<'_>) {
    let Some(headroom) = Headroom::of(quota, usage) else {
        if usage.peak.is_some() {
            outcomes.quota_not_assessed(&region.region, quota, "its limit is unknown or zero");
            return;
        }
        // No use, or none that the metric shows: neither is a pass. Of the management quotas, which are only in the
        // report where they have data, there is nothing to say.
        if quota.is_cryptographic() {
            let because = "its usage metric has no datapoints in the window";
            outcomes.quota_not_assessed(&region.region, quota, because);
        }
        return;
    };
    let certain = limit_is_certain(region, quota);
    if headroom.reaches(threshold) {
        let resource = outcomes.quota(&region.region, quota);
        outcomes.fail(resource, failure(quota, usage, &headroom, threshold, certain));
    } else if certain {
        outcomes.pass();
    } else {
        let because = "the value applied to the account could not be read";
        outcomes.quota_not_assessed(&region.region, quota, because);
    }
}

/// Whether the limit is the account's own: the applied value, or the AWS default where Service Quotas was read and
/// holds no applied value.
fn limit_is_certain(region: &RegionFacts, quota: &RequestQuota) -> bool {
    if quota.applied_value.unavailable().is_some() {
        return false;
    }
    match quota.limit_source {
        LimitSource::Applied => true,
        LimitSource::Default => region.applied_quotas.known().is_some(),
        LimitSource::Builtin => false,
    }
}

fn failure(quota: &RequestQuota, usage: &Usage, headroom: &Headroom, threshold: f64, certain: bool) -> Failure {
    let severity = if headroom.reaches(CRITICAL_PERCENT) {
        Severity::Critical
    } else if headroom.reaches(HIGH_PERCENT) {
        Severity::High
    } else {
        CHECK.severity
    };
    let rate = usage.rate(headroom.peak);
    let mut source = match quota.limit_source {
        LimitSource::Applied => "the quota applied to the account",
        LimitSource::Default => "the AWS default of the Region",
        LimitSource::Builtin => "the default built into this program",
    }
    .to_owned();
    if !certain {
        source.push_str("; the account's own limit could not be read and may be higher");
    }
    Failure {
        severity: Some(severity),
        detail: format!(
            "In the minute of {} there were {rate} requests/s, {} of {} requests/s ({source}). The figure is \
             the average of that minute and so a lower bound: a burst shorter than a minute was higher.",
            headroom.peak.at,
            percent(headroom.utilization),
            quota.limit,
        ),
        observed: observed! {
            "pool": quota.pool,
            "quota_code": quota.code,
            "quota_name": quota.name,
            "limit_rps": quota.limit,
            "limit_source": quota.limit_source,
            "peak_rps": rate,
            "peak_at": headroom.peak.at,
            "utilization": headroom.utilization,
            "threshold_percent": threshold,
            "window_start": usage.window_start,
            "window_end": usage.window_end,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::examples::{account, denied, quota, region};

    fn severity(sum: f64) -> Option<Severity> {
        let mut here = region([]);
        here.quotas = vec![quota(10_000.0, Some(sum))];
        judge(&CHECK, account(here))
            .findings
            .first()
            .map(|finding| finding.severity)
    }

    #[test]
    fn severity_rises_at_seventy_ninety_and_a_hundred_percent() {
        assert_eq!(severity(419_940.0), None, "69.99 %");
        assert_eq!(severity(420_000.0), Some(Severity::Medium));
        assert_eq!(severity(540_000.0), Some(Severity::High));
        assert_eq!(severity(600_000.0), Some(Severity::Critical));
    }

    #[test]
    fn no_datapoints_is_neither_pass_nor_fail() {
        let mut here = region([]);
        here.quotas = vec![quota(10_000.0, None)];
        let judged = judge(&CHECK, account(here));
        assert_eq!((judged.tally.passed, judged.tally.failed), (0, 0));
        assert_eq!(judged.tally.not_assessed.values().sum::<u64>(), 1);
    }

    #[test]
    fn use_that_was_denied_is_not_assessed() {
        let mut here = region([]);
        here.quotas = vec![quota(10_000.0, None)];
        here.quotas[0].usage = denied("cloudwatch:GetMetricData");
        assert_eq!(judge(&CHECK, account(here)).tally.not_assessed.len(), 1);
    }

    #[test]
    fn a_low_peak_is_no_pass_while_the_applied_quota_is_unknown() {
        let mut here = region([]);
        here.applied_quotas = denied("servicequotas:ListServiceQuotas");
        here.quotas = vec![quota(10_000.0, Some(60.0))];
        here.quotas[0].limit_source = LimitSource::Builtin;
        let judged = judge(&CHECK, account(here.clone()));
        assert_eq!((judged.tally.passed, judged.tally.not_assessed.len()), (0, 1));
        here.quotas = vec![quota(10_000.0, Some(600_000.0))];
        here.quotas[0].limit_source = LimitSource::Builtin;
        let judged = judge(&CHECK, account(here));
        assert!(
            judged.findings[0].detail.contains("may be higher"),
            "a high one is a finding that says so"
        );
    }
}
