//! The buckets of an account.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::change::{ChangeKind, Side};
use super::comparison::{About, Comparison, because, unread};
use super::region::looked_at;
use crate::facts::{BucketEncryption, RegionSource};
use crate::runs::{AccountView, BucketView};

/// Compares the buckets that two runs saw, both in the order of their names. A run of which only the report is there
/// holds none.
pub(super) fn compare(comparison: &mut Comparison<'_>, old: &AccountView, new: &AccountView) {
    let (Some(old_listing), Some(new_listing)) = (&old.bucket_listing, &new.bucket_listing) else {
        return;
    };
    let (mut olds, mut news) = (old.buckets.iter().peekable(), new.buckets.iter().peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.name.cmp(&new.name),
        };
        let before = olds.next_if(|_| order.is_le());
        let after = news.next_if(|_| order.is_ge());
        match (before, after) {
            (Some(before), Some(after)) => {
                comparison.diff.buckets_in_both += 1;
                compare_bucket(comparison, before, after);
            }
            (Some(bucket), None) => only_in_one(comparison, bucket, new, Side::New),
            (None, Some(bucket)) => only_in_one(comparison, bucket, old, Side::Old),
            (None, None) => {}
        }
    }
    if old_listing.known().is_none() || new_listing.known().is_none() {
        comparison.not_comparable("list of buckets", None, unread(old_listing, new_listing), None);
    }
}

/// Why a run would not have seen a bucket, if there is a reason.
pub(super) fn not_seen_because(view: &AccountView, bucket_region: Option<&crate::facts::Region>) -> Option<String> {
    if let Some(because) = view.bucket_listing.as_ref().and_then(because) {
        return Some(because);
    }
    // Of named Regions, the buckets of others are left out.
    if view.region_source == Some(RegionSource::Requested) {
        return match bucket_region {
            Some(region) => looked_at(view, region).err(),
            None => Some("only some Regions were looked at".to_owned()),
        };
    }
    None
}

fn only_in_one(comparison: &mut Comparison<'_>, bucket: &BucketView, other: &AccountView, absent_in: Side) {
    let region = bucket.region.as_ref();
    if let Some(because) = not_seen_because(other, region) {
        comparison.not_comparable("buckets", region, (absent_in, because), Some(&bucket.name));
        return;
    }
    let encryption = bucket.encryption.known().map(shown);
    match absent_in {
        Side::New => comparison.change(ChangeKind::BucketDeleted, about(bucket), encryption, Value::Null),
        Side::Old | Side::Both => {
            comparison.change(ChangeKind::BucketCreated, about(bucket), Value::Null, encryption);
        }
    }
}

fn about(bucket: &BucketView) -> About<'_> {
    About {
        region: bucket.region.as_ref(),
        resource: bucket.arn.as_str(),
        name: &bucket.name,
    }
}

fn compare_bucket(comparison: &mut Comparison<'_>, before: &BucketView, after: &BucketView) {
    let about = about(after);
    let both = comparison.both("encryption of buckets", about, &before.encryption, &after.encryption);
    let Some((old, new)) = both else { return };
    if (&old.algorithm, &old.kms_key) != (&new.algorithm, &new.kms_key) {
        comparison.change(ChangeKind::BucketEncryptionChanged, about, shown(old), shown(new));
    }
    if old.bucket_key_enabled != new.bucket_key_enabled {
        let (from, to) = (old.bucket_key_enabled, new.bucket_key_enabled);
        comparison.change(ChangeKind::BucketKeyChanged, about, from, to);
    }
}

fn shown(encryption: &BucketEncryption) -> Value {
    json!({ "algorithm": encryption.algorithm, "kms_key": encryption.kms_key })
}
