//! Takes down what comparing one account comes to.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::change::{Change, ChangeKind, NotComparable, Side};
use crate::facts::{AccountId, Fact, Region, Unavailable};
use crate::published::MicroDollars;
use crate::severity::Severity;

/// How many resources are named that cannot be compared.
const EXAMPLES: usize = 3;

/// What comparing an account came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountDiff {
    /// What changed, Region by Region.
    pub changes: Vec<Change>,
    /// What could not be compared.
    pub not_comparable: Vec<NotComparable>,
    /// Keys that both runs saw.
    pub keys_in_both: u64,
    /// Buckets that both runs saw.
    pub buckets_in_both: u64,
    /// Findings that are open in both runs.
    pub findings_unchanged: u64,
    /// Findings that an exception covers in both runs.
    pub findings_excepted: u64,
    /// Findings seen for the first time because the old run could not judge the resource, by severity.
    pub findings_first_seen: BTreeMap<Severity, u64>,
    /// What the keys cost a month that can be compared: in the old run, and in the new one.
    pub monthly_cost: (MicroDollars, MicroDollars),
}

/// What it is about: a resource, and what people call it.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub region: Option<&'a Region>,
    pub resource: &'a str,
    pub name: &'a str,
}

/// A comparison on its way.
pub(super) struct Comparison<'a> {
    account_id: Option<&'a AccountId>,
    pub diff: AccountDiff,
    not_comparable: BTreeMap<(Option<Region>, String, Side, String), NotComparable>,
}

impl<'a> Comparison<'a> {
    pub(super) fn of(account_id: Option<&'a AccountId>) -> Self {
        Comparison {
            account_id,
            diff: AccountDiff::default(),
            not_comparable: BTreeMap::new(),
        }
    }

    pub(super) fn finish(self) -> AccountDiff {
        AccountDiff {
            not_comparable: self.not_comparable.into_values().collect(),
            ..self.diff
        }
    }

    pub(super) fn change(
        &mut self,
        change: ChangeKind,
        about: About<'_>,
        from: impl Serialize,
        to: impl Serialize,
    ) {
        let change = self.made(change, about, from, to);
        self.diff.changes.push(change);
    }

    /// A change, to which more can be added before it is taken down.
    pub(super) fn made(
        &self,
        change: ChangeKind,
        about: About<'_>,
        from: impl Serialize,
        to: impl Serialize,
    ) -> Change {
        Change {
            change,
            account_id: self.account_id.cloned(),
            region: about.region.cloned(),
            resource: about.resource.to_owned(),
            name: about.name.to_owned(),
            from: json(from),
            to: json(to),
            check: None,
            severity: None,
            fingerprint: None,
        }
    }

    /// Something that was not read in one of the runs; `example` is a resource concerned, if it is one.
    pub(super) fn not_comparable(
        &mut self,
        what: &str,
        region: Option<&Region>,
        (run, because): (Side, String),
        example: Option<&str>,
    ) {
        let row = self
            .not_comparable
            .entry((region.cloned(), what.to_owned(), run, because))
            .or_insert_with_key(|(region, what, run, because)| NotComparable {
                what: what.clone(),
                account_id: self.account_id.cloned(),
                region: region.clone(),
                run: *run,
                because: because.clone(),
                count: 0,
                examples: Vec::new(),
            });
        if let Some(example) = example {
            row.count += 1;
            if row.examples.len() < EXAMPLES {
                row.examples.push(example.to_owned());
            }
        }
    }

    /// The two values of a fact of a resource, where both were read. Where neither was asked for, there is nothing to
    /// say.
    pub(super) fn both<'f, T>(
        &mut self,
        what: &str,
        about: About<'_>,
        old: &'f Fact<T>,
        new: &'f Fact<T>,
    ) -> Option<(&'f T, &'f T)> {
        match (old, new) {
            (Fact::Known(old), Fact::Known(new)) => return Some((old, new)),
            (Fact::NotCollected, Fact::NotCollected) => {}
            _ => self.not_comparable(what, about.region, unread(old, new), Some(about.name)),
        }
        None
    }
}

/// In which run a fact was not read, and why. Of two reasons, that of the new run.
pub(super) fn unread<T>(old: &Fact<T>, new: &Fact<T>) -> (Side, String) {
    match (because(old), because(new)) {
        (Some(_), Some(because)) => (Side::Both, because),
        (Some(because), None) => (Side::Old, because),
        (None, because) => (Side::New, because.unwrap_or_default()),
    }
}

/// Why a fact is not known.
pub(super) fn because<T>(fact: &Fact<T>) -> Option<String> {
    match fact {
        Fact::Known(_) => None,
        Fact::Unavailable(Unavailable { operation, code, .. }) => Some(format!("{operation} failed: {code}")),
        Fact::NotCollected => Some("it was not collected".to_owned()),
    }
}

/// A value as JSON. What is compared is plain data, of which there is always one.
pub(super) fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
