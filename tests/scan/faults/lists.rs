//! Lists that do not say where they go on, that have no end, or that begin with an empty page.

use super::*;

/// More keys than a page of ListKeys holds.
fn long(fault: &str) -> String {
    with_fault(fault).replace(
        "count = 20\nalias = \"alias/app-{n:02}\"",
        "count = 1200\nalias = \"alias/app-{n}\"",
    )
}

fn fault(kind: &str, service: &str, operation: &str) -> String {
    format!("kind = \"{kind}\"\nservice = \"{service}\"\noperation = \"{operation}\"")
}

/// The ways in which a list has no end, what the gap is called, and how many pages are read of it.
const WITHOUT_END: [(&str, &str, u64); 2] = [
    ("missing-marker", "MissingMarker", 1),
    ("endless-marker", "RepeatedMarker", 2),
];

#[test]
fn of_a_list_of_keys_without_an_end_the_first_page_is_kept() {
    for (kind, code, pages) in WITHOUT_END {
        let run = scan_estate(&long(&fault(kind, "kms", "ListKeys")), &["--fail-on-gaps"]);
        assert_eq!(run.code(), 4);
        assert_eq!(
            run.gaps(),
            [
                gap("kms:ListKeys", code, "eu-central-1", 0),
                gap("kms:ListKeys", code, "eu-west-3", 0),
            ]
        );
        assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (1_000, 3), "{kind}");
        assert_eq!(run.calls("ListKeys", "calls"), 2 * pages);
        assert_eq!(run.calls("DescribeKey", "calls"), 1_003);
        assert_eq!(run.report["summary"]["key_inventory_complete"], false);
        assert_eq!(run.report["summary"]["justified"], 1_003);
        assert!(
            run.stdout().contains("at least 1,003 customer managed keys"),
            "{}",
            run.stdout()
        );
        assert_eq!(run.report["quota"], calm()["quota"]);
        assert_eq!(run.report["summary"]["buckets"], 3);
    }
}

#[test]
fn of_a_list_of_aliases_without_an_end_the_first_page_is_kept() {
    for (kind, code, pages) in WITHOUT_END {
        let run = scan_estate(&long(&fault(kind, "kms", "ListAliases")), &["--fail-on-gaps"]);
        assert_eq!(run.code(), 4);
        assert_eq!(
            run.gaps(),
            [
                gap("kms:ListAliases", code, "eu-central-1", 0),
                gap("kms:ListAliases", code, "eu-west-3", 0),
            ]
        );
        assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (1_200, 3), "{kind}");
        assert_eq!(run.calls("ListAliases", "calls"), 2 * pages);
        let keys = run.report["keys"].as_array().unwrap();
        let named = keys.iter().filter(|key| key["aliases"][0].is_string());
        assert_eq!(named.count(), 100, "{kind}");
        assert_eq!(run.report["summary"]["key_inventory_complete"], true);
    }
}

#[test]
fn tags_that_have_no_end_justify_nothing() {
    for (kind, code, pages) in WITHOUT_END {
        let run = scan_estate(
            &with_fault(&fault(kind, "kms", "ListResourceTags")),
            &["--fail-on-gaps"],
        );
        assert_eq!(run.code(), 4);
        assert_eq!(
            run.gaps(),
            [
                gap("kms:ListResourceTags", code, "eu-central-1", 3),
                gap("kms:ListResourceTags", code, "eu-west-3", 20),
            ]
        );
        assert_eq!(run.calls("ListResourceTags", "calls"), 23 * pages);
        assert_eq!(run.report["summary"]["not_assessed"], 23, "what else could they say?");
        assert_eq!(
            (
                run.report["summary"]["justified"].as_u64(),
                run.findings("unjustified-key")
            ),
            (Some(0), 0)
        );
        assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (20, 3));
    }
}

