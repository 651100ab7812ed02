//! Custom key stores: DescribeCustomKeyStores, and what DescribeKey says of the keys in them.

use super::List;
use crate::sandbox::key_id::KeyIds;
use crate::sandbox::key_metadata::seconds;
use crate::sandbox::key_template::Origin;
use crate::sandbox::key_text::KeyText;
use crate::sandbox::keys::{Key, Keys};
use crate::sandbox::service::Refusal;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;

/// `CustomKeyStoreType` of the KMS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum StoreType {
    /// Backed by an AWS CloudHSM cluster.
    #[serde(rename = "AWS_CLOUDHSM")]
    CloudHsm,
    /// Backed by a key manager outside of AWS.
    #[serde(rename = "EXTERNAL_KEY_STORE")]
    External,
}

/// `ConnectionState` of the KMS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionState {
    #[default]
    Connected,
    Connecting,
    Failed,
    Disconnected,
    Disconnecting,
}

/// `XksProxyConnectivity` of the KMS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Connectivity {
    /// Over the internet.
    PublicEndpoint,
    /// Over a VPC endpoint service.
    VpcEndpointService,
}

/// A custom key store. Accounts that are alike share it, each with ids of its own.
#[derive(Debug)]
pub struct CustomKeyStore {
    pub name: String,
    pub kind: StoreType,
    pub state: ConnectionState,
    pub error_code: Option<&'static str>,
    /// The id of the CloudHSM cluster, if it is not to be made up.
    pub cluster: Option<String>,
    pub trust_anchor_certificate: Option<String>,
    pub created: Timestamp,
    /// Of an external key store.
    pub proxy: Option<XksProxy>,
}

/// The proxy of an external key store.
#[derive(Debug)]
pub struct XksProxy {
    pub connectivity: Connectivity,
    pub uri_endpoint: String,
    pub uri_path: String,
    /// The id of the credential of the proxy, if it is not to be made up.
    pub access_key_id: Option<String>,
    pub vpc_endpoint_service_name: Option<String>,
    /// The id of the account that owns the VPC endpoint service; the store's, if absent.
    pub vpc_endpoint_service_owner: Option<String>,
}

/// The place of keys in a custom key store.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub store: Arc<CustomKeyStore>,
    /// The id of the key in an external key store, if it is not to be made up.
    pub xks_key_id: Option<KeyText>,
}

impl StoreType {
    /// The origin of the keys in such a store.
    pub fn origin(self) -> Origin {
        match self {
            StoreType::CloudHsm => Origin::CloudHsm,
            StoreType::External => Origin::ExternalKeyStore,
        }
    }
}

impl CustomKeyStore {
    /// `cks-` and 17 hexadecimal digits.
    fn id(&self, keys: &Keys<'_>) -> String {
        format!("cks-{}", &self.digits(keys)[..17])
    }

    /// `cluster-` and 11 letters.
    fn cluster(&self, keys: &Keys<'_>) -> String {
        let made_up = || format!("cluster-{}", &letters(&self.digits(keys), 'a')[17..28]);
        self.cluster.clone().unwrap_or_else(made_up)
    }

    /// 64 hexadecimal digits that no other store of any account has.
    fn digits(&self, keys: &Keys<'_>) -> String {
        let (account, region, name) = (keys.account, keys.region, &self.name);
        KeyIds::new(&format!("{account}/{region}/custom-key-store/{name}")).material(0)
    }

    fn entry(&self, keys: &Keys<'_>) -> Value {
        let mut entry = json!({
            "CustomKeyStoreId": self.id(keys),
            "CustomKeyStoreName": self.name,
            "CustomKeyStoreType": self.kind,
            "ConnectionState": self.state,
            "CreationDate": seconds(self.created.as_millisecond()),
        });
        if let Some(code) = self.error_code {
            entry["ConnectionErrorCode"] = code.into();
        }
        if self.kind == StoreType::CloudHsm {
            entry["CloudHsmClusterId"] = self.cluster(keys).into();
        }
        if let Some(certificate) = &self.trust_anchor_certificate {
            entry["TrustAnchorCertificate"] = certificate.as_str().into();
        }
        if let Some(proxy) = &self.proxy {
            entry["XksProxyConfiguration"] = self.proxy_entry(proxy, keys);
        }
        entry
    }

    fn proxy_entry(&self, proxy: &XksProxy, keys: &Keys<'_>) -> Value {
        let made_up = || letters(&self.digits(keys), 'A')[28..48].to_owned();
        let mut entry = json!({
            "Connectivity": proxy.connectivity,
            "AccessKeyId": proxy.access_key_id.clone().unwrap_or_else(made_up),
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
}

impl StoredKey {
    /// Appends the members of `KeyMetadata` that only keys in a custom key store have, each after a comma.
    pub fn push_members(&self, json: &mut String, key: &Key<'_>) {
        let id = self.store.id(key.keys);
        // Writing to a String cannot fail.
        let _ = write!(json, ",\"CustomKeyStoreId\":\"{id}\"");
        let _ = match self.store.kind {
            StoreType::CloudHsm => {
                let cluster = self.store.cluster(key.keys);
                write!(json, ",\"CloudHsmClusterId\":\"{cluster}\"")
            }
            StoreType::External => {
                let id = self.xks_key_id(key);
                write!(json, ",\"XksKeyConfiguration\":{{\"Id\":\"{id}\"}}")
            }
        };
    }

    fn xks_key_id(&self, key: &Key<'_>) -> String {
        match &self.xks_key_id {
            Some(id) => id.of(key),
            None => KeyIds::new(&format!("{}/xks", key.arn())).material(0)[..16].to_owned(),
        }
    }
}

/// The same number of letters as there are hexadecimal digits, sixteen of them from `first` on.
fn letters(digits: &str, first: char) -> String {
    let letter = |digit: char| char::from_u32(first as u32 + digit.to_digit(16)?);
    digits.chars().filter_map(letter).collect()
}

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
        id.as_ref().is_none_or(|id| *id == store.id(keys)) && name.as_ref().is_none_or(|name| *name == store.name)
    };
    let wanted: Vec<&Arc<CustomKeyStore>> = stores.iter().filter(is_wanted).collect();
    if let Some(given) = id.as_ref().or(name.as_ref()).filter(|_| wanted.is_empty()) {
        return Err(Refusal::new(
            "CustomKeyStoreNotFoundException",
            format!("Custom key store {given} is not found."),
        ));
    }
    let page = list.place(wanted.len(), 100, 1000)?;
    let entries = wanted[page.range.clone()].iter().map(|store| store.entry(keys));
    Ok(list.answer("CustomKeyStores", entries.collect(), page))
}
