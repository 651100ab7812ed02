//! What the JSON protocols have in common.

use super::Call;
use super::service::Refusal;
use serde::Deserialize;

/// The operation: the target without the service's prefix.
pub(super) fn operation<'a>(call: &Call<'a>, prefix: &str) -> &'a str {
    let target = call.request.target.unwrap_or_default();
    target.strip_prefix(prefix).unwrap_or_default()
}

/// The input.
pub(super) fn read<'a, T: Deserialize<'a>>(call: &Call<'a>) -> Result<T, Refusal> {
    let body = call.request.body;
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refusal::new("SerializationException", error.to_string()))
}
