//! Where keys come from, when, and what state they are in.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `KeyState` of the KMS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum KeyState {
    Creating,
    #[default]
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Unavailable,
    Updating,
}

/// `OriginType` of the KMS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Origin {
    #[default]
    #[serde(rename = "AWS_KMS")]
    AwsKms,
    #[serde(rename = "EXTERNAL")]
    External,
    #[serde(rename = "AWS_CLOUDHSM")]
    CloudHsm,
    #[serde(rename = "EXTERNAL_KEY_STORE")]
    ExternalKeyStore,
}

impl Origin {
    /// As the KMS API spells it.
    pub fn name(self) -> &'static str {
        match self {
            Origin::AwsKms => "AWS_KMS",
            Origin::External => "EXTERNAL",
            Origin::CloudHsm => "AWS_CLOUDHSM",
            Origin::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }
}

/// When keys were created: the first, the last, and the others evenly between.
#[derive(Clone, Copy, Debug)]
pub struct Creation {
    pub first: Timestamp,
    pub last: Timestamp,
    pub count: u32,
}

impl Creation {
    /// The creation of the `n`th key, from 1 up, in epoch milliseconds.
    pub fn millisecond(self, n: u32) -> i64 {
        let (first, last) = (self.first.as_millisecond(), self.last.as_millisecond());
        match i64::from(self.count - 1) {
            0 => first,
            steps => first + (last - first) / steps * i64::from(n - 1),
        }
    }
}
