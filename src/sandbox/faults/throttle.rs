//! Request rates, and what services say to those who exceed them.

use super::super::catalogue;
use super::super::service::{Refusal, Service};
use super::Asked;
use super::Subject;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A token bucket for each operation of each account in each Region.
#[derive(Debug)]
pub(in crate::sandbox) struct Throttle {
    /// Requests a second; the published quotas where there is none.
    rate: Option<f64>,
    /// How many requests fit a full bucket; those of a second where nothing is said.
    burst: Option<NonZeroU32>,
    // Not governor's own keyed limiter: its keys all have one rate, and operations have theirs.
    buckets: Mutex<HashMap<Place, DefaultDirectRateLimiter>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    service: &'static str,
    operation: String,
    account: String,
    region: String,
}

impl Throttle {
    pub fn new(rate: Option<f64>, burst: Option<NonZeroU32>) -> Throttle {
        Throttle {
            rate,
            burst,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token from the bucket, and says whether there was none.
    pub(super) fn is_exceeded(&self, call: &Asked<'_>, subject: &Subject<'_>) -> bool {
        let rate = self.rate.or_else(|| published_rate(call.service, subject.operation));
        let Some(quota) = rate.and_then(|rate| self.quota(rate)) else {
            return false;
        };
        let place = Place {
            service: call.service.action_prefix(),
            operation: subject.operation.to_owned(),
            account: call.account.to_owned(),
            region: call.region.to_owned(),
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(place).or_insert_with(|| RateLimiter::direct(quota));
        bucket.check().is_err()
    }

    fn quota(&self, rate: f64) -> Option<Quota> {
        let second = NonZeroU32::new(rate as u32).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / rate))?;
        Some(quota.allow_burst(self.burst.unwrap_or(second)))
    }
}

/// The request quotas that AWS publishes for an account in a Region, a second, beside those of the KMS catalogue.
///
/// - account: <https://docs.aws.amazon.com/accounts/latest/reference/quotas.html>
/// - cloudtrail: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
/// - cloudwatch: <https://docs.aws.amazon.com/general/latest/gr/cw_region.html>
/// - kms: <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>, for what has no quota code
/// - servicequotas: <https://docs.aws.amazon.com/servicequotas/latest/userguide/reference_limits.html>
/// - sts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, which counts its operations
///   together and not, as here, each by itself
///
/// None is published for the operations of S3 that this AWS answers.
const PUBLISHED: &[(&str, &str, f64)] = &[
    ("account", "ListRegions", 5.0),
    ("cloudtrail", "DescribeTrails", 10.0),
    ("cloudtrail", "GetEventSelectors", 10.0),
    ("cloudtrail", "GetTrailStatus", 10.0),
    ("cloudwatch", "DescribeAlarms", 9.0),
    ("cloudwatch", "GetMetricData", 500.0),
    ("cloudwatch", "ListMetrics", 25.0),
    ("kms", "GetKeyLastUsage", 5.0),
    ("servicequotas", "ListAWSDefaultServiceQuotas", 10.0),
    ("servicequotas", "ListServiceQuotas", 10.0),
    ("sts", "AssumeRole", 600.0),
    ("sts", "GetCallerIdentity", 600.0),
];

/// The published request quota of an operation, a second, for an account in a Region.
pub(in crate::sandbox) fn published_rate(service: Service, operation: &str) -> Option<f64> {
    let prefix = service.action_prefix();
    PUBLISHED
        .iter()
        .find(|row| (row.0, row.1) == (prefix, operation))
        .map(|row| row.2)
        .or_else(|| {
            (service == Service::Kms)
                .then(|| catalogue::request_rate(operation))
                .flatten()
        })
}

/// What a service says to those who ask too often.
pub(super) fn refusal(service: Service) -> Refusal {
    let code = match service {
        Service::S3 => "SlowDown",
        Service::Sts | Service::CloudWatch => "Throttling",
        Service::Quotas | Service::Organizations | Service::Account => "TooManyRequestsException",
        Service::Tagging => "ThrottledException",
        _ => "ThrottlingException",
    };
    let message = match service {
        Service::Kms => "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        Service::S3 => "Please reduce your request rate.",
        Service::Organizations => "You have sent too many requests in too short a period of time. Try again later.",
        Service::Account => "Too Many Requests",
        _ => "Rate exceeded",
    };
    Refusal::new(code, message).with_status(service.usual_status(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_quota_is_of_an_operation_and_kms_has_them_all() {
        assert_eq!(published_rate(Service::Kms, "DescribeKey"), Some(2_000.0));
        assert_eq!(published_rate(Service::Kms, "ListKeys"), Some(500.0));
        assert_eq!(published_rate(Service::Kms, "GetKeyLastUsage"), Some(5.0));
        assert_eq!(published_rate(Service::Quotas, "ListServiceQuotas"), Some(10.0));
        assert_eq!(published_rate(Service::S3, "ListBuckets"), None);
        for operation in Service::Kms.operations() {
            assert!(published_rate(Service::Kms, operation).is_some(), "{operation}");
        }
        let services = [
            Service::Account,
            Service::CloudTrail,
            Service::CloudWatch,
            Service::Kms,
            Service::Quotas,
            Service::Sts,
        ];
        for (prefix, operation, _) in PUBLISHED {
            let service = services.iter().find(|service| service.action_prefix() == *prefix);
            assert!(
                service.unwrap().operations().contains(operation),
                "{prefix}:{operation}"
            );
        }
        assert!(PUBLISHED.is_sorted_by_key(|row| (row.0, row.1)));
    }
}
