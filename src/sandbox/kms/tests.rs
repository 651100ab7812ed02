use super::super::{Sandbox, testing};
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::types::KeyState;
use std::collections::HashSet;

mod custom_key_stores;
mod grants;
mod last_usage;
mod policies;
mod rotations;

#[tokio::test]
async fn the_paginator_of_the_sdk_finds_every_key_of_the_built_in_estate() {
    let sandbox = Sandbox::built_in().unwrap();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let mut pages = kms.list_keys().limit(1000).into_paginator().send();
    let mut sizes = Vec::new();
    let mut ids = HashSet::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.keys().len());
        ids.extend(page.keys().iter().filter_map(|key| key.key_id.clone()));
    }
    assert_eq!(sizes, [1000, 1000, 1000, 217]);
    assert_eq!(ids.len(), 3217);
}

#[tokio::test]
async fn aliases_lead_to_keys_except_those_that_aws_only_reserves() {
    let sandbox = Sandbox::built_in().unwrap();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let mut pages = kms.list_aliases().limit(100).into_paginator().send();
    let (mut calls, mut reserved, mut targets) = (0, Vec::new(), HashSet::new());
    while let Some(page) = pages.next().await {
        calls += 1;
        for alias in page.unwrap().aliases() {
            match alias.target_key_id() {
                Some(key) => assert!(targets.insert(key.to_owned())),
                None => reserved.push(alias.alias_name().unwrap().to_owned()),
            }
        }
    }
    assert_eq!((calls, targets.len()), (33, 3217));
    let names = ["alias/aws/dynamodb", "alias/aws/redshift", "alias/aws/xray"];
    assert_eq!(reserved, names);
}

#[tokio::test]
async fn the_aliases_of_one_key_can_be_asked_for() {
    let sandbox = testing::sandbox(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333" }
        [[region]]
        name = "eu-west-3"
        key = [{ count = 3, alias = ["alias/a{n}", "alias/b{n}"] }, {}]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let second = kms.describe_key().key_id("alias/b2").send().await.unwrap();
    let id = second.key_metadata().unwrap().key_id().to_owned();
    let aliases = kms.list_aliases().key_id(id).send().await.unwrap();
    let names: Vec<_> = aliases
        .aliases()
        .iter()
        .filter_map(|alias| alias.alias_name())
        .collect();
    assert_eq!(names, ["alias/a2", "alias/b2"]);
}

#[tokio::test]
async fn describe_key_tells_everything_in_every_state() {
    let sandbox = testing::every_state();
    let kms = testing::kms(&sandbox, "eu-west-3");
    for state in testing::STATES {
        let alias = format!("alias/{state}");
        let answer = kms.describe_key().key_id(alias).send().await.unwrap();
        assert!(answer.request_id().is_some());
        let key = answer.key_metadata.unwrap();
        assert_eq!(key.key_state(), Some(&KeyState::from(state)));
        assert_eq!(key.enabled(), state == "Enabled");
        let description = if state == "Enabled" { "a \"quoted\" one" } else { "" };
        assert_eq!(key.description(), Some(description));
        assert_eq!(key.creation_date().unwrap().secs(), 1_704_164_645);
        let arn = format!("arn:aws:kms:eu-west-3:111122223333:key/{}", key.key_id());
        assert_eq!(key.arn(), Some(arn.as_str()));
        let nine_days = sandbox.as_of().as_second() + 9 * 86_400;
        let deleted_at = key.deletion_date().map(|date| date.secs());
        assert_eq!(deleted_at, (state == "PendingDeletion").then_some(nine_days));
        let window = (state == "PendingReplicaDeletion").then_some(9);
        assert_eq!(key.pending_deletion_window_in_days(), window);
    }
}

#[tokio::test]
async fn a_replica_has_the_id_of_its_primary() {
    let sandbox = Sandbox::built_in().unwrap();
    let mut keys = Vec::new();
    for region in ["eu-west-3", "us-east-1"] {
        let kms = testing::kms(&sandbox, region);
        let key = kms.describe_key().key_id("alias/global-settings");
        keys.push(key.send().await.unwrap().key_metadata.unwrap());
    }
    assert_eq!(keys[0].key_id(), keys[1].key_id());
    let replica = keys[1].multi_region_configuration().unwrap();
    let primary = replica.primary_key().unwrap();
    assert_eq!(primary.arn(), keys[0].arn());
    assert_eq!(replica.replica_keys()[0].arn(), keys[1].arn());
}

#[tokio::test]
async fn tags_of_a_customer_key_are_listed_and_an_aws_managed_key_has_none() {
    let sandbox = Sandbox::built_in().unwrap();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let mut tags = Vec::new();
    for alias in ["alias/tenant-0042", "alias/aws/s3"] {
        let key = kms.describe_key().key_id(alias).send().await.unwrap();
        let arn = key.key_metadata.unwrap().arn.unwrap();
        let answer = kms.list_resource_tags().key_id(arn).send().await.unwrap();
        tags.push(answer.tags.unwrap());
    }
    assert_eq!(tags[0][0].tag_key(), "tenant");
    assert_eq!(tags[0][0].tag_value(), "tenant-0042");
    assert!(tags[1].is_empty());
}

#[tokio::test]
async fn wrong_requests_get_the_errors_of_kms() {
    let sandbox = testing::sandbox(testing::SMALL);
    let kms = testing::kms(&sandbox, "eu-west-3");
    let unknown = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let other_account = format!("arn:aws:kms:eu-west-3:444455556666:key/{unknown}");
    for (id, code) in [
        (unknown, "NotFoundException"),
        ("alias/none", "NotFoundException"),
        ("alias/aws/ebs", "NotFoundException"),
        (&other_account, "AccessDeniedException"),
    ] {
        let error = kms.describe_key().key_id(id).send().await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{id}");
    }
    let marker = kms.list_keys().marker("nonsense").send().await.unwrap_err();
    assert!(marker.into_service_error().is_invalid_marker_exception());
    let limit = kms.list_keys().limit(1001).send().await.unwrap_err();
    assert_eq!(limit.code(), Some("ValidationException"));
    let unknown = kms.get_public_key().key_id(unknown).send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("UnknownOperationException"));
}

#[tokio::test]
async fn only_describe_key_takes_an_alias() {
    let sandbox = testing::sandbox(testing::SMALL);
    let kms = testing::kms(&sandbox, "eu-west-3");
    let alias = "alias/tenant-001";
    let errors = [
        kms.get_key_policy()
            .key_id(alias)
            .send()
            .await
            .unwrap_err()
            .code()
            .map(str::to_owned),
        kms.get_key_rotation_status()
            .key_id(alias)
            .send()
            .await
            .unwrap_err()
            .code()
            .map(str::to_owned),
        kms.list_grants()
            .key_id(alias)
            .send()
            .await
            .unwrap_err()
            .code()
            .map(str::to_owned),
        kms.get_key_last_usage()
            .key_id(alias)
            .send()
            .await
            .unwrap_err()
            .code()
            .map(str::to_owned),
    ];
    assert!(
        errors.iter().all(|code| code.as_deref() == Some("NotFoundException")),
        "{errors:?}"
    );
    assert!(kms.describe_key().key_id(alias).send().await.is_ok());
}

#[tokio::test]
async fn a_region_that_is_not_enabled_does_not_know_the_credentials() {
    let sandbox = testing::sandbox(testing::SMALL);
    for region in ["ap-east-1", "sa-east-1"] {
        let kms = testing::kms(&sandbox, region);
        let error = kms.list_keys().send().await.unwrap_err();
        assert_eq!(error.code(), Some("UnrecognizedClientException"));
    }
}
