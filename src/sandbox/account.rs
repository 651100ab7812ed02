//! AWS Account Management: REST and JSON.

use super::call::Call;
use super::estate::Region;
use super::faults::Subject;
use super::paging::page;
use super::request::{Reply, Response};
use super::service::{REST_JSON, Refusal, Service, page_size};
use super::wire::json::read;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    max_results: Option<i64>,
    next_token: Option<String>,
    region_opt_status_contains: Option<Vec<String>>,
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let path = call.request.path;
    if path != "/listRegions" {
        return call.refuse(&Service::Account.unknown_operation(path)).into();
    }
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation: "ListRegions",
        token: input.next_token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        let wanted = input.region_opt_status_contains.as_deref();
        let is_wanted = |status: &str| match wanted {
            None | Some([]) => true,
            Some(wanted) => wanted.iter().any(|wanted| wanted == status),
        };
        let regions: Vec<Value> = call
            .identity
            .account
            .regions()
            .iter()
            .map(|region| (region, opt_status(region)))
            .filter(|(_, status)| is_wanted(status))
            .map(|(region, status)| json!({ "RegionName": region.name, "RegionOptStatus": status }))
            .collect();
        let size = page_size(input.max_results, "maxResults", 50, 50)?;
        let token = input.next_token.as_deref();
        let page = page("ListRegions", regions.len(), size, token, fault)
            .ok_or_else(|| Refusal::new("ValidationException", "The next token is not valid."))?;
        let mut body = json!({ "Regions": regions[page.range] });
        if let Some(next) = page.next {
            body["NextToken"] = next.into();
        }
        Ok(Response::ok(REST_JSON, body.to_string()))
    })
}

fn opt_status(region: &Region) -> &'static str {
    if !region.enabled {
        "DISABLED"
    } else if !crate::published::is_opt_in(&region.name) {
        "ENABLED_BY_DEFAULT"
    } else {
        "ENABLED"
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use aws_sdk_account::types::RegionOptStatus::{self, Disabled, EnabledByDefault};

    #[tokio::test]
    async fn regions_come_in_pages_with_their_opt_status() {
        let sandbox = testing::sandbox(testing::SMALL);
        let client = testing::account(&sandbox, "us-east-1");
        let mut pages = client.list_regions().max_results(2).into_paginator().send();
        let mut found: Vec<(String, RegionOptStatus)> = Vec::new();
        while let Some(page) = pages.next().await {
            for region in page.unwrap().regions.unwrap() {
                found.push((region.region_name.unwrap(), region.region_opt_status.unwrap()));
            }
        }
        let expected = [
            ("eu-west-3", EnabledByDefault),
            ("eu-central-1", EnabledByDefault),
            ("ap-east-1", Disabled),
        ];
        assert_eq!(found, expected.map(|(name, status)| (name.to_owned(), status)));
    }

    #[tokio::test]
    async fn regions_can_be_filtered_by_their_opt_status() {
        let sandbox = testing::sandbox(testing::SMALL);
        let client = testing::account(&sandbox, "us-east-1");
        let regions = client.list_regions().region_opt_status_contains(Disabled);
        let regions = regions.send().await.unwrap().regions.unwrap();
        assert_eq!(regions.len(), 1);
        assert_eq!(regions[0].region_name(), Some("ap-east-1"));
    }
}
