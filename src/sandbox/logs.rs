//! Amazon CloudWatch Logs: JSON 1.1.

use super::call::Call;
use super::estate::{MetricFilter, Region};
use super::faults::Subject;
use super::paging::{PagingFault, page};
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service, page_size};
use super::wire::json::{operation, read};
use serde::Deserialize;
use serde_json::{Value, json};

const FILTERS_ON_A_PAGE: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    log_group_name: Option<String>,
    filter_name_prefix: Option<String>,
    metric_name: Option<String>,
    metric_namespace: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn answer(call: &Call<'_>, region: &Region) -> Reply {
    let operation = operation(call.request, "Logs_20140328.");
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation,
        token: input.next_token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| match operation {
        "DescribeMetricFilters" => describe_metric_filters(call, region, &input, fault),
        other => Err(Service::Logs.unknown_operation(other)),
    })
}

fn describe_metric_filters(
    call: &Call<'_>,
    region: &Region,
    input: &Input,
    fault: Option<PagingFault>,
) -> Result<Response, Refusal> {
    if input.metric_name.is_some() != input.metric_namespace.is_some() {
        return Err(invalid("metricName and metricNamespace must be specified together."));
    }
    let log_group = input.log_group_name.as_deref();
    if log_group.is_some_and(|name| !exists(name, call, region)) {
        let message = "The specified log group does not exist.";
        return Err(Refusal::new("ResourceNotFoundException", message));
    }
    let size = page_size(input.limit, "limit", FILTERS_ON_A_PAGE, FILTERS_ON_A_PAGE);
    let size = size.map_err(|refusal| invalid(refusal.message))?;
    let is_wanted = |wanted: Option<&String>, actual: &str| wanted.is_none_or(|wanted| wanted == actual);
    // The prefix counts only beside a log group.
    let prefix = log_group.and(input.filter_name_prefix.as_deref()).unwrap_or_default();
    let found: Vec<&MetricFilter> = (region.metric_filters.iter())
        .filter(|filter| {
            is_wanted(input.log_group_name.as_ref(), &filter.log_group)
                && is_wanted(input.metric_name.as_ref(), &filter.metric)
                && is_wanted(input.metric_namespace.as_ref(), &filter.namespace)
                && filter.name.starts_with(prefix)
        })
        .collect();
    let list = format!("DescribeMetricFilters/{}", call.region);
    let token = input.next_token.as_deref();
    let page = page(&list, found.len(), size, token, fault)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    let filters: Vec<Value> = found[page.range].iter().map(|filter| entry(filter)).collect();
    let mut body = json!({ "metricFilters": filters });
    if let Some(next) = page.next {
        body["nextToken"] = next.into();
    }
    Ok(Response::ok(AWS_JSON, body.to_string()))
}

/// Whether there is a log group with this name: those that metric filters are on, and those that the account's
/// trails deliver to by name.
fn exists(name: &str, call: &Call<'_>, region: &Region) -> bool {
    let mut trails = call.identity.account.set.trails.iter();
    region.metric_filters.iter().any(|filter| filter.log_group == name)
        || trails.any(|trail| trail.home_region == region.name && trail.log_group.as_deref() == Some(name))
}

fn entry(filter: &MetricFilter) -> Value {
    let mut transformation = json!({
        "metricName": filter.metric,
        "metricNamespace": filter.namespace,
        "metricValue": filter.value,
    });
    if let Some(value) = filter.default_value {
        transformation["defaultValue"] = value.into();
    }
    if !filter.dimensions.is_empty() {
        transformation["dimensions"] = json!(filter.dimensions);
    }
    json!({
        "filterName": filter.name,
        "filterPattern": filter.pattern,
        "metricTransformations": [transformation],
        "creationTime": filter.created.as_millisecond(),
        "logGroupName": filter.log_group,
        "applyOnTransformedLogs": false,
    })
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

#[cfg(test)]
mod tests;
