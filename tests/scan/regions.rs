//! Which Regions are looked at, and which are gaps.

use kms_audit::published;

use super::run::*;

/// The other Regions that every account has, without anything in them.
pub fn default_regions() -> String {
    published::regions_of("aws")
        .iter()
        .filter(|name| !published::is_opt_in(name) && !["eu-west-3", "us-east-1"].contains(name))
        .map(|name| format!("[[region]]\nname = \"{name}\"\n"))
        .collect()
}

#[test]
fn regions_are_probed_where_they_cannot_be_listed() {
    let faults = format!(
        "{}[[fault]]\nservice = \"account\"\nkind = \"error\"",
        default_regions()
    );
    let run = scan(&faults, &["--fail-on-gaps"]);
    assert_eq!(run.code(), 0, "probing makes up for it: {:?}", run.gaps());
    assert_eq!(run.report["scan"]["regions"].as_array().unwrap().len(), 17);
    assert_eq!(
        (run.keys("eu-west-3"), run.keys("us-east-1"), run.keys("sa-east-1")),
        (1_200, 3, 0)
    );
    let not_enabled = run.report["scan"]["regions_not_enabled"].as_array().unwrap();
    assert!(not_enabled.contains(&"ap-east-1".into()) && not_enabled.contains(&"mx-central-1".into()));
    assert_eq!(run.report["scan"]["region_source"], "probed");
    assert_eq!(
        run.report["coverage"]["fallbacks"][0]["operation"],
        "account:ListRegions"
    );
    // A Region that is not enabled gets one call and no more.
    assert_eq!(run.calls("ListKeys", "calls"), not_enabled.len() as u64 + 18);
    assert_eq!(run.calls("ListServiceQuotas", "calls"), 17);
}

#[test]
fn a_region_that_every_account_has_and_that_refuses_is_a_gap() {
    let run = scan(
        "[[fault]]\nservice = \"account\"\nkind = \"error\"",
        &["--fail-on-gaps"],
    );
    assert_eq!(run.code(), 4);
    // The estate has two of the seventeen; the others do not accept its credentials.
    let refused: Vec<_> = run.gaps().into_iter().filter(|gap| gap.0 == "kms:ListKeys").collect();
    assert_eq!(refused.len(), 15, "{refused:?}");
    assert!(refused.iter().all(|gap| gap.1 == "UnrecognizedClientException"));
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
}

#[test]
fn a_named_region_that_is_not_enabled_is_a_gap() {
    let run = scan("", &["--region", "ap-east-1"]);
    assert!(
        run.gaps()
            .contains(&gap("kms:ListKeys", "UnrecognizedClientException", "ap-east-1", 0))
    );
}
