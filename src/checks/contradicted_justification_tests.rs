use super::super::fixtures::{Judged, judge, judge_by};
use super::*;
use crate::facts::examples::{account, denied, key, key_metadata, region, rotations, trail_named};
use crate::facts::{AccountFacts, AutomaticRotation, Fact, KeyState, RegionState, RotationType, TrailStatus};

const ROOT: &str = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*"}}"#;

fn outcome(judged: &Judged) -> (u64, u64, u64) {
    let tally = &judged.tally;
    (tally.passed, tally.failed, tally.not_assessed.values().sum())
}

fn claiming(controls: &str) -> Key {
    key(&[("requirement", controls)])
}

fn not_rotating(controls: &str) -> Key {
    let mut key = claiming(controls);
    key.details.automatic_rotation = Fact::Known(AutomaticRotation {
        enabled: false,
        period_days: None,
        next_rotation: None,
    });
    key.details.rotations = rotations(&[]);
    key
}

fn details(judged: &Judged) -> Vec<&str> {
    judged.findings.iter().map(|finding| finding.detail.as_str()).collect()
}

#[test]
fn a_key_that_is_what_it_claims_passes() {
    let mut kept = claiming("byok+policy");
    key_metadata(&mut kept).origin = "EXTERNAL".into();
    kept.details.policy = Fact::Known(ROOT.replace("kms:*", "kms:Decrypt"));
    assert_eq!(outcome(&judge(&CHECK, account(region([kept])))), (1, 0, 0));
}

#[test]
fn each_claim_that_does_not_hold_is_in_the_one_finding_of_the_key() {
    let mut false_claims = not_rotating("rotation+byok grant/policy");
    false_claims.details.grants = Fact::Known(Vec::new());
    false_claims.details.policy = Fact::Known(ROOT.to_owned());
    let judged = judge(&CHECK, account(region([false_claims])));
    assert_eq!(
        details(&judged),
        [
            "The key claims byok, but AWS KMS generated its key material (origin AWS_KMS). The key claims grant, but \
             it has no grant. The key claims policy, but its key policy is the default one, which leaves everything to \
             IAM policies. The key claims rotation, but its automatic rotation is off, and it was never rotated on \
             demand."
        ]
    );
    let observed = &judged.findings[0].observed;
    assert_eq!(observed["automatic_rotation"]["enabled"], false);
    assert_eq!(
        (&observed["grants"], &observed["key_policy"]),
        (&0.into(), &ROOT.into())
    );
}

#[test]
fn what_could_not_be_read_is_said_beside_what_does_not_hold() {
    let mut half = claiming("byok+grant");
    half.details.grants = denied("kms:ListGrants");
    let judged = judge(&CHECK, account(region([half.clone()])));
    let unread =
        "Whether its claim of grant holds is unknown: its grants could not be read: AccessDeniedException.";
    assert!(
        details(&judged)[0].ends_with(unread),
        "{judged:?}",
        judged = details(&judged)
    );
    key_metadata(&mut half).origin = "EXTERNAL".into();
    let judged = judge(&CHECK, account(region([half])));
    let because = "grant: its grants could not be read: AccessDeniedException".to_owned();
    assert_eq!(judged.tally.not_assessed, BTreeMap::from([(because, 1)]));
}

#[test]
fn the_time_for_a_rotation_on_demand_ends_after_400_days_and_can_be_set() {
    let rotated = |at| {
        let mut key = not_rotating("rotation");
        key.details.rotations = rotations(&[(RotationType::OnDemand, at)]);
        key
    };
    let here = account(region([
        rotated("2025-05-11T06:00:00Z"),
        rotated("2025-05-11T05:59:59Z"),
    ]));
    assert_eq!(outcome(&judge(&CHECK, here.clone())), (1, 1, 0));
    let config = toml::from_str("[checks.contradicted-justification]\nrotation-days = 401").unwrap();
    assert_eq!(outcome(&judge_by(&CHECK, &here, &config)), (2, 0, 0));
}

