//! `disabled-key`: a key that is switched off and billed all the same.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::facts::{Key, KeyMetadata, KeyState};
use crate::model::{day_of, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "disabled-key",
    title: "Disabled key",
    severity: Severity::Low,
    why: "AWS bills a key until it is deleted. A disabled key is either on its way out, and somebody has forgotten the \
          rest of the way, or it was needed after all, and nobody has noticed yet.",
    remediation: "If it was disabled to see whether anybody misses it: look for DisabledException in CloudTrail since \
                  then. If nobody does and no data that was encrypted under it is kept, schedule its deletion with \
                  the longest waiting period; what it encrypted cannot be read again afterwards. Else enable it, and \
                  tag it with the reason.",
    settings: &[],
    page: include_str!("../../docs/checks/disabled-key.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for JudgedKey { region, key, .. } in subject.keys() {
        match key.metadata.known() {
            None => outcomes.key_not_assessed(key, "its state could not be read"),
            Some(metadata) if metadata.state == KeyState::Disabled => {
                let resource = outcomes.key(&region.region, key);
                outcomes.fail(resource, failure(key, metadata));
            }
            Some(_) => outcomes.pass(),
        }
    }
}

fn failure(key: &Key, metadata: &KeyMetadata) -> Failure {
    let created = metadata.creation_date.map_or_else(String::new, |created| {
        format!(
            " It was created on {}; when it was disabled, AWS does not say.",
            day_of(created)
        )
    });
    Failure {
        detail: format!("The key is disabled, and AWS bills a key until it is deleted.{created}"),
        observed: observed! {
            "key_state": metadata.state,
            "creation_date": metadata.creation_date,
            "last_usage": key.details.last_usage.known(),
            "tags": key.tags.known(),
        },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::examples::{account, denied, key, key_metadata, region};

    fn in_state(state: KeyState) -> Key {
        let mut key = key(&[]);
        key_metadata(&mut key).state = state;
        key
    }

    #[test]
    fn only_a_disabled_key_fails_and_its_cost_is_shown() {
        let mut disabled = in_state(KeyState::Disabled);
        key_metadata(&mut disabled).creation_date = Some("2021-03-01T12:00:00Z".parse().unwrap());
        let others = [KeyState::Enabled, KeyState::PendingDeletion, KeyState::PendingImport];
        let judged = judge(&CHECK, account(region(others.map(in_state))));
        assert_eq!((judged.tally.passed, judged.tally.failed), (3, 0));
        let judged = judge(&CHECK, account(region([disabled])));
        assert_eq!(
            judged.findings[0].detail,
            "The key is disabled, and AWS bills a key until it is deleted. It was created on 2021-03-01; when it was \
             disabled, AWS does not say."
        );
        assert_eq!(judged.findings[0].monthly_cost_usd.unwrap().dollars(), 1.0);
    }

    #[test]
    fn a_key_whose_state_was_denied_is_not_assessed() {
        let mut unread = key(&[]);
        unread.metadata = denied("kms:DescribeKey");
        let judged = judge(&CHECK, account(region([unread])));
        assert_eq!((judged.findings.len(), judged.tally.not_assessed.len()), (0, 1));
    }
}
