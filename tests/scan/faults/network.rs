//! Networks that break, cut off, stall and dawdle.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn an_answer_that_stalls_is_given_up_and_asked_for_again() {
    let started = Instant::now();
    let run =
        scan_that_misses_nothing("kind = \"stall\"\nservice = \"kms\"\noperation = \"ListAliases\"\ntimes = 1");
    assert!(started.elapsed() >= Duration::from_secs(14), "{:?}", started.elapsed());
    assert_eq!((retried(&run), throttled(&run)), (vec![times("ListAliases", 1)], 0));
}

/// Takes a minute, nearly all of it waiting: each of the four tries is given the whole time that a try has.
#[test]
fn an_answer_that_always_stalls_is_a_gap_after_four_tries() {
    let started = Instant::now();
    let fault = "kind = \"stall\"\nservice = \"s3\"\noperation = \"GetBucketEncryption\"\nbucket = \"costly\"";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    let lost = gap("s3:GetBucketEncryption", "Timeout", "eu-central-1", 1);
    assert_eq!(run.gaps(), [lost]);
    assert_eq!(
        (retried(&run), throttled(&run)),
        (vec![times("GetBucketEncryption", 3)], 0)
    );
    assert!(
        started.elapsed() >= 4 * Duration::from_secs(14),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(run.report["summary"]["buckets_not_assessed"], 1);
    assert_eq!(run.findings("bucket-key-disabled"), 0);
    for part in ["keys", "inventory", "quota"] {
        assert_eq!(run.report[part], calm()[part], "{part}");
    }
}

#[test]
fn a_slow_answer_is_waited_for() {
    let started = Instant::now();
    let run = scan_that_misses_nothing("kind = \"delay\"\nms = 700\nservice = \"kms\"\noperation = \"ListKeys\"");
    assert!(
        started.elapsed() >= Duration::from_millis(700),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(retried(&run), []);
}

#[test]
fn a_connection_that_breaks_three_times_is_made_a_fourth_time() {
    let run = scan_that_misses_nothing("kind = \"reset\"\ntimes = 3");
    assert_eq!(
        (retried(&run), throttled(&run)),
        (vec![times("GetCallerIdentity", 3)], 0)
    );
}

#[test]
fn a_connection_that_always_breaks_costs_what_it_would_have_brought() {
    let fault = "kind = \"reset\"\nservice = \"s3\"\noperation = \"GetBucketEncryption\"\nbucket = \"costly\"";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    let lost = gap("s3:GetBucketEncryption", "ConnectionFailed", "eu-central-1", 1);
    assert_eq!(run.gaps(), [lost]);
    assert_eq!(retried(&run), [times("GetBucketEncryption", 3)]);
    assert_eq!(run.report["summary"]["buckets_not_assessed"], 1);
    assert_eq!(run.findings("bucket-key-disabled"), 0);
    for part in ["keys", "inventory", "quota"] {
        assert_eq!(run.report[part], calm()[part], "{part}");
    }
}

#[test]
fn a_list_that_always_ends_in_its_middle_is_no_list() {
    let fault = "kind = \"truncated-body\"\nservice = \"kms\"\noperation = \"ListKeys\"\nregion = \"eu-central-1\"";
    let run = scan_estate(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!(run.code(), 4);
    assert_eq!(run.gaps(), [gap("kms:ListKeys", "ConnectionFailed", "eu-central-1", 0)]);
    assert_eq!(run.calls("ListKeys", "retried"), 3);
    assert_eq!((run.keys("eu-west-3"), run.keys("eu-central-1")), (20, 0));
    assert_eq!(run.report["summary"]["key_inventory_complete"], false);
    assert_eq!(run.report["quota"], calm()["quota"]);
    assert!(
        run.stdout().contains("at least 20 customer managed keys"),
        "{}",
        run.stdout()
    );
}
