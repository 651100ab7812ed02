//! DescribeCustomKeyStores.

use super::List;
use crate::sandbox::keys::Keys;
use crate::sandbox::keys::custom_key_stores::{CustomKeyStore, StoreType, XksProxy};
use crate::sandbox::keys::metadata::seconds;
use crate::sandbox::service::Refusal;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn describe(
    list: &List<'_>,
    keys: &Keys<'_>,
    stores: &[Arc<CustomKeyStore>],
) -> Result<String, Refusal> {
    let input = list.input;
    let (id, name) = (&input.custom_key_store_id, &input.custom_key_store_name);
    if id.is_some() && name.is_some() {
        return Err(Refusal::new(
            "ValidationException",
            "You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both.",
        ));
    }
    let is_wanted = |store: &&Arc<CustomKeyStore>| {
        id.as_ref().is_none_or(|id| *id == store.id(keys.account, keys.region))
            && name.as_ref().is_none_or(|name| *name == store.name)
    };
    let wanted: Vec<&Arc<CustomKeyStore>> = stores.iter().filter(is_wanted).collect();
    if let Some(given) = id.as_ref().or(name.as_ref()).filter(|_| wanted.is_empty()) {
        return Err(Refusal::new(
            "CustomKeyStoreNotFoundException",
            format!("Custom key store {given} is not found."),
        ));
    }
    let page = list.place(wanted.len(), 100, 1000)?;
    let entries = wanted[page.range.clone()].iter().map(|store| entry(store, keys));
    Ok(list.answer("CustomKeyStores", entries.collect(), page))
}

fn entry(store: &CustomKeyStore, keys: &Keys<'_>) -> Value {
    let mut entry = json!({
        "CustomKeyStoreId": store.id(keys.account, keys.region),
        "CustomKeyStoreName": store.name,
        "CustomKeyStoreType": store.kind,
        "ConnectionState": store.state,
        "CreationDate": seconds(store.created.as_millisecond()),
    });
    if let Some(code) = store.error_code {
        entry["ConnectionErrorCode"] = code.into();
    }
    if store.kind == StoreType::CloudHsm {
        entry["CloudHsmClusterId"] = store.cluster(keys.account, keys.region).into();
    }
    if let Some(certificate) = &store.trust_anchor_certificate {
        entry["TrustAnchorCertificate"] = certificate.as_str().into();
    }
    if let Some(proxy) = &store.proxy {
        entry["XksProxyConfiguration"] = proxy_entry(store, proxy, keys);
    }
    entry
}

fn proxy_entry(store: &CustomKeyStore, proxy: &XksProxy, keys: &Keys<'_>) -> Value {
    let mut entry = json!({
        "Connectivity": proxy.connectivity,
        "AccessKeyId": store.access_key_id(proxy, keys.account, keys.region),
        "UriEndpoint": proxy.uri_endpoint,
        "UriPath": proxy.uri_path,
    });
    if let Some(name) = &proxy.vpc_endpoint_service_name {
        let owner = proxy.vpc_endpoint_service_owner.as_deref();
        entry["VpcEndpointServiceName"] = name.as_str().into();
        entry["VpcEndpointServiceOwner"] = owner.unwrap_or(keys.account).into();
    }
    entry
}
