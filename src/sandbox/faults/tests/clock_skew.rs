//! Clocks that disagree.

use super::super::super::{Sandbox, testing};
use super::{HOME, with_fault};
use aws_config::retry::RetryConfig;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

fn skewed(seconds: i64) -> Sandbox {
    with_fault(&format!("kind = \"clock-skew\"\nseconds = {seconds}"))
}

/// Status, code and message.
type Refused = Option<(u16, String, String)>;

fn refused(error: &dyn ProvideErrorMetadata, raw: &HttpResponse) -> Refused {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Some((raw.status().as_u16(), text(error.code()), text(error.message())))
}

/// What kms, cloudwatch, account, sts and s3 say.
async fn ask(sandbox: &Sandbox) -> [Refused; 5] {
    macro_rules! ask {
        ($request:expr) => {
            match $request.send().await {
                Ok(_) => None,
                Err(error) => refused(&error, error.raw_response().unwrap()),
            }
        };
    }
    [
        ask!(testing::kms(sandbox, HOME).list_keys()),
        ask!(testing::cloudwatch(sandbox, HOME).list_metrics()),
        ask!(testing::account(sandbox, HOME).list_regions()),
        ask!(testing::sts(sandbox, HOME).get_caller_identity()),
        ask!(testing::s3(sandbox, HOME).list_buckets()),
    ]
}

#[tokio::test]
async fn within_the_bounds_nothing_happens() {
    for seconds in [290, -290] {
        assert_eq!(ask(&skewed(seconds)).await, [None, None, None, None, None]);
    }
}

#[tokio::test]
async fn beyond_five_minutes_most_services_refuse_and_beyond_a_quarter_of_an_hour_all() {
    for (seconds, patient) in [(310, true), (-310, true), (910, false), (-910, false)] {
        let [kms, cloudwatch, account, sts, s3] = ask(&skewed(seconds)).await;
        let start = if seconds > 0 {
            "Signature expired: "
        } else {
            "Signature not yet current: "
        };
        for (answer, status, code) in [
            (kms, 400, "InvalidSignatureException"),
            (cloudwatch, 403, "SignatureDoesNotMatch"),
            (account, 403, "InvalidSignatureException"),
        ] {
            let (said, word, message) = answer.unwrap();
            assert_eq!((said, word.as_str()), (status, code));
            assert!(message.starts_with(start) && message.ends_with(" 5 min.)"), "{message}");
        }
        assert_eq!((sts.is_none(), s3.is_none()), (patient, patient), "{seconds}");
        if let (Some(sts), Some(s3)) = (sts, s3) {
            assert_eq!((sts.0, sts.1.as_str()), (403, "SignatureDoesNotMatch"));
            assert!(sts.2.starts_with(start) && sts.2.ends_with(" 15 min.)"), "{}", sts.2);
            assert_eq!((s3.0, s3.1.as_str()), (403, "RequestTimeTooSkewed"));
        }
    }
}

/// The instants in a refusal, in their order.
fn instants(message: &str) -> Vec<Timestamp> {
    let words = message.split([' ', '(']);
    let basic = words.filter(|word| word.len() == 16 && word.ends_with('Z'));
    basic
        .map(|word| {
            let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", word).unwrap();
            civil.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
        })
        .collect()
}

#[tokio::test]
async fn a_refusal_names_the_three_instants() {
    for seconds in [3_600, -3_600] {
        let [kms, ..] = ask(&skewed(seconds)).await;
        let message = kms.unwrap().2;
        let [signed, bound, now] = instants(&message)[..] else {
            panic!("{message}");
        };
        let skew = SignedDuration::from_secs(seconds);
        assert!(
            (now.duration_since(signed) - skew).abs() <= SignedDuration::from_secs(5),
            "{message}"
        );
        let tolerance = now.duration_since(bound);
        assert_eq!(tolerance, SignedDuration::from_mins(5 * seconds.signum()), "{message}");
    }
}

#[tokio::test]
async fn s3_states_both_times_and_what_it_allows() {
    let s3 = testing::s3(&skewed(3_600), HOME);
    let error = s3.list_buckets().send().await.unwrap_err();
    let raw = error.raw_response().unwrap();
    let body = std::str::from_utf8(raw.body().bytes().unwrap()).unwrap();
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>")).unwrap();
        rest.split_once(&format!("</{name}>")).unwrap().0
    };
    assert_eq!(element("MaxAllowedSkewMilliseconds"), "900000");
    assert_eq!(element("RequestTime").len(), 16);
    let server: Timestamp = element("ServerTime").parse().unwrap();
    let ahead = server.duration_since(Timestamp::now());
    assert!((3_590..=3_600).contains(&ahead.as_secs()), "{body}");
}

#[tokio::test]
async fn answers_tell_the_time_so_that_a_client_can_correct_itself() {
    for seconds in [3_600, -3_600] {
        let sandbox = skewed(seconds);
        let error = testing::kms(&sandbox, HOME).list_keys().send().await.unwrap_err();
        let date = error.raw_response().unwrap().headers().get("date").unwrap().to_owned();
        assert!(date.ends_with(" GMT"), "{date}");
        let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let config = testing::config(&sandbox, HOME).into_builder();
        let kms = aws_sdk_kms::Client::new(&config.retry_config(retry).build());
        assert!(kms.list_keys().send().await.is_ok());
    }
}
