//! `duplicate-classification-key`: two keys for the same class of data in one account and Region.

use std::collections::BTreeMap;

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::facts::Key;
use crate::model::{Standing, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "duplicate-classification-key",
    title: "Several keys for the same class of data",
    severity: Severity::Low,
    why: "One key for each class of data is the point of classification keys: whoever is allowed that class uses that \
          key. A second one for the same class in the same account and Region separates nothing and costs as much.",
    remediation: "Keep one key for the class and move to it, or give each of them the requirement that tells them \
                  apart (a requirement tag beside the classification).",
    settings: &[],
    page: include_str!("../../docs/checks/duplicate-classification-key.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for (region, keys) in subject.keys_by_region() {
        let mut by_class: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
        for JudgedKey { key, standing, .. } in keys {
            if let Some(reason) = key.metadata.unavailable() {
                // It may be pending deletion, and its age is unknown.
                let because = format!("its state could not be read: {}", reason.code);
                outcomes.not_assessed_of(key.arn.clone(), because);
                continue;
            }
            match standing {
                // A control beside the class says why this key is a key of its own.
                Standing::Justified(claim) if claim.controls.is_empty() => {
                    by_class
                        .entry(claim.class.as_deref().unwrap_or_default())
                        .or_default()
                        .push(key);
                }
                Standing::Unread(code) => {
                    let because = format!("its tags or its state could not be read: {code}");
                    outcomes.not_assessed_of(key.arn.clone(), because);
                }
                Standing::Justified(_) => outcomes.pass(),
                Standing::Unrecognized(_) | Standing::Unjustified(_) | Standing::PendingDeletion => {}
            }
        }
        for (class, keys) in by_class {
            // The oldest is the one to keep.
            let mut keys = keys;
            keys.sort_by_key(|key| {
                (
                    key.metadata.known().and_then(|metadata| metadata.creation_date),
                    &key.arn,
                )
            });
            let mut keys = keys.into_iter();
            let Some(kept) = keys.next() else { continue };
            outcomes.pass();
            for key in keys {
                let resource = outcomes.key(&region.region, key);
                outcomes.fail(resource, failure(class, kept, key));
            }
        }
    }
}

fn failure(class: &str, kept: &Key, key: &Key) -> Failure {
    let name = kept.aliases.first().unwrap_or(&kept.key_id);
    Failure {
        detail: format!("The class {class} already has the key {name} in this account and Region."),
        observed: observed! { "class": class, "other_key": kept.arn },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::examples::{account, denied, key, region};

    #[test]
    fn one_key_for_each_class_passes() {
        let judged = judge(
            &CHECK,
            account(region([key(&[("DataClass", "a")]), key(&[("DataClass", "b")])])),
        );
        assert_eq!((judged.tally.passed, judged.tally.failed), (2, 0));
    }

    #[test]
    fn the_second_key_of_a_class_fails_whatever_its_case() {
        let judged = judge(
            &CHECK,
            account(region([key(&[("DataClass", "a")]), key(&[("data-class", "A")])])),
        );
        assert_eq!((judged.tally.passed, judged.tally.failed), (1, 1));
    }

    #[test]
    fn a_control_tells_two_keys_of_a_class_apart() {
        let contract = key(&[("DataClass", "a"), ("requirement", "contract")]);
        let judged = judge(&CHECK, account(region([key(&[("DataClass", "a")]), contract])));
        assert_eq!(judged.tally.failed, 0);
    }

    #[test]
    fn tags_that_were_denied_are_not_assessed() {
        let mut secret = key(&[]);
        secret.tags = denied("kms:ListResourceTags");
        assert_eq!(judge(&CHECK, account(region([secret]))).tally.not_assessed.len(), 1);
    }
}
