//! A KMS request quota and its use.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arn, Fact, UsagePattern};
use crate::numbers::grouped;

/// A rate of requests. Shown as a bare figure.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RequestsPerSecond(pub f64);

impl fmt::Display for RequestsPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As many digits as it needs: quotas go from 0.1 to 100,000.
        if self.0 >= 100.0 || self.0.fract() == 0.0 {
            f.write_str(&grouped(self.0.round() as u64))
        } else if self.0 >= 1.0 {
            write!(f, "{:.1}", self.0)
        } else {
            write!(f, "{:.2}", self.0)
        }
    }
}

/// A KMS request quota that has a usage metric, in one account and Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestQuota {
    /// The quota code, for example `L-6E3AF000`.
    pub code: String,
    /// The name Service Quotas gives it.
    pub name: String,
    /// The pool it limits: the `Resource` dimension of its usage metric, for example
    /// `CryptographicOperationsSymmetric`.
    pub pool: String,
    /// The limit, per second whatever period the quota is written for.
    pub limit: RequestsPerSecond,
    /// Where the limit comes from.
    pub limit_source: LimitSource,
    /// Whether the value applied to the account was read: not collected where Service Quotas holds none or could not
    /// be listed, unavailable where it names this quota without a value that can be used.
    pub applied_value: Fact<()>,
    /// The AWS default in this Region, where it was read.
    pub default: Option<RequestsPerSecond>,
    /// The usage metric as Service Quotas states it.
    pub metric: UsageMetric,
    /// Its use within the window of the scan.
    pub usage: Fact<Usage>,
    /// Who made the peak, where it came near the limit.
    #[serde(default, skip_serializing_if = "Fact::is_not_collected")]
    pub contributors: Fact<Contributors>,
}

/// The keys and operations that made the busiest minute of a quota, from the CloudWatch metric `AWS/KMS`
/// `SuccessfulRequest`. It counts the requests that succeeded with the account's own keys, while the quota counts what
/// the account asks of any key, so that the two need not be equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contributors {
    /// The minute looked at: the one that was the busiest.
    pub at: Timestamp,
    /// The busiest of them, the most requests first; at most ten.
    pub top: Vec<Contributor>,
    /// The requests of all of them in that minute.
    pub requests: f64,
}

/// A key and an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contributor {
    /// The key; of a `ReEncrypt`, the one that data was decrypted with.
    pub key: Arn,
    /// Of a `ReEncrypt`, the key that data was encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_key: Option<Arn>,
    /// The operation.
    pub operation: String,
    /// Its requests in the minute.
    pub requests: f64,
}

impl Contributors {
    /// The keys of the busiest, in their order and each once.
    pub fn keys(&self) -> Vec<Arn> {
        let mut keys: Vec<Arn> = Vec::new();
        for contributor in &self.top {
            for key in std::iter::once(&contributor.key).chain(&contributor.destination_key) {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
        }
        keys
    }
}

/// The quota on how many keys an account may have in a Region, of every spec and state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyCountQuota {
    /// The quota code, `L-C2F1777E`.
    pub code: String,
    /// The limit.
    pub limit: f64,
    /// Where the limit comes from.
    pub limit_source: LimitSource,
}

impl RequestQuota {
    /// Whether the quota limits a pool of cryptographic operations, which all keys of a kind share, rather than one
    /// management operation.
    pub fn is_cryptographic(&self) -> bool {
        self.pool.starts_with("CryptographicOperations")
    }
}

/// Where the value of a quota comes from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// The value applied to this account, from Service Quotas.
    Applied,
    /// The AWS default of this Region, from Service Quotas.
    Default,
    /// The table built into this program.
    Builtin,
}

impl LimitSource {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitSource::Applied => "applied",
            LimitSource::Default => "default",
            LimitSource::Builtin => "builtin",
        }
    }
}

/// A CloudWatch metric that counts the requests of one quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageMetric {
    /// The namespace, `AWS/Usage`.
    pub namespace: String,
    /// The metric name, `CallCount`.
    pub name: String,
    /// All of its dimensions.
    pub dimensions: BTreeMap<String, String>,
}

/// What the usage metric of a quota said within a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// The first moment looked at.
    pub window_start: Timestamp,
    /// The moment the window ends, not included.
    pub window_end: Timestamp,
    /// The length of a datapoint in seconds.
    pub resolution_seconds: u32,
    /// How many datapoints there were. None is an answer of its own: it is not zero use.
    pub datapoints: u64,
    /// The busiest datapoint; `None` where there was none at all.
    pub peak: Option<Peak>,
    /// How the use is spread over the window; not collected where nobody would look at it, or where there is none.
    #[serde(default, skip_serializing_if = "Fact::is_not_collected")]
    pub pattern: Fact<UsagePattern>,
}

/// The busiest datapoint of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// The `Sum` of the datapoint: requests within `resolution_seconds`.
    pub sum: f64,
    /// When the datapoint begins.
    pub at: Timestamp,
}

impl Usage {
    /// The peak as a rate: the busiest minute's requests, spread evenly over the minute. A burst shorter than that
    /// is hidden in it, so it is a lower bound of the true peak.
    pub fn peak_rate(&self) -> Option<RequestsPerSecond> {
        self.peak.map(|peak| self.rate(peak))
    }

    /// A datapoint of this use as a rate.
    pub fn rate(&self, datapoint: Peak) -> RequestsPerSecond {
        RequestsPerSecond(datapoint.sum / f64::from(self.resolution_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rates_keep_their_digits() {
        let shown = [100_000.0, 0.05, 12.34, 1.0].map(|rate| RequestsPerSecond(rate).to_string());
        assert_eq!(shown, ["100,000", "0.05", "12.3", "1"]);
    }
}
