//! `AWS/KMS`: the use of each key, the time that imported key material has left, and how custom key stores fare.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html>

use super::data::{Data, TimeLeft};
use super::family::{EachKey, Family, KeyName};
use crate::sandbox::keys::custom_key_stores::{CustomKeyStore, StoreType};
use crate::sandbox::keys::operation::{KeyOperation, KeyRequests};
use crate::sandbox::keys::spec::SYMMETRIC_DEFAULT;
use crate::sandbox::keys::{Keys, PlacedTemplate};
use std::sync::Arc;

pub(super) const NAMESPACE: &str = "AWS/KMS";

const SECONDS_IN_A_DAY: i64 = 86_400;

pub(super) fn families<'m>(
    keys: &'m Keys<'m>,
    stores: &'m [Arc<CustomKeyStore>],
) -> impl Iterator<Item = Family<'m>> {
    let of_keys = keys.templates().iter().flat_map(move |template| {
        let requests = template.template.requests.iter();
        let successful = requests.map(move |requests| successful_requests(keys, template, requests));
        successful.chain(seconds_until_expiration(keys, template))
    });
    let of_stores = stores.iter().flat_map(move |store| {
        let throttled = store.throttled.iter();
        let throttled = throttled.map(move |requests| throttled_requests(keys, store, requests));
        throttled.chain(days_until_expiration(keys, store))
    });
    of_keys.chain(of_stores)
}

fn successful_requests<'m>(
    keys: &'m Keys<'m>,
    template: &'m PlacedTemplate,
    requests: &'m KeyRequests,
) -> Family<'m> {
    let operation = requests.operation;
    // An estate re-encrypts under the same key, as one does to change the encryption context.
    let dimensions: &[&str] = match operation {
        KeyOperation::ReEncrypt => &["DestinationKeyArn", "SourceKeyArn"],
        _ => &["KeyArn"],
    };
    Family {
        namespace: NAMESPACE,
        name: "SuccessfulRequest",
        dimensions: vec![("Operation", operation.name().into())],
        keys: Some(EachKey::new(keys, template, dimensions, KeyName::Arn)),
        data: Data::Requests(vec![&requests.curve]),
    }
}

fn seconds_until_expiration<'m>(keys: &'m Keys<'m>, template: &'m PlacedTemplate) -> Option<Family<'m>> {
    Some(Family {
        namespace: NAMESPACE,
        name: "SecondsUntilKeyMaterialExpiration",
        dimensions: Vec::new(),
        keys: Some(EachKey::new(keys, template, &["KeyId"], KeyName::Id)),
        data: Data::TimeLeft(TimeLeft {
            until: template.template.material_expires()?,
            unit: 1,
        }),
    })
}

fn throttled_requests<'m>(keys: &Keys<'_>, store: &'m CustomKeyStore, requests: &'m KeyRequests) -> Family<'m> {
    Family {
        namespace: NAMESPACE,
        name: match store.kind {
            StoreType::CloudHsm => "CloudHSMKeyStoreThrottle",
            StoreType::External => "ExternalKeyStoreThrottle",
        },
        dimensions: vec![
            ("CustomKeyStoreId", store.id(keys.account, keys.region).into()),
            ("KmsOperation", requests.operation.name().into()),
            ("KeySpec", SYMMETRIC_DEFAULT.name.into()),
        ],
        keys: None,
        data: Data::Requests(vec![&requests.curve]),
    }
}

fn days_until_expiration<'m>(keys: &Keys<'_>, store: &'m CustomKeyStore) -> Option<Family<'m>> {
    let certificate = store.proxy.as_ref()?.certificate.as_ref()?;
    Some(Family {
        namespace: NAMESPACE,
        name: "XksProxyCertificateDaysToExpire",
        dimensions: vec![
            ("CustomKeyStoreId", store.id(keys.account, keys.region).into()),
            ("CertificateName", certificate.name.as_str().into()),
        ],
        keys: None,
        data: Data::TimeLeft(TimeLeft {
            until: certificate.expires,
            unit: SECONDS_IN_A_DAY,
        }),
    })
}
