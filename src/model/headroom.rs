//! How full a request quota got.

use crate::facts::{LimitSource, Peak, RegionFacts, RequestQuota, RequestsPerSecond, Usage};

/// The peak of a quota, held against its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Headroom {
    /// The busiest minute.
    pub peak: Peak,
    /// How much of the limit the busiest minute used, 1.0 being all of it.
    pub utilization: f64,
    /// Requests the limit allows within one datapoint.
    allowed: f64,
}

impl Headroom {
    /// The headroom of a quota; `None` where its metric had no datapoint, or its limit is nothing to divide by.
    pub fn of(quota: &RequestQuota, usage: &Usage) -> Option<Self> {
        Headroom::within(quota.limit, usage)
    }

    /// The same for a limit that no quota of Service Quotas stands for.
    pub fn within(limit: RequestsPerSecond, usage: &Usage) -> Option<Self> {
        let peak = usage.peak?;
        let allowed = limit.0 * f64::from(usage.resolution_seconds);
        (allowed > 0.0).then_some(Headroom {
            peak,
            utilization: peak.sum / allowed,
            allowed,
        })
    }

    /// Whether the peak used at least so many percent of the limit. Compared by multiplication, so that 70 % is
    /// exactly 70 %.
    pub fn reaches(&self, percent: f64) -> bool {
        self.peak.sum * 100.0 >= percent * self.allowed
    }
}

/// Whether the limit of a quota is the account's own: the applied value, or the AWS default where Service Quotas was read
/// and holds no applied value.
pub fn limit_is_certain(region: &RegionFacts, quota: &RequestQuota) -> bool {
    if quota.applied_value.unavailable().is_some() {
        return false;
    }
    match quota.limit_source {
        LimitSource::Applied => true,
        LimitSource::Default => region.applied_quotas.known().is_some(),
        LimitSource::Builtin => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, UsageMetric};
    use jiff::Timestamp;

    fn headroom(limit: f64, sum: f64) -> Headroom {
        let quota = RequestQuota {
            code: "L-6E3AF000".into(),
            name: "symmetric".into(),
            pool: "CryptographicOperationsSymmetric".into(),
            limit: RequestsPerSecond(limit),
            limit_source: LimitSource::Applied,
            applied_value: Fact::Known(()),
            default: None,
            metric: UsageMetric {
                namespace: "AWS/Usage".into(),
                name: "CallCount".into(),
                dimensions: Default::default(),
            },
            usage: Fact::NotCollected,
            contributors: Fact::NotCollected,
        };
        let usage = Usage {
            window_start: Timestamp::UNIX_EPOCH,
            window_end: Timestamp::UNIX_EPOCH,
            resolution_seconds: 60,
            datapoints: 1,
            peak: Some(Peak {
                sum,
                at: Timestamp::UNIX_EPOCH,
            }),
            pattern: Fact::NotCollected,
        };
        Headroom::of(&quota, &usage).unwrap()
    }

    #[test]
    fn seventy_percent_is_reached_at_exactly_seventy_percent() {
        assert!(headroom(10_000.0, 420_000.0).reaches(70.0));
        assert!(!headroom(10_000.0, 419_940.0).reaches(70.0), "69.99 %");
        // 0.1 requests/s, the RSA_4096 key pair quota of the China Regions.
        assert!(headroom(0.1, 4.2).reaches(70.0));
    }

    #[test]
    fn utilization_is_peak_rate_over_limit() {
        assert_eq!(headroom(10_000.0, 840_000.0).utilization, 1.4);
    }
}
