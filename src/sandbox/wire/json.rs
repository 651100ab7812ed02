//! What the JSON protocols have in common.

use crate::sandbox::request::Request;
use crate::sandbox::service::Refusal;
use serde::Deserialize;

/// The operation: the target without the service's prefix.
pub fn operation<'a>(request: &Request<'a>, prefix: &str) -> &'a str {
    let target = request.target.unwrap_or_default();
    target.strip_prefix(prefix).unwrap_or_default()
}

/// The input.
pub fn read<'a, T: Deserialize<'a>>(request: &Request<'a>) -> Result<T, Refusal> {
    let body = request.body;
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refusal::new("SerializationException", error.to_string()))
}
