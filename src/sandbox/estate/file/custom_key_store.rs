//! Custom key stores, as they are written.

use super::{At, CurveFile, Instant};
use crate::sandbox::keys::custom_key_stores::{ConnectionState, Connectivity, StoreType};
use crate::sandbox::keys::operation::KeyOperation;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A custom key store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomKeyStoreFile {
    /// The name.
    pub name: At<String>,
    /// What is behind it.
    #[serde(rename = "type")]
    pub kind: StoreType,
    /// The connection state.
    #[serde(default)]
    pub state: ConnectionState,
    /// Why connecting it has FAILED, as `ConnectionErrorCode` of the KMS API.
    pub error_code: Option<At<String>>,
    /// The id of the CloudHSM cluster; made up where nothing is said.
    pub cluster: Option<At<String>>,
    /// The content of the cluster's `customerCA.crt`.
    pub trust_anchor_certificate: Option<String>,
    /// The proxy of an external key store.
    pub proxy: Option<At<XksProxyFile>>,
    /// When it was created; with its first key where nothing is said.
    pub created: Option<At<Instant>>,
    /// How many requests with the keys in it AWS KMS throttles, operation by operation and minute by minute: what
    /// AWS/KMS has as CloudHSMKeyStoreThrottle or ExternalKeyStoreThrottle.
    #[serde(default)]
    pub throttled: BTreeMap<KeyOperation, At<CurveFile>>,
}

/// The proxy of an external key store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XksProxyFile {
    /// How AWS KMS reaches it.
    pub connectivity: Connectivity,
    /// Where it is, such as `https://xks.example.com`.
    pub uri_endpoint: At<String>,
    /// The path of its API; `/kms/xks/v1` where nothing is said.
    pub uri_path: Option<At<String>>,
    /// The id of the credential that AWS KMS signs with; made up where nothing is said.
    pub access_key_id: Option<At<String>>,
    /// The name of the VPC endpoint service.
    pub vpc_endpoint_service_name: Option<At<String>>,
    /// The id of the account that owns the VPC endpoint service; the store's own where nothing is said.
    pub vpc_endpoint_service_owner: Option<At<String>>,
    /// Its TLS certificate, if AWS/KMS is to have XksProxyCertificateDaysToExpire.
    pub certificate: Option<At<CertificateFile>>,
}

/// The TLS certificate of a proxy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateFile {
    /// The subject name (CN); the host of the endpoint where nothing is said.
    pub name: Option<At<String>>,
    /// When it expires.
    pub expires: Instant,
}
