//! `AWS/KMS`: the use of each key, and the time that imported key material has left.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html>

use super::data::Data;
use super::family::{EachKey, Family, KeyName};
use crate::sandbox::keys::operation::{KeyOperation, KeyRequests};
use crate::sandbox::keys::{Keys, PlacedTemplate};

pub(super) const NAMESPACE: &str = "AWS/KMS";

pub(super) fn families<'m>(keys: &'m Keys<'m>) -> impl Iterator<Item = Family<'m>> {
    keys.templates().iter().flat_map(move |template| {
        let requests = template.template.requests.iter();
        let successful = requests.map(move |requests| successful_requests(keys, template, requests));
        successful.chain(seconds_until_expiration(keys, template))
    })
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
        data: Data::SecondsUntil(template.template.material_expires()?),
    })
}
