//! Every kind of selector, and what was not read.

use super::*;
use crate::facts::{Arn, Region};

fn trail(selectors: Fact<TrailSelectors>) -> Trail {
    Trail {
        arn: Arn::new("arn:aws:cloudtrail:eu-west-3:111122223333:trail/security"),
        home_region: Region::new("eu-west-3"),
        is_multi_region: true,
        is_organization: false,
        log_group: None,
        status: Fact::Known(TrailStatus {
            is_logging: true,
            log_group_error: None,
        }),
        selectors,
    }
}

fn basic(read_write_type: &str, management: bool, exclude: &[&str]) -> EventSelector {
    EventSelector {
        include_management_events: management,
        read_write_type: read_write_type.into(),
        exclude_management_event_sources: exclude.iter().map(|source| source.to_string()).collect(),
    }
}

fn of_basic(selectors: &[EventSelector]) -> KmsEvents {
    kms_events(&trail(Fact::Known(TrailSelectors::Basic(selectors.to_vec()))))
}

/// Each selector a list of its fields as they are stored.
fn of_advanced(selectors: serde_json::Value) -> KmsEvents {
    let selectors: Vec<Vec<FieldSelector>> = serde_json::from_value(selectors).unwrap();
    let selectors = selectors
        .into_iter()
        .map(|fields| AdvancedEventSelector { name: None, fields });
    kms_events(&trail(Fact::Known(TrailSelectors::Advanced(selectors.collect()))))
}

fn unread(operation: &str) -> Unavailable {
    Unavailable {
        operation: operation.into(),
        code: "AccessDeniedException".into(),
        message: "no".into(),
    }
}

#[test]
fn a_basic_selector_with_management_events_records_all_of_kms() {
    assert_eq!(of_basic(&[basic("All", true, &[])]), KmsEvents::All);
    assert_eq!(
        of_basic(&[basic("All", true, &["rdsdata.amazonaws.com"])]),
        KmsEvents::All
    );
}

#[test]
fn a_basic_selector_without_kms_or_management_events_records_none() {
    let cases = [
        (basic("All", true, &[KMS]), WhyNotAll::LeavesOutKms),
        (basic("WriteOnly", true, &[KMS]), WhyNotAll::LeavesOutKms),
        (basic("All", false, &[]), WhyNotAll::NoManagementEvents),
    ];
    for (selector, why) in cases {
        assert_eq!(of_basic(&[selector]), KmsEvents::None(why));
    }
    assert_eq!(of_basic(&[]), KmsEvents::None(WhyNotAll::NoManagementEvents));
}

#[test]
fn the_use_of_keys_reads_and_their_administration_writes() {
    let reading = of_basic(&[basic("ReadOnly", true, &[])]);
    assert_eq!(reading, KmsEvents::OnlyReading(WhyNotAll::ReadOnly));
    assert_eq!(reading.include_use(), Some(true));
    let writing = of_basic(&[basic("WriteOnly", true, &[])]);
    assert_eq!(writing, KmsEvents::OnlyWriting(WhyNotAll::WriteOnly));
    assert_eq!(writing.include_use(), Some(false));
}

#[test]
fn what_one_of_several_selectors_takes_is_recorded() {
    let two = [basic("WriteOnly", true, &[]), basic("ReadOnly", true, &[])];
    assert_eq!(of_basic(&two), KmsEvents::All);
    let two = [basic("All", true, &[KMS]), basic("WriteOnly", true, &[])];
    assert_eq!(of_basic(&two), KmsEvents::OnlyWriting(WhyNotAll::WriteOnly));
    let apart = of_advanced(serde_json::json!([
        [{ "field": "eventCategory", "equals": ["Management"] }, { "field": "readOnly", "equals": ["true"] }],
        [{ "field": "eventCategory", "equals": ["Management"] }, { "field": "readOnly", "equals": ["false"] }],
    ]));
    assert_eq!(apart, KmsEvents::All);
}

#[test]
fn an_advanced_selector_is_for_management_events_or_records_none_of_kms() {
    let management = serde_json::json!([[{ "field": "eventCategory", "equals": ["Management"] }]]);
    assert_eq!(of_advanced(management), KmsEvents::All);
    let data = serde_json::json!([[
        { "field": "eventCategory", "equals": ["Data"] },
        { "field": "resources.type", "equals": ["AWS::S3::Object"] },
    ]]);
    assert_eq!(of_advanced(data), KmsEvents::None(WhyNotAll::NoManagementEvents));
    assert_eq!(
        of_advanced(serde_json::json!([])),
        KmsEvents::None(WhyNotAll::NoManagementEvents)
    );
}

