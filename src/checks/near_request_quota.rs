//! `near-request-quota`: a peak that came close to a request quota, or to the limit of a custom key store.

mod contributors;
mod key_store;

use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::{Fact, LimitSource, RegionFacts, RequestQuota, Usage};
use crate::model::{Headroom, QuotaStanding, limit_is_certain};
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
    let threshold = subject.config.quota.threshold_percent;
    for region in subject.regions() {
        for quota in &region.quotas {
            judge(region, quota, threshold, outcomes);
        }
        match &region.custom_key_stores {
            Fact::Known(stores) => {
                for store in stores {
                    key_store::judge(region, store, threshold, outcomes);
                }
            }
            Fact::Unavailable(reason) => {
                outcomes.not_assessed(format!("its custom key stores could not be read: {}", reason.code));
            }
            // No key lies in one.
            Fact::NotCollected => {}
        }
    }
}

fn judge(region: &RegionFacts, quota: &RequestQuota, threshold: f64, outcomes: &mut Outcomes<'_>) {
    let standing = QuotaStanding::of(region, quota, threshold);
    match &standing {
        QuotaStanding::Reached { usage, headroom } => {
            let resource = outcomes.quota(&region.region, quota);
            let certain = limit_is_certain(region, quota);
            let mut failure = failure(quota, usage, headroom, threshold, certain);
            contributors::name(&mut failure, region, quota, usage, headroom);
            outcomes.fail(resource, failure);
        }
        QuotaStanding::Below => outcomes.pass(),
        // Of the management quotas, which are only in the report where they have data, there is nothing to say.
        QuotaStanding::NoDatapoints if !quota.is_cryptographic() => {}
        QuotaStanding::NoDatapoints | QuotaStanding::NotAssessed(_) => {
            let because = standing.not_assessed_because().unwrap_or_default();
            outcomes.quota_not_assessed(&region.region, quota, because);
        }
    }
}

fn severity(headroom: &Headroom) -> Severity {
    if headroom.reaches(CRITICAL_PERCENT) {
        Severity::Critical
    } else if headroom.reaches(HIGH_PERCENT) {
        Severity::High
    } else {
        CHECK.severity
    }
}

fn failure(quota: &RequestQuota, usage: &Usage, headroom: &Headroom, threshold: f64, certain: bool) -> Failure {
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
        severity: Some(severity(headroom)),
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
    use crate::facts::examples::{account, custom_key_store, denied, quota, region};

    fn severity_at(sum: f64) -> Option<Severity> {
        let mut here = region([]);
        here.quotas = vec![quota(10_000.0, Some(sum))];
        judge(&CHECK, account(here))
            .findings
            .first()
            .map(|finding| finding.severity)
    }

    #[test]
    fn severity_rises_at_seventy_ninety_and_a_hundred_percent() {
        assert_eq!(severity_at(419_940.0), None, "69.99 %");
        assert_eq!(severity_at(420_000.0), Some(Severity::Medium));
        assert_eq!(severity_at(540_000.0), Some(Severity::High));
        assert_eq!(severity_at(600_000.0), Some(Severity::Critical));
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
    fn of_store(busiest_minute: Option<f64>, throttled: Option<f64>) -> super::super::fixtures::Judged {
        let mut here = region([]);
        here.custom_key_stores = Fact::Known(vec![custom_key_store(busiest_minute, throttled)]);
        judge(&CHECK, account(here))
    }

    #[test]
    fn a_custom_key_store_is_held_against_its_own_limit() {
        assert_eq!(of_store(Some(75_592.0), None).tally.passed, 1, "69.99 %");
        let judged = of_store(Some(75_600.0), None);
        assert_eq!(judged.findings[0].severity, Severity::Medium, "70 %");
        assert_eq!(judged.findings[0].resource.kind, "kms-custom-key-store");
        assert_eq!(
            judged.findings[0].resource.arn.as_str(),
            "arn:aws:kms:eu-west-3:111122223333:custom-key-store/cks-1234567890abcdef0"
        );
        assert!(judged.findings[0].detail.contains("70 % of the 1,800 requests/s"));
    }

    #[test]
    fn a_throttled_custom_key_store_is_critical_whatever_its_peak() {
        let judged = of_store(Some(60.0), Some(1.0));
        assert_eq!(judged.findings[0].severity, Severity::Critical);
        assert!(judged.findings[0].detail.starts_with("KMS throttled requests"));
        assert_eq!(of_store(Some(60.0), Some(0.0)).tally.passed, 1);
    }

    #[test]
    fn a_custom_key_store_of_which_something_was_denied_is_not_assessed_unless_the_rest_says_enough() {
        let mut store = custom_key_store(Some(60.0), None);
        store.throttled = denied("cloudwatch:GetMetricData");
        let mut here = region([]);
        here.custom_key_stores = Fact::Known(vec![store.clone()]);
        let judged = judge(&CHECK, account(here.clone()));
        assert_eq!((judged.tally.passed, judged.tally.not_assessed.len()), (0, 1));
        store.usage = denied("cloudwatch:GetMetricData");
        store.throttled = custom_key_store(None, Some(7.0)).throttled;
        here.custom_key_stores = Fact::Known(vec![store]);
        let judged = judge(&CHECK, account(here.clone()));
        assert!(judged.findings[0].detail.contains("is not known"));
        here.custom_key_stores = denied("kms:DescribeCustomKeyStores");
        assert_eq!(judge(&CHECK, account(here)).tally.not_assessed.len(), 1);
    }

    #[test]
    fn an_idle_custom_key_store_is_neither_pass_nor_fail() {
        let judged = of_store(None, None);
        assert_eq!((judged.tally.passed, judged.tally.failed), (0, 0));
        assert_eq!(judged.tally.not_assessed.len(), 1);
    }
}
