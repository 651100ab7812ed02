//! `duplicate-classification-key`: two keys for the same class of data in one account and Region.

use std::collections::BTreeMap;

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::facts::{Fact, Key, KeyMetadata, KeySpec, KeyState, KeyUsage};
use crate::model::{Standing, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "duplicate-classification-key",
    title: "Several keys for the same class of data",
    severity: Severity::Low,
    why: "One key for each class of data is the point of classification keys: whoever is allowed that class uses that \
          key. A second one for the same class in the same account and Region separates nothing and costs as much.",
    remediation: "Keep one key for the class and move to it, or give each of them the requirement that tells them \
                  apart (a requirement tag beside the classification). Before tagging, make sure that no IAM policy \
                  grants access by these tags (aws:ResourceTag). The key that is given up must stay until nothing is \
                  encrypted under it any more.",
    settings: &[],
    page: include_str!("../../docs/checks/duplicate-classification-key.md"),
    assess,
};

/// What a key is for: a class of data, and what can be done with it. Keys that cannot do the same are no duplicates: a
/// class may have a key that encrypts and one that signs.
type Purpose<'k> = (&'k str, &'k KeySpec, &'k KeyUsage);

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for (region, keys) in subject.keys_by_region() {
        let mut by_class: BTreeMap<Purpose<'_>, Vec<(&Key, &KeyMetadata)>> = BTreeMap::new();
        for JudgedKey { key, standing, .. } in keys {
            let metadata = match &key.metadata {
                Fact::Known(metadata) => metadata,
                // It may be pending deletion, and its age is unknown.
                Fact::Unavailable(reason) => {
                    let because = format!("its state could not be read: {}", reason.code);
                    outcomes.key_not_assessed(key, because);
                    continue;
                }
                Fact::NotCollected => {
                    outcomes.key_not_assessed(key, "its state was not collected");
                    continue;
                }
            };
            match standing {
                // A control beside the class says why this key is a key of its own.
                Standing::Justified(claim) if claim.controls.is_empty() => {
                    let class = claim.class.as_deref().unwrap_or_default();
                    let same = by_class.entry((class, &metadata.spec, &metadata.usage));
                    same.or_default().push((key, metadata));
                }
                Standing::Unread(code) => {
                    let because = format!("its tags or its state could not be read: {code}");
                    outcomes.key_not_assessed(key, because);
                }
                Standing::Justified(_) => outcomes.pass(),
                Standing::Unrecognized(_) | Standing::Unjustified(_) | Standing::PendingDeletion => {}
            }
        }
        for ((class, ..), mut keys) in by_class {
            // The oldest is the one to keep, unless it is switched off.
            keys.sort_by_key(|(key, metadata)| {
                let off = metadata.state != KeyState::Enabled;
                (off, metadata.creation_date, &key.arn)
            });
            let mut keys = keys.into_iter();
            let Some((kept, _)) = keys.next() else { continue };
            outcomes.pass();
            for (key, _) in keys {
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
    use crate::facts::examples::{account, denied, key, key_metadata, region};

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
    fn a_key_that_signs_is_no_duplicate_of_one_that_encrypts() {
        let mut signing = key(&[("DataClass", "a")]);
        key_metadata(&mut signing).spec = "RSA_2048".into();
        key_metadata(&mut signing).usage = KeyUsage::SignVerify;
        let judged = judge(&CHECK, account(region([key(&[("DataClass", "a")]), signing])));
        assert_eq!((judged.tally.passed, judged.tally.failed), (2, 0));
    }

    #[test]
    fn the_key_to_keep_is_the_oldest_that_is_enabled() {
        let created = |year: u32, state: KeyState| {
            let mut key = key(&[("DataClass", "a")]);
            key_metadata(&mut key).creation_date = Some(format!("{year}-01-01T00:00:00Z").parse().unwrap());
            key_metadata(&mut key).state = state;
            key
        };
        let keys = [
            created(2020, KeyState::Disabled),
            created(2022, KeyState::Enabled),
            created(2021, KeyState::Enabled),
        ];
        let kept = keys[2].arn.clone();
        let judged = judge(&CHECK, account(region(keys)));
        assert_eq!((judged.tally.passed, judged.tally.failed), (1, 2));
        let others = judged.findings.iter().map(|finding| &finding.observed["other_key"]);
        assert!(others.into_iter().all(|other| other == kept.as_str()));
    }

    #[test]
    fn tags_that_were_denied_are_not_assessed() {
        let mut secret = key(&[]);
        secret.tags = denied("kms:ListResourceTags");
        assert_eq!(judge(&CHECK, account(region([secret]))).tally.not_assessed.len(), 1);
    }
}
