//! Which custom key stores do keys lie in?

use aws_sdk_kms::types::CustomKeyStoresListEntry;

use super::clients::RegionSession;
use super::error::CallError;
use super::operations::KMS_DESCRIBE_CUSTOM_KEY_STORES as DESCRIBE;
use super::paging::Pages;
use crate::facts::{CustomKeyStore, Fact, Key};

/// The largest page KMS allows. An account has ten custom key stores in a Region unless AWS has raised that.
const STORES_A_PAGE: i32 = 1_000;

/// Reads the custom key stores of a Region, if one of its keys lies in one; their use is not collected yet.
pub async fn read_custom_key_stores(session: &RegionSession, keys: &[Key]) -> Fact<Vec<CustomKeyStore>> {
    let in_store = |key: &Key| {
        let metadata = key.metadata.known();
        metadata.is_some_and(|metadata| metadata.custom_key_store_id.is_some())
    };
    if !keys.iter().any(in_store) {
        return Fact::NotCollected;
    }
    describe(session).await.into()
}

async fn describe(session: &RegionSession) -> Result<Vec<CustomKeyStore>, CallError> {
    let mut stores = Vec::new();
    let mut pages = Pages::default();
    let mut marker = None;
    loop {
        let request = || {
            session
                .kms
                .describe_custom_key_stores()
                .limit(STORES_A_PAGE)
                .set_marker(marker.clone())
                .send()
        };
        let page = session.caller.call(DESCRIBE, request).await?;
        let Some(listed) = page.custom_key_stores else {
            return Err(CallError::malformed(
                DESCRIBE,
                "the answer has no list of custom key stores",
            ));
        };
        let brought = listed.len();
        for entry in listed {
            stores.push(custom_key_store(entry)?);
        }
        match pages.next(DESCRIBE, Some(page.truncated), page.next_marker.as_deref(), brought)? {
            Some(next) => marker = Some(next),
            None => break,
        }
    }
    stores.sort_by(|a: &CustomKeyStore, b| a.id.cmp(&b.id));
    Ok(stores)
}

/// What is kept of a custom key store. The configuration of its proxy, which names a credential, is not.
fn custom_key_store(entry: CustomKeyStoresListEntry) -> Result<CustomKeyStore, CallError> {
    let Some(id) = entry.custom_key_store_id else {
        return Err(CallError::malformed(
            DESCRIBE,
            "a custom key store in the list has no id",
        ));
    };
    let text = |value: Option<&str>| value.unwrap_or("not stated").to_owned();
    Ok(CustomKeyStore {
        id,
        name: entry.custom_key_store_name.unwrap_or_default(),
        kind: text(entry.custom_key_store_type.as_ref().map(|value| value.as_str())).into(),
        state: text(entry.connection_state.as_ref().map(|value| value.as_str())).into(),
        connection_error: entry.connection_error_code.map(|code| code.as_str().to_owned()),
        usage: Fact::NotCollected,
        throttled: Fact::NotCollected,
    })
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests {
    use super::super::sandboxed::{calls, keys, region};
    use super::*;
    use crate::facts::{ConnectionState, CustomKeyStoreType};

    const STORES: &str = r#"
        [[region.custom_key_store]]
        name = "hsm"
        type = "AWS_CLOUDHSM"
        state = "FAILED"
        error_code = "CLUSTER_NOT_FOUND"

        [[region.custom_key_store]]
        name = "xks"
        type = "EXTERNAL_KEY_STORE"
        proxy = { connectivity = "PUBLIC_ENDPOINT", uri_endpoint = "https://xks.example.com", access_key_id = "XKSEXAMPLEACCESSKEY234" }

        [[region.key]]
    "#;

    async fn read(lines: &str) -> (Fact<Vec<CustomKeyStore>>, u64) {
        let (account, session) = region(&format!("{STORES}{lines}")).await;
        let keys = keys(&account, &session).await.keys;
        let stores = read_custom_key_stores(&session, &keys).await;
        (stores, calls(&account, "DescribeCustomKeyStores"))
    }

    #[tokio::test]
    async fn stores_are_read_without_the_credentials_of_their_proxies() {
        let (stores, calls) = read("origin = \"AWS_CLOUDHSM\"\ncustom_key_store = \"hsm\"").await;
        let mut stores = stores.known().unwrap().clone();
        stores.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(calls, 1);
        let (hsm, xks) = (&stores[0], &stores[1]);
        assert_eq!(
            (
                hsm.name.as_str(),
                &hsm.kind,
                &hsm.state,
                hsm.connection_error.as_deref()
            ),
            (
                "hsm",
                &CustomKeyStoreType::AwsCloudHsm,
                &ConnectionState::Failed,
                Some("CLUSTER_NOT_FOUND")
            )
        );
        assert_eq!(
            (xks.name.as_str(), &xks.kind, &xks.state),
            (
                "xks",
                &CustomKeyStoreType::ExternalKeyStore,
                &ConnectionState::Connected
            )
        );
        assert!(!serde_json::to_string(&stores).unwrap().contains("XKSEXAMPLE"));
    }

    #[tokio::test]
    async fn where_no_key_lies_in_a_store_nobody_asks_for_them() {
        assert_eq!(read("alias = \"alias/a\"").await, (Fact::NotCollected, 0));
    }
}
