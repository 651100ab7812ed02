//! One account in two runs.

use std::collections::BTreeSet;

use super::change::Side;
use super::comparison::{AccountDiff, Comparison};
use super::findings::Judged;
use super::region::looked_at;
use super::{buckets, findings, keys, quotas};
use crate::facts::{AccountId, Region};
use crate::runs::{AccountView, RegionView, RunHead};

/// Compares what two runs say of an account. A run that did not look at it says nothing.
pub fn compare_accounts(
    id: &AccountId,
    (old_run, old): (&RunHead, Option<&AccountView>),
    (new_run, new): (&RunHead, Option<&AccountView>),
) -> AccountDiff {
    let mut comparison = Comparison::of(Some(id));
    let (Some(old), Some(new)) = (old, new) else {
        let (run, view) = if old.is_none() {
            (Side::Old, new)
        } else {
            (Side::New, old)
        };
        let seen = view.map_or(0, |view| view.regions.values().map(|region| region.keys.len()).sum());
        let head = if run == Side::Old { old_run } else { new_run };
        let because = head.accounts_not_seen.get(id);
        let because = because.map_or_else(|| "it was not looked at".to_owned(), Clone::clone);
        comparison.not_comparable("account", None, (run, because), None);
        let mut diff = comparison.finish();
        for row in &mut diff.not_comparable {
            row.count = seen as u64;
        }
        if let (Side::Old, Some(new)) = (run, view) {
            findings::count_first_seen(&mut diff, &new.findings);
        }
        return diff;
    };
    let regions: BTreeSet<&Region> = old.regions.keys().chain(new.regions.keys()).collect();
    for region in regions {
        match (looked_at(old, region), looked_at(new, region)) {
            (Ok(old), Ok(new)) => {
                keys::compare(&mut comparison, region, old, new);
                quotas::compare(&mut comparison, id, region, old, new);
            }
            // Of a Region that holds nothing that was read there is nothing to compare.
            (Err(_), Err(_)) => {}
            (Ok(seen), Err(because)) => note_region(&mut comparison, region, seen, (Side::New, because)),
            (Err(because), Ok(seen)) => note_region(&mut comparison, region, seen, (Side::Old, because)),
        }
    }
    buckets::compare(&mut comparison, old, new);
    findings::compare(&mut comparison, &Judged::of(old_run, old), &Judged::of(new_run, new));
    comparison.finish()
}

fn note_region(comparison: &mut Comparison<'_>, region: &Region, seen: &RegionView, unread: (Side, String)) {
    if seen.keys.is_empty() {
        comparison.not_comparable("Region", Some(region), unread, None);
        return;
    }
    for key in &seen.keys {
        comparison.not_comparable("keys", Some(region), unread.clone(), Some(&key.name));
    }
}
