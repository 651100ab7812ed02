//! What could not be compared, by what it is and why: a fact that was not read is seldom missing in one place only.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{NotComparable, Side};
use crate::facts::{AccountId, Region};

/// How many places of a group are shown.
const EXAMPLES: usize = 3;

/// One kind of thing that could not be compared for one reason, wherever that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotComparableGroup<'a> {
    /// What it is, as in [`NotComparable`].
    pub what: &'a str,
    /// In which run it was not read.
    pub run: Side,
    /// Why.
    pub because: &'a str,
    /// The accounts concerned.
    pub accounts: BTreeSet<&'a AccountId>,
    /// The Regions concerned.
    pub regions: BTreeSet<&'a Region>,
    /// How many resources are concerned that one of the runs did read.
    pub count: u64,
    /// In how many places it is.
    pub places: u64,
    /// The first few places.
    pub examples: Vec<&'a NotComparable>,
}

/// Brings together what could not be compared for the same reason, that with the most resources first.
pub fn by_reason(rows: &[NotComparable]) -> Vec<NotComparableGroup<'_>> {
    let mut groups: BTreeMap<(&str, Side, &str), NotComparableGroup<'_>> = BTreeMap::new();
    for row in rows {
        let key = (row.what.as_str(), row.run, row.because.as_str());
        let group = groups.entry(key).or_insert_with(|| NotComparableGroup {
            what: &row.what,
            run: row.run,
            because: &row.because,
            accounts: BTreeSet::new(),
            regions: BTreeSet::new(),
            count: 0,
            places: 0,
            examples: Vec::new(),
        });
        group.accounts.extend(&row.account_id);
        group.regions.extend(&row.region);
        group.count += row.count;
        group.places += 1;
        // A name that each Region of an account has is an example once.
        let is_another = row.examples.is_empty()
            || !group
                .examples
                .iter()
                .any(|shown| shown.account_id == row.account_id && shown.examples.first() == row.examples.first());
        if is_another && group.examples.len() < EXAMPLES {
            group.examples.push(row);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.count, group.places)));
    groups
}
