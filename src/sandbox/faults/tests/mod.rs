//! Every kind of fault, as the SDK sees it.

mod clock_skew;
mod denial;
mod frequency;
mod limits;

use super::super::{Sandbox, testing};
use aws_config::timeout::TimeoutConfig;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::retry::ErrorKind;
use std::time::{Duration, Instant};

const HOME: &str = "eu-west-3";

fn with_fault(fault: &str) -> Sandbox {
    testing::sandbox(&format!("{}\n[[fault]]\n{fault}", testing::SMALL))
}

#[tokio::test]
async fn a_key_can_be_denied_while_the_others_answer() {
    let sandbox = with_fault(
        r#"
        service = "kms"
        operation = "ListResourceTags"
        key = "alias/tenant-00*"
        kind = "error"
        "#,
    );
    let kms = testing::kms(&sandbox, HOME);
    let mut denied = 0;
    for n in [1, 9, 10, 99, 100, 250] {
        let alias = format!("alias/tenant-{n:03}");
        let key = kms.describe_key().key_id(alias).send().await.unwrap();
        let id = key.key_metadata.unwrap().key_id;
        match kms.list_resource_tags().key_id(&id).send().await {
            Ok(tags) => assert_eq!(tags.tags()[0].tag_value(), format!("t{n}")),
            Err(error) => {
                assert_eq!(error.code(), Some("AccessDeniedException"));
                let message = error.message().unwrap();
                assert!(message.contains("kms:ListResourceTags") && message.contains(&id));
                denied += 1;
            }
        }
    }
    assert_eq!(denied, 2, "001 and 009");
}

#[tokio::test]
async fn every_service_denies_access_in_its_own_words() {
    let deny = |service: &str| with_fault(&format!("service = \"{service}\"\nkind = \"error\""));
    let code = |error: &dyn ProvideErrorMetadata| error.code().map(str::to_owned);
    let sandbox = deny("servicequotas");
    let quotas = testing::service_quotas(&sandbox, HOME).list_service_quotas();
    let error = quotas.service_code("kms").send().await.unwrap_err();
    assert!(error.into_service_error().is_access_denied_exception());
    let sandbox = deny("cloudwatch");
    let error = testing::cloudwatch(&sandbox, HOME).list_metrics().send().await;
    assert_eq!(code(&error.unwrap_err()).as_deref(), Some("AccessDenied"));
    let sandbox = deny("s3");
    let error = testing::s3(&sandbox, HOME).list_buckets().send().await;
    assert_eq!(code(&error.unwrap_err()).as_deref(), Some("AccessDenied"));
    let sandbox = deny("sts");
    let error = testing::sts(&sandbox, HOME).get_caller_identity().send().await;
    assert_eq!(code(&error.unwrap_err()).as_deref(), Some("AccessDenied"));
    let sandbox = deny("account");
    let error = testing::account(&sandbox, HOME).list_regions().send().await;
    let error = error.unwrap_err().into_service_error();
    assert!(error.is_access_denied_exception());
}

