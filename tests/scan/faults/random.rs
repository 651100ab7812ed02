//! Errors at random, the same ones every time.

use super::*;

fn errors(seed: u64) -> String {
    format!(
        "kind = \"error\"\nservice = \"kms\"\noperation = \"DescribeKey\"\ncode = \"KMSInternalException\"\nrate = 0.3\n\
         seed = {seed}"
    )
}

#[test]
fn errors_at_random_are_outlasted() {
    let run = scan_that_misses_nothing(&errors(7));
    assert_eq!((retried(&run), throttled(&run)), (vec![times("DescribeKey", 9)], 0));
}

#[test]
fn errors_at_random_are_the_same_at_any_pace() {
    // One key fails four times in a row, which is as often as it is asked for.
    let run = scan_estate(
        &with_fault(&errors(5)),
        &["--fail-on-gaps", "--last-usage-budget", "0s"],
    );
    assert_eq!(run.code(), 4);
    let lost = gap("kms:DescribeKey", "KMSInternalException", "eu-west-3", 1);
    assert_eq!(run.gaps(), [lost]);
    assert_eq!(retried(&run), [times("DescribeKey", 14)]);
    assert_eq!(run.report["summary"]["justified"], 23, "its tags were read");

    // But for the last usage of keys, of which a slow scan reads less.
    let flags = ["--fail-on-gaps", "--api-share", "1", "--last-usage-budget", "0s"];
    let (output, slow) = program(&with_fault(&errors(5)), &flags);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let slow = slow.unwrap();
    for part in ["coverage", "keys", "findings", "summary"] {
        assert_eq!(slow[part], run.report[part], "{part}");
    }
}
