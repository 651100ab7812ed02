//! AWS KMS: JSON 1.1.

pub(super) mod custom_key_stores;
pub(super) mod grants;
pub(super) mod last_usage;
pub(super) mod policies;
pub(super) mod rotations;

use super::call::Call;
use super::estate::Region;
use super::faults::Subject;
use super::keys::metadata::{describe_key, seconds};
use super::keys::{Alias, Key, Keys};
use super::paging::{Page, PagingFault, page};
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service, page_size};
use super::wire::json::{operation, read};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The members that the operations here read; each reads some.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'a> {
    #[serde(borrow)]
    key_id: Option<Cow<'a, str>>,
    limit: Option<i64>,
    #[serde(borrow)]
    marker: Option<Cow<'a, str>>,
    resource_owners: Option<Vec<String>>,
    policy_name: Option<String>,
    include_key_material: Option<String>,
    grant_id: Option<String>,
    grantee_principal: Option<String>,
    grantee_service_principal: Option<String>,
    custom_key_store_id: Option<String>,
    custom_key_store_name: Option<String>,
}

pub(super) fn answer(call: &Call<'_>, region: &Region) -> Reply {
    let account = &call.identity.account;
    let keys = region.keys.of(&account.id, &call.estate.partition, &region.name);
    let operation = operation(call.request, "TrentService.");
    let input: Input<'_> = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let key = input.key_id.as_deref().map(|given| find(call, operation, &keys, given));
    let subject = Subject {
        operation,
        key: key.as_ref().and_then(|found| found.as_ref().ok()).copied(),
        token: input.marker.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        let list = List {
            call,
            operation,
            input: &input,
            fault,
        };
        let body = match operation {
            "ListKeys" => list_keys(&list, &keys),
            "ListAliases" => list_aliases(&list, &keys, key.transpose()?),
            "DescribeKey" => Ok(describe_key(&required(key)?)),
            "ListResourceTags" => list_resource_tags(&list, &required(key)?),
            "GetKeyPolicy" => policies::get_key_policy(&required(key)?, input.policy_name.as_deref()),
            "ListKeyPolicies" => policies::list_key_policies(&list, &required(key)?),
            "GetKeyRotationStatus" => rotations::get_key_rotation_status(&required(key)?),
            "ListKeyRotations" => rotations::list_key_rotations(&list, &required(key)?),
            "ListGrants" => grants::list_grants(&list, &required(key)?),
            "GetKeyLastUsage" => Ok(last_usage::get_key_last_usage(call, &required(key)?)),
            "DescribeCustomKeyStores" => custom_key_stores::describe(&list, &keys, &region.custom_key_stores),
            other => Err(Service::Kms.unknown_operation(other)),
        };
        Ok(Response::ok(AWS_JSON, body?))
    })
}

fn required(key: Option<Result<Key<'_>, Refusal>>) -> Result<Key<'_>, Refusal> {
    key.unwrap_or_else(|| {
        Err(Refusal::new(
            "ValidationException",
            "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: \
             Member must not be null",
        ))
    })
}

/// The key that a caller means by an id, an ARN or, where the operation takes one, an alias.
///
/// The real DescribeKey creates the key behind an `alias/aws/` alias that has none yet. This one
/// changes nothing, and says that there is no such key.
fn find<'a>(call: &Call<'_>, operation: &str, keys: &'a Keys<'_>, given: &str) -> Result<Key<'a>, Refusal> {
    let not_found = |message: String| Refusal::new("NotFoundException", message);
    let named = if given.starts_with("arn:") {
        let mut parts = given.splitn(6, ':').skip(3);
        let region = parts.next().unwrap_or_default();
        let account = parts.next().unwrap_or_default();
        if region != call.region {
            return Err(not_found(format!("Invalid arn {region}")));
        }
        if account != call.identity.account.id {
            return Err(no_resource_policy(call, operation, given));
        }
        parts.next().unwrap_or_default()
    } else {
        given
    };
    if named.starts_with("alias/") && operation == "DescribeKey" {
        return keys
            .with_alias(named)
            .ok_or_else(|| not_found(format!("Alias {}{named} is not found.", keys.arn_prefix)));
    }
    let id = named.strip_prefix("key/").unwrap_or(named);
    if id.len() != 36 {
        return Err(not_found(format!("Invalid keyId '{id}'")));
    }
    keys.with_id(id)
        .ok_or_else(|| not_found(format!("Key '{}key/{id}' does not exist", keys.arn_prefix)))
}

