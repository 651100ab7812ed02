use super::super::super::testing;
use aws_sdk_kms::Client;
use aws_sdk_kms::operation::get_key_last_usage::GetKeyLastUsageOutput;
use aws_sdk_kms::types::KeyLastUsageTrackingOperation;

/// 2026-03-11T00:00:00Z
const DOCUMENTED_START: i64 = 1_773_187_200;

async fn last_usage(kms: &Client, alias: &str) -> GetKeyLastUsageOutput {
    let id = testing::key_id(kms, alias).await;
    let answer = kms.get_key_last_usage().key_id(&id).send().await.unwrap();
    assert_eq!(answer.key_id(), Some(id.as_str()));
    answer
}

#[tokio::test]
async fn the_last_usage_on_record_is_told_with_its_operation() {
    let sandbox = testing::region(
        r#"
        key = [{ count = 2, alias = "alias/used-{n}", created = 2024-01-02T03:04:05Z,
            last_usage = { operation = "GenerateDataKey", at = 2026-06-14T12:00:00Z } }]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let first = last_usage(&kms, "alias/used-1").await;
    assert_eq!(first.key_creation_date().unwrap().secs(), 1_704_164_645);
    assert_eq!(first.tracking_start_date().unwrap().secs(), DOCUMENTED_START);
    let usage = first.key_last_usage().unwrap();
    assert_eq!(usage.operation(), Some(&KeyLastUsageTrackingOperation::GenerateDataKey));
    assert_eq!(usage.timestamp().unwrap().secs(), 1_781_438_400);
    let second = last_usage(&kms, "alias/used-2").await;
    let of_second = second.key_last_usage().unwrap();
    assert_ne!(
        usage.cloud_trail_event_id().unwrap(),
        of_second.cloud_trail_event_id().unwrap()
    );
    assert_ne!(usage.kms_request_id().unwrap(), of_second.kms_request_id().unwrap());
}

#[tokio::test]
async fn without_usage_the_answer_tells_never_from_unknown() {
    let sandbox = testing::region(
        r#"
        key = [
            { alias = "alias/old", created = 2024-01-02T03:04:05Z },
            { alias = "alias/young", created = 2026-05-01T00:00:00Z },
        ]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let old = last_usage(&kms, "alias/old").await;
    assert_eq!(old.key_last_usage().unwrap().operation(), None);
    assert!(old.key_creation_date().unwrap().secs() < old.tracking_start_date().unwrap().secs());
    let young = last_usage(&kms, "alias/young").await;
    assert_eq!(young.key_last_usage().unwrap().timestamp(), None);
    assert_eq!(young.tracking_start_date(), young.key_creation_date());
}

#[tokio::test]
async fn the_estate_says_when_tracking_started() {
    let sandbox = testing::sandbox(
        r#"
        as_of = 2026-06-15T06:00:00Z
        last_usage_tracking_start = 2026-04-01T00:00:00Z
        account = { id = "111122223333" }
        [[region]]
        name = "eu-west-3"
        key = [{ alias = "alias/k", created = 2024-01-02T03:04:05Z }]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let start = last_usage(&kms, "alias/k").await.tracking_start_date.unwrap();
    assert_eq!(start.secs(), 1_775_001_600);
    // Nothing is recorded in an estate of an earlier day, and nothing lies in its future.
    let sandbox = testing::sandbox(
        r#"
        as_of = 2025-01-01T00:00:00Z
        account = { id = "111122223333" }
        [[region]]
        name = "eu-west-3"
        key = [{ alias = "alias/k", created = 2024-01-02T03:04:05Z }]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let start = last_usage(&kms, "alias/k").await.tracking_start_date.unwrap();
    assert_eq!(start.secs(), sandbox.as_of().as_second());
}

#[tokio::test]
async fn the_keys_of_a_multi_region_set_are_used_each_for_itself_and_asked_for_in_every_state() {
    let sandbox = testing::region(
        r#"
        key = [{ alias = "alias/m", multi_region = "primary", multi_region_set = "m", created = 2024-01-02T03:04:05Z,
            last_usage = { operation = "Decrypt", at = 2026-06-14T12:00:00Z } }]
        [[region]]
        name = "us-east-1"
        key = [{ alias = "alias/m", multi_region = "replica", multi_region_set = "m", created = 2024-01-02T03:04:05Z,
            last_usage = { operation = "Decrypt", at = 2026-06-14T12:00:00Z } }]
        "#,
    );
    let mut events = Vec::new();
    for region in ["eu-west-3", "us-east-1"] {
        let answer = last_usage(&testing::kms(&sandbox, region), "alias/m").await;
        events.push(answer.key_last_usage.unwrap().cloud_trail_event_id);
    }
    assert_ne!(events[0], events[1]);

    let sandbox = testing::every_state();
    let kms = testing::kms(&sandbox, "eu-west-3");
    for state in testing::STATES {
        let answer = last_usage(&kms, &format!("alias/{state}")).await;
        assert!(answer.key_last_usage().is_some(), "{state}");
    }
}
