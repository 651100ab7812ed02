//! A custom key store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use super::{Fact, Usage};

/// A custom key store of an account in a Region. The access key id of an external key store's proxy is left out: it is
/// a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomKeyStore {
    /// Its id, which keys in it name.
    pub id: String,
    /// The customer's name for it.
    pub name: String,
    /// Its kind.
    pub kind: CustomKeyStoreType,
    /// Whether it is connected.
    pub state: ConnectionState,
    /// Why the connection failed.
    pub connection_error: Option<String>,
    /// The requests that succeeded with its keys, minute by minute, within the window of the scan: their sum is held
    /// against the quota of the store, which no API tells.
    pub usage: Fact<Usage>,
    /// The requests that were throttled, from `CloudHSMKeyStoreThrottle` or `ExternalKeyStoreThrottle`.
    pub throttled: Fact<Usage>,
}

open_enum! {
    /// The kind of a custom key store.
    CustomKeyStoreType {
        /// Backed by an AWS CloudHSM cluster.
        AwsCloudHsm = "AWS_CLOUDHSM",
        /// Backed by a key manager outside AWS, behind a proxy.
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

open_enum! {
    /// The connection of a custom key store.
    ConnectionState {
        /// It works.
        Connected = "CONNECTED",
        /// It is being set up.
        Connecting = "CONNECTING",
        /// It could not be set up.
        Failed = "FAILED",
        /// It was taken away.
        Disconnected = "DISCONNECTED",
        /// It is being taken away.
        Disconnecting = "DISCONNECTING",
    }
}
