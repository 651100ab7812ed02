//! The keys of a Region.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{ChangeKind, Side};
use super::comparison::{About, Comparison, because, unread};
use crate::assessment::KeyStanding;
use crate::facts::Region;
use crate::published::MicroDollars;
use crate::runs::{KeyView, MetadataView, RegionView, StandingView};

/// Compares the keys of a Region that both runs looked at. Both lists are in the order of ARNs.
pub(super) fn compare(comparison: &mut Comparison<'_>, region: &Region, old: &RegionView, new: &RegionView) {
    let mut cost = (MicroDollars(0), MicroDollars(0));
    let (mut olds, mut news) = (old.keys.iter().peekable(), new.keys.iter().peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.arn.cmp(&new.arn),
        };
        let before = olds.next_if(|_| order.is_le());
        let after = news.next_if(|_| order.is_ge());
        match (before, after) {
            (Some(before), Some(after)) => {
                comparison.diff.keys_in_both += 1;
                compare_key(comparison, region, (old, before), (new, after));
                // A key counts for nothing where its state is unknown: that is not a change.
                if before.metadata.known().is_some() && after.metadata.known().is_some() {
                    cost.0 += before.monthly_cost;
                    cost.1 += after.monthly_cost;
                }
            }
            (Some(key), None) => cost.0 += only_in_one(comparison, region, key, new, Side::New),
            (None, Some(key)) => cost.1 += only_in_one(comparison, region, key, old, Side::Old),
            (None, None) => {}
        }
    }
    if old.key_listing.known().is_none() || new.key_listing.known().is_none() {
        let unread = unread(&old.key_listing, &new.key_listing);
        comparison.not_comparable("list of keys", Some(region), unread, None);
    }
    comparison.diff.monthly_cost.0 += cost.0;
    comparison.diff.monthly_cost.1 += cost.1;
    if cost.0 != cost.1 {
        let about = About {
            region: Some(region),
            resource: region.as_str(),
            name: region.as_str(),
        };
        comparison.change(ChangeKind::CostChanged, about, cost.0, cost.1);
    }
}

/// A key that the run `absent_in` does not have. Its cost, where that is a change.
fn only_in_one(
    comparison: &mut Comparison<'_>,
    region: &Region,
    key: &KeyView,
    other: &RegionView,
    absent_in: Side,
) -> MicroDollars {
    if let Some(because) = because(&other.key_listing) {
        comparison.not_comparable("keys", Some(region), (absent_in, because), Some(&key.name));
        return MicroDollars(0);
    }
    if key.may_be_aws_managed {
        let seen_in = if absent_in == Side::New { Side::Old } else { Side::New };
        let because = "whether AWS manages the key could not be read".to_owned();
        comparison.not_comparable("keys", Some(region), (seen_in, because), Some(&key.name));
        return MicroDollars(0);
    }
    let state = key.metadata.known().map(|metadata| &metadata.state);
    match absent_in {
        Side::New => comparison.change(ChangeKind::KeyDeleted, about(region, key), state, Value::Null),
        Side::Old | Side::Both => comparison.change(ChangeKind::KeyCreated, about(region, key), Value::Null, state),
    }
    key.monthly_cost
}

fn about<'a>(region: &'a Region, key: &'a KeyView) -> About<'a> {
    About {
        region: Some(region),
        resource: key.arn.as_str(),
        name: &key.name,
    }
}

