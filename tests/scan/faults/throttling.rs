//! Services that refuse what comes too fast.

use super::*;

#[test]
fn what_is_throttled_for_a_moment_is_read_a_moment_later() {
    let fault = "kind = \"throttle\"\nservice = \"kms\"\noperation = \"DescribeKey\"\nrps = 40\nburst = 5";
    let run = scan_that_misses_nothing(fault);
    assert!(throttled(&run) > 0, "20 keys are more than the burst");
    assert_eq!(throttled(&run), run.calls("DescribeKey", "throttled"));
    assert_eq!(retried(&run), [times("DescribeKey", throttled(&run))]);
}

#[test]
fn what_is_throttled_for_ever_is_a_gap_and_the_rest_is_read() {
    // 18 requests go through, and the next one a quarter of an hour later.
    let fault = "kind = \"throttle\"\nservice = \"kms\"\noperation = \"ListResourceTags\"\nregion = \"eu-west-3\"\n\
                 rps = 0.001\nburst = 18";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    assert_eq!(
        run.gaps(),
        [gap("kms:ListResourceTags", "ThrottlingException", "eu-west-3", 2)]
    );
    assert_eq!(
        run.calls("ListResourceTags", "throttled"),
        8,
        "two keys, four tries each"
    );
    assert_eq!(retried(&run), [times("ListResourceTags", 6)]);
    assert_eq!(run.report["summary"]["not_assessed"], 2);
    assert_eq!(run.report["summary"]["justified"], 21);
    for part in ["quota", "inventory"] {
        assert_eq!(
            run.report[part].as_array().unwrap().len(),
            calm()[part].as_array().unwrap().len()
        );
    }
}

#[test]
fn each_region_is_throttled_by_itself() {
    let fault = "kind = \"throttle\"\nservice = \"s3\"\nrps = 0.001";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    // One of two is answered in the one Region, and the only one in the other.
    assert_eq!(run.gaps(), [gap("s3:GetBucketEncryption", "SlowDown", "eu-west-3", 1)]);
    assert_eq!(run.calls("GetBucketEncryption", "throttled"), 4);
    assert_eq!(run.report["summary"]["buckets_not_assessed"], 1);
}

#[test]
fn a_scan_that_keeps_to_its_share_is_not_throttled() {
    // DescribeKey and ListResourceTags have a published quota of 2,000 requests a second: 5 % are 100.
    let estate = SMALL.replace("count = 20", "count = 200");
    let fault = "[[fault]]\nkind = \"throttle\"\nservice = \"kms\"\nrps = 100\nburst = 50";
    let flags = ["--api-share", "5", "--fail-on-gaps", "--last-usage-budget", "1s"];
    let (output, report) = program(&format!("{estate}\n{fault}"), &flags);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for calls in report.unwrap()["api_calls"].as_array().unwrap() {
        assert_eq!(
            (&calls["throttled"], &calls["retried"]),
            (&0.into(), &0.into()),
            "{calls}"
        );
    }
}

/// So many Regions that ListRegions has ten pages, in an AWS that lets through what its published quotas allow: five
/// calls a second of that operation. `of` says of which calls.
fn at_published_quotas(of: &str) -> String {
    let names: Vec<String> = (1..=498).map(|n| format!("\"xx-quiet-{n}\"")).collect();
    let quiet = format!("[[region]]\nname = [{}]\nenabled = false\n", names.join(", "));
    format!("{SMALL}\n{quiet}\n[[fault]]\nkind = \"throttle\"\n{of}")
}

/// What is in the report of it beside what is in that of the small estate.
fn all_is_read(report: &Value) {
    assert_eq!(report["scan"]["regions_not_enabled"].as_array().unwrap().len(), 498);
    for part in ["coverage", "keys", "inventory", "quota", "findings", "summary"] {
        assert_eq!(report[part], calm()[part], "{part}");
    }
}

#[test]
fn a_scan_that_takes_all_it_can_get_is_throttled_at_the_published_quotas_and_reads_everything() {
    // Of the account alone: last usages, five a second as well, are more than four tries of a scan without pacing get.
    let run = scan_estate(&at_published_quotas("service = \"account\""), &["--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, vec![]));
    all_is_read(&run.report);
    let calls = |field| run.calls("ListRegions", field);
    assert!(calls("throttled") > 0, "ten pages are more than five calls");
    assert_eq!(calls("throttled"), calls("retried"));
    assert_eq!(calls("calls"), 10 + calls("retried"));
}

#[test]
fn a_scan_at_the_usual_share_is_not_throttled_once_at_the_published_quotas() {
    let (output, report) = program(&at_published_quotas(""), &["--fail-on-gaps"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = report.unwrap();
    all_is_read(&report);
    for calls in report["api_calls"].as_array().unwrap() {
        assert_eq!(
            (&calls["throttled"], &calls["retried"]),
            (&0.into(), &0.into()),
            "{calls}"
        );
    }
}
