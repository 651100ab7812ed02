//! What could not be read in one of the runs is no change.

use super::*;

#[test]
fn what_could_not_be_read_this_time_is_not_gone() {
    // The list of keys broke off before the second key.
    let said = after(&facts(), |facts| {
        facts.regions[0].keys.pop();
        facts.regions[0].key_listing = denied("kms:ListKeys");
    });
    assert_eq!(said.changes, []);
    assert_eq!(
        said.not_comparable(),
        [
            ("findings of unjustified-key", Side::New, 1),
            ("keys", Side::New, 1),
            ("list of keys", Side::New, 0)
        ]
    );
    // Its tags were denied.
    let said = after(&facts(), |facts| {
        facts.regions[0].keys[1].tags = denied("kms:ListResourceTags");
    });
    assert_eq!(said.changes, []);
    assert_eq!(
        said.not_comparable(),
        [
            ("findings of unjustified-key", Side::New, 1),
            ("justification of keys", Side::New, 1),
            ("tags of keys", Side::New, 1)
        ]
    );
    // The Region was not looked at.
    let said = after(&facts(), |facts| facts.regions[0].region = Region::new("us-east-1"));
    assert_eq!(said.changes, []);
    assert!(said.not_comparable().contains(&("keys", Side::New, 2)));
}

#[test]
fn what_could_not_be_read_last_time_is_not_new_and_still_counts_for_a_job() {
    let facts = facts();
    let mut unread = facts.clone();
    unread.regions[0].keys[1].tags = denied("kms:ListResourceTags");
    let said = compare(&Made::of(unread), &Made::of(facts));
    assert_eq!(said.changes, []);
    assert_eq!(said.not_comparable()[0], ("findings of unjustified-key", Side::Old, 1));
    let summary = &said.totals.summary;
    assert!(summary.findings_new.is_empty());
    assert_eq!(summary.findings_not_seen_before(Severity::Medium), 1);
    assert_eq!(summary.findings_not_seen_before(Severity::High), 0);
}

#[test]
fn an_account_that_only_one_run_looked_at_did_neither_come_nor_go() {
    let facts = facts();
    let mut other = facts.clone();
    other.account_id = AccountId::new("222222222222");
    let both = Made {
        facts: vec![facts.clone(), other],
        config: Config::default(),
    };
    let one = Made::of(facts);
    let said = compare(&both, &one);
    assert_eq!(
        (said.changes.len(), said.not_comparable()),
        (0, vec![("account", Side::New, 2)])
    );
    let said = compare(&one, &both);
    assert_eq!(
        (said.changes.len(), said.not_comparable()),
        (0, vec![("account", Side::Old, 2)])
    );
    assert_eq!(said.totals.summary.findings_not_seen_before(Severity::Medium), 1);
}

#[test]
fn a_check_that_one_run_did_not_make_has_no_new_findings_and_none_that_are_gone() {
    let off = "[checks.unjustified-key]\nenabled = false";
    let facts = facts();
    let (with, without) = (Made::of(facts.clone()), Made::of(facts).judged_by(off));
    for (old, new, side) in [(&with, &without, Side::New), (&without, &with, Side::Old)] {
        let said = compare(old, new);
        assert_eq!(said.changes, []);
        assert_eq!(said.not_comparable(), [("findings of unjustified-key", side, 1)]);
    }
}

#[test]
fn a_key_that_aws_may_manage_does_neither_come_nor_go() {
    let facts = facts();
    let mut unread = facts.clone();
    unread.regions[0].alias_listing = denied("kms:ListAliases");
    let mut unknown = key(&[]);
    unknown.metadata = denied("kms:DescribeKey");
    unknown.tags = denied("kms:ListResourceTags");
    unread.regions[0].keys.push(unknown);
    let said = compare(&Made::of(unread), &Made::of(facts));
    assert!(!said.kinds().contains(&ChangeKind::KeyDeleted), "{:?}", said.kinds());
    assert!(
        said.not_comparable().contains(&("keys", Side::Old, 1)),
        "{:?}",
        said.not_comparable()
    );
}
