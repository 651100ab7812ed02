//! Credentials that do not last as long as the scan.

use super::*;

#[test]
fn credentials_that_have_expired_before_the_scan_end_it_with_advice() {
    let (output, report) = program(&with_fault("kind = \"expired-credentials\""), &[]);
    assert_eq!((output.status.code(), report), (Some(1), None));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("sts:GetCallerIdentity: ExpiredToken: "), "{stderr}");
    assert!(stderr.contains("Renew them (for example `aws sso login`)"), "{stderr}");
}

#[test]
fn credentials_that_expire_on_the_way_cost_what_was_left_and_are_not_tried_for_ever() {
    let estate = with_fault("kind = \"expired-credentials\"\nafter = 300").replace("count = 20", "count = 300");
    let run = scan_estate(&estate, &["--fail-on-gaps", "--region", "eu-west-3"]);
    assert_eq!(run.code(), 4);
    let expired = "ExpiredTokenException";
    let gaps = run.gaps();
    let unread = |operation: &str| gaps.iter().find(|gap| gap.0 == operation).map_or(0, |gap| gap.3);
    let (described, tagged) = (300 - unread("kms:DescribeKey"), 300 - unread("kms:ListResourceTags"));
    // Every key claims a policy. Those that were read before the end were asked for it at once.
    let keys = run.report["keys"].as_array().unwrap();
    let claiming = keys
        .iter()
        .filter(|key| !key["state"].is_null() && !key["tags"].is_null());
    let claiming = claiming.count();
    let policies = claiming - unread("kms:GetKeyPolicy");
    let expected = [
        ("kms:DescribeKey", 300 - described),
        ("kms:GetKeyLastUsage", described),
        ("kms:GetKeyPolicy", claiming - policies),
        ("kms:ListResourceTags", 300 - tagged),
    ];
    let expected = expected.into_iter().filter(|(_, keys)| *keys > 0);
    let expected: Vec<_> = expected
        .map(|(operation, keys)| gap(operation, expired, "eu-west-3", keys))
        .collect();
    assert_eq!(gaps, expected);
    let rows = run.report["api_calls"].as_array().unwrap();
    let calls = |row: &Value| row["calls"].as_u64().unwrap() as usize;
    let of_keys =
        ["DescribeKey", "ListResourceTags", "GetKeyPolicy"].map(|operation| run.calls(operation, "calls"));
    let of_keys = of_keys.iter().sum::<u64>() as usize;
    let all: usize = rows.iter().map(calls).sum();
    // 300 answers, and 20 refusals until it was clear that no more would come, besides what was under way then.
    assert!((320..=320 + 128).contains(&all), "{all}");
    assert_eq!(described + tagged + policies + (all - of_keys), 300);
    // What was answered is in the report, and nothing else is.
    let known = |field: &str| keys.iter().filter(|key| !key[field].is_null()).count();
    assert_eq!((keys.len(), known("state"), known("tags")), (300, described, tagged));
    assert_eq!(run.report["summary"]["not_assessed"], 300 - tagged);
    assert_eq!(run.findings("unjustified-key"), 0);
    assert_eq!(run.findings("near-request-quota"), 1);
    let stdout = run.stdout();
    let last = stdout.lines().last().unwrap();
    assert!(
        last.starts_with("Coverage: INCOMPLETE. The credentials expired before the end: renew them"),
        "{last}"
    );
}
