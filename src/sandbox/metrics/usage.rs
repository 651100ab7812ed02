//! `AWS/Usage`, as far as it is about KMS: how much of the quotas is used.

use super::data::{Data, Level};
use super::family::Family;
use crate::sandbox::catalogue::{KEYS_PER_ACCOUNT, UsageMetric, by_resource};
use crate::sandbox::estate::Region;

pub(super) const NAMESPACE: &str = "AWS/Usage";

const MINUTES_BETWEEN_KEY_COUNTS: i64 = 5;

pub(super) fn families(region: &Region) -> impl Iterator<Item = Family<'_>> {
    let requests = region.usage.iter().map(|usage| {
        let data = Data::Requests(vec![&usage.curve]);
        family(usage.metric, data)
    });
    let keys = region.keys.customer_managed();
    let key_count = by_resource(KEYS_PER_ACCOUNT).filter(|_| keys > 0);
    requests.chain(key_count.map(move |metric| {
        let data = Data::Level(Level {
            value: f64::from(keys),
            every_minutes: MINUTES_BETWEEN_KEY_COUNTS,
        });
        family(metric, data)
    }))
}

fn family<'m>(metric: &'static UsageMetric, data: Data<'m>) -> Family<'m> {
    let dimensions = metric.dimensions().into_iter();
    Family {
        namespace: NAMESPACE,
        name: metric.name(),
        dimensions: dimensions.map(|(name, value)| (name, value.into())).collect(),
        keys: None,
        data,
    }
}
