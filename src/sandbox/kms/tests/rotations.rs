use super::super::super::testing;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::operation::get_key_rotation_status::GetKeyRotationStatusOutput;
use aws_sdk_kms::types::{ImportState, IncludeKeyMaterial, KeyMaterialState, RotationType, RotationsListEntry};
use std::collections::HashSet;

const DAY: i64 = 86_400;
/// 2024-01-02T03:04:05Z
const CREATED: i64 = 1_704_164_645;

async fn status(kms: &Client, alias: &str) -> GetKeyRotationStatusOutput {
    let id = testing::key_id(kms, alias).await;
    kms.get_key_rotation_status().key_id(id).send().await.unwrap()
}

async fn refusal(kms: &Client, alias: &str) -> (String, String) {
    let id = testing::key_id(kms, alias).await;
    let error = kms.get_key_rotation_status().key_id(id).send().await.unwrap_err();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(error.code()), text(error.message()))
}

async fn rotations(kms: &Client, alias: &str, include: IncludeKeyMaterial) -> Vec<RotationsListEntry> {
    let id = testing::key_id(kms, alias).await;
    let mut pages = kms
        .list_key_rotations()
        .key_id(id)
        .include_key_material(include)
        .limit(2)
        .into_paginator()
        .send();
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.rotations().len() <= 2);
        entries.extend(page.rotations.unwrap_or_default());
    }
    entries
}

fn dates(rotations: &[RotationsListEntry]) -> Vec<Option<i64>> {
    let dates = rotations.iter().map(RotationsListEntry::rotation_date);
    dates.map(|date| date.map(|date| date.secs())).collect()
}

fn states(rotations: &[RotationsListEntry]) -> Vec<&str> {
    let states = rotations.iter().filter_map(RotationsListEntry::key_material_state);
    states.map(KeyMaterialState::as_str).collect()
}

#[tokio::test]
async fn the_rotation_status_depends_on_the_key_state() {
    let sandbox = testing::every_state();
    let kms = testing::kms(&sandbox, "eu-west-3");
    for (state, enabled) in [
        ("Enabled", true),
        ("Disabled", true),
        ("PendingDeletion", false),
        ("PendingReplicaDeletion", false),
        ("Updating", false),
        ("Creating", false),
    ] {
        let status = status(&kms, &format!("alias/{state}")).await;
        assert_eq!(status.key_rotation_enabled(), enabled, "{state}");
        assert_eq!(status.rotation_period_in_days(), enabled.then_some(365), "{state}");
        // Rotated in January 2025 and 2026.
        let next = status.next_rotation_date().map(|date| date.secs());
        assert_eq!(next, enabled.then_some(CREATED + 3 * 365 * DAY), "{state}");
        assert!(
            status
                .key_id()
                .unwrap()
                .starts_with("arn:aws:kms:eu-west-3:111122223333:key/")
        );
    }
    for (state, why) in [
        ("PendingImport", "is pending import."),
        ("Unavailable", "is unavailable."),
    ] {
        let (code, message) = refusal(&kms, &format!("alias/{state}")).await;
        assert_eq!(code, "KMSInvalidStateException", "{state}");
        assert!(message.ends_with(why), "{message}");
    }
}