#[test]
fn a_contract_and_a_control_of_the_configuration_are_never_verified() {
    let here = account(region([
        claiming("contract"),
        claiming("Turning"),
        claiming("contract+byok"),
    ]));
    let config = toml::from_str("[justification]\ncontrols = ['contract', 'turning', 'byok']").unwrap();
    let judged = judge_by(&CHECK, &here, &config);
    assert_eq!(outcome(&judged), (0, 1, 2));
    assert!(details(&judged)[0].starts_with("The key claims byok"));
}

#[test]
fn a_key_that_claims_nothing_is_not_counted() {
    let keys = [key(&[]), key(&[("DataClass", "secret")]), claiming("becuase")];
    assert_eq!(outcome(&judge(&CHECK, account(region(keys)))), (0, 0, 0));
}

#[test]
fn what_is_unread_or_pending_deletion_is_not_assessed() {
    let mut leaving = claiming("byok");
    key_metadata(&mut leaving).state = KeyState::PendingDeletion;
    let mut untagged = key(&[]);
    untagged.tags = denied("kms:ListResourceTags");
    let mut unread = claiming("byok");
    unread.metadata = denied("kms:DescribeKey");
    let judged = judge(&CHECK, account(region([leaving, untagged, unread])));
    assert_eq!((outcome(&judged), judged.tally.not_assessed.len()), ((0, 0, 3), 3));
}

/// A primary key in one Region and its replica in another, each with its claim.
fn multi_region(primary: &str, replica: &str) -> AccountFacts {
    let (mut first, mut second) = (not_rotating(primary), claiming(replica));
    key_metadata(&mut first).multi_region = Some(MultiRegionRole::Primary {
        replica_regions: vec![Region::new("us-east-1")],
    });
    key_metadata(&mut second).multi_region = Some(MultiRegionRole::Replica {
        primary: Some(first.arn.clone()),
    });
    let mut account = account(region([first]));
    let mut elsewhere = RegionFacts::new(Region::new("us-east-1"), RegionState::Scanned);
    elsewhere.keys = vec![second];
    account.regions.push(elsewhere);
    account
}

#[test]
fn rotation_of_a_multi_region_key_is_one_finding_at_its_primary() {
    let both = judge(&CHECK, multi_region("rotation", "rotation"));
    assert_eq!(outcome(&both), (0, 1, 1));
    assert!(details(&both)[0].starts_with("The key claims rotation, but"));
    assert_eq!(both.findings[0].resource.region, Some(Region::new("eu-west-3")));

    let replica_only = judge(&CHECK, multi_region("contract", "rotation"));
    assert_eq!(outcome(&replica_only), (0, 1, 1));
    assert!(details(&replica_only)[0].starts_with("Its replica in us-east-1 claims rotation, but"));
    assert_eq!(replica_only.findings[0].resource.region, Some(Region::new("eu-west-3")));
}

#[test]
fn a_replica_whose_primary_rotates_passes_and_one_whose_primary_was_not_read_is_not_assessed() {
    let mut account = multi_region("rotation", "rotation");
    if let Fact::Known(rotation) = &mut account.regions[0].keys[0].details.automatic_rotation {
        rotation.enabled = true;
    }
    assert_eq!(outcome(&judge(&CHECK, account.clone())), (2, 0, 0));
    account.regions[0].keys.clear();
    assert_eq!(outcome(&judge(&CHECK, account)), (0, 0, 1));
}

#[test]
fn a_replica_of_a_spec_that_cannot_rotate_contradicts_its_own_claim() {
    let mut account = multi_region("policy", "rotation");
    for region in &mut account.regions {
        key_metadata(&mut region.keys[0]).spec = "ECC_NIST_P256".into();
    }
    let judged = judge(&CHECK, account);
    assert_eq!(
        details(&judged),
        ["The key claims rotation, but a key of the spec ECC_NIST_P256 cannot rotate."]
    );
    assert_eq!(judged.findings[0].resource.region, Some(Region::new("us-east-1")));
}