#[tokio::test]
async fn a_fault_of_one_bucket_or_region_leaves_the_others_alone() {
    let sandbox = with_fault("service = \"s3\"\nbucket = \"fir*\"\nkind = \"error\"");
    let s3 = testing::s3(&sandbox, HOME);
    assert!(s3.get_bucket_encryption().bucket("first").send().await.is_err());
    assert!(s3.list_buckets().send().await.is_ok());
    let sandbox = with_fault("service = \"kms\"\nregion = \"eu-central-1\"\nkind = \"error\"");
    assert!(testing::kms(&sandbox, HOME).list_keys().send().await.is_ok());
    let kms = testing::kms(&sandbox, "eu-central-1");
    assert!(kms.list_keys().send().await.is_err());
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_it_says_and_the_sdk_retries_it_away() {
    let sandbox = with_fault(
        r#"
        service = "kms"
        kind = "error"
        code = "ThrottlingException"
        times = 2
        "#,
    );
    let kms = testing::kms(&sandbox, HOME);
    for _ in 0..2 {
        let error = kms.list_keys().send().await.unwrap_err();
        assert_eq!(error.code(), Some("ThrottlingException"));
    }
    assert!(kms.list_keys().send().await.is_ok());

    let sandbox = with_fault("service = \"kms\"\nkind = \"reset\"\ntimes = 2");
    let retry = aws_config::retry::RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = testing::config(&sandbox, HOME).into_builder();
    let kms = aws_sdk_kms::Client::new(&config.retry_config(retry).build());
    assert!(kms.list_keys().send().await.is_ok());
}

#[tokio::test]
async fn a_reset_is_a_broken_connection_to_the_sdk() {
    let sandbox = with_fault("service = \"kms\"\nkind = \"reset\"");
    let error = testing::kms(&sandbox, HOME).list_keys().send().await.unwrap_err();
    let SdkError::DispatchFailure(failure) = error else {
        panic!("{error:?}");
    };
    assert_eq!(failure.as_other(), Some(ErrorKind::TransientError));
}

#[tokio::test]
async fn a_web_page_and_half_a_body_are_no_answers() {
    for kind in ["html", "truncated-body"] {
        for service in ["kms", "s3", "cloudwatch"] {
            let sandbox = with_fault(&format!("service = \"{service}\"\nkind = \"{kind}\""));
            let failed = match service {
                "kms" => testing::kms(&sandbox, HOME).list_keys().send().await.is_err(),
                "s3" => testing::s3(&sandbox, HOME).list_buckets().send().await.is_err(),
                _ => {
                    let client = testing::cloudwatch(&sandbox, HOME);
                    client.list_metrics().send().await.is_err()
                }
            };
            assert!(failed, "{service} {kind}");
        }
    }
}

#[tokio::test]
async fn a_missing_marker_leaves_a_truncated_page_without_a_way_on() {
    let sandbox = with_fault("service = \"kms\"\nkind = \"missing-marker\"");
    let kms = testing::kms(&sandbox, HOME);
    let page = kms.list_keys().send().await.unwrap();
    assert!(page.truncated() && page.next_marker().is_none());
    assert_eq!(page.keys().len(), 100);
}

#[tokio::test]
async fn an_endless_marker_goes_round_in_a_circle() {
    let sandbox = with_fault("service = \"kms\"\nkind = \"endless-marker\"");
    let kms = testing::kms(&sandbox, HOME);
    let first = kms.list_keys().send().await.unwrap();
    let marker = first.next_marker().unwrap();
    let second = kms.list_keys().marker(marker).send().await.unwrap();
    assert_eq!(second.next_marker(), Some(marker));
    assert_eq!(second.keys(), first.keys());
}

#[tokio::test]
async fn empty_pages_lose_nothing_for_those_who_go_on() {
    let sandbox = with_fault("service = \"kms\"\nkind = \"empty-page-truncated\"");
    let kms = testing::kms(&sandbox, HOME);
    let mut marker = None;
    let (mut sizes, mut done) = (Vec::new(), false);
    while !done {
        let page = kms.list_keys().set_marker(marker).send().await.unwrap();
        sizes.push(page.keys().len());
        done = !page.truncated();
        marker = page.next_marker;
    }
    assert_eq!(sizes, [0, 100, 0, 100, 0, 51]);
}

#[tokio::test]
async fn a_delay_takes_its_time_and_can_run_into_a_timeout() {
    let sandbox = with_fault("service = \"kms\"\nkind = \"delay\"\nms = 60");
    let started = Instant::now();
    let kms = testing::kms(&sandbox, HOME);
    assert!(kms.list_keys().send().await.is_ok());
    assert!(started.elapsed() >= Duration::from_millis(60));

    let timeouts = TimeoutConfig::builder().read_timeout(Duration::from_millis(5));
    let config = testing::config(&sandbox, HOME).into_builder();
    let kms = aws_sdk_kms::Client::new(&config.timeout_config(timeouts.build()).build());
    let error = kms.list_keys().send().await.unwrap_err();
    let SdkError::DispatchFailure(failure) = error else {
        panic!("{error:?}");
    };
    assert!(failure.is_timeout());
}
