//! `idle-replica`: a replica of a multi-Region key that nothing asks for, or that nobody uses.

use super::outcomes::{Failure, observed};
use super::unused_key::{ANSWER_DAYS, DAYS, limits};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::facts::{Arn, Key, KeyMetadata, MultiRegionRole};
use crate::model::{KeyUse, Standing, key_use, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "idle-replica",
    title: "Multi-Region replica without a reason or without a use",
    severity: Severity::Low,
    why: "A replica costs as much as a key of its own, and it is the same key material in one Region more: whoever \
          may use it there can decrypt what was encrypted here. That is worth having for data that moves between \
          Regions or has to be readable in a second one after a disaster: then a tag should say so.",
    remediation: "Find out which data is encrypted in one of the Regions and decrypted in the other. If there is \
                  some, tag the replica with the requirement: tags are not copied from its primary key. If there is \
                  none, disable the replica and watch for DisabledException before its deletion is scheduled; a \
                  replica can be made again from its primary key.",
    settings: &[&DAYS, &ANSWER_DAYS],
    page: include_str!("../../docs/checks/idle-replica.md"),
    assess,
};

/// Every multi-Region key has an id that begins so.
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>.
const MULTI_REGION_ID: &str = "mrk-";

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let limits = limits(subject, outcomes);
    for judged in subject.keys() {
        let JudgedKey { region, key, standing } = judged;
        let Some(metadata) = key.metadata.known() else {
            if key.key_id.starts_with(MULTI_REGION_ID) {
                outcomes.key_not_assessed(key, "its role among the keys of a multi-Region key could not be read");
            }
            continue;
        };
        let primary = match &metadata.multi_region {
            None | Some(MultiRegionRole::Primary { .. }) => continue,
            Some(MultiRegionRole::Unstated) => {
                outcomes.key_not_assessed(key, "AWS does not state its role among the keys of a multi-Region key");
                continue;
            }
            Some(MultiRegionRole::Replica { primary }) => primary.as_ref(),
        };
        if *standing == Standing::PendingDeletion {
            outcomes.key_not_assessed(key, "the key is pending deletion");
            continue;
        }
        let used = key_use(region, key, &limits);
        match (standing, &used) {
            (Standing::Justified(_), KeyUse::Lately) => outcomes.pass(),
            (Standing::Justified(_), KeyUse::Unknown(because)) => outcomes.key_not_assessed(key, because.clone()),
            (Standing::Unread(code), KeyUse::Lately | KeyUse::Unknown(_)) => {
                outcomes.key_not_assessed(key, format!("its tags could not be read: {code}"));
            }
            _ => {
                let resource = outcomes.key(&region.region, key);
                let failure = failure(key, metadata, primary, standing, &used);
                outcomes.fail(resource, failure);
            }
        }
    }
}

fn failure(
    key: &Key,
    metadata: &KeyMetadata,
    primary: Option<&Arn>,
    standing: &Standing<'_>,
    used: &KeyUse<'_>,
) -> Failure {
    let of = primary.map_or_else(|| "another key".to_owned(), |primary| primary.to_string());
    let mut detail = format!("The key is a replica of {of}.");
    if matches!(standing, Standing::Unjustified(_) | Standing::Unrecognized(_)) {
        detail.push_str(" No tag of its own names a recognized requirement or a class of data.");
    }
    match used {
        KeyUse::Idle(idle) => detail.push_str(&format!(" {idle} AWS keeps track of each replica by itself.")),
        KeyUse::Unknown(because) => detail.push_str(&format!(" Whether it is used is unknown: {because}.")),
        KeyUse::Lately => {}
    }
    Failure {
        detail,
        observed: observed! {
            "primary_key": primary,
            "tags": key.tags.known(),
            "last_usage": key.details.last_usage.known(),
            "active_operations": key.details.active_operations,
            "creation_date": metadata.creation_date,
            "key_state": metadata.state,
        },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::examples::{account, denied, key, key_metadata, last_usage, region};
    use crate::facts::{Fact, KeyState};

    const AS_OF: &str = "2026-06-15T06:00:00Z";

    fn replica(tags: &[(&str, &str)], last: Option<&str>) -> Key {
        let mut key = key(tags);
        key_metadata(&mut key).multi_region = Some(MultiRegionRole::Replica {
            primary: Some(Arn::new("arn:aws:kms:eu-west-1:111122223333:key/mrk-1")),
        });
        if let Some(last) = last {
            key.details.last_usage = Fact::Known(last_usage(Some(last), None, AS_OF));
        }
        key
    }

    fn judged(key: Key) -> Judged {
        judge(&CHECK, account(region([key])))
    }

    #[test]
    fn a_replica_with_a_reason_and_a_use_passes() {
        let judged = judged(replica(&[("requirement", "policy")], Some("2026-06-14T00:00:00Z")));
        assert_eq!((judged.tally.passed, judged.findings.len()), (1, 0));
    }

    #[test]
    fn a_replica_without_a_reason_fails_whether_it_is_used_or_not() {
        for last in [None, Some("2026-06-14T00:00:00Z"), Some("2025-06-14T00:00:00Z")] {
            let judged = judged(replica(&[("tenant", "acme")], last));
            assert!(judged.findings[0].detail.contains("No tag of its own"), "{last:?}");
            assert_eq!(judged.findings[0].monthly_cost_usd.unwrap().dollars(), 1.0);
        }
    }

    #[test]
    fn a_replica_without_a_use_fails_whatever_its_reason() {
        let justified = judged(replica(&[("DataClass", "secret")], Some("2026-03-17T05:59:59Z")));
        let detail = &justified.findings[0].detail;
        assert!(
            detail.contains("last used on 2026-03-17") && !detail.contains("No tag"),
            "{detail}"
        );
        let at_the_limit = judged(replica(&[("DataClass", "secret")], Some("2026-03-17T06:00:00Z")));
        assert_eq!(at_the_limit.tally.passed, 1);
        let mut unread = replica(&[], Some("2025-06-14T00:00:00Z"));
        unread.tags = denied("kms:ListResourceTags");
        assert_eq!(judged(unread).tally.failed, 1);
    }

    #[test]
    fn what_could_not_be_read_is_not_assessed() {
        let unused = replica(&[("requirement", "policy")], None);
        let mut untagged = replica(&[], Some("2026-06-14T00:00:00Z"));
        untagged.tags = denied("kms:ListResourceTags");
        let mut leaving = replica(&[], None);
        key_metadata(&mut leaving).state = KeyState::PendingDeletion;
        let mut unstated = replica(&[], None);
        key_metadata(&mut unstated).multi_region = Some(MultiRegionRole::Unstated);
        let mut unread = replica(&[], None);
        unread.key_id = "mrk-2".into();
        unread.metadata = denied("kms:DescribeKey");
        for key in [unused, untagged, leaving, unstated, unread] {
            let judged = judged(key);
            assert_eq!((judged.findings.len(), judged.tally.not_assessed.len()), (0, 1));
        }
    }

    #[test]
    fn keys_of_one_region_and_primaries_are_not_counted() {
        let mut primary = key(&[]);
        key_metadata(&mut primary).multi_region = Some(MultiRegionRole::Primary {
            replica_regions: Vec::new(),
        });
        let mut unread = key(&[]);
        unread.metadata = denied("kms:DescribeKey");
        let judged = judge(&CHECK, account(region([primary, key(&[]), unread])));
        assert_eq!(judged.tally, Default::default());
    }
}
