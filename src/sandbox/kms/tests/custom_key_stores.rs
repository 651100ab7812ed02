use super::super::super::{Sandbox, testing};
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::types::{ConnectionErrorCodeType, ConnectionStateType, CustomKeyStoreType, KeyState};
use std::collections::HashSet;

const STORES: &str = r#"
    [[region.custom_key_store]]
    name = "hsm"
    type = "AWS_CLOUDHSM"
    cluster = "cluster-2a3b4c5d6e7"

    [[region.custom_key_store]]
    name = "broken"
    type = "AWS_CLOUDHSM"
    state = "FAILED"
    error_code = "USER_LOCKED_OUT"
    created = 2025-01-01T00:00:00Z

    [[region.custom_key_store]]
    name = "vault"
    type = "EXTERNAL_KEY_STORE"
    proxy = { connectivity = "PUBLIC_ENDPOINT", uri_endpoint = "https://xks.example.com", access_key_id = "ABCDEFGHIJKLMNOPQRST" }

    [[region.custom_key_store]]
    name = "vault over VPC"
    type = "EXTERNAL_KEY_STORE"
    [region.custom_key_store.proxy]
    connectivity = "VPC_ENDPOINT_SERVICE"
    uri_endpoint = "https://xks.internal.example.com"
    uri_path = "/tenants/kms/xks/v1"
    vpc_endpoint_service_name = "com.amazonaws.vpce.eu-west-3.vpce-svc-0123456789abcdef0"

    [[region.key]]
    alias = "alias/hsm"
    origin = "AWS_CLOUDHSM"
    custom_key_store = "hsm"
    created = 2024-01-02T03:04:05Z

    [[region.key]]
    alias = "alias/broken"
    origin = "AWS_CLOUDHSM"
    custom_key_store = "broken"

    [[region.key]]
    count = 2
    alias = "alias/vault-{n}"
    origin = "EXTERNAL_KEY_STORE"
    custom_key_store = "vault"

    [[region.key]]
    count = 2
    alias = "alias/named-{n}"
    origin = "EXTERNAL_KEY_STORE"
    custom_key_store = "vault over VPC"
    xks_key_id = "tenant-{n:02}"
"#;

fn sandbox() -> Sandbox {
    testing::region(STORES)
}

#[tokio::test]
async fn custom_key_stores_come_in_pages_with_what_their_type_has() {
    let sandbox = sandbox();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let first = kms.describe_custom_key_stores().limit(3).send().await.unwrap();
    assert!(first.truncated());
    let rest = kms.describe_custom_key_stores().set_marker(first.next_marker);
    let rest = rest.send().await.unwrap();
    assert!(!rest.truncated());
    let stores = [first.custom_key_stores.unwrap(), rest.custom_key_stores.unwrap()].concat();
    let names: Vec<_> = stores
        .iter()
        .filter_map(|store| store.custom_key_store_name())
        .collect();
    assert_eq!(names, ["hsm", "broken", "vault", "vault over VPC"]);
    let ids: HashSet<_> = stores.iter().filter_map(|store| store.custom_key_store_id()).collect();
    assert!(ids.len() == 4 && ids.iter().all(|id| id.starts_with("cks-") && id.len() == 21));

    let [hsm, broken, vault, over_vpc] = &stores[..] else {
        panic!("{stores:?}");
    };
    assert_eq!(hsm.cloud_hsm_cluster_id(), Some("cluster-2a3b4c5d6e7"));
    assert_eq!(hsm.connection_state(), Some(&ConnectionStateType::Connected));
    // It is as old as its first key.
    assert_eq!(hsm.creation_date().unwrap().secs(), 1_704_164_645);
    assert!(hsm.xks_proxy_configuration().is_none() && hsm.connection_error_code().is_none());
    assert!(broken.cloud_hsm_cluster_id().unwrap().starts_with("cluster-"));
    let error = broken.connection_error_code();
    assert_eq!(error, Some(&ConnectionErrorCodeType::UserLockedOut));

    assert_eq!(
        vault.custom_key_store_type(),
        Some(&CustomKeyStoreType::ExternalKeyStore)
    );
    assert_eq!(vault.cloud_hsm_cluster_id(), None);
    let proxy = vault.xks_proxy_configuration().unwrap();
    assert_eq!(proxy.access_key_id(), Some("ABCDEFGHIJKLMNOPQRST"));
    assert_eq!(proxy.uri_path(), Some("/kms/xks/v1"));
    assert_eq!(proxy.vpc_endpoint_service_owner(), None);
    let proxy = over_vpc.xks_proxy_configuration().unwrap();
    assert_eq!(proxy.access_key_id().unwrap().len(), 20);
    assert_eq!(proxy.uri_path(), Some("/tenants/kms/xks/v1"));
    assert_eq!(proxy.vpc_endpoint_service_owner(), Some("111122223333"));
}

