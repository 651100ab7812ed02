//! Trails.

use std::path::Path;

use kms_audit::facts::{Arn, Fact, Region, Trail, TrailSelectors, TrailStatus};
use kms_audit::model::{KmsEvents, WhyNotAll, kms_events};

use super::*;

fn trail_arn(home: &str, account: &str, name: &str) -> Arn {
    Arn::new(format!("arn:aws:cloudtrail:{home}:{account}:trail/{name}"))
}

const TRAILS: &str = r#"
[[trail]]
name = "everywhere"
home_region = "eu-west-1"
multi_region = true
bucket = "b"
log_group = "trail"
log_group_error = "AccessDenied"
[[trail]]
name = "in-frankfurt"
home_region = "eu-central-1"
bucket = "b"
[trail.advanced_event_selectors]
"#;

fn trails() -> String {
    let advanced = "advanced_event_selectors = [{ name = \"n\", fields = [{ field = \"eventCategory\", equals = \
                    [\"Management\"] }, { field = \"eventSource\", not_equals = [\"kms.amazonaws.com\"] }] }]";
    let stopped = "[[trail]]\nname = \"stopped\"\nhome_region = \"eu-west-1\"\nbucket = \"b\"\nlogging = false";
    let elsewhere = "[[trail]]\nname = \"in-london\"\nhome_region = \"eu-west-2\"\nbucket = \"b\"";
    let trails = TRAILS.replace("[trail.advanced_event_selectors]", advanced);
    format!("{WATCHED}{trails}{stopped}\n{elsewhere}\n")
}

#[test]
fn the_trails_of_regions_with_a_key_for_an_audit_are_each_asked_once() {
    let (run, account) = facts(&trails());
    assert_eq!(run.gaps(), []);
    let arn = |home, name| trail_arn(home, "111122223333", name);
    let everywhere = arn("eu-west-1", "everywhere");
    assert_eq!(
        region(&account, "eu-west-1").trails,
        Fact::Known(vec![everywhere.clone(), arn("eu-west-1", "stopped")])
    );
    assert_eq!(
        region(&account, "eu-central-1").trails,
        Fact::Known(vec![arn("eu-central-1", "in-frankfurt"), everywhere.clone()])
    );
    for without_need in ["eu-west-2", "eu-west-3"] {
        assert!(
            region(&account, without_need).trails.is_not_collected(),
            "{without_need}"
        );
    }
    assert_eq!(run.calls("DescribeTrails", "calls"), 2);
    assert_eq!(run.calls("GetTrailStatus", "calls"), 3);
    // One that records nothing is not asked what it records.
    assert_eq!(run.calls("GetEventSelectors", "calls"), 2);

    let found: Vec<(&Arn, KmsEvents)> = account
        .trails
        .iter()
        .map(|trail| (&trail.arn, kms_events(trail)))
        .collect();
    assert_eq!(
        found,
        [
            (
                &arn("eu-central-1", "in-frankfurt"),
                KmsEvents::None(WhyNotAll::LeavesOutKms)
            ),
            (&everywhere, KmsEvents::All),
            (&arn("eu-west-1", "stopped"), KmsEvents::None(WhyNotAll::NotLogging)),
        ]
    );
    let trail = &account.trails[1];
    let log_group = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*";
    let expected = Trail {
        arn: everywhere,
        home_region: Region::new("eu-west-1"),
        is_multi_region: true,
        is_organization: false,
        log_group: Some(log_group.into()),
        status: Fact::Known(TrailStatus {
            is_logging: true,
            log_group_error: Some("AccessDenied".into()),
        }),
        selectors: trail.selectors.clone(),
    };
    assert_eq!(*trail, expected);
    assert!(matches!(trail.selectors, Fact::Known(TrailSelectors::Basic(_))));
}

#[test]
fn trails_are_asked_for_where_log_events_feed_an_alarm_and_nowhere_else() {
    let paris_alone = |more: &str| with_paris(more).replace("\"audit\"", "\"policy\"");
    for (more, calls) in [
        ("", 0),
        (ALARMS, 1),
        (FED, 1),
        (FED.split("[[region.metric").next().unwrap(), 0),
    ] {
        let (run, account) = facts(&paris_alone(more));
        assert_eq!(run.calls("DescribeTrails", "calls"), calls, "{more}");
        let is_asked = !region(&account, "eu-west-3").trails.is_not_collected();
        assert_eq!(is_asked, calls == 1, "{more}");
        assert!(account.trails.is_empty());
    }
}

/// The watched account as a member of an organization with a trail.
fn member(more: &str) -> String {
    let management = "[organization]\nmanagement_account = \"999900001111\"\n[[member]]\nid = \"999900001111\"\n\
                      [[member.region]]\nname = \"eu-central-1\"\n[[member.trail]]\nname = \"organization\"\n\
                      home_region = \"eu-central-1\"\nmulti_region = true\norganization = true\nbucket = \"b\"";
    format!("{WATCHED}{management}\n{more}")
}

#[test]
fn the_trail_of_the_organization_counts_in_its_accounts() {
    let (run, account) = facts(&member(""));
    assert_eq!(run.gaps(), []);
    let [trail] = account.trails.as_slice() else {
        panic!("{:?}", account.trails)
    };
    assert_eq!(trail.arn, trail_arn("eu-central-1", "999900001111", "organization"));
    assert!(trail.is_organization);
    assert_eq!(kms_events(trail), KmsEvents::All);
    for name in ["eu-west-1", "eu-central-1"] {
        assert_eq!(region(&account, name).trails, Fact::Known(vec![trail.arn.clone()]));
    }
}

#[test]
fn a_trail_whose_selectors_only_its_owner_may_see_is_one_gap() {
    let refusal = "[[fault]]\nkind = \"error\"\nservice = \"cloudtrail\"\noperation = \"GetEventSelectors\"\n\
                   code = \"CloudTrailARNInvalidException\"\nstatus = 400\n\
                   message = \"AccountID in ARN is wrong, you can only access resources with AccountID 111122223333.\"";
    let (run, account) = facts(&member(refusal));
    let refused = "CloudTrailARNInvalidException";
    assert_eq!(
        run.gaps(),
        [gap("cloudtrail:GetEventSelectors", refused, "eu-central-1", 1)]
    );
    let events = kms_events(&account.trails[0]);
    assert_eq!(events.include_use(), None);
    assert!(
        matches!(events, KmsEvents::Unknown(WhyNotAll::SelectorsUnread(_))),
        "{events:?}"
    );
}

#[test]
fn of_the_estates_one_records_kms_and_two_leave_it_out() {
    let estates = [
        ("well-kept.toml", "222233334444", 1, KmsEvents::All),
        (
            "saas-tenants.toml",
            "111122223333",
            2,
            KmsEvents::None(WhyNotAll::LeavesOutKms),
        ),
        (
            "re-encryption-incident.toml",
            "444455556666",
            1,
            KmsEvents::None(WhyNotAll::LeavesOutKms),
        ),
    ];
    for (name, id, regions, expected) in estates {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/estates")
            .join(name);
        let (run, account) = facts_of(&std::fs::read_to_string(file).unwrap(), id);
        assert_eq!(run.gaps(), [], "{name}");
        let [trail] = account.trails.as_slice() else {
            panic!("{name}: {:?}", account.trails)
        };
        assert_eq!(kms_events(trail), expected, "{name}");
        let recorded = account
            .regions
            .iter()
            .filter(|region| region.trails == Fact::Known(vec![trail.arn.clone()]));
        assert_eq!(recorded.count(), regions, "{name}");
    }
}