fn audited(trails: Fact<Vec<Arn>>, known: Vec<Trail>) -> Judged {
    let mut here = region([claiming("audit")]);
    here.trails = trails;
    let mut account = account(here);
    account.trails = known;
    judge(&CHECK, account)
}

#[test]
fn one_trail_that_records_kms_events_is_enough() {
    let mut silent = trail_named("b");
    silent.status = Fact::Known(TrailStatus {
        is_logging: false,
        log_group_error: None,
    });
    let mut unread = trail_named("c");
    unread.selectors = denied("cloudtrail:GetEventSelectors");
    let arns = |trails: &[&Trail]| Fact::Known(trails.iter().map(|trail| trail.arn.clone()).collect());
    let good = trail_named("a");
    let all = vec![good.clone(), silent.clone(), unread.clone()];
    assert_eq!(
        outcome(&audited(arns(&[&silent, &unread, &good]), all.clone())),
        (1, 0, 0)
    );
    assert_eq!(outcome(&audited(arns(&[&silent, &unread]), all.clone())), (0, 0, 1));
    let judged = audited(arns(&[&silent]), all);
    assert!(details(&judged)[0].ends_with("(arn:aws:cloudtrail:eu-west-3:111122223333:trail/b is not logging)."));
    assert_eq!(
        outcome(&audited(arns(&[&silent]), Vec::new())),
        (0, 0, 1),
        "a trail that was not read"
    );
}

#[test]
fn no_trail_contradicts_an_audit_and_unread_trails_say_nothing() {
    let judged = audited(Fact::Known(Vec::new()), Vec::new());
    assert!(details(&judged)[0].contains("no trail records the events of its Region"));
    assert_eq!(
        outcome(&audited(denied("cloudtrail:DescribeTrails"), Vec::new())),
        (0, 0, 1)
    );
    assert_eq!(outcome(&audited(Fact::NotCollected, Vec::new())), (0, 0, 1));
}

#[test]
fn selectors_can_leave_kms_out() {
    let judged = |selectors: &str| {
        let mut trail = trail_named("a");
        trail.selectors = Fact::Known(serde_json::from_str(selectors).unwrap());
        outcome(&audited(Fact::Known(vec![trail.arn.clone()]), vec![trail]))
    };
    let basic = |management: bool, excluded: &str| {
        judged(&format!(
            r#"{{"basic":[{{"include_management_events":{management},"read_write_type":"All",
                "exclude_management_event_sources":[{excluded}]}}]}}"#
        ))
    };
    assert_eq!(basic(true, r#""rdsdata.amazonaws.com""#), (1, 0, 0));
    assert_eq!(basic(true, r#""kms.amazonaws.com""#), (0, 1, 0));
    assert_eq!(basic(false, ""), (0, 1, 0));
    let advanced = |category: &str, source: &str| {
        judged(&format!(
            r#"{{"advanced":[{{"name":null,"fields":[{{"field":"eventCategory","equals":["{category}"]}},{source}
                {{"field":"readOnly","equals":["true"]}}]}}]}}"#
        ))
    };
    assert_eq!(advanced("Management", ""), (1, 0, 0));
    assert_eq!(advanced("Data", ""), (0, 1, 0));
    let source = |operator: &str, value: &str| format!(r#"{{"field":"eventSource","{operator}":["{value}"]}},"#);
    assert_eq!(
        advanced("Management", &source("not_equals", "kms.amazonaws.com")),
        (0, 1, 0)
    );
    assert_eq!(advanced("Management", &source("not_starts_with", "kms")), (0, 1, 0));
    assert_eq!(
        advanced("Management", &source("ends_with", ".amazonaws.com")),
        (1, 0, 0)
    );
    assert_eq!(advanced("Management", &source("equals", "s3.amazonaws.com")), (0, 1, 0));
}
