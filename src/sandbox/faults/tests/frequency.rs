//! How often a fault strikes.

use super::super::super::{Sandbox, testing};
use super::{HOME, with_fault};
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

#[tokio::test]
async fn a_fault_can_begin_late_and_end_early() {
    let sandbox = with_fault("kind = \"error\"\nservice = \"kms\"\nafter = 2\ntimes = 3");
    let kms = testing::kms(&sandbox, HOME);
    let mut answered = Vec::new();
    for _ in 0..7 {
        // The calls of other services are no calls that it is about.
        assert!(testing::s3(&sandbox, HOME).list_buckets().send().await.is_ok());
        answered.push(kms.list_keys().send().await.is_ok());
    }
    assert_eq!(answered, [true, true, false, false, false, true, true]);
}

#[tokio::test]
async fn the_first_of_two_refusals_counts_and_the_second_does_not() {
    let sandbox = with_fault(
        "kind = \"error\"\nservice = \"kms\"\ntimes = 2\n\n[[fault]]\nkind = \"reset\"\nservice = \"kms\"\ntimes = 1",
    );
    let kms = testing::kms(&sandbox, HOME);
    let mut refused = Vec::new();
    for _ in 0..4 {
        let answer = kms.list_keys().send().await;
        refused.push(answer.err().map(|error| error.as_service_error().is_some()));
    }
    assert_eq!(refused, [Some(true), Some(true), Some(false), None]);
}

/// How often in a row each key of the small estate is not described, in this order.
async fn failures(sandbox: &Sandbox, order: impl Iterator<Item = usize>) -> Vec<u32> {
    let kms = testing::kms(sandbox, HOME);
    let mut failures = vec![0; 250];
    for n in order {
        let alias = format!("alias/tenant-{:03}", n + 1);
        while let Err(error) = kms.describe_key().key_id(&alias).send().await {
            assert!(error.as_service_error().unwrap().is_kms_internal_exception());
            failures[n] += 1;
        }
    }
    failures
}

fn random(seed: u64) -> Sandbox {
    with_fault(&format!(
        "kind = \"error\"\nservice = \"kms\"\ncode = \"KMSInternalException\"\nrate = 0.2\nseed = {seed}"
    ))
}

#[tokio::test]
async fn chance_strikes_the_same_calls_in_any_order_and_others_with_another_seed() {
    let forth = failures(&random(7), 0..250).await;
    let back = failures(&random(7), (0..250).rev()).await;
    assert_eq!(forth, back);
    assert_ne!(forth, failures(&random(8), 0..250).await);
    // Of 250 first tries about 50 fail, of 50 second ones about 10.
    let at_least = |times| forth.iter().filter(|failures| **failures >= times).count();
    assert!(
        (30..70).contains(&at_least(1)) && (2..25).contains(&at_least(2)),
        "{forth:?}"
    );
}

#[tokio::test]
async fn what_has_failed_enough_goes_on_to_succeed() {
    let sandbox = random(7);
    failures(&sandbox, 0..250).await;
    assert_eq!(failures(&sandbox, 0..250).await, [0; 250]);
}

#[tokio::test]
async fn an_answer_that_stalls_is_waited_for_as_long_as_the_caller_will() {
    let sandbox = with_fault("kind = \"stall\"\nservice = \"kms\"\ntimes = 1");
    // A read timeout is for the beginning of an answer, which comes.
    let timeouts = TimeoutConfig::builder()
        .read_timeout(Duration::from_millis(20))
        .operation_attempt_timeout(Duration::from_millis(200));
    let config = testing::config(&sandbox, HOME).into_builder();
    let kms = aws_sdk_kms::Client::new(&config.timeout_config(timeouts.build()).build());
    let answer = tokio::time::timeout(Duration::from_secs(5), kms.list_keys().send()).await;
    let debug = format!("{:?}", answer.unwrap().unwrap_err());
    assert!(debug.contains("OperationAttempt"), "{debug}");
    assert!(testing::kms(&sandbox, HOME).list_keys().send().await.is_ok());
}