#[test]
fn every_other_list_that_has_no_end_is_a_gap_where_nothing_can_stand_in() {
    let (here, there) = ("eu-west-3", "eu-central-1");
    for (service, operation, lost) in [
        ("servicequotas", "ListServiceQuotas", vec![(there, 0), (here, 0)]),
        (
            "servicequotas",
            "ListAWSDefaultServiceQuotas",
            vec![(there, 0), (here, 0)],
        ),
        // Of the four shared quotas no peak is known.
        ("cloudwatch", "GetMetricData", vec![(there, 4), (here, 4)]),
        ("s3", "ListBuckets", vec![("-", 0)]),
    ] {
        let run = scan_estate(
            &with_fault(&fault("endless-marker", service, operation)),
            &["--fail-on-gaps"],
        );
        assert_eq!(run.code(), 4, "{operation}");
        let id = format!("{service}:{operation}");
        let lost = lost.into_iter();
        let lost: Vec<_> = lost
            .map(|(region, resources)| gap(&id, "RepeatedMarker", region, resources))
            .collect();
        assert_eq!(run.gaps(), lost);
        assert_eq!(run.calls(operation, "calls"), 2 * lost.len() as u64, "each list twice");
        assert_eq!(run.report["keys"], calm()["keys"], "{operation}");
        assert_eq!(run.report["summary"]["buckets"], 3, "{operation}");
        assert_eq!(
            run.report["summary"]["bucket_inventory_complete"],
            operation != "ListBuckets"
        );
        let peaks = usize::from(operation != "GetMetricData");
        assert_eq!(run.findings("near-request-quota"), peaks, "{operation}");
    }
}

#[test]
fn metrics_whose_list_has_no_end_are_all_fetched() {
    let run = scan_estate(
        &with_fault(&fault("endless-marker", "cloudwatch", "ListMetrics")),
        &["--fail-on-gaps"],
    );
    // The metrics of quotas are found another way; which keys are in use, and who made the peak, is not.
    let unread = |region: &str, resources| gap("cloudwatch:ListMetrics", "RepeatedMarker", region, resources);
    assert_eq!(
        (run.code(), run.gaps()),
        (
            4,
            vec![
                unread("eu-central-1", 0),
                unread("eu-west-3", 1),
                unread("eu-west-3", 0)
            ]
        )
    );
    let fallbacks = run.report["coverage"]["fallbacks"].as_array().unwrap();
    let of = |fallback: &Value| (fallback["operation"].clone(), fallback["error_code"].clone());
    let expected = ("cloudwatch:ListMetrics".into(), "RepeatedMarker".into());
    assert_eq!(
        fallbacks.iter().map(of).collect::<Vec<_>>(),
        [expected.clone(), expected]
    );
    assert_eq!(run.calls("ListMetrics", "calls"), 8);
    assert_eq!(run.findings("near-request-quota"), 1);
}

#[test]
fn an_empty_page_before_each_page_loses_nothing() {
    for (service, operation) in [
        ("account", "ListRegions"),
        ("cloudwatch", "GetMetricData"),
        ("cloudwatch", "ListMetrics"),
        ("kms", "ListAliases"),
        ("kms", "ListKeys"),
        ("kms", "ListResourceTags"),
        ("s3", "ListBuckets"),
        ("servicequotas", "ListAWSDefaultServiceQuotas"),
        ("servicequotas", "ListServiceQuotas"),
    ] {
        let run = scan_estate(
            &with_fault(&fault("empty-page-truncated", service, operation)),
            &["--fail-on-gaps"],
        );
        assert_eq!((run.code(), run.gaps()), (0, vec![]), "{operation}");
        assert_eq!(findings_and_facts(&run), *calm(), "{operation}");
        let pages = calm_run().calls(operation, "calls");
        assert_eq!(run.calls(operation, "calls"), 2 * pages, "{operation}");
        assert_eq!(run.calls(operation, "retried"), 0, "{operation}");
    }
    // And of lists with several pages, one before each.
    let run = scan_estate(
        &long(&fault("empty-page-truncated", "kms", "ListKeys")),
        &["--fail-on-gaps"],
    );
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (1_200, 3));
    assert_eq!(run.calls("ListKeys", "calls"), 6);
}