fn compare_key(
    comparison: &mut Comparison<'_>,
    region: &Region,
    (old_region, old): (&RegionView, &KeyView),
    (new_region, new): (&RegionView, &KeyView),
) {
    let about = about(region, new);
    if let Some((old, new)) = comparison.both("state of keys", about, &old.metadata, &new.metadata) {
        compare_metadata(comparison, about, old, new);
    }
    if let Some((old, new)) = comparison.both("tags of keys", about, &old.tags, &new.tags) {
        compare_tags(comparison, about, old, new);
    }
    // That the list of aliases was not read is said once for a Region with keys.
    match (old_region.alias_listing.known(), new_region.alias_listing.known()) {
        (Some(()), Some(())) => compare_aliases(comparison, about, &old.aliases, &new.aliases),
        _ => {
            let unread = unread(&old_region.alias_listing, &new_region.alias_listing);
            comparison.not_comparable("aliases of keys", Some(region), unread, Some(about.name));
        }
    }
    if let Some((old, new)) = comparison.both("policies of keys", about, &old.policy, &new.policy)
        && !is_same_policy(old, new)
    {
        comparison.change(ChangeKind::KeyPolicyChanged, about, old, new);
    }
    if let Some((old, new)) = comparison.both("rotation of keys", about, &old.rotation, &new.rotation)
        && old != new
    {
        comparison.change(ChangeKind::KeyRotationChanged, about, old, new);
    }
    if let Some((old, new)) = comparison.both("justification of keys", about, &old.standing, &new.standing) {
        compare_standing(comparison, about, old, new);
    }
}

fn compare_metadata(comparison: &mut Comparison<'_>, about: About<'_>, old: &MetadataView, new: &MetadataView) {
    let is_pending = |state: &str| matches!(state, "PendingDeletion" | "PendingReplicaDeletion");
    if old.state != new.state {
        if is_pending(&new.state) && !is_pending(&old.state) {
            let at = new.deletion_date;
            comparison.change(ChangeKind::KeyScheduledForDeletion, about, &old.state, at);
        } else {
            comparison.change(ChangeKind::KeyStateChanged, about, &old.state, &new.state);
        }
    } else if let (Some(before), Some(after)) = (old.deletion_date, new.deletion_date)
        && before != after
    {
        // It was taken back, and scheduled anew.
        comparison.change(ChangeKind::KeyScheduledForDeletion, about, &old.state, after);
    }
    if let (Some(before), Some(after)) = (&old.description, &new.description)
        && before != after
    {
        comparison.change(ChangeKind::KeyDescriptionChanged, about, before, after);
    }
    if old.role != new.role {
        comparison.change(ChangeKind::KeyRoleChanged, about, &old.role, &new.role);
    }
}

fn compare_tags(
    comparison: &mut Comparison<'_>,
    about: About<'_>,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) {
    if old == new {
        return;
    }
    let other = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        let these = these.iter().filter(|(tag, value)| those.get(*tag) != Some(value));
        these.map(|(tag, value)| (tag.clone(), value.clone())).collect()
    };
    comparison.change(ChangeKind::KeyTagsChanged, about, other(old, new), other(new, old));
}

fn compare_aliases(comparison: &mut Comparison<'_>, about: About<'_>, old: &[String], new: &[String]) {
    if old == new {
        return;
    }
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    if old != new {
        let (gone, come): (Vec<_>, Vec<_>) = (old.difference(&new).collect(), new.difference(&old).collect());
        comparison.change(ChangeKind::KeyAliasesChanged, about, gone, come);
    }
}

fn compare_standing(comparison: &mut Comparison<'_>, about: About<'_>, old: &StandingView, new: &StandingView) {
    let is_without = |standing| matches!(standing, KeyStanding::Unjustified | KeyStanding::Unrecognized);
    match (old.standing, new.standing) {
        (KeyStanding::Justified, KeyStanding::Justified) if old.justification != new.justification => {
            let (from, to) = (&old.justification, &new.justification);
            comparison.change(ChangeKind::JustificationChanged, about, from, to);
        }
        (KeyStanding::Justified, without) if is_without(without) => {
            comparison.change(ChangeKind::JustificationLost, about, &old.justification, without);
        }
        (without, KeyStanding::Justified) if is_without(without) => {
            comparison.change(ChangeKind::JustificationWon, about, without, &new.justification);
        }
        // Where one is pending deletion, its state says so; two ways of having no reason differ in their tags.
        _ => {}
    }
}

/// Whether two policies say the same. White space and the order of statements, actions and principals say nothing, and
/// AWS does not promise to keep them.
fn is_same_policy(old: &str, new: &str) -> bool {
    if old == new {
        return true;
    }
    let parse = |text: &str| serde_json::from_str::<Value>(text).map(sorted).ok();
    parse(old).is_some_and(|old| parse(new) == Some(old))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, sorted(value))).collect(),
        value => value,
    }
}
