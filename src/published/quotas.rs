//! The default KMS request quotas, for where Service Quotas cannot be read.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Region, RequestsPerSecond, UsageMetric};

/// The quota catalogue of us-east-1 in 2026, with the `Resource` dimension of each usage metric. Those of the ECC and
/// ML-DSA pools are not confirmed by an AWS page; what Service Quotas states goes before all of it.
const CATALOGUE: &str = include_str!("kms-service-quotas.tsv");

/// The requests a second that KMS allows for each custom key store, CloudHSM and external ones alike. Service Quotas does
/// not list it, no call tells it, and AWS's table calls it not adjustable. They count against the symmetric pool as well.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>.
pub const CUSTOM_KEY_STORE_RATE: RequestsPerSecond = RequestsPerSecond(1_800.0);

/// The symmetric pool: the one quota whose default differs between the Regions of the commercial partition.
const SYMMETRIC_POOL: &str = "L-6E3AF000";

/// The quota on how many keys an account may have in a Region, of every spec and state; AWS managed keys do not count.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>.
pub const KEY_COUNT_QUOTA: &str = "L-C2F1777E";

/// The AWS default of that quota.
pub const DEFAULT_KEY_COUNT: f64 = 100_000.0;

/// A KMS request quota as AWS publishes it.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedQuota {
    /// The quota code.
    pub code: &'static str,
    /// The quota name.
    pub name: &'static str,
    /// The `Resource` dimension of its usage metric.
    pub pool: &'static str,
    /// The AWS default in the Region asked for.
    pub default: RequestsPerSecond,
}

impl PublishedQuota {
    /// The usage metric: `AWS/Usage` `CallCount` with its four dimensions.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Usage-Metrics.html>.
    pub fn metric(&self) -> UsageMetric {
        UsageMetric {
            namespace: "AWS/Usage".to_owned(),
            name: "CallCount".to_owned(),
            dimensions: BTreeMap::from(
                [
                    ("Service", "KMS"),
                    ("Type", "API"),
                    ("Resource", self.pool),
                    ("Class", "None"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            ),
        }
    }
}

/// The KMS request quotas that have a usage metric, with their defaults in `region`, in the order of their codes.
pub fn request_quotas(region: &Region) -> Vec<PublishedQuota> {
    CATALOGUE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| parse(line, region))
        .collect()
}

/// The names of the pools of these quotas, in their order; they are the same in every Region.
pub fn pools() -> BTreeSet<&'static str> {
    let quotas = request_quotas(&Region::new("us-east-1"));
    quotas.into_iter().map(|quota| quota.pool).collect()
}

fn parse(line: &'static str, region: &Region) -> Option<PublishedQuota> {
    let mut fields = line.split('\t');
    let code = fields.next()?;
    let name = fields.next()?;
    let default: f64 = fields.next()?.parse().ok()?;
    let _adjustable = fields.next()?;
    let pool = fields.next().filter(|pool| !pool.is_empty())?;
    let per_second = fields.nth(1) == Some("1 second");
    per_second.then(|| PublishedQuota {
        code,
        name,
        pool,
        default: RequestsPerSecond(default_in(region, code).unwrap_or(default)),
    })
}

/// The defaults that differ from those of us-east-1.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>; eu-south-2 from
/// <https://docs.aws.amazon.com/general/latest/gr/kms.html>, which Service Quotas generates.
fn default_in(region: &Region, code: &str) -> Option<f64> {
    match (code, region.as_str()) {
        (SYMMETRIC_POOL, "us-east-1" | "us-west-2" | "eu-west-1") => Some(100_000.0),
        (
            SYMMETRIC_POOL,
            "us-east-2" | "ap-southeast-1" | "ap-southeast-2" | "ap-northeast-1" | "eu-central-1" | "eu-west-2"
            | "eu-south-2",
        ) => Some(20_000.0),
        (SYMMETRIC_POOL, _) => Some(10_000.0),
        ("L-77042783", region) if region.starts_with("cn-") => Some(1.0),
        ("L-AE57B391", region) if region.starts_with("cn-") => Some(0.5),
        ("L-FCE4492D", region) if region.starts_with("cn-") => Some(0.1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric(region: &str) -> f64 {
        request_quotas(&Region::new(region))
            .into_iter()
            .find(|quota| quota.code == SYMMETRIC_POOL)
            .unwrap()
            .default
            .0
    }

    #[test]
    fn the_symmetric_default_follows_the_region() {
        assert_eq!(symmetric("us-east-1"), 100_000.0);
        assert_eq!(symmetric("eu-central-1"), 20_000.0);
        assert_eq!(symmetric("eu-west-3"), 10_000.0);
    }

    #[test]
    fn every_rate_quota_with_a_usage_metric_is_in_the_catalogue_and_no_resource_count_is() {
        let quotas = request_quotas(&Region::new("us-east-1"));
        assert_eq!(quotas.len(), 52);
        assert!(quotas.iter().all(|quota| !quota.pool.contains("PerAccount")));
        assert!(quotas.iter().any(|quota| quota.pool == "CryptographicOperationsMldsa"));
        assert!(quotas.iter().any(|quota| quota.pool == "GenerateDataKeyPair-RSA_4096"));
        assert!(quotas.is_sorted_by_key(|quota| quota.code));
    }

    #[test]
    fn the_default_number_of_keys_is_that_of_the_catalogue() {
        let mut lines = CATALOGUE.lines();
        let line = lines.find(|line| line.starts_with(KEY_COUNT_QUOTA)).unwrap();
        assert_eq!(line.split('\t').nth(2).unwrap().parse(), Ok(DEFAULT_KEY_COUNT));
    }
}
