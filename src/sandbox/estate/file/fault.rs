//! Faults, as they are written.

use super::At;
use crate::sandbox::faults::Kind;
use crate::sandbox::service::Service;
use schemars::JsonSchema;
use serde::Deserialize;

/// Something that goes wrong on purpose: what happens, to which calls, and how often.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultFile {
    /// The service it strikes; every one where nothing is said.
    pub service: Option<Service>,
    /// The operation of the service that it strikes; every one where nothing is said.
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
    /// The code of an `error`; the service's own access denial where nothing is said.
    pub code: Option<At<String>>,
    /// The HTTP status of an `error` or of an `html` page.
    pub status: Option<At<u16>>,
    /// The message of an `error`.
    pub message: Option<At<String>>,
    /// How long a `delay` takes, in milliseconds.
    pub ms: Option<At<u64>>,
    /// How many requests a second a `throttle` lets through for each account, Region and operation; the published
    /// request quota of each operation where nothing is said.
    pub rps: Option<At<f64>>,
    /// How many requests a `throttle` lets through at once; those of a second where nothing is said.
    pub burst: Option<At<u32>>,
    /// How many seconds a `clock-skew` is ahead; a negative number is behind.
    pub seconds: Option<At<i64>>,
    /// How many calls are answered before it strikes; with `expired-credentials`, in each session.
    pub after: Option<At<u64>>,
    /// How many calls it strikes; every one where nothing is said.
    pub times: Option<At<u64>>,
    /// The share of tries that fail, above 0 and below 1. Which ones they are depends on the seed and on what a call is
    /// about, and not on when it comes.
    pub rate: Option<At<f64>>,
    /// Chooses the tries that a `rate` strikes; 0 where nothing is said.
    pub seed: Option<At<u64>>,
}
