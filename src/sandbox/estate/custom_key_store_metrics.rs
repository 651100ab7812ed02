//! What CloudWatch knows of custom key stores.

use super::file::{At, CustomKeyStoreFile, KeyFile, XksProxyFile};
use super::usage::curve;
use super::{Problem, one_of};
use crate::sandbox::keys::custom_key_stores::Certificate;
use crate::sandbox::keys::operation::{KeyOperation, KeyRequests};

/// How many requests with the keys of a store are throttled.
pub(super) fn throttled(file: &At<CustomKeyStoreFile>, keys: &[At<KeyFile>]) -> Result<Vec<KeyRequests>, Problem> {
    let has_keys = || {
        let mut stores = keys.iter().filter_map(|key| key.custom_key_store.as_ref());
        stores.any(|store| **store == **file.name)
    };
    let throttled = file.throttled.iter().map(|(operation, requests)| {
        let possible = KeyOperation::IN_CUSTOM_KEY_STORES;
        let problem = if !possible.contains(operation) {
            let possible = one_of(possible.iter().map(|operation| operation.name()));
            format!(
                "a key in a custom key store is not used in {}; use {possible}",
                operation.name()
            )
        } else if !has_keys() {
            format!(
                "what is throttled are requests with the keys of a store, and `{}` has none; add a key",
                *file.name
            )
        } else {
            return Ok(KeyRequests {
                operation: *operation,
                curve: curve(requests)?,
            });
        };
        Err(Problem::new(requests.span(), problem))
    });
    throttled.collect()
}

/// The TLS certificate of a proxy: for its host where no name is said.
pub(super) fn certificate(file: &XksProxyFile) -> Result<Option<Certificate>, Problem> {
    let Some(certificate) = &file.certificate else {
        return Ok(None);
    };
    let host = file.uri_endpoint.strip_prefix("https://").unwrap_or(&file.uri_endpoint);
    let name = certificate.name.as_ref().map_or(host, |name| name.as_str());
    let parent = host.split_once('.').map_or("", |(_, parent)| parent);
    if name != host && name.strip_prefix("*.") != Some(parent) {
        let at = certificate.name.as_ref().map_or(certificate.span(), At::span);
        return Err(Problem::new(
            at,
            format!("`{name}` is no certificate for {host}; use `{host}` or `*.{parent}`"),
        ));
    }
    Ok(Some(Certificate {
        name: name.to_owned(),
        expires: certificate.expires.0,
    }))
}
