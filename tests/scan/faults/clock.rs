//! Clocks that disagree with that of AWS.

use super::*;

#[test]
fn a_clock_that_is_an_hour_wrong_is_corrected_by_the_first_answer_of_each_service() {
    for seconds in [3_600, -3_600] {
        let run = scan_that_misses_nothing(&format!("kind = \"clock-skew\"\nseconds = {seconds}"));
        // The SDK learns the time from each refusal, client by client: one in each Region that it asks.
        let corrected = [
            times("ListRegions", 1),
            times("DescribeTrails", 1),
            times("ListMetrics", 2),
            times("ListKeys", 2),
            times("GetBucketEncryption", 2),
            times("ListBuckets", 1),
            times("ListServiceQuotas", 2),
            times("GetCallerIdentity", 1),
        ];
        assert_eq!((retried(&run), throttled(&run)), (corrected.to_vec(), 0), "{seconds}");
    }
}

#[test]
fn a_clock_that_is_four_minutes_wrong_is_no_trouble() {
    let run = scan_that_misses_nothing("kind = \"clock-skew\"\nseconds = -240");
    assert_eq!(retried(&run), []);
}

#[test]
fn a_signature_that_is_refused_without_the_time_ends_the_scan_with_advice() {
    let fault = "kind = \"error\"\nservice = \"sts\"\ncode = \"SignatureDoesNotMatch\"\nstatus = 403\n\
                 message = \"Signature expired: 20260615T060000Z is now earlier than 20260615T064500Z (20260615T070000Z - \
                 15 min.)\"";
    let (output, report) = program(&with_fault(fault), &["--fail-on-gaps"]);
    assert_eq!((output.status.code(), report), (Some(1), None));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("sts:GetCallerIdentity: SignatureDoesNotMatch: Signature expired: 20260615T060000Z"),
        "{stderr}"
    );
    assert!(stderr.contains("Set the clock of this machine"), "{stderr}");
}
