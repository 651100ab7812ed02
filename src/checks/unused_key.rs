//! `unused-key`: a key that nobody has used for long.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Setting, Subject};
use crate::facts::{Key, KeyMetadata, KeyState, RegionFacts};
use crate::model::{IdleKey, KeyUse, UseLimits, key_use, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "unused-key",
    title: "Key without a use for long",
    severity: Severity::Low,
    why: "A key that nothing uses costs a dollar a month and is one more to answer for. Most of these are left over: \
          the data was moved or deleted, and the key stayed.",
    remediation: "Never delete a key because of this alone: what it encrypted cannot be read again, ever. Find out \
                  what it was for (key policy, grants, CloudTrail, whoever created it). Then disable it first, and \
                  watch for DisabledException in CloudTrail for as long as your rarest job takes to come round. \
                  Services such as EBS touch a key rarely, and use of the public key of an asymmetric key outside \
                  of AWS leaves no record. Only then schedule its deletion, with the longest waiting period.",
    settings: &[&DAYS, &ANSWER_DAYS],
    page: include_str!("../../docs/checks/unused-key.md"),
    assess,
};

pub const DAYS: Setting = Setting {
    name: "days",
    default: 90.0,
    // CloudWatch lists a metric for two weeks after its last datapoint.
    least: 14.0,
    most: 3_650.0,
    meaning: "A key is unused if its last use is more than so many days before the scan.",
};

pub const ANSWER_DAYS: Setting = Setting {
    name: "answer-days",
    default: 35.0,
    least: 1.0,
    most: 365.0,
    meaning: "What AWS said of the last use, carried over from an earlier scan, is relied on for so many days.",
};

/// The limits that the two settings make.
pub fn limits(subject: &Subject<'_>, outcomes: &Outcomes<'_>) -> UseLimits {
    UseLimits {
        as_of: subject.as_of,
        days: outcomes.setting(&DAYS),
        answer_days: outcomes.setting(&ANSWER_DAYS),
    }
}

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let limits = limits(subject, outcomes);
    for JudgedKey { region, key, .. } in subject.keys() {
        if key.is_pending_deletion() {
            outcomes.key_not_assessed(key, "the key is pending deletion");
            continue;
        }
        match (key_use(region, key, &limits), key.metadata.known()) {
            (KeyUse::Lately, _) => outcomes.pass(),
            (KeyUse::Unknown(because), _) => outcomes.key_not_assessed(key, because),
            // It may be pending deletion.
            (KeyUse::Idle(_), None) => outcomes.key_not_assessed(key, "its state could not be read"),
            (KeyUse::Idle(idle), Some(metadata)) => fail(outcomes, region, key, metadata, &idle),
        }
    }
}

fn fail(outcomes: &mut Outcomes<'_>, region: &RegionFacts, key: &Key, metadata: &KeyMetadata, idle: &IdleKey<'_>) {
    let mut detail = idle.to_string();
    if metadata.state == KeyState::Disabled {
        detail.push_str(" It is disabled already.");
    }
    let resource = outcomes.key(&region.region, key);
    let failure = Failure {
        detail,
        observed: observed! {
            "last_usage": idle.usage,
            "idle_days": idle.days,
            "answer_age_days": idle.answer_age_days,
            "threshold_days": outcomes.setting(&DAYS),
            "creation_date": metadata.creation_date,
            "key_state": metadata.state,
            "key_spec": metadata.spec,
        },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    };
    outcomes.fail(resource, failure);
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{judge, judge_by};
    use super::*;
    use crate::facts::Fact;
    use crate::facts::examples::{account, denied, key, key_metadata, last_usage, region};

    const AS_OF: &str = "2026-06-15T06:00:00Z";

    fn used_at(last: &str) -> Key {
        let mut key = key(&[]);
        key.details.last_usage = Fact::Known(last_usage(Some(last), None, AS_OF));
        key
    }

    #[test]
    fn a_key_used_lately_passes_and_one_used_long_ago_fails_with_its_cost() {
        let keys = [used_at("2026-06-14T06:00:00Z"), used_at("2025-06-14T06:00:00Z")];
        let judged = judge(&CHECK, account(region(keys)));
        assert_eq!((judged.tally.passed, judged.tally.failed), (1, 1));
        let finding = &judged.findings[0];
        assert_eq!(
            finding.detail,
            "The key was last used on 2025-06-14 (Decrypt), 366 days before the scan."
        );
        assert_eq!(finding.monthly_cost_usd.unwrap().dollars(), 1.0);
        assert!(finding.remediation.contains("DisabledException"));
    }

    #[test]
    fn the_limit_is_days_to_the_second_and_can_be_set() {
        let here = account(region([
            used_at("2026-03-17T06:00:00Z"),
            used_at("2026-03-17T05:59:59Z"),
        ]));
        assert_eq!(judge(&CHECK, here.clone()).tally.failed, 1);
        let config = toml::from_str("[checks.unused-key]\ndays = 91").unwrap();
        assert_eq!(judge_by(&CHECK, &here, &config).tally.failed, 0);
    }

    #[test]
    fn a_metric_of_the_last_two_weeks_is_use_enough() {
        let mut key = used_at("2020-01-01T00:00:00Z");
        key.details.active_operations = vec!["Decrypt".into()];
        let mut here = region([key]);
        here.key_metrics = Fact::Known(());
        assert_eq!(judge(&CHECK, account(here)).tally.passed, 1);
    }

    #[test]
    fn what_was_not_asked_or_denied_or_leaves_anyway_is_not_assessed() {
        let unasked = key(&[]);
        let mut refused = key(&[]);
        refused.details.last_usage = denied("kms:GetKeyLastUsage");
        let mut leaving = used_at("2020-01-01T00:00:00Z");
        key_metadata(&mut leaving).state = KeyState::PendingDeletion;
        let mut unread = used_at("2020-01-01T00:00:00Z");
        unread.metadata = denied("kms:DescribeKey");
        let judged = judge(&CHECK, account(region([unasked, refused, leaving, unread])));
        assert_eq!((judged.tally.passed, judged.tally.failed), (0, 0));
        assert_eq!(judged.tally.not_assessed.len(), 4);
    }
}
