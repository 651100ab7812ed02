//! `AWS/S3`: the requests that a metrics configuration counts, and what is stored.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>

use super::data::{Data, Level};
use super::family::Family;
use crate::sandbox::estate::{Account, Bucket, Region, RequestMetrics};
use std::borrow::Cow;

pub(super) const NAMESPACE: &str = "AWS/S3";

const MINUTES_IN_A_DAY: i64 = 24 * 60;

/// Those of the buckets of a Region, or of the one that is asked for by name.
pub(super) fn families<'m>(
    account: &'m Account<'_>,
    region: &'m Region,
    name: Option<&str>,
) -> impl Iterator<Item = Family<'m>> {
    let buckets = &account.set.buckets;
    let one = name.map(|name| buckets.named(name, account));
    let all = name.is_none().then(|| buckets.all());
    let wanted = one.into_iter().flatten().chain(all.into_iter().flatten());
    let here = wanted.filter(|bucket| bucket.region == region.name);
    here.flat_map(move |bucket| of_bucket(bucket, account))
}

fn of_bucket<'m>(bucket: &'m Bucket, account: &Account<'_>) -> Vec<Family<'m>> {
    let mut families = Vec::new();
    let mut push = |name, dimension: &'static str, value: &'m str, data| {
        families.push(Family {
            namespace: NAMESPACE,
            name,
            dimensions: vec![
                ("BucketName", Cow::Owned(bucket.name(account))),
                (dimension, Cow::Borrowed(value)),
            ],
            keys: None,
            data,
        });
    };
    for RequestMetrics { filter, requests, .. } in bucket.request_metrics.iter() {
        for (name, curve) in requests {
            push(name, "FilterId", filter, Data::Requests(vec![curve]));
        }
        let all = requests.iter().map(|(_, curve)| curve).collect();
        push("AllRequests", "FilterId", filter, Data::Requests(all));
    }
    let daily = |amount: u64| {
        Data::Level(Level {
            value: amount as f64,
            every_minutes: MINUTES_IN_A_DAY,
        })
    };
    if let Some(bytes) = bucket.bytes {
        push("BucketSizeBytes", "StorageType", "StandardStorage", daily(bytes));
    }
    if let Some(objects) = bucket.objects {
        push("NumberOfObjects", "StorageType", "AllStorageTypes", daily(objects));
    }
    families
}
