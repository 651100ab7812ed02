//! `expiring-key-material`: imported key material that is about to expire.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Setting, Subject};
use crate::facts::KeyMetadata;
use crate::model::{day_of, days_between};
use crate::severity::Severity;
use jiff::Timestamp;

pub const CHECK: Check = Check {
    id: "expiring-key-material",
    title: "Imported key material about to expire",
    severity: Severity::Medium,
    why: "When imported key material expires, AWS deletes it and the key can do nothing: whatever is encrypted under it \
          cannot be read until exactly the same material is imported again.",
    remediation: "Import the same key material again, with a later expiry or with none: a key accepts only the \
                  material it had. Before that, make sure that you still hold it, and that whoever has to import it \
                  knows the date. If the data is meant to become unreadable, let it expire and accept the finding \
                  with an exception.",
    settings: &[&DAYS],
    page: include_str!("../../docs/checks/expiring-key-material.md"),
    assess,
};

const DAYS: Setting = Setting {
    name: "days",
    default: 30.0,
    least: 1.0,
    most: 365.0,
    meaning: "Key material that expires within so many days of the scan is a finding.",
};

/// The days from which the time left is more than the check's own severity.
const HIGH_DAYS: f64 = 7.0;

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let within = outcomes.setting(&DAYS);
    for JudgedKey { region, key, .. } in subject.keys() {
        let Some(metadata) = key.metadata.known() else {
            outcomes.key_not_assessed(key, "whether its key material expires could not be read");
            continue;
        };
        if key.is_pending_deletion() {
            outcomes.key_not_assessed(key, "the key is pending deletion");
            continue;
        }
        match metadata.valid_to {
            Some(valid_to) if days_between(subject.as_of, valid_to) <= within => {
                let resource = outcomes.key(&region.region, key);
                outcomes.fail(resource, failure(metadata, valid_to, subject.as_of, within));
            }
            _ => outcomes.pass(),
        }
    }
}

fn failure(metadata: &KeyMetadata, valid_to: Timestamp, as_of: Timestamp, within: f64) -> Failure {
    let left = days_between(as_of, valid_to);
    let day = day_of(valid_to);
    Failure {
        severity: (left <= HIGH_DAYS).then_some(Severity::High),
        detail: if left <= 0.0 {
            format!(
                "The key material expired on {day}, {} days before the scan.",
                -left as u32
            )
        } else {
            format!(
                "The key material expires on {day}, {} days after the scan; from then on the key cannot be used.",
                left as u32
            )
        },
        observed: observed! {
            "valid_to": valid_to,
            "origin": metadata.origin,
            "key_state": metadata.state,
            "threshold_days": within,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{judge, judge_by};
    use super::*;
    use crate::facts::examples::{account, denied, key, key_metadata, region};
    use crate::facts::{Key, KeyState};

    fn valid_to(moment: &str) -> Key {
        let mut key = key(&[]);
        key_metadata(&mut key).valid_to = Some(moment.parse().unwrap());
        key
    }

    fn severity(moment: &str) -> Option<Severity> {
        let judged = judge(&CHECK, account(region([valid_to(moment)])));
        judged.findings.first().map(|finding| finding.severity)
    }

    #[test]
    fn the_nearer_the_end_the_higher_the_severity() {
        assert_eq!(severity("2026-07-15T06:00:01Z"), None, "in 30 days and a second");
        assert_eq!(severity("2026-07-15T06:00:00Z"), Some(Severity::Medium));
        assert_eq!(severity("2026-06-22T06:00:01Z"), Some(Severity::Medium));
        assert_eq!(severity("2026-06-22T06:00:00Z"), Some(Severity::High), "in seven days");
        assert_eq!(severity("2026-01-01T00:00:00Z"), Some(Severity::High), "long ago");
    }

    #[test]
    fn the_days_left_are_named_and_can_be_set() {
        let here = account(region([valid_to("2026-07-25T06:00:00Z")]));
        assert_eq!(judge(&CHECK, here.clone()).tally.passed, 1);
        let config = toml::from_str("[checks.expiring-key-material]\ndays = 60").unwrap();
        let detail = &judge_by(&CHECK, &here, &config).findings[0].detail;
        assert!(detail.contains("expires on 2026-07-25, 40 days after"), "{detail}");
    }

    #[test]
    fn material_that_does_not_expire_passes_and_what_is_unread_or_leaves_is_not_assessed() {
        let mut unread = key(&[]);
        unread.metadata = denied("kms:DescribeKey");
        let mut leaving = valid_to("2026-06-16T00:00:00Z");
        key_metadata(&mut leaving).state = KeyState::PendingDeletion;
        let judged = judge(&CHECK, account(region([key(&[]), unread, leaving])));
        assert_eq!((judged.tally.passed, judged.tally.failed), (1, 0));
        assert_eq!(judged.tally.not_assessed.len(), 2);
    }
}
