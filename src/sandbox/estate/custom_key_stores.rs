//! Custom key stores, and the keys in them.

use super::checked::{account_id, is_plain_name, past};
use super::custom_key_store_metrics::{certificate, throttled};
use super::file::{At, CustomKeyStoreFile, KeyFile, RegionFile, XksProxyFile};
use super::{Problem, one_of};
use crate::sandbox::keys::custom_key_stores::{
    ConnectionState, Connectivity, CustomKeyStore, StoreType, StoredKey, XksProxy,
};
use crate::sandbox::keys::lifecycle::Origin;
use crate::sandbox::keys::spec::{KeySpec, SYMMETRIC_DEFAULT};
use crate::sandbox::keys::text::KeyText;
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;

/// `ConnectionErrorCode` of the KMS API, as its model divides the codes among the types of stores.
const ERRORS_OF_BOTH: &[&str] = &["INTERNAL_ERROR", "INVALID_CREDENTIALS", "NETWORK_ERRORS"];
const ERRORS_OF_CLOUDHSM: &[&str] = &[
    "CLUSTER_NOT_FOUND",
    "INSUFFICIENT_CLOUDHSM_HSMS",
    "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
    "SUBNET_NOT_FOUND",
    "USER_LOCKED_OUT",
    "USER_LOGGED_IN",
    "USER_NOT_FOUND",
];
const ERRORS_OF_EXTERNAL: &[&str] = &[
    "XKS_PROXY_ACCESS_DENIED",
    "XKS_PROXY_INVALID_CONFIGURATION",
    "XKS_PROXY_INVALID_RESPONSE",
    "XKS_PROXY_INVALID_TLS_CONFIGURATION",
    "XKS_PROXY_NOT_REACHABLE",
    "XKS_PROXY_TIMED_OUT",
    "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
    "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
];

/// The custom key stores of a Region.
pub(super) fn custom_key_stores(
    region: &RegionFile,
    region_name: &str,
    as_of: Timestamp,
) -> Result<Vec<Arc<CustomKeyStore>>, Problem> {
    let mut taken = HashSet::new();
    let mut stores = Vec::with_capacity(region.custom_key_stores.len());
    for file in &region.custom_key_stores {
        let store = custom_key_store(file, &region.keys, region_name, as_of)?;
        let proxy = store.proxy.as_ref();
        let twice = [
            Some(("name", store.name.clone())),
            store.cluster.clone().map(|cluster| ("cluster", cluster)),
            proxy.map(|proxy| ("proxy", format!("{}{}", proxy.uri_endpoint, proxy.uri_path))),
        ]
        .into_iter()
        .flatten()
        .find(|unique| !taken.insert(unique.clone()));
        if let Some((what, value)) = twice {
            return Err(Problem::new(
                file.span(),
                format!("two custom key stores of {region_name} have the {what} `{value}`; each has its own"),
            ));
        }
        stores.push(Arc::new(store));
    }
    Ok(stores)
}

fn custom_key_store(
    file: &At<CustomKeyStoreFile>,
    keys: &[At<KeyFile>],
    region: &str,
    as_of: Timestamp,
) -> Result<CustomKeyStore, Problem> {
    check_members(file)?;
    if file.name.is_empty() || file.name.len() > 256 {
        return Err(Problem::new(
            file.name.span(),
            "the name of a custom key store has 1 to 256 characters",
        ));
    }
    Ok(CustomKeyStore {
        name: file.name.to_string(),
        kind: file.kind,
        state: file.state,
        error_code: error_code(file)?,
        cluster: file.cluster.as_ref().map(cluster).transpose()?,
        trust_anchor_certificate: file.trust_anchor_certificate.clone(),
        created: match &file.created {
            Some(created) => past(created.0, as_of, created.span())?,
            None => first_key(&file.name, keys).unwrap_or(as_of).min(as_of),
        },
        proxy: file.proxy.as_ref().map(|proxy| xks_proxy(proxy, region)).transpose()?,
        throttled: throttled(file, keys)?,
    })
}

/// The creation of the oldest of the keys in a store.
fn first_key(store: &str, keys: &[At<KeyFile>]) -> Option<Timestamp> {
    let named = |key: &&At<KeyFile>| key.custom_key_store.as_ref().is_some_and(|name| **name == *store);
    let created = |key: &At<KeyFile>| key.created.as_ref().map(|instant| instant.0);
    keys.iter().filter(named).filter_map(created).min()
}

