//! Several accounts, one after the other.

use super::*;
use crate::config::Config;
use crate::facts::examples::{account, denied, key, quota, region, scan};
use crate::facts::{AccountFacts, AccountId, ApiCalls, Region};
use crate::published::KEY_MONTH;

/// An account with so many unjustified keys, of which the tags of one more could not be read.
fn facts(id: &str, keys: usize, busiest_minute: f64) -> AccountFacts {
    let mut here = region([]);
    here.keys = (0..keys).map(|_| key(&[])).collect();
    let mut secret = key(&[]);
    secret.tags = denied("kms:ListResourceTags");
    here.keys.push(secret);
    here.quotas = vec![quota(10_000.0, Some(busiest_minute))];
    let mut facts = account(here);
    facts.account_id = AccountId::new(id);
    facts.api_calls = vec![ApiCalls {
        service: "kms".into(),
        operation: "DescribeKey".into(),
        calls: keys as u64,
        throttled: 1,
        retried: 2,
        waited_ms: 1_500,
    }];
    facts
}

fn assess(accounts: &[AccountFacts]) -> Assessment {
    let config = Config::default();
    let mut assessor = Assessor::new(&config, scan());
    for account in accounts {
        assessor.add(assessor.judge(account));
    }
    assessor.finish()
}

#[test]
fn what_accounts_come_to_is_added_up() {
    let both = assess(&[facts("111111111111", 5, 600_000.0), facts("222222222222", 7, 60.0)]);
    let summary = &both.document.summary;
    assert_eq!((summary.customer_managed_keys, summary.unjustified), (14, 12));
    assert_eq!(summary.findings["medium"], 12);
    let highest = summary.highest_utilization.as_ref().unwrap();
    assert_eq!(highest.account_id.as_str(), "111111111111");
    let unjustified = &both.document.assessments[0];
    assert_eq!((unjustified.failed, unjustified.not_assessed), (12, 2));
    assert_eq!(
        unjustified.not_assessed_because.len(),
        1,
        "one reason, whatever the account"
    );
    assert_eq!(both.document.api_calls[0].calls, 12);
    assert_eq!(both.document.inventory.len(), 2);
}

#[test]
fn of_many_accounts_the_first_hundred_have_examples_and_all_are_counted() {
    let accounts: Vec<_> = (1..=102).map(|n| facts(&format!("{n:012}"), 2, 60.0)).collect();
    let many = assess(&accounts);
    let [group] = many.groups.as_slice() else {
        panic!("{:?}", many.groups)
    };
    assert_eq!(group.places.len(), 102);
    assert!(group.places.iter().all(|place| place.count == 2));
    let named: Vec<_> = group.places.iter().map(|place| place.examples.len()).collect();
    assert_eq!(named, [vec![2; 100], vec![0; 2]].concat());
}

#[test]
fn a_group_has_a_place_for_each_account_with_its_count_cost_and_first_few() {
    let both = assess(&[facts("222222222222", 7, 60.0), facts("111111111111", 5, 60.0)]);
    let [group] = both.groups.as_slice() else {
        panic!("{:?}", both.groups)
    };
    let places: Vec<_> = group
        .places
        .iter()
        .map(|place| {
            let account = place.account_id.as_ref().unwrap().as_str();
            (account, place.count, place.examples.len(), place.monthly_cost)
        })
        .collect();
    assert_eq!(
        places,
        [
            ("111111111111", 5, 3, Some(KEY_MONTH * 5)),
            ("222222222222", 7, 3, Some(KEY_MONTH * 7)),
        ]
    );
}

#[test]
fn a_gap_keeps_a_few_of_its_resources_and_their_number() {
    let mut account = facts("111111111111", 0, 60.0);
    for _ in 0..9 {
        let mut secret = key(&[]);
        secret.tags = denied("kms:ListResourceTags");
        account.regions[0].keys.push(secret);
    }
    let gaps = assess(&[account]).document.coverage.gaps;
    assert_eq!((gaps[0].resources, gaps[0].examples.len()), (10, 3));
}

#[test]
fn the_regions_of_all_accounts_are_named_once() {
    let mut other = facts("222222222222", 1, 60.0);
    other.regions[0].region = Region::new("ap-south-1");
    let assessment = assess(&[facts("111111111111", 1, 60.0), other, facts("333333333333", 1, 60.0)]);
    let regions: Vec<_> = assessment.document.scan.regions.iter().map(Region::as_str).collect();
    assert_eq!(regions, ["ap-south-1", "eu-west-3"]);
}

#[test]
fn a_scan_without_any_account_is_not_complete() {
    assert!(!assess(&[]).document.coverage.complete);
    assert!(assess(&[account(region([]))]).document.coverage.complete);
}