/// Another account's key: its policy would have to let this account in.
fn no_resource_policy(call: &Call<'_>, operation: &str, arn: &str) -> Refusal {
    let action = Service::Kms.action(operation);
    let caller = &call.identity.arn;
    Refusal::new(
        "AccessDeniedException",
        format!(
            "User: {caller} is not authorized to perform: {action} on resource: {arn} because no \
             resource-based policy allows the {action} action"
        ),
    )
}

/// One of the lists, as it is asked for.
struct List<'a> {
    call: &'a Call<'a>,
    operation: &'a str,
    input: &'a Input<'a>,
    fault: Option<PagingFault>,
}

impl List<'_> {
    /// The place of the page that is asked for among `total` items; `default` and `most` are the sizes that a page has.
    fn place(&self, total: usize, default: usize, most: usize) -> Result<Page, Refusal> {
        let size = page_size(self.input.limit, "limit", default, most)?;
        let key = self.input.key_id.as_deref().unwrap_or_default();
        let list = format!("{}/{}/{key}", self.operation, self.call.region);
        page(&list, total, size, self.input.marker.as_deref(), self.fault)
            .ok_or_else(|| Refusal::new("InvalidMarkerException", "Could not deserialize marker"))
    }

    /// The answer with the items of a page.
    fn answer(&self, member: &str, items: Vec<Value>, page: Page) -> String {
        let mut body = json!({ member: items, "Truncated": page.truncated });
        if let Some(next) = page.next {
            body["NextMarker"] = next.into();
        }
        body.to_string()
    }
}

fn list_keys(list: &List<'_>, keys: &Keys<'_>) -> Result<String, Refusal> {
    // No key is shared with this account.
    let owners = list.input.resource_owners.as_deref().unwrap_or_default();
    let own = owners.is_empty() || owners.iter().any(|owner| owner == "SELF");
    let page = list.place(if own { keys.len() } else { 0 }, 100, 1000)?;
    let mut json = String::with_capacity(64 + page.range.len() * (110 + keys.arn_prefix.len()));
    json.push_str("{\"Keys\":[");
    let listed = page.range.clone().filter_map(|position| keys.listed(position));
    for (index, key) in listed.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (id, prefix) = (key.id(), &keys.arn_prefix);
        // Writing to a String cannot fail.
        let _ = write!(json, "{comma}{{\"KeyId\":\"{id}\",\"KeyArn\":\"{prefix}key/{id}\"}}");
    }
    json.push(']');
    if let Some(next) = &page.next {
        let _ = write!(json, ",\"NextMarker\":\"{next}\"");
    }
    let _ = write!(json, ",\"Truncated\":{}}}", page.truncated);
    Ok(json)
}

fn list_aliases(list: &List<'_>, keys: &Keys<'_>, key: Option<Key<'_>>) -> Result<String, Refusal> {
    let of_key: Vec<Alias<'_>> = key
        .iter()
        .flat_map(|key| key.aliases().map(|name| Alias { name, key: Some(*key) }))
        .collect();
    let total = match key {
        Some(_) => of_key.len(),
        None => keys.aliases_len(),
    };
    let page = list.place(total, 50, 100)?;
    let aliases: Vec<Value> = match key {
        Some(_) => of_key[page.range.clone()]
            .iter()
            .map(|alias| alias_entry(keys, alias))
            .collect(),
        None => page
            .range
            .clone()
            .filter_map(|position| keys.listed_alias(position))
            .map(|alias| alias_entry(keys, &alias))
            .collect(),
    };
    Ok(list.answer("Aliases", aliases, page))
}

fn alias_entry(keys: &Keys<'_>, alias: &Alias<'_>) -> Value {
    let arn = format!("{}{}", keys.arn_prefix, alias.name);
    let mut entry = json!({ "AliasName": alias.name, "AliasArn": arn });
    if let Some(key) = alias.key {
        let created = seconds(key.created_millisecond());
        entry["TargetKeyId"] = key.id().into();
        entry["LastUpdatedDate"] = created.clone();
        entry["CreationDate"] = created;
    }
    entry
}

fn list_resource_tags(list: &List<'_>, key: &Key<'_>) -> Result<String, Refusal> {
    let page = list.place(key.template().tags.len(), 50, 50)?;
    let tags = key.tags().skip(page.range.start).take(page.range.len());
    let tags = tags.map(|(name, value)| json!({ "TagKey": name, "TagValue": value }));
    Ok(list.answer("Tags", tags.collect(), page))
}

#[cfg(test)]
mod tests;