#[tokio::test]
async fn a_custom_key_store_is_found_by_its_id_or_its_name() {
    let sandbox = sandbox();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let by_name = kms.describe_custom_key_stores().custom_key_store_name("vault");
    let by_name = by_name.send().await.unwrap().custom_key_stores.unwrap();
    let id = by_name[0].custom_key_store_id().unwrap();
    let by_id = kms.describe_custom_key_stores().custom_key_store_id(id);
    assert_eq!(by_id.send().await.unwrap().custom_key_stores.unwrap(), by_name);
    for wrong in [
        kms.describe_custom_key_stores().custom_key_store_name("none"),
        kms.describe_custom_key_stores()
            .custom_key_store_id("cks-00000000000000000"),
    ] {
        let error = wrong.send().await.unwrap_err().into_service_error();
        assert!(error.is_custom_key_store_not_found_exception());
    }
    let both = kms.describe_custom_key_stores().custom_key_store_id(id);
    let both = both.custom_key_store_name("vault").send().await.unwrap_err();
    assert_eq!(both.code(), Some("ValidationException"));
    let marker = kms.describe_custom_key_stores().marker("nonsense").send().await;
    assert!(marker.unwrap_err().into_service_error().is_invalid_marker_exception());
}

#[tokio::test]
async fn a_key_says_which_store_it_is_in() {
    let sandbox = sandbox();
    let kms = testing::kms(&sandbox, "eu-west-3");
    let stores = kms.describe_custom_key_stores().send().await.unwrap();
    let stores = stores.custom_key_stores.unwrap();
    let mut external_ids = HashSet::new();
    for (alias, store, state) in [
        ("alias/hsm", 0, KeyState::Enabled),
        ("alias/broken", 1, KeyState::Unavailable),
        ("alias/vault-1", 2, KeyState::Enabled),
        ("alias/vault-2", 2, KeyState::Enabled),
        ("alias/named-2", 3, KeyState::Enabled),
    ] {
        let key = kms.describe_key().key_id(alias).send().await.unwrap();
        let key = key.key_metadata.unwrap();
        let store = &stores[store];
        assert_eq!(key.custom_key_store_id(), store.custom_key_store_id(), "{alias}");
        assert_eq!(key.cloud_hsm_cluster_id(), store.cloud_hsm_cluster_id(), "{alias}");
        assert_eq!(key.key_state(), Some(&state), "{alias}");
        assert_eq!(key.current_key_material_id(), None, "{alias}");
        let is_external = store.xks_proxy_configuration().is_some();
        assert_eq!(key.xks_key_configuration().is_some(), is_external, "{alias}");
        external_ids.extend(key.xks_key_configuration().and_then(|key| key.id()).map(str::to_owned));
    }
    assert!(external_ids.len() == 3 && external_ids.contains("tenant-02"));
}

#[tokio::test]
async fn every_account_and_region_has_stores_of_its_own() {
    let region = format!("[[region]]\nname = [\"eu-west-3\", \"eu-west-1\"]\n{STORES}");
    // A VPC endpoint service is in one Region.
    let region = region.replace("VPC_ENDPOINT_SERVICE", "PUBLIC_ENDPOINT").replace(
        "vpc_endpoint_service_name = \"com.amazonaws.vpce.eu-west-3.vpce-svc-0123456789abcdef0\"",
        "",
    );
    let mut ids = HashSet::new();
    for account in ["111122223333", "444455556666"] {
        let estate = format!("as_of = 2026-06-15T06:00:00Z\naccount = {{ id = \"{account}\" }}\n{region}");
        let sandbox = testing::sandbox(&estate);
        for region in ["eu-west-3", "eu-west-1"] {
            let kms = testing::kms(&sandbox, region);
            let stores = kms.describe_custom_key_stores().send().await.unwrap();
            ids.extend(
                stores
                    .custom_key_stores
                    .unwrap()
                    .into_iter()
                    .map(|store| store.custom_key_store_id),
            );
        }
    }
    assert_eq!(ids.len(), 16);
}
