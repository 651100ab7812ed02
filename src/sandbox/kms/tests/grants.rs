use super::super::super::{Sandbox, testing};
use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::types::{GrantListEntry, GrantOperation};
use std::collections::HashSet;

fn sandbox() -> Sandbox {
    testing::region(
        r#"
        [[region.key]]
        count = 2
        alias = "alias/tenant-{n}"
        created = 2025-01-02T03:04:05Z
        [[region.key.grants]]
        count = 120
        grantee = "arn:{partition}:iam::{account}:role/worker-{grant}"
        name = "tenant-{n}/worker-{grant}"
        operations = ["Decrypt", "GenerateDataKey"]
        encryption_context_subset = { tenant = "t{n}" }
        [[region.key.grants]]
        grantee_service = "rds.amazonaws.com"
        retiring_service = "rds.amazonaws.com"
        source_arn = "arn:{partition}:rds:{region}:{account}:db:tenant-{n}"
        operations = ["DescribeKey", "CreateGrant"]
        created = 2026-01-01T00:00:00Z
        [[region.key.grants]]
        grantee = "arn:aws:iam::444455556666:root"
        retiring = "arn:aws:iam::444455556666:role/retirer"
        operations = ["Encrypt"]
        encryption_context_equals = { a = "1", b = "2" }
        "#,
    )
}

async fn all(kms: &Client, id: &str) -> Vec<GrantListEntry> {
    let mut pages = kms.list_grants().key_id(id).into_paginator().send();
    let (mut sizes, mut grants) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap().grants.unwrap();
        sizes.push(page.len());
        grants.extend(page);
    }
    assert_eq!(sizes, [50, 50, 22]);
    grants
}

#[tokio::test]
async fn every_grant_is_listed_once_with_all_that_it_says() {
    let sandbox = sandbox();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let id = testing::key_id(&kms, "alias/tenant-2").await;
    let grants = all(&kms, &id).await;
    let ids: HashSet<_> = grants.iter().filter_map(|grant| grant.grant_id()).collect();
    assert_eq!((grants.len(), ids.len()), (122, 122));

    let worker = &grants[118];
    let arn = "arn:aws:iam::111122223333:role/worker-119";
    assert_eq!(worker.grantee_principal(), Some(arn));
    assert_eq!(worker.name(), Some("tenant-2/worker-119"));
    assert_eq!(
        worker.operations(),
        [GrantOperation::Decrypt, GrantOperation::GenerateDataKey]
    );
    assert_eq!(worker.issuing_account(), Some("arn:aws:iam::111122223333:root"));
    assert_eq!(worker.creation_date().unwrap().secs(), 1_735_787_045);
    assert_eq!(
        worker.key_id(),
        Some(format!("arn:aws:kms:eu-west-3:111122223333:key/{id}").as_str())
    );
    let subset = worker.constraints().unwrap().encryption_context_subset().unwrap();
    assert_eq!(subset["tenant"], "t2");

    let service = &grants[120];
    assert_eq!(service.grantee_principal(), None);
    assert_eq!(service.grantee_service_principal(), Some("rds.amazonaws.com"));
    assert_eq!(service.retiring_service_principal(), Some("rds.amazonaws.com"));
    let source = service.constraints().unwrap().source_arn();
    assert_eq!(source, Some("arn:aws:rds:eu-west-3:111122223333:db:tenant-2"));
    assert_eq!(service.creation_date().unwrap().secs(), 1_767_225_600);

    let foreign = &grants[121];
    assert_eq!(
        foreign.retiring_principal(),
        Some("arn:aws:iam::444455556666:role/retirer")
    );
    let equals = foreign.constraints().unwrap().encryption_context_equals().unwrap();
    assert_eq!((equals.len(), equals["b"].as_str()), (2, "2"));

    let other_key = testing::key_id(&kms, "alias/tenant-1").await;
    let others = all(&kms, &other_key).await;
    assert!(others.iter().all(|grant| !ids.contains(grant.grant_id().unwrap())));
}

#[tokio::test]
async fn grants_are_found_by_their_id_and_by_their_grantee() {
    let sandbox = sandbox();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let id = testing::key_id(&kms, "alias/tenant-1").await;
    let list = || kms.list_grants().key_id(&id);
    let grants = all(&kms, &id).await;
    let by_id = list().grant_id(grants[77].grant_id().unwrap()).send().await.unwrap();
    assert_eq!(by_id.grants(), [grants[77].clone()]);
    let principal = "arn:aws:iam::111122223333:role/worker-7";
    let by_principal = list().grantee_principal(principal).send().await.unwrap();
    assert_eq!(by_principal.grants(), [grants[6].clone()]);
    let by_service = list()
        .grantee_service_principal("rds.amazonaws.com")
        .send()
        .await
        .unwrap();
    assert_eq!(by_service.grants(), [grants[120].clone()]);
    let nobody = list()
        .grantee_principal("arn:aws:iam::111122223333:root")
        .send()
        .await
        .unwrap();
    assert!(nobody.grants().is_empty() && !nobody.truncated());
}

#[tokio::test]
async fn wrong_requests_for_grants_are_refused() {
    let sandbox = sandbox();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let id = testing::key_id(&kms, "alias/tenant-1").await;
    let list = || kms.list_grants().key_id(&id);
    let other_key = testing::key_id(&kms, "alias/tenant-2").await;
    let of_other_key = all(&kms, &other_key).await[0].grant_id.clone().unwrap();
    for wrong in ["0", "é", &of_other_key, &"0".repeat(64)] {
        let error = list().grant_id(wrong).send().await.unwrap_err();
        assert!(error.into_service_error().is_invalid_grant_id_exception(), "{wrong}");
    }
    for limit in [0, 101] {
        let error = list().limit(limit).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationException"));
    }
    let both = list().grantee_principal("a").grantee_service_principal("b.c.d");
    assert_eq!(both.send().await.unwrap_err().code(), Some("ValidationException"));
    let first = kms.list_grants().key_id(other_key).send().await.unwrap();
    let marker = list().set_marker(first.next_marker).send().await.unwrap_err();
    assert!(marker.into_service_error().is_invalid_marker_exception());
}

#[tokio::test]
async fn a_key_without_grants_lists_none_in_every_state() {
    let sandbox = testing::every_state();
    let kms = testing::kms(&sandbox, "eu-west-3");
    for state in testing::STATES {
        let id = testing::key_id(&kms, &format!("alias/{state}")).await;
        let answer = kms.list_grants().key_id(id).send().await.unwrap();
        assert!(answer.grants.is_some_and(|grants| grants.is_empty()), "{state}");
    }
}
