//! `unavailable-key`: a key that cannot be used although nobody switched it off.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::facts::{CustomKeyStore, Fact, Key, KeyMetadata, KeyState, RegionFacts};
use crate::model::monthly_cost;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "unavailable-key",
    title: "Key that cannot be used",
    severity: Severity::High,
    why: "Every request for a key in this state fails. What is encrypted under it cannot be read, and services that \
          hold a data key in memory go on working until they need it once more, so that the outage can come later \
          than its cause.",
    remediation: "A key in a custom key store: connect the store again (the connection error says what is in the way: \
                  the cluster, the proxy, its credentials, the network). A key that waits for its key material: \
                  import exactly the material it had; a new key that never had any can be given it, or be deleted.",
    settings: &[],
    page: include_str!("../../docs/checks/unavailable-key.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for JudgedKey { region, key, .. } in subject.keys() {
        let Some(metadata) = key.metadata.known() else {
            outcomes.key_not_assessed(key, "its state could not be read");
            continue;
        };
        let detail = match &metadata.state {
            KeyState::Unavailable => without_its_store(region, metadata),
            KeyState::PendingImport => without_material(subject, metadata),
            KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
                outcomes.key_not_assessed(key, "the key is pending deletion");
                continue;
            }
            KeyState::Unknown(_) => {
                outcomes.key_not_assessed(key, "its state is one that this version does not know");
                continue;
            }
            KeyState::Enabled | KeyState::Disabled | KeyState::Creating | KeyState::Updating => {
                outcomes.pass();
                continue;
            }
        };
        let resource = outcomes.key(&region.region, key);
        outcomes.fail(resource, failure(region, key, metadata, detail));
    }
}

/// The custom key store that a key lies in, where the stores of the Region were read.
fn store<'r>(region: &'r RegionFacts, metadata: &KeyMetadata) -> Option<&'r CustomKeyStore> {
    let id = metadata.custom_key_store_id.as_ref()?;
    region.custom_key_stores.known()?.iter().find(|store| store.id == *id)
}

fn without_its_store(region: &RegionFacts, metadata: &KeyMetadata) -> String {
    if let Some(store) = store(region, metadata) {
        let error = store.connection_error.as_ref();
        let error = error.map_or_else(String::new, |error| format!(" ({error})"));
        return format!(
            "The key is in the state Unavailable. Its custom key store {} is {}{error}.",
            store.name, store.state
        );
    }
    let id = metadata.custom_key_store_id.as_deref().unwrap_or("that it lies in");
    let because = match &region.custom_key_stores {
        Fact::Unavailable(reason) => format!("could not be read: {}", reason.code),
        Fact::NotCollected => "was not read".to_owned(),
        Fact::Known(_) => "is not among those of the Region".to_owned(),
    };
    format!("The key is in the state Unavailable. Its custom key store {id} {because}.")
}

fn without_material(subject: &Subject<'_>, metadata: &KeyMetadata) -> String {
    let why = match metadata.valid_to {
        Some(valid_to) if valid_to <= subject.as_of => format!("It expired on {valid_to}."),
        _ => "It was deleted, it expired, or it was never imported: AWS does not say which.".to_owned(),
    };
    format!("The key waits for its key material. {why}")
}

fn failure(region: &RegionFacts, key: &Key, metadata: &KeyMetadata, detail: String) -> Failure {
    let store = store(region, metadata);
    Failure {
        detail,
        observed: observed! {
            "key_state": metadata.state,
            "origin": metadata.origin,
            "valid_to": metadata.valid_to,
            "creation_date": metadata.creation_date,
            "custom_key_store_id": metadata.custom_key_store_id,
            "connection_state": store.map(|store| &store.state),
            "connection_error": store.and_then(|store| store.connection_error.as_ref()),
        },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::ConnectionState;
    use crate::facts::examples::{account, custom_key_store_named, denied, key, key_metadata, region};

    fn in_state(state: KeyState) -> Key {
        let mut key = key(&[]);
        key_metadata(&mut key).state = state;
        key
    }

    fn in_store() -> Key {
        let mut key = in_state(KeyState::Unavailable);
        key_metadata(&mut key).custom_key_store_id = Some("cks-1".into());
        key
    }

    #[test]
    fn keys_that_can_be_used_or_were_switched_off_pass() {
        let states = [
            KeyState::Enabled,
            KeyState::Disabled,
            KeyState::Creating,
            KeyState::Updating,
        ];
        let judged = judge(&CHECK, account(region(states.map(in_state))));
        assert_eq!((judged.tally.passed, judged.findings.len()), (4, 0));
    }

    #[test]
    fn the_connection_of_the_custom_key_store_is_named() {
        let mut here = region([in_store()]);
        let mut store = custom_key_store_named("cks-1");
        store.state = ConnectionState::Failed;
        store.connection_error = Some("XKS_PROXY_TIMED_OUT".into());
        here.custom_key_stores = Fact::Known(vec![custom_key_store_named("cks-0"), store]);
        let judged = judge(&CHECK, account(here));
        assert_eq!(
            judged.findings[0].detail,
            "The key is in the state Unavailable. Its custom key store vault is FAILED (XKS_PROXY_TIMED_OUT)."
        );
        assert_eq!(judged.findings[0].severity, Severity::High);
        assert_eq!(judged.findings[0].observed["connection_error"], "XKS_PROXY_TIMED_OUT");
    }

    #[test]
    fn a_store_that_was_denied_is_said_to_be_unread() {
        let mut here = region([in_store()]);
        here.custom_key_stores = denied("kms:DescribeCustomKeyStores");
        let detail = judge(&CHECK, account(here)).findings[0].detail.clone();
        assert!(
            detail.ends_with("cks-1 could not be read: AccessDeniedException."),
            "{detail}"
        );
    }

    #[test]
    fn expired_material_is_told_from_material_that_is_not_there() {
        let mut expired = in_state(KeyState::PendingImport);
        key_metadata(&mut expired).valid_to = Some("2026-06-15T06:00:00Z".parse().unwrap());
        let judged = judge(&CHECK, account(region([expired, in_state(KeyState::PendingImport)])));
        assert!(judged.findings[0].detail.contains("It expired on 2026-06-15"));
        assert!(judged.findings[1].detail.contains("never imported"));
    }

    #[test]
    fn an_unread_or_unknown_state_and_a_key_on_its_way_out_are_not_assessed() {
        let mut unread = key(&[]);
        unread.metadata = denied("kms:DescribeKey");
        let others = [KeyState::PendingDeletion, KeyState::Unknown("Resting".into())].map(in_state);
        let [leaving, unknown] = others;
        let judged = judge(&CHECK, account(region([unread, leaving, unknown])));
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 3));
    }
}