#[tokio::test]
async fn keys_that_cannot_rotate_automatically_say_so() {
    let sandbox = testing::region(
        r#"
        custom_key_store = [{ name = "hsm", type = "AWS_CLOUDHSM" }]
        key = [
            { alias = "alias/rsa", spec = "RSA_2048" },
            { alias = "alias/hmac", spec = "HMAC_256" },
            { alias = "alias/imported", origin = "EXTERNAL" },
            { alias = "alias/hsm", origin = "AWS_CLOUDHSM", custom_key_store = "hsm" },
        ]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    for (alias, why) in [
        ("alias/rsa", ""),
        ("alias/hmac", ""),
        (
            "alias/imported",
            "origin is EXTERNAL which is not valid for this operation.",
        ),
        (
            "alias/hsm",
            "origin is AWS_CLOUDHSM which is not valid for this operation.",
        ),
    ] {
        let (code, message) = refusal(&kms, alias).await;
        assert_eq!(code, "UnsupportedOperationException", "{alias}");
        assert!(message.ends_with(why), "{message}");
        if alias != "alias/imported" {
            let id = testing::key_id(&kms, alias).await;
            let listed = kms.list_key_rotations().key_id(id).send().await.unwrap_err();
            assert!(listed.into_service_error().is_unsupported_operation_exception());
        }
    }
}

#[tokio::test]
async fn automatic_rotations_follow_from_the_period_and_the_day_it_was_enabled() {
    let sandbox = testing::region(
        r#"
        key = [
            { alias = "alias/plain", created = 2024-01-02T03:04:05Z },
            { alias = "alias/since", created = 2020-01-01T00:00:00Z,
              rotation = { enabled = true, period_days = 100, since = 2026-01-01T00:00:00Z } },
            { count = 2, alias = "alias/spread-{n}", rotation = { enabled = true, period_days = 90 },
              created = 2026-01-01T00:00:00Z, created_until = 2026-06-01T00:00:00Z },
            { alias = "alias/aws/s3", aws_managed = true, created = 2024-01-02T03:04:05Z },
        ]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let all = IncludeKeyMaterial::AllKeyMaterial;
    let start_of_2026 = 1_767_225_600;

    let plain = rotations(&kms, "alias/plain", all.clone()).await;
    assert_eq!((dates(&plain), states(&plain)), (vec![None], vec!["CURRENT"]));
    assert!(!status(&kms, "alias/plain").await.key_rotation_enabled());

    let since = rotations(&kms, "alias/since", all.clone()).await;
    assert_eq!(dates(&since), [None, Some(start_of_2026 + 100 * DAY)]);
    assert_eq!(states(&since), ["NON_CURRENT", "CURRENT"]);
    let next = status(&kms, "alias/since").await.next_rotation_date.unwrap();
    assert_eq!(next.secs(), start_of_2026 + 200 * DAY);

    let older = rotations(&kms, "alias/spread-1", all.clone()).await;
    assert_eq!(dates(&older), [None, Some(start_of_2026 + 90 * DAY)]);
    assert_eq!(rotations(&kms, "alias/spread-2", all).await.len(), 1);

    let managed = rotations(&kms, "alias/aws/s3", IncludeKeyMaterial::RotationsOnly).await;
    assert_eq!(
        dates(&managed),
        [Some(CREATED + 365 * DAY), Some(CREATED + 2 * 365 * DAY)]
    );
    assert!(
        managed
            .iter()
            .all(|entry| entry.rotation_type() == Some(&RotationType::Automatic))
    );
    assert!(status(&kms, "alias/aws/s3").await.key_rotation_enabled());
}

#[tokio::test]
async fn listed_rotations_are_all_that_happened() {
    let sandbox = testing::region(
        r#"
        [[region.key]]
        alias = "alias/k"
        created = 2020-01-01T00:00:00Z
        rotation = { enabled = true, on_demand_started = 2026-06-15T05:59:00Z }
        rotations = [
            { date = 2025-12-01T00:00:00Z, type = "AUTOMATIC" },
            { date = 2026-01-01T00:00:00Z, type = "ON_DEMAND" },
            { date = 2024-12-01T00:00:00Z, type = "AUTOMATIC" },
        ]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let listed = rotations(&kms, "alias/k", IncludeKeyMaterial::RotationsOnly).await;
    let kinds: Vec<_> = listed.iter().filter_map(|entry| entry.rotation_type()).collect();
    assert_eq!(
        kinds,
        [
            &RotationType::Automatic,
            &RotationType::Automatic,
            &RotationType::OnDemand
        ]
    );
    let all = rotations(&kms, "alias/k", IncludeKeyMaterial::AllKeyMaterial).await;
    assert_eq!(dates(&all)[0], None);
    assert_eq!(dates(&all)[1..], dates(&listed));
    let ids: HashSet<_> = all.iter().filter_map(|entry| entry.key_material_id()).collect();
    assert_eq!(ids.len(), 4);

    // The rotation on demand leaves the schedule as it is, and the newest material is the current one.
    let status = status(&kms, "alias/k").await;
    assert_eq!(status.next_rotation_date().unwrap().secs(), 1_764_547_200 + 365 * DAY);
    assert_eq!(status.on_demand_rotation_start_date().unwrap().secs(), 1_781_503_140);
    let described = kms.describe_key().key_id("alias/k").send().await.unwrap();
    let current = described.key_metadata.unwrap().current_key_material_id;
    assert_eq!(current.as_deref(), all[3].key_material_id());
    assert_eq!(states(&all), ["NON_CURRENT", "NON_CURRENT", "NON_CURRENT", "CURRENT"]);
}

#[tokio::test]
async fn a_replica_rotates_with_its_primary() {
    let sandbox = testing::region(
        r#"
        key = [{ alias = "alias/m", multi_region = "primary", multi_region_set = "m", count = 1,
            created = 2024-01-02T03:04:05Z, rotation = { enabled = true, period_days = 180 } }]
        [[region]]
        name = "us-east-1"
        key = [{ alias = "alias/m", multi_region = "replica", multi_region_set = "m", created = 2026-01-01T00:00:00Z }]
        "#,
    );
    let mut seen = Vec::new();
    for region in ["eu-west-3", "us-east-1"] {
        let kms = testing::kms(&sandbox, region);
        let materials = rotations(&kms, "alias/m", IncludeKeyMaterial::AllKeyMaterial).await;
        let ids: Vec<_> = materials
            .iter()
            .filter_map(|entry| entry.key_material_id.clone())
            .collect();
        assert_eq!(ids.len(), 5);
        seen.push((ids, status(&kms, "alias/m").await.next_rotation_date));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn imported_key_material_has_states_of_its_own() {
    let sandbox = testing::region(
        r#"
        key = [
            { alias = "alias/one", origin = "EXTERNAL", valid_to = 2027-01-01T00:00:00Z },
            { alias = "alias/never", origin = "EXTERNAL", state = "PendingImport" },
            { alias = "alias/deleted", origin = "EXTERNAL", created = 2025-01-01T00:00:00Z, material = [
                { imported = false },
                { rotated = 2025-06-01T00:00:00Z },
            ] },
            { alias = "alias/next", origin = "EXTERNAL", created = 2025-01-01T00:00:00Z, material = [
                { description = "from vault 1", valid_to = 2026-12-01T00:00:00Z },
                { rotated = 2025-06-01T00:00:00Z, valid_to = 2026-11-01T00:00:00Z },
                { pending = "PENDING_ROTATION", valid_to = 2026-10-01T00:00:00Z },
            ] },
        ]
        "#,
    );
    let kms = testing::kms(&sandbox, "eu-west-3");
    let all = IncludeKeyMaterial::AllKeyMaterial;
    let one = rotations(&kms, "alias/one", all.clone()).await;
    assert_eq!(one[0].valid_to().unwrap().secs(), 1_798_761_600);
    assert_eq!(one[0].import_state(), Some(&ImportState::Imported));
    assert!(rotations(&kms, "alias/never", all.clone()).await.is_empty());

    let deleted = rotations(&kms, "alias/deleted", all.clone()).await;
    let imported: Vec<_> = deleted.iter().filter_map(|entry| entry.import_state()).collect();
    assert_eq!(imported, [&ImportState::PendingImport, &ImportState::Imported]);
    let (code, _) = refusal(&kms, "alias/deleted").await;
    assert_eq!(code, "KMSInvalidStateException");

    let next = rotations(&kms, "alias/next", all).await;
    assert_eq!(states(&next), ["NON_CURRENT", "CURRENT", "PENDING_ROTATION"]);
    assert_eq!(next[0].key_material_description(), Some("from vault 1"));
    assert_eq!(next[2].rotation_date(), None);
    let only = rotations(&kms, "alias/next", IncludeKeyMaterial::RotationsOnly).await;
    assert_eq!(only, [next[1].clone()]);
    assert_eq!(only[0].rotation_type(), Some(&RotationType::OnDemand));
    let key = kms.describe_key().key_id("alias/next").send().await.unwrap();
    let key = key.key_metadata.unwrap();
    // The first to expire of those that are in use.
    assert_eq!(key.valid_to().unwrap().secs(), 1_793_491_200);
    assert_eq!(key.current_key_material_id(), next[1].key_material_id());
}

#[tokio::test]
async fn wrong_requests_for_rotations_are_refused() {
    let sandbox = testing::region("key = [{ alias = \"alias/k\" }]");
    let kms = testing::kms(&sandbox, "eu-west-3");
    let id = testing::key_id(&kms, "alias/k").await;
    let list = || kms.list_key_rotations().key_id(&id);
    let include = list().include_key_material("SOME".into()).send().await.unwrap_err();
    let limit = list().limit(1001).send().await.unwrap_err();
    assert_eq!(
        (include.code(), limit.code()),
        (Some("ValidationException"), Some("ValidationException"))
    );
    let marker = list().marker("nonsense").send().await.unwrap_err();
    assert!(marker.into_service_error().is_invalid_marker_exception());
}
