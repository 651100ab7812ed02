//! Faults, as they are written.

use super::At;
use crate::sandbox::faults::Kind;
use crate::sandbox::service::Service;
use schemars::JsonSchema;
use serde::Deserialize;

/// Something that goes wrong on purpose: what happens, and to which calls.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultFile {
    /// The service it strikes.
    pub service: Service,
    /// The operation it strikes; every one where nothing is said.
    pub operation: Option<At<String>>,
    /// The accounts it strikes, by id or with `*` for any text; every one where nothing is said.
    pub account: Option<At<String>>,
    /// The Region it strikes; every one where nothing is said.
    pub region: Option<At<String>>,
    /// The keys it strikes, by id, ARN or alias, with `*` for any text.
    pub key: Option<At<String>>,
    /// The buckets it strikes, with `*` for any text.
    pub bucket: Option<At<String>>,
    /// What happens.
    pub kind: At<Kind>,
    /// The error code; the service's own access denial where nothing is said.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<At<u16>>,
    /// The message.
    pub message: Option<String>,
    /// How long a delay takes, in milliseconds.
    pub ms: Option<u64>,
    /// How many calls it strikes; every one where nothing is said.
    pub times: Option<u64>,
}
