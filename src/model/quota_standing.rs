//! Where the use of a request quota stands against a percentage of it.

use super::headroom::{Headroom, limit_is_certain};
use crate::facts::{Fact, RegionFacts, RequestQuota, Usage};

/// Where the use of a request quota stands against a percentage of it.
#[derive(Clone, Debug, PartialEq)]
pub enum QuotaStanding<'q> {
    /// The peak used at least so many percent of the limit. Where the limit is not certain it may be higher, and is held
    /// against what is known.
    Reached {
        /// What the usage metric said.
        usage: &'q Usage,
        /// The peak and the limit.
        headroom: Headroom,
    },
    /// The peak used less, and the limit is the account's own.
    Below,
    /// The usage metric has no datapoint in the window: no use, or none that the metric shows.
    NoDatapoints,
    /// It cannot be said, for this reason.
    NotAssessed(String),
}

impl<'q> QuotaStanding<'q> {
    /// Where a quota of a Region stands against so many percent.
    pub fn of(region: &RegionFacts, quota: &'q RequestQuota, percent: f64) -> QuotaStanding<'q> {
        let usage = match &quota.usage {
            Fact::Known(usage) => usage,
            Fact::Unavailable(reason) => {
                return QuotaStanding::NotAssessed(format!("its use could not be read: {}", reason.code));
            }
            Fact::NotCollected => return QuotaStanding::NotAssessed("its use was not collected".to_owned()),
        };
        let Some(headroom) = Headroom::of(quota, usage) else {
            return match usage.peak {
                Some(_) => QuotaStanding::NotAssessed("its limit is unknown or zero".to_owned()),
                None => QuotaStanding::NoDatapoints,
            };
        };
        if headroom.reaches(percent) {
            QuotaStanding::Reached { usage, headroom }
        } else if limit_is_certain(region, quota) {
            QuotaStanding::Below
        } else {
            QuotaStanding::NotAssessed("the value applied to the account could not be read".to_owned())
        }
    }

    /// Why it cannot be said where the quota stands, if it cannot.
    pub fn not_assessed_because(&self) -> Option<&str> {
        match self {
            QuotaStanding::Reached { .. } | QuotaStanding::Below => None,
            QuotaStanding::NoDatapoints => Some("its usage metric has no datapoints in the window"),
            QuotaStanding::NotAssessed(because) => Some(because),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LimitSource;
    use crate::facts::examples::{denied, quota, region};

    /// Of a quota of 10,000 requests a second, held against 70 percent.
    fn standing(change: impl FnOnce(&mut RegionFacts, &mut RequestQuota)) -> String {
        let mut here = region([]);
        let mut quota = quota(10_000.0, Some(60.0));
        change(&mut here, &mut quota);
        let standing = QuotaStanding::of(&here, &quota, 70.0);
        match &standing {
            QuotaStanding::Reached { .. } => "reached".to_owned(),
            QuotaStanding::Below => "below".to_owned(),
            other => other.not_assessed_because().unwrap().to_owned(),
        }
    }

    #[test]
    fn a_peak_is_at_or_above_the_percentage_or_below_it() {
        let busiest = |sum| standing(|_, q| *q = quota(10_000.0, Some(sum)));
        assert_eq!(busiest(420_000.0), "reached");
        assert_eq!(busiest(419_940.0), "below");
    }

    #[test]
    fn what_is_not_known_is_never_below() {
        assert_eq!(
            standing(|_, q| q.usage = denied("cloudwatch:GetMetricData")),
            "its use could not be read: AccessDeniedException"
        );
        assert_eq!(
            standing(|_, q| *q = quota(10_000.0, None)),
            "its usage metric has no datapoints in the window"
        );
        assert_eq!(standing(|_, q| q.limit.0 = 0.0), "its limit is unknown or zero");
        assert_eq!(
            standing(|_, q| q.usage = Fact::NotCollected),
            "its use was not collected"
        );
        let uncertain = |_: &mut RegionFacts, quota: &mut RequestQuota| quota.limit_source = LimitSource::Builtin;
        assert_eq!(
            standing(uncertain),
            "the value applied to the account could not be read"
        );
    }

    #[test]
    fn a_high_peak_is_one_although_the_limit_is_not_certain() {
        let high = |_: &mut RegionFacts, quota: &mut RequestQuota| {
            quota.limit.0 = 1.0;
            quota.limit_source = LimitSource::Builtin;
        };
        assert_eq!(standing(high), "reached");
    }
}
