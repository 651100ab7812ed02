//! `custom-key-store-without-requirement`: a key in a custom key store that nothing asks to be there.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::config::JustificationPolicy;
use crate::facts::{Key, KeyMetadata, KeyOrigin, RegionFacts};
use crate::model::{Claim, Standing, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "custom-key-store-without-requirement",
    title: "Key in a custom key store without a requirement for it",
    severity: Severity::Medium,
    why: "Each request for a key in a custom key store goes on to a CloudHSM cluster or, for an external key store, out \
          of AWS to a key manager of your own: it takes longer, and their outage is yours. All keys of the store \
          share 1,800 requests/s, which also count against the symmetric pool of the account, and AWS rotates none \
          of them. That is the price of holding the key yourself; where nobody has to, it is paid for nothing.",
    remediation: "If a contract or a regulator asks for your own hardware or for key material outside of AWS, tag the \
                  key with it (requirement = byok or contract). Else encrypt the data under a key of KMS itself, and \
                  keep the old key until nothing is encrypted under it any more. Before tagging, make sure that no \
                  IAM policy grants access by these tags (aws:ResourceTag).",
    settings: &[],
    page: include_str!("../../docs/checks/custom-key-store-without-requirement.md"),
    assess,
};

/// The controls that can only be had by holding the key oneself, or that somebody else decided.
const ACCEPTED: [&str; 2] = ["byok", "contract"];

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let defaults = JustificationPolicy::default().controls;
    for JudgedKey { region, key, standing } in subject.keys() {
        // Of a key whose description is unread, nothing says that it is in a custom key store.
        let Some(metadata) = key.metadata.known() else {
            outcomes.key_not_assessed(key, "whether it is in a custom key store could not be read");
            continue;
        };
        if !is_in_custom_key_store(metadata) {
            continue;
        }
        match standing {
            Standing::Justified(claim) if ACCEPTED.iter().any(|control| claim.controls.contains(*control)) => {
                outcomes.pass();
            }
            // A control that the configuration added may be just what asks for it.
            Standing::Justified(claim) if claim.controls.iter().any(|control| !defaults.contains(control)) => {
                outcomes.key_not_assessed(key, "it claims a control whose meaning is not known here");
            }
            Standing::Justified(claim) | Standing::Unrecognized(claim) | Standing::Unjustified(claim) => {
                let resource = outcomes.key(&region.region, key);
                outcomes.fail(resource, failure(region, key, metadata, claim));
            }
            Standing::PendingDeletion => outcomes.key_not_assessed(key, "the key is pending deletion"),
            Standing::Unread(code) => outcomes.key_not_assessed(key, format!("its tags could not be read: {code}")),
        }
    }
}

fn is_in_custom_key_store(metadata: &KeyMetadata) -> bool {
    metadata.custom_key_store_id.is_some()
        || matches!(metadata.origin, KeyOrigin::AwsCloudHsm | KeyOrigin::ExternalKeyStore)
}

fn failure(region: &RegionFacts, key: &Key, metadata: &KeyMetadata, claim: &Claim) -> Failure {
    let stores = region.custom_key_stores.known();
    let store = stores
        .into_iter()
        .flatten()
        .find(|store| Some(&store.id) == metadata.custom_key_store_id.as_ref());
    let id = metadata.custom_key_store_id.as_deref();
    let name = store.map(|store| store.name.as_str()).or(id).unwrap_or("of unknown id");
    let claims = match claim.label().as_str() {
        "" => "its tags name no requirement for that".to_owned(),
        label => format!("what its tags name ({label}) a key of KMS itself could do as well"),
    };
    Failure {
        detail: format!(
            "The key is in the custom key store {name} ({}), and {claims}.",
            metadata.origin
        ),
        observed: observed! {
            "origin": metadata.origin,
            "custom_key_store_id": metadata.custom_key_store_id,
            "custom_key_store_name": store.map(|store| &store.name),
            "connection_state": store.map(|store| &store.state),
            "controls": claim.controls,
            "class": claim.class,
            "tags": key.tags.known(),
            "accepted_controls": ACCEPTED,
        },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge, judge_by};
    use super::*;
    use crate::facts::examples::{account, custom_key_store_named, denied, key, key_metadata, region};
    use crate::facts::{Fact, KeyState};

    fn in_store(tags: &[(&str, &str)]) -> Key {
        let mut key = key(tags);
        key_metadata(&mut key).origin = KeyOrigin::ExternalKeyStore;
        key_metadata(&mut key).custom_key_store_id = Some("cks-1".into());
        key
    }

    fn judged(key: Key) -> Judged {
        judge(&CHECK, account(region([key])))
    }

    #[test]
    fn byok_and_contract_are_reasons_for_a_custom_key_store() {
        for control in ["byok", "Contract", "policy+byok"] {
            assert_eq!(
                judged(in_store(&[("requirement", control)])).tally.passed,
                1,
                "{control}"
            );
        }
    }

    #[test]
    fn a_class_or_a_control_that_any_key_fulfils_is_none() {
        for tags in [&[("requirement", "policy+audit")], &[("DataClass", "secret")]] {
            let judged = judged(in_store(tags));
            assert!(judged.findings[0].detail.contains("could do as well"), "{tags:?}");
        }
        let untagged = judged(in_store(&[]));
        assert!(untagged.findings[0].detail.contains("name no requirement"));
        assert_eq!(judged(in_store(&[("requirement", "becuase")])).tally.failed, 1);
    }

    #[test]
    fn the_store_is_named_where_it_was_read() {
        let mut here = region([in_store(&[])]);
        here.custom_key_stores = Fact::Known(vec![custom_key_store_named("cks-1")]);
        let detail = judge(&CHECK, account(here)).findings[0].detail.clone();
        assert!(
            detail.contains("custom key store vault (EXTERNAL_KEY_STORE)"),
            "{detail}"
        );
    }

    #[test]
    fn a_control_of_the_configuration_is_not_judged() {
        let config = toml::from_str("[justification]\ncontrols = ['policy', 'sovereignty']").unwrap();
        let here = account(region([in_store(&[("requirement", "Sovereignty")])]));
        let judged = judge_by(&CHECK, &here, &config);
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
    }

    #[test]
    fn keys_of_kms_itself_are_not_counted_and_what_is_unread_is_not_assessed() {
        assert_eq!(judged(key(&[])).tally, Default::default());
        let mut untagged = in_store(&[]);
        untagged.tags = denied("kms:ListResourceTags");
        let mut unread = in_store(&[]);
        unread.metadata = denied("kms:DescribeKey");
        let mut leaving = in_store(&[]);
        key_metadata(&mut leaving).state = KeyState::PendingDeletion;
        for key in [untagged, unread, leaving] {
            let judged = judged(key);
            assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
        }
    }
}