#[test]
fn an_advanced_selector_can_leave_out_kms_or_half_of_it() {
    let with = |field: serde_json::Value| {
        of_advanced(serde_json::json!([[{ "field": "eventCategory", "equals": ["Management"] }, field]]))
    };
    let source =
        |operator: &str, value: &str| with(serde_json::json!({ "field": "eventSource", operator: [value] }));
    assert_eq!(source("not_equals", KMS), KmsEvents::None(WhyNotAll::LeavesOutKms));
    assert_eq!(
        source("not_starts_with", "kms."),
        KmsEvents::None(WhyNotAll::LeavesOutKms)
    );
    assert_eq!(
        source("not_ends_with", "amazonaws.com"),
        KmsEvents::None(WhyNotAll::LeavesOutKms)
    );
    assert_eq!(source("not_equals", "rdsdata.amazonaws.com"), KmsEvents::All);
    assert_eq!(source("equals", KMS), KmsEvents::All);
    assert_eq!(source("starts_with", "k*"), KmsEvents::None(WhyNotAll::LeavesOutKms));
    let read_only = |value: &str| with(serde_json::json!({ "field": "readOnly", "equals": [value] }));
    assert_eq!(read_only("true"), KmsEvents::OnlyReading(WhyNotAll::ReadOnly));
    assert_eq!(read_only("false"), KmsEvents::OnlyWriting(WhyNotAll::WriteOnly));
}

#[test]
fn of_the_operators_one_that_selects_is_enough_and_none_may_deselect() {
    let name = |field: serde_json::Value| {
        let selectors = serde_json::json!([[{ "field": "eventCategory", "equals": ["Management"] }, field]]);
        of_advanced(selectors)
    };
    let some = KmsEvents::Some(WhyNotAll::Selective);
    assert_eq!(
        name(serde_json::json!({ "field": "eventName", "equals": ["Decrypt"] })),
        some
    );
    assert_eq!(
        name(serde_json::json!({ "field": "eventName", "not_equals": ["Decrypt"] })),
        some
    );
    assert_eq!(
        name(serde_json::json!({ "field": "eventName", "equals": ["Decrypt"], "ends_with": ["crypt", "DataKey"] })),
        KmsEvents::OnlyReading(WhyNotAll::ReadOnly)
    );
    assert_eq!(
        name(serde_json::json!({ "field": "eventName", "starts_with": ["D"], "not_starts_with": ["De", "Di"] })),
        KmsEvents::None(WhyNotAll::LeavesOutKms)
    );
    assert_eq!(some.include_use(), None);
}

#[test]
fn a_selector_that_asks_who_asked_records_some() {
    let selectors = serde_json::json!([[
        { "field": "eventCategory", "equals": ["Management"] },
        { "field": "userIdentity.arn", "not_ends_with": ["role/backup"] },
    ]]);
    assert_eq!(of_advanced(selectors), KmsEvents::Some(WhyNotAll::Selective));
    let word = of_basic(&[basic("Neither", true, &[])]);
    assert_eq!(
        word,
        KmsEvents::Some(WhyNotAll::Selective),
        "a word this version does not know"
    );
}

#[test]
fn a_trail_that_is_not_logging_records_none_whatever_its_selectors_say() {
    for selectors in [
        Fact::Known(TrailSelectors::Basic(vec![basic("All", true, &[])])),
        Fact::Unavailable(unread("cloudtrail:GetEventSelectors")),
        Fact::NotCollected,
    ] {
        let mut trail = trail(selectors);
        trail.status = Fact::Known(TrailStatus {
            is_logging: false,
            log_group_error: None,
        });
        assert_eq!(kms_events(&trail), KmsEvents::None(WhyNotAll::NotLogging));
    }
}

#[test]
fn what_was_not_read_is_unknown_unless_the_rest_excludes_kms() {
    let denied = unread("cloudtrail:GetEventSelectors");
    let answer = kms_events(&trail(Fact::Unavailable(denied.clone())));
    assert_eq!(answer, KmsEvents::Unknown(WhyNotAll::SelectorsUnread(denied)));
    assert_eq!(answer.include_use(), None);
    assert_eq!(
        kms_events(&trail(Fact::NotCollected)),
        KmsEvents::Unknown(WhyNotAll::NotCollected)
    );
    let denied = unread("cloudtrail:GetTrailStatus");
    for (selector, expected) in [
        (
            basic("All", true, &[]),
            KmsEvents::Unknown(WhyNotAll::StatusUnread(denied.clone())),
        ),
        (basic("All", true, &[KMS]), KmsEvents::None(WhyNotAll::LeavesOutKms)),
    ] {
        let mut trail = trail(Fact::Known(TrailSelectors::Basic(vec![selector])));
        trail.status = Fact::Unavailable(denied.clone());
        assert_eq!(kms_events(&trail), expected);
    }
}

#[test]
fn each_reason_ends_a_sentence_about_the_trail() {
    assert_eq!(KmsEvents::All.why(), None);
    let why = of_basic(&[basic("All", true, &[KMS])]).why().unwrap().to_string();
    assert_eq!(why, "leaves out the events of kms.amazonaws.com");
    let why = WhyNotAll::StatusUnread(unread("cloudtrail:GetTrailStatus")).to_string();
    assert_eq!(
        why,
        "may not be logging: its status was not read (AccessDeniedException)"
    );
}
