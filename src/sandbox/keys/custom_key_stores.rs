//! Custom key stores, and the places of keys in them.

use super::id::KeyIds;
use super::lifecycle::Origin;
use super::operation::KeyRequests;
use super::text::KeyText;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
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
    /// How many requests with the keys in it are throttled.
    pub throttled: Vec<KeyRequests>,
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
    pub certificate: Option<Certificate>,
}

/// The TLS certificate of a proxy.
#[derive(Debug)]
pub struct Certificate {
    /// The subject name.
    pub name: String,
    pub expires: Timestamp,
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
    pub fn id(&self, account: &str, region: &str) -> String {
        format!("cks-{}", &self.digits(account, region)[..17])
    }

    /// The id of the CloudHSM cluster: `cluster-` and 11 letters.
    pub fn cluster(&self, account: &str, region: &str) -> String {
        let made_up = || format!("cluster-{}", &letters(&self.digits(account, region), 'a')[17..28]);
        self.cluster.clone().unwrap_or_else(made_up)
    }

    /// The id of the credential of the proxy: 20 letters.
    pub fn access_key_id(&self, proxy: &XksProxy, account: &str, region: &str) -> String {
        let made_up = || letters(&self.digits(account, region), 'A')[28..48].to_owned();
        proxy.access_key_id.clone().unwrap_or_else(made_up)
    }

    /// 64 hexadecimal digits that no other store of any account has.
    fn digits(&self, account: &str, region: &str) -> String {
        let name = &self.name;
        KeyIds::new(&format!("{account}/{region}/custom-key-store/{name}")).material(0)
    }
}

/// The same number of letters as there are hexadecimal digits, sixteen of them from `first` on.
fn letters(digits: &str, first: char) -> String {
    let letter = |digit: char| char::from_u32(first as u32 + digit.to_digit(16)?);
    digits.chars().filter_map(letter).collect()
}
