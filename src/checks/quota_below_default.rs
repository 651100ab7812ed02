//! `quota-below-default`: an account that may ask less of KMS than AWS gives everyone.

use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Subject};
use crate::facts::{Fact, LimitSource, RegionFacts, RequestQuota, RequestsPerSecond};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "quota-below-default",
    title: "Request quota below the AWS default",
    severity: Severity::Medium,
    why: "Everyone who plans for load reads the default in the AWS documentation. An account with less is throttled \
          earlier than they expect, and nothing says so until then.",
    remediation: "Find out whether it is kept low on purpose. If not, ask for at least the default in Service Quotas, \
                  or with AWS Support where the console offers no increase, before the next launch or migration.",
    settings: &[],
    page: include_str!("../../docs/checks/quota-below-default.md"),
    assess,
};

/// How far the same value can differ after both were converted to seconds.
const ROUNDING: f64 = 1e-9;

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for region in subject.regions() {
        for quota in &region.quotas {
            match compare(region, quota) {
                Ok(Some(default)) => {
                    let resource = outcomes.quota(&region.region, quota);
                    outcomes.fail(resource, failure(quota, default));
                }
                Ok(None) => outcomes.pass(),
                Err(because) => outcomes.quota_not_assessed(&region.region, quota, because),
            }
        }
    }
}

/// The default that the applied value is below, if it is.
fn compare(region: &RegionFacts, quota: &RequestQuota) -> Result<Option<RequestsPerSecond>, String> {
    read(&region.applied_quotas, "the values applied to the account")?;
    read(&region.default_quotas, "the AWS defaults")?;
    if let Some(reason) = quota.applied_value.unavailable() {
        return Err(format!("its value could not be read: {}", reason.code));
    }
    let Some(default) = quota.default else {
        return Err("the AWS default was not among those that were read".to_owned());
    };
    let is_below = quota.limit_source == LimitSource::Applied && quota.limit.0 < default.0 * (1.0 - ROUNDING);
    Ok(is_below.then_some(default))
}

fn read(listing: &Fact<()>, what: &str) -> Result<(), String> {
    match listing {
        Fact::Known(()) => Ok(()),
        Fact::Unavailable(reason) => Err(format!("{what} could not be read: {}", reason.code)),
        Fact::NotCollected => Err(format!("{what} were not collected")),
    }
}

fn failure(quota: &RequestQuota, default: RequestsPerSecond) -> Failure {
    Failure {
        detail: format!(
            "The account may make {} requests/s, and the AWS default of the Region is {default}.",
            quota.limit
        ),
        observed: observed! {
            "pool": quota.pool,
            "quota_code": quota.code,
            "quota_name": quota.name,
            "applied_rps": quota.limit,
            "default_rps": default,
            "peak_rps": quota.usage.known().and_then(|usage| usage.peak_rate()),
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::examples::{account, denied, quota, region};

    fn judged(applied: f64, change: impl FnOnce(&mut RegionFacts)) -> Judged {
        let mut here = region([]);
        here.quotas = vec![quota(applied, Some(60.0))];
        here.quotas[0].default = Some(RequestsPerSecond(10_000.0));
        change(&mut here);
        judge(&CHECK, account(here))
    }

    #[test]
    fn less_than_the_default_fails_and_the_default_itself_does_not() {
        let below = judged(9_999.0, |_| {});
        assert_eq!(below.tally.failed, 1);
        assert_eq!(
            below.findings[0].detail,
            "The account may make 9,999 requests/s, and the AWS default of the Region is 10,000."
        );
        assert_eq!(judged(10_000.0, |_| {}).tally.passed, 1);
        assert_eq!(judged(25_000.0, |_| {}).tally.passed, 1);
    }

    #[test]
    fn the_same_value_for_another_period_is_not_below() {
        // 600,000 a minute, and as a tenth of 100,000.
        let judged = judged(100_000.0 * 0.1, |here| {
            here.quotas[0].default = Some(RequestsPerSecond(600_000.0 / 60.0));
        });
        assert_eq!(judged.tally.passed, 1);
    }

    #[test]
    fn a_quota_without_an_applied_value_has_the_default() {
        let judged = judged(10_000.0, |here| {
            here.quotas[0].limit_source = LimitSource::Default;
            here.quotas[0].applied_value = Fact::NotCollected;
        });
        assert_eq!(judged.tally.passed, 1);
    }

    #[test]
    fn it_is_not_assessed_unless_both_were_read() {
        let changes: [fn(&mut RegionFacts); 4] = [
            |here| here.applied_quotas = denied("servicequotas:ListServiceQuotas"),
            |here| here.default_quotas = denied("servicequotas:ListAWSDefaultServiceQuotas"),
            |here| here.quotas[0].applied_value = denied("servicequotas:ListServiceQuotas"),
            |here| here.quotas[0].default = None,
        ];
        for change in changes {
            let judged = judged(1.0, change);
            assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
        }
    }
}
