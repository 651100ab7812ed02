//! How many requests to AWS KMS a bucket makes in a month.

use jiff::Timestamp;

use crate::facts::{BucketRequests, KeyRequests};
use crate::published::{MicroDollars, SYMMETRIC_REQUEST};

/// A month, as AWS prices count it: a twelfth of 8,760 hours.
const HOURS_A_MONTH: f64 = 730.0;

/// Requests to KMS in a month, at the rate of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthlyRequests {
    /// How many.
    pub requests: u64,
    /// What they cost at the commercial list price, the free tier left aside.
    pub cost: MicroDollars,
    /// The first moment of the window.
    pub window_start: Timestamp,
    /// The moment it ends, not included.
    pub window_end: Timestamp,
}

impl MonthlyRequests {
    /// What the requests for the objects of a bucket come to, if every object is encrypted with SSE-KMS and without a
    /// Bucket Key: a `GenerateDataKey` for each that is written, a `Decrypt` for each that is read.
    ///
    /// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>.
    pub fn of_bucket(requests: &BucketRequests) -> Option<MonthlyRequests> {
        Self::at_rate(requests.put + requests.get, requests.window_start, requests.window_end)
    }

    /// What all users of a key ask of it in the two operations that S3 needs.
    pub fn of_key(requests: &KeyRequests) -> Option<MonthlyRequests> {
        let of = |operation| requests.by_operation.get(operation).copied().unwrap_or(0.0);
        let sum = of("GenerateDataKey") + of("Decrypt");
        // Without a metric there is no number, and none is not zero.
        if sum == 0.0 {
            return None;
        }
        Self::at_rate(sum, requests.window_start, requests.window_end)
    }

    /// `None` where the numbers cannot be those of a metric.
    fn at_rate(requests: f64, window_start: Timestamp, window_end: Timestamp) -> Option<MonthlyRequests> {
        let hours = (window_end.as_second() - window_start.as_second()) as f64 / 3_600.0;
        if !requests.is_finite() || requests < 0.0 || hours <= 0.0 {
            return None;
        }
        let requests = (requests * HOURS_A_MONTH / hours).ceil() as u64;
        Some(MonthlyRequests {
            requests,
            cost: SYMMETRIC_REQUEST * requests,
            window_start,
            window_end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(get: f64, put: f64, hours: i64) -> Option<MonthlyRequests> {
        let window_start: Timestamp = "2026-06-01T06:00:00Z".parse().unwrap();
        MonthlyRequests::of_bucket(&BucketRequests {
            window_start,
            window_end: window_start + jiff::SignedDuration::from_hours(hours),
            get,
            put,
        })
    }

    #[test]
    fn two_weeks_are_scaled_to_a_month_of_730_hours() {
        let month = bucket(300_000.0, 36_000.0, 336).unwrap();
        assert_eq!((month.requests, month.cost), (730_000, MicroDollars(2_190_000)));
        assert_eq!(bucket(1.0, 0.0, 730).unwrap().requests, 1);
        assert_eq!(
            bucket(1.0, 0.0, 731).unwrap().requests,
            1,
            "rounded up: it is said to be the most"
        );
        assert_eq!(bucket(0.0, 0.0, 336).unwrap().requests, 0);
    }

    #[test]
    fn of_a_key_only_what_s3_needs_is_counted() {
        let window_start: Timestamp = "2026-06-01T06:00:00Z".parse().unwrap();
        let requests = KeyRequests {
            window_start,
            window_end: window_start + jiff::SignedDuration::from_hours(365),
            by_operation: [("Decrypt", 10.0), ("GenerateDataKey", 5.0), ("Encrypt", 90.0)]
                .map(|(operation, sum)| (operation.to_owned(), sum))
                .into(),
        };
        assert_eq!(MonthlyRequests::of_key(&requests).unwrap().requests, 30);
    }

    #[test]
    fn numbers_that_no_metric_has_give_no_estimate() {
        for (get, hours) in [(f64::NAN, 336), (f64::INFINITY, 336), (-1.0, 336), (1.0, 0), (1.0, -5)] {
            assert_eq!(bucket(get, 0.0, hours), None, "{get} in {hours} h");
        }
        assert_eq!(bucket(f64::MAX / 1e6, 0.0, 1).unwrap().requests, u64::MAX);
    }
}
