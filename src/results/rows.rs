//! Rows that are only for comparing, and those of `unassessed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assessment::KeyStanding;
use crate::checks::{CHECKS, FindingException, Resource, Tally};
use crate::facts::Arn;
use crate::severity::Severity;

/// A row of `unassessed`: what a check could not judge, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnassessedRow {
    /// The check.
    pub check: String,
    /// The resource; null where the check does not say which.
    pub resource: Option<Arn>,
    /// Why.
    pub because: String,
    /// How many resources; one where it is named.
    pub count: u64,
}

/// A finding without what is only for people: what is compared of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OpenFinding {
    /// The same for the same check and resource in every scan.
    pub fingerprint: String,
    /// The id of the check.
    pub check: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub resource: Resource,
    /// The exception that covers it, if one does.
    pub exception: Option<FindingException>,
}

/// Where a customer managed key stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StandingRow {
    /// The key.
    pub arn: Arn,
    /// Where it stands.
    pub standing: KeyStanding,
    /// Its reason, where it is justified.
    pub justification: Option<String>,
}

/// What the checks could not judge: first the resources that are named, then, by the reason, how many are not.
pub(super) fn unassessed(tallies: &[Tally]) -> impl Iterator<Item = UnassessedRow> {
    CHECKS.iter().zip(tallies).flat_map(|(check, tally)| {
        let row = |resource, because: &str, count| UnassessedRow {
            check: check.id.to_owned(),
            resource,
            because: because.to_owned(),
            count,
        };
        let named = tally.unassessed.iter();
        let named = named.map(move |resource| row(Some(resource.resource.clone()), &resource.because, 1));
        let others = tally.not_assessed.iter().filter_map(move |(because, count)| {
            let named = tally.unassessed.iter().filter(|resource| resource.because == *because);
            let others = count.saturating_sub(named.count() as u64);
            (others > 0).then(|| row(None, because, others))
        });
        named.chain(others)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_check_does_not_name_is_counted() {
        let mut tally = Tally::default();
        tally.not_assessed.insert("denied".into(), 3);
        tally.unassessed.push(crate::checks::Unassessed {
            resource: Arn::new("arn:a"),
            because: "denied".into(),
        });
        let rows: Vec<_> = unassessed(&[tally]).map(|row| (row.resource, row.count)).collect();
        assert_eq!(rows, [(Some(Arn::new("arn:a")), 1), (None, 2)]);
    }
}
