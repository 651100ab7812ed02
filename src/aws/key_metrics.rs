//! Which keys were in use lately, and in which operations?

use aws_sdk_cloudwatch::types::Metric;

use super::clients::RegionSession;
use super::metric_data::{MetricFilter, list_metrics, metric};
use crate::facts::{Arn, Fact, Key};

/// The namespace of the metrics of KMS.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html>.
pub(super) const NAMESPACE: &str = "AWS/KMS";

const SUCCESSFUL_REQUEST: &str = "SuccessfulRequest";

/// A metric that counts the requests that succeeded with a key in one cryptographic operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyMetric {
    /// The key; of a `ReEncrypt`, the one that data is decrypted with.
    pub key: Arn,
    /// Of a `ReEncrypt`, the key that data is encrypted with. It can be the same.
    pub destination_key: Option<Arn>,
    /// The operation.
    pub operation: String,
}

impl KeyMetric {
    /// The keys that its requests are made with, each once.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Arn> {
        let other = self.destination_key.iter().filter(|other| **other != self.key);
        std::iter::once(&self.key).chain(other)
    }

    pub(super) fn sdk_metric(&self) -> Metric {
        let keys = match &self.destination_key {
            None => vec![("KeyArn", self.key.as_str())],
            Some(destination) => vec![
                ("SourceKeyArn", self.key.as_str()),
                ("DestinationKeyArn", destination.as_str()),
            ],
        };
        let operation = std::iter::once(("Operation", self.operation.as_str()));
        metric(NAMESPACE, SUCCESSFUL_REQUEST, keys.into_iter().chain(operation))
    }

    fn parse(metric: Metric) -> Option<KeyMetric> {
        let (mut key, mut destination_key, mut operation) = (None, None, None);
        for dimension in metric.dimensions.unwrap_or_default() {
            match dimension.name.as_deref()? {
                "KeyArn" | "SourceKeyArn" => key = dimension.value.map(Arn::new),
                "DestinationKeyArn" => destination_key = dimension.value.map(Arn::new),
                "Operation" => operation = dimension.value,
                // A metric that says something else too cannot be asked for by these alone.
                _ => return None,
            }
        }
        Some(KeyMetric {
            key: key?,
            destination_key,
            operation: operation?,
        })
    }
}

/// The key of this ARN; keys are in the order of their ARNs.
pub(super) fn with_arn<'k>(keys: &'k [Key], arn: &Arn) -> Option<&'k Key> {
    let position = keys.binary_search_by(|key| key.arn.cmp(arn)).ok()?;
    keys.get(position)
}

/// What was read of the metrics of keys in a Region.
#[derive(Debug, Default)]
pub struct KeyMetricsRead {
    /// Whether they were listed to their end; not collected where there is no key to ask for.
    pub listing: Fact<()>,
    /// Those listed, in the order of keys and operations.
    pub metrics: Vec<KeyMetric>,
}

impl KeyMetricsRead {
    /// Writes into each key the operations it was used in.
    pub(super) fn note_operations(&self, keys: &mut [Key]) {
        for metric in &self.metrics {
            for arn in metric.keys() {
                // Keys are in the order of their ARNs.
                let Ok(position) = keys.binary_search_by(|key| key.arn.cmp(arn)) else {
                    continue;
                };
                let operations = &mut keys[position].details.active_operations;
                if let Err(place) = operations.binary_search(&metric.operation) {
                    operations.insert(place, metric.operation.clone());
                }
            }
        }
    }
}

/// Lists the `SuccessfulRequest` metrics of a Region that had data in the last two weeks.
pub(super) async fn list_key_metrics(session: &RegionSession) -> KeyMetricsRead {
    let filter = MetricFilter {
        namespace: NAMESPACE,
        name: Some(SUCCESSFUL_REQUEST),
        dimension: None,
    };
    let mut metrics = Vec::new();
    let listing = list_metrics(session, filter, |metric| metrics.extend(KeyMetric::parse(metric))).await;
    metrics.sort_unstable();
    metrics.dedup();
    KeyMetricsRead {
        listing: listing.into(),
        metrics,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(id: &str) -> Arn {
        Arn::new(format!("arn:aws:kms:eu-west-3:111122223333:key/{id}"))
    }

    fn key(id: &str) -> Key {
        Key {
            arn: arn(id),
            ..crate::facts::examples::key(&[])
        }
    }

    fn of(source: &str, destination: Option<&str>, operation: &str) -> KeyMetric {
        KeyMetric {
            key: arn(source),
            destination_key: destination.map(arn),
            operation: operation.to_owned(),
        }
    }

    #[test]
    fn a_metric_has_the_name_by_which_it_is_asked_for() {
        for metric in [of("a", None, "Decrypt"), of("a", Some("b"), "ReEncrypt")] {
            assert_eq!(KeyMetric::parse(metric.sdk_metric()), Some(metric));
        }
        let more = [("KeyArn", "arn:a"), ("Operation", "Sign"), ("SigningAlgorithm", "PSS")];
        assert_eq!(KeyMetric::parse(metric(NAMESPACE, SUCCESSFUL_REQUEST, more)), None);
    }

    #[test]
    fn a_re_encryption_is_an_operation_of_both_keys() {
        let mut keys = [key("a"), key("b"), key("c")];
        let read = KeyMetricsRead {
            listing: Fact::Known(()),
            metrics: vec![
                of("a", None, "Decrypt"),
                of("a", Some("a"), "ReEncrypt"),
                of("a", Some("b"), "ReEncrypt"),
                of("gone", Some("b"), "Decrypt"),
            ],
        };
        read.note_operations(&mut keys);
        let operations = keys.map(|key| key.details.active_operations);
        assert_eq!(
            operations,
            [vec!["Decrypt", "ReEncrypt"], vec!["Decrypt", "ReEncrypt"], vec![]]
        );
    }
}
