//! Web pages where an answer belongs, as captive portals and proxies send them.

use super::*;

/// The scan with a web page in the place of every answer of an operation, its status 200.
fn scan_with_page(service: &str, operation: &str) -> Run {
    let fault = format!("kind = \"html\"\nservice = \"{service}\"\noperation = \"{operation}\"");
    scan_estate(&with_fault(&fault), &["--fail-on-gaps"])
}

#[test]
fn a_web_page_is_no_answer_and_costs_what_the_answer_would_have_said() {
    let (here, there) = ("eu-west-3", "eu-central-1");
    for (service, operation, lost) in [
        ("kms", "ListKeys", vec![(there, 0), (here, 0)]),
        ("kms", "ListAliases", vec![(there, 0), (here, 0)]),
        ("kms", "DescribeKey", vec![(there, 3), (here, 20)]),
        ("kms", "ListResourceTags", vec![(there, 3), (here, 20)]),
        ("servicequotas", "ListServiceQuotas", vec![(there, 0), (here, 0)]),
        (
            "servicequotas",
            "ListAWSDefaultServiceQuotas",
            vec![(there, 0), (here, 0)],
        ),
        ("cloudwatch", "GetMetricData", vec![(there, 4), (here, 4)]),
        ("s3", "ListBuckets", vec![("-", 0)]),
        ("s3", "GetBucketEncryption", vec![(there, 1), (here, 2)]),
    ] {
        let run = scan_with_page(service, operation);
        assert_eq!(run.code(), 4, "{operation}");
        let id = format!("{service}:{operation}");
        let lost = lost.into_iter();
        let lost: Vec<_> = lost
            .map(|(region, resources)| gap(&id, "MalformedResponse", region, resources))
            .collect();
        assert_eq!(run.gaps(), lost);
        // Whoever answers so would answer so again.
        assert_eq!(run.calls(operation, "retried"), 0, "{operation}");
        assert_eq!(
            run.calls(operation, "calls"),
            calm_run().calls(operation, "calls"),
            "{operation}"
        );
        for gap in run.report["coverage"]["gaps"].as_array().unwrap() {
            let message = gap["message"].as_str().unwrap();
            assert!(
                message.starts_with("HTTP 200 with text/html and no AWS error code"),
                "{message}"
            );
        }
        let summary = &run.report["summary"];
        let keys = if operation == "ListKeys" { 0 } else { 23 };
        let buckets = if operation == "ListBuckets" { 0 } else { 3 };
        assert_eq!(
            (&summary["customer_managed_keys"], &summary["buckets"]),
            (&keys.into(), &buckets.into())
        );
        assert_eq!(summary["key_inventory_complete"], operation != "ListKeys");
        assert_eq!(summary["bucket_inventory_complete"], operation != "ListBuckets");
        let not_assessed = if operation == "ListResourceTags" { 23 } else { 0 };
        assert_eq!(summary["not_assessed"], not_assessed, "{operation}");
        let unread = if operation == "GetBucketEncryption" { 3 } else { 0 };
        assert_eq!(summary["buckets_not_assessed"], unread, "{operation}");
        // What is not among what was lost is judged as ever.
        let peaks = usize::from(operation != "GetMetricData");
        let costly = usize::from(service != "s3");
        assert_eq!(
            (run.findings("near-request-quota"), run.findings("bucket-key-disabled")),
            (peaks, costly)
        );
        assert_eq!(run.findings("unjustified-key"), 0, "{operation}");
    }
}

#[test]
fn a_web_page_where_the_metrics_are_listed_costs_what_is_known_of_the_use_of_keys() {
    let run = scan_with_page("cloudwatch", "ListMetrics");
    // The metrics of quotas are found another way; which keys are in use, and who made the peak, is not.
    let unread = |region: &str, resources| gap("cloudwatch:ListMetrics", "MalformedResponse", region, resources);
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
    let codes: Vec<_> = fallbacks
        .iter()
        .map(|fallback| fallback["error_code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["MalformedResponse"; 2]);
    assert_eq!(run.findings("near-request-quota"), 1);
}

#[test]
fn a_web_page_where_the_account_should_be_ends_the_scan_with_advice() {
    let fault = "kind = \"html\"\nservice = \"sts\"\noperation = \"GetCallerIdentity\"";
    let (output, report) = program(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!((output.status.code(), report), (Some(1), None));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("sts:GetCallerIdentity: MalformedResponse: HTTP 200 with text/html"),
        "{stderr}"
    );
    assert!(
        stderr.contains("Check the network, the proxy (HTTPS_PROXY, NO_PROXY)"),
        "{stderr}"
    );
}

#[test]
fn a_web_page_with_the_status_of_a_broken_proxy_is_asked_for_again_and_then_a_gap() {
    let fault = "kind = \"html\"\nstatus = 502\nservice = \"servicequotas\"\noperation = \"ListServiceQuotas\"\n\
                 region = \"eu-west-3\"";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    assert_eq!(
        run.gaps(),
        [gap("servicequotas:ListServiceQuotas", "HTTP502", "eu-west-3", 0)]
    );
    assert_eq!(retried(&run), [times("ListServiceQuotas", 3)]);
    // The AWS defaults stand in, and what is near them is still a finding.
    assert_eq!(run.findings("near-request-quota"), 1);
    assert_eq!(run.report["keys"], calm()["keys"]);
}
