//! The AWS Resource Groups Tagging API: JSON 1.1.
//!
//! It lists what has tags. What once had some is listed too, with none; nothing in an estate has lost its tags.

use super::call::Call;
use super::estate::Region;
use super::faults::Subject;
use super::paging::{PagingFault, page};
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service};
use super::wire::json::{operation, read};
use serde::Deserialize;
use serde_json::{Value, json};

const RESOURCES_ON_A_PAGE: usize = 50;
const MOST_ON_A_PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    pagination_token: Option<String>,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<i64>,
    tags_per_page: Option<i64>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
    include_compliance_details: Option<bool>,
    exclude_compliant_resources: Option<bool>,
    #[serde(rename = "ResourceARNList", default)]
    resource_arn_list: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

/// Something with tags.
struct Resource {
    /// As the filters call its type: a service, and what it has.
    kind: (&'static str, &'static str),
    arn: String,
    tags: Vec<(String, String)>,
}

pub(super) fn answer(call: &Call<'_>, region: &Region) -> Reply {
    let operation = operation(call.request, "ResourceGroupsTaggingAPI_20170126.");
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    // At the end of a list it is empty, and an empty one begins it.
    let token = input.pagination_token.as_deref().filter(|token| !token.is_empty());
    let subject = Subject {
        operation,
        token,
        ..Subject::default()
    };
    call.answer(&subject, |fault| match operation {
        "GetResources" => get_resources(call, region, &input, token, fault),
        other => Err(Service::Tagging.unknown_operation(other)),
    })
}

fn get_resources(
    call: &Call<'_>,
    region: &Region,
    input: &Input,
    token: Option<&str>,
    fault: Option<PagingFault>,
) -> Result<Response, Refusal> {
    check(input)?;
    let size = match input.resources_per_page {
        None => RESOURCES_ON_A_PAGE,
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|size| (1..=MOST_ON_A_PAGE).contains(size))
            .ok_or_else(|| invalid("ResourcesPerPage must be between 1 and 100"))?,
    };
    let mut tagged = tagged(call, region);
    tagged.retain(|resource| is_asked_for(resource, input));
    let list = format!("GetResources/{}", call.region);
    let page =
        page(&list, tagged.len(), size, token, fault).ok_or_else(|| invalid("The PaginationToken is not valid"))?;
    let entries: Vec<Value> = tagged[page.range].iter().map(entry).collect();
    let body = json!({ "PaginationToken": page.next.unwrap_or_default(), "ResourceTagMappingList": entries });
    Ok(Response::ok(AWS_JSON, body.to_string()))
}

/// Refuses what cannot be asked together, and what this AWS does not have.
fn check(input: &Input) -> Result<(), Refusal> {
    if input.resource_arn_list.len() > MOST_ON_A_PAGE {
        return Err(invalid("ResourceARNList has at most 100 ARNs"));
    }
    let has_filters = !input.tag_filters.is_empty() || !input.resource_type_filters.is_empty();
    let pages = input.resources_per_page.is_some() || input.tags_per_page.is_some();
    if !input.resource_arn_list.is_empty() && (has_filters || pages) {
        return Err(invalid(
            "ResourceARNList cannot be combined with TagFilters, ResourceTypeFilters or a number of results",
        ));
    }
    if input.tags_per_page.is_some()
        || input.include_compliance_details == Some(true)
        || input.exclude_compliant_resources == Some(true)
    {
        return Err(invalid("this AWS has no TagsPerPage and no tag policies"));
    }
    Ok(())
}

fn tagged(call: &Call<'_>, region: &Region) -> Vec<Resource> {
    let account = &call.identity.account;
    let partition = &call.estate.partition;
    let keys = region.keys.of(&account.id, partition, &region.name);
    let keys = (0..keys.len()).filter_map(|position| {
        let key = keys.listed(position)?;
        let has_tags = !key.template().tags.is_empty();
        has_tags.then(|| Resource {
            kind: ("kms", "key"),
            arn: key.arn(),
            tags: key.tags().collect(),
        })
    });
    let buckets = account.set.buckets.of(account).into_iter();
    let buckets = buckets.filter(|(_, bucket)| bucket.region == region.name && !bucket.tags.is_empty());
    let buckets = buckets.map(|(name, bucket)| Resource {
        kind: ("s3", "bucket"),
        arn: format!("arn:{partition}:s3:::{name}"),
        tags: bucket.tags.clone(),
    });
    keys.chain(buckets).collect()
}

fn is_asked_for(resource: &Resource, input: &Input) -> bool {
    let (service, kind) = resource.kind;
    let is_kind = |wanted: &String| match wanted.split_once(':') {
        None => wanted == service,
        Some(wanted) => wanted == (service, kind),
    };
    let has_tag = |filter: &TagFilter| {
        let mut tags = resource.tags.iter();
        tags.any(|(key, value)| *key == filter.key && (filter.values.is_empty() || filter.values.contains(value)))
    };
    let (kinds, arns) = (&input.resource_type_filters, &input.resource_arn_list);
    (kinds.is_empty() || kinds.iter().any(is_kind))
        && (arns.is_empty() || arns.contains(&resource.arn))
        && input.tag_filters.iter().all(has_tag)
}

fn entry(resource: &Resource) -> Value {
    let tags = resource.tags.iter();
    let tags = tags.map(|(key, value)| json!({ "Key": key, "Value": value }));
    json!({ "ResourceARN": resource.arn, "Tags": tags.collect::<Vec<_>>() })
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

#[cfg(test)]
mod tests;
