//! The quotas of KMS: codes, names, default values and usage metrics, as Service Quotas has them.

use std::sync::OnceLock;

/// A quota, with its default value in us-east-1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CatalogueQuota {
    pub code: String,
    pub name: String,
    pub adjustable: bool,
    pub usage_metric: Option<UsageMetric>,
    value_in_us_east_1: f64,
}

/// The `AWS/Usage` metric that shows how much of a quota is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UsageMetric {
    /// The `Resource` dimension.
    pub resource: String,
    /// A number of requests in a second; otherwise a number of things that there are.
    pub is_rate: bool,
}

impl UsageMetric {
    pub fn name(&self) -> &'static str {
        if self.is_rate { "CallCount" } else { "ResourceCount" }
    }

    pub fn statistic(&self) -> &'static str {
        if self.is_rate { "Sum" } else { "Maximum" }
    }

    /// The dimensions, in the order in which CloudWatch sorts them.
    pub fn dimensions(&self) -> [(&'static str, &str); 4] {
        let kind = if self.is_rate { "API" } else { "Resource" };
        [
            ("Class", "None"),
            ("Resource", &self.resource),
            ("Service", "KMS"),
            ("Type", kind),
        ]
    }
}

/// The shared quota of all symmetric cryptographic operations.
const SYMMETRIC: &str = "L-6E3AF000";

/// The Resource of the metric that counts customer managed keys.
pub(super) const KEYS_PER_ACCOUNT: &str = "KeysPerAccount";

/// Regions whose default for symmetric cryptographic operations is not 10,000 a second:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>, and the
/// General Reference for eu-south-2.
const SYMMETRIC_DEFAULTS: &[(&str, f64)] = &[
    ("us-east-1", 100_000.0),
    ("us-west-2", 100_000.0),
    ("eu-west-1", 100_000.0),
    ("us-east-2", 20_000.0),
    ("ap-southeast-1", 20_000.0),
    ("ap-southeast-2", 20_000.0),
    ("ap-northeast-1", 20_000.0),
    ("eu-central-1", 20_000.0),
    ("eu-west-2", 20_000.0),
    ("eu-south-2", 20_000.0),
];

impl CatalogueQuota {
    /// The value that AWS gives every account in a Region.
    pub fn default_in(&self, region: &str) -> f64 {
        if self.code != SYMMETRIC {
            return self.value_in_us_east_1;
        }
        SYMMETRIC_DEFAULTS
            .iter()
            .find(|(name, _)| *name == region)
            .map_or(10_000.0, |(_, value)| *value)
    }
}

/// Every quota, by code.
pub(super) fn catalogue() -> &'static [CatalogueQuota] {
    static CATALOGUE: OnceLock<Vec<CatalogueQuota>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        include_str!("../published/kms-service-quotas.tsv")
            .lines()
            .filter(|line| line.starts_with("L-"))
            .filter_map(quota)
            .collect()
    })
}

fn quota(line: &str) -> Option<CatalogueQuota> {
    let mut columns = line.split('\t');
    let code = columns.next()?.to_owned();
    let name = columns.next()?.to_owned();
    let value_in_us_east_1 = columns.next()?.parse().ok()?;
    let adjustable = columns.next()? == "true";
    let resource = columns.next().unwrap_or_default().to_owned();
    let is_rate = columns.next() == Some("Sum");
    let usage_metric = (!resource.is_empty()).then_some(UsageMetric { resource, is_rate });
    Some(CatalogueQuota {
        code,
        name,
        adjustable,
        usage_metric,
        value_in_us_east_1,
    })
}

/// The quota with this code.
pub(super) fn by_code(code: &str) -> Option<&'static CatalogueQuota> {
    catalogue().iter().find(|quota| quota.code == code)
}

/// The usage metric with this Resource.
pub(super) fn by_resource(resource: &str) -> Option<&'static UsageMetric> {
    catalogue()
        .iter()
        .filter_map(|quota| quota.usage_metric.as_ref())
        .find(|metric| metric.resource == resource)
}

/// The request quota of one operation, a second; `None` for operations that share a quota.
pub(super) fn request_rate(operation: &str) -> Option<f64> {
    let is_its = |metric: &UsageMetric| metric.is_rate && metric.resource == operation;
    let mut quotas = catalogue().iter();
    let quota = quotas.find(|quota| quota.usage_metric.as_ref().is_some_and(is_its))?;
    // The quotas that differ between Regions are shared by several operations.
    Some(quota.value_in_us_east_1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_published_table_is_lost() {
        let lines = include_str!("../published/kms-service-quotas.tsv")
            .lines()
            .filter(|line| line.starts_with("L-"));
        assert_eq!(catalogue().len(), lines.count());
    }

    #[test]
    fn the_symmetric_default_depends_on_the_region() {
        let symmetric = by_code(SYMMETRIC).unwrap();
        assert_eq!(symmetric.default_in("us-east-1"), 100_000.0);
        assert_eq!(symmetric.default_in("eu-central-1"), 20_000.0);
        assert_eq!(symmetric.default_in("eu-west-3"), 10_000.0);
        let rsa = by_code("L-2AC98190").unwrap();
        assert_eq!(rsa.default_in("eu-west-3"), 1_000.0);
    }
}