/// A CloudHSM cluster is behind a store of one type, a proxy behind one of the other.
fn check_members(file: &At<CustomKeyStoreFile>) -> Result<(), Problem> {
    let (at, problem) = match (file.kind, &file.proxy, &file.cluster) {
        (StoreType::CloudHsm, Some(proxy), _) => (
            proxy.span(),
            "a key store in AWS CloudHSM has no proxy; remove it, or use type = \"EXTERNAL_KEY_STORE\"",
        ),
        (StoreType::External, _, Some(cluster)) => (
            cluster.span(),
            "an external key store has no CloudHSM cluster; remove it, or use type = \"AWS_CLOUDHSM\"",
        ),
        (StoreType::External, None, None) => (
            file.span(),
            "an external key store has a proxy; add proxy = { connectivity = \"PUBLIC_ENDPOINT\", \
             uri_endpoint = \"https://xks.example.com\" }",
        ),
        (StoreType::External, Some(_), None) if file.trust_anchor_certificate.is_some() => (
            file.span(),
            "only a CloudHSM cluster has a trust_anchor_certificate; remove it",
        ),
        _ => return Ok(()),
    };
    Err(Problem::new(at, problem))
}

fn error_code(file: &At<CustomKeyStoreFile>) -> Result<Option<&'static str>, Problem> {
    let of_type = match file.kind {
        StoreType::CloudHsm => ERRORS_OF_CLOUDHSM,
        StoreType::External => ERRORS_OF_EXTERNAL,
    };
    let known = ERRORS_OF_BOTH.iter().chain(of_type).copied();
    match (&file.error_code, file.state) {
        (None, ConnectionState::Failed) => Err(Problem::new(
            file.span(),
            format!(
                "a connection has FAILED for a reason; add error_code = {}",
                one_of(known)
            ),
        )),
        (None, _) => Ok(None),
        (Some(code), ConnectionState::Failed) => {
            let found = known.clone().find(|known| *known == **code);
            Ok(Some(found.ok_or_else(|| {
                let what = format!(
                    "`{}` is no connection error of this type; use {}",
                    **code,
                    one_of(known)
                );
                Problem::new(code.span(), what)
            })?))
        }
        (Some(code), _) => Err(Problem::new(
            code.span(),
            "only a FAILED connection has an error code; remove it, or add state = \"FAILED\"",
        )),
    }
}

fn cluster(written: &At<String>) -> Result<String, Problem> {
    // `CloudHsmClusterIdType` of the API model.
    let is_allowed = |byte: u8| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte);
    let id = written.strip_prefix("cluster-").unwrap_or_default();
    if (11..=16).contains(&id.len()) && id.bytes().all(is_allowed) {
        return Ok(written.to_string());
    }
    Err(Problem::new(
        written.span(),
        format!(
            "`{}` is no cluster id; use `cluster-` and 11 to 16 letters and digits from 2 to 7",
            **written
        ),
    ))
}

fn xks_proxy(file: &At<XksProxyFile>, region: &str) -> Result<XksProxy, Problem> {
    let endpoint = &file.uri_endpoint;
    let host = endpoint.strip_prefix("https://").unwrap_or_default();
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if host.len() < 2 || endpoint.len() > 128 || !host.bytes().all(is_host) {
        return Err(Problem::new(
            endpoint.span(),
            format!(
                "`{}` is no endpoint; use https:// and a host name, without port and path",
                **endpoint
            ),
        ));
    }
    let access_key_id = file.access_key_id.as_ref();
    let is_base_32 = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    if let Some(id) = access_key_id.filter(|id| !(20..=30).contains(&id.len()) || !id.bytes().all(is_base_32)) {
        return Err(Problem::new(
            id.span(),
            "an access key id has 20 to 30 upper-case letters and digits from 2 to 7",
        ));
    }
    check_vpc_endpoint_service(file, region)?;
    Ok(XksProxy {
        connectivity: file.connectivity,
        uri_endpoint: endpoint.to_string(),
        uri_path: file.uri_path.as_ref().map_or(Ok("/kms/xks/v1".to_owned()), uri_path)?,
        access_key_id: access_key_id.map(|id| id.to_string()),
        vpc_endpoint_service_name: file.vpc_endpoint_service_name.as_ref().map(|name| name.to_string()),
        vpc_endpoint_service_owner: file
            .vpc_endpoint_service_owner
            .as_ref()
            .map(|owner| account_id(owner, owner))
            .transpose()?,
        certificate: certificate(file)?,
    })
}

fn uri_path(written: &At<String>) -> Result<String, Problem> {
    // `XksProxyUriPathType` of the API model.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    let version = written.rsplit_once("/kms/xks/v").map_or("", |(_, version)| version);
    let is_version = (1..=2).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_digit());
    if is_version && written.starts_with('/') && written.len() <= 128 && written.bytes().all(is_allowed) {
        return Ok(written.to_string());
    }
    Err(Problem::new(
        written.span(),
        format!("`{}` is no path of a proxy; end it in /kms/xks/v1", **written),
    ))
}

fn check_vpc_endpoint_service(file: &At<XksProxyFile>, region: &str) -> Result<(), Problem> {
    let name = &file.vpc_endpoint_service_name;
    let (at, problem) = match (file.connectivity, name, &file.vpc_endpoint_service_owner) {
        (Connectivity::VpcEndpointService, Some(name), _) => {
            // `XksProxyVpcEndpointServiceNameType` of the API model.
            let after = name.strip_prefix("com.").or_else(|| name.strip_prefix("eu."));
            let id = after.and_then(|name| name.strip_prefix(&format!("amazonaws.vpce.{region}.vpce-svc-")));
            if id.is_some_and(|id| is_plain_name(id) && !id.contains('-')) {
                return Ok(());
            }
            let what = format!("com.amazonaws.vpce.{region}.vpce-svc- and the id of the service");
            (
                name.span(),
                format!("`{}` is no VPC endpoint service of {region}; use {what}", **name),
            )
        }
        (Connectivity::VpcEndpointService, None, _) => (
            file.span(),
            "AWS KMS reaches this proxy over a VPC endpoint service; add vpc_endpoint_service_name".to_owned(),
        ),
        (Connectivity::PublicEndpoint, Some(at), _) | (Connectivity::PublicEndpoint, None, Some(at)) => (
            at.span(),
            "a public endpoint needs no VPC endpoint service; remove it, or use VPC_ENDPOINT_SERVICE".to_owned(),
        ),
        (Connectivity::PublicEndpoint, None, None) => return Ok(()),
    };
    Err(Problem::new(at, problem))
}

/// The place of the keys of a section in the custom key store that it names.
pub(super) fn stored_key(
    key: &At<KeyFile>,
    spec: &KeySpec,
    stores: &[Arc<CustomKeyStore>],
) -> Result<Option<StoredKey>, Problem> {
    if let Some(id) = key
        .xks_key_id
        .as_ref()
        .filter(|_| key.origin != Origin::ExternalKeyStore)
    {
        return Err(Problem::new(
            id.span(),
            "only a key in an external key store has an id there; remove it, or add origin = \"EXTERNAL_KEY_STORE\"",
        ));
    }
    let is_stored = matches!(key.origin, Origin::CloudHsm | Origin::ExternalKeyStore);
    let Some(name) = &key.custom_key_store else {
        return match is_stored {
            false => Ok(None),
            true => Err(Problem::new(
                key.span(),
                format!(
                    "origin = \"{}\" needs a store: add custom_key_store with the name of a [[region.custom_key_store]]",
                    key.origin.name()
                ),
            )),
        };
    };
    let Some(store) = stores.iter().find(|store| store.name == **name) else {
        let what = match one_of(stores.iter().map(|store| store.name.as_str())) {
            known if known.is_empty() => "add a [[region.custom_key_store]] with this name".to_owned(),
            known => format!("use {known}"),
        };
        let what = format!("there is no custom key store `{}` in this Region; {what}", **name);
        return Err(Problem::new(name.span(), what));
    };
    let origin = store.kind.origin();
    let problem = if key.origin != origin {
        format!("the keys in `{}` have origin = \"{}\"", **name, origin.name())
    } else if spec != SYMMETRIC_DEFAULT || key.multi_region.is_some() {
        "custom key stores have symmetric single-Region keys only; remove spec and multi_region".to_owned()
    } else {
        return Ok(Some(StoredKey {
            store: Arc::clone(store),
            xks_key_id: key.xks_key_id.as_ref().map(|id| xks_key_id(id, key)).transpose()?,
        }));
    };
    Err(Problem::new(name.span(), problem))
}

fn xks_key_id(written: &At<String>, key: &KeyFile) -> Result<KeyText, Problem> {
    // `XksKeyIdType` of the API model.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let text = KeyText::new(written);
    let filled = text.filled(1, "000000000000", "us-east-1", "aws");
    let is_several = key.count.as_ref().is_some_and(|count| **count > 1);
    let problem = if is_several && !Pattern::new(written).has_number() {
        "each key has a key of its own in the external key store: put {n} into the id"
    } else if !(1..=128).contains(&filled.len()) || !filled.bytes().all(is_allowed) {
        "an id in an external key store has 1 to 128 letters, digits and -_."
    } else {
        return Ok(text);
    };
    Err(Problem::new(written.span(), problem))
}
