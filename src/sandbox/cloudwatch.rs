//! Amazon CloudWatch. Operations read a tree of values and build one; which protocol carries them is settled before
//! and after.

mod alarms;
mod cbor;
mod get_metric_data;
mod protocol;
mod value;

pub(super) use value::Value;

use super::Call;
use super::estate::Region;
use super::faults::Subject;
use super::metrics::{Metric, NAMESPACE, metrics};
use super::paging::{PagingFault, page};
use super::request::{Reply, Request, Response};
use super::service::{Refusal, Service};
use alarms::describe_alarms;
use get_metric_data::get_metric_data;
use protocol::Protocol;

const METRICS_ON_A_PAGE: usize = 500;
/// ListMetrics forgets a metric that has had no data for two weeks.
const TWO_WEEKS: i64 = 14 * 24 * 60;
/// `RecentlyActive` means the past three hours, "and up to 50 minutes more".
const THREE_HOURS: i64 = 3 * 60;

pub(super) fn answer(call: &Call<'_>, region: &Region) -> Reply {
    let protocol = Protocol::of(call.request);
    let operation = protocol.operation(call.request);
    let input = match protocol.read(call.request.body) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation,
        token: input.text("NextToken"),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        let output = match operation {
            "ListMetrics" => list_metrics(call, region, &input, fault),
            "GetMetricData" => get_metric_data(call, region, &input, fault),
            "DescribeAlarms" => describe_alarms(call, region, &input, fault),
            other => Err(Service::CloudWatch.unknown_operation(other)),
        };
        Ok(protocol.answer(&output?))
    })
}

/// A refusal in the protocol that the request came in.
pub(super) fn refuse(refusal: &Refusal, request: &Request<'_>) -> Response {
    Protocol::of(request).refuse(refusal)
}

fn list_metrics<'a>(
    call: &Call<'_>,
    region: &'a Region,
    input: &Value<'_>,
    fault: Option<PagingFault>,
) -> Result<Value<'a>, Refusal> {
    let minutes = match input.text("RecentlyActive") {
        None => TWO_WEEKS,
        Some("PT3H") => THREE_HOURS,
        Some(_) => {
            return Err(Refusal::new("InvalidParameterValue", "RecentlyActive must be PT3H"));
        }
    };
    let is_wanted = |member: &str, value: &str| {
        let wanted = input.text(member);
        wanted.is_none_or(|wanted| wanted == value)
    };
    let found: Vec<Metric<'_>> = metrics(region)
        .filter(|metric| {
            is_wanted("Namespace", NAMESPACE)
                && is_wanted("MetricName", metric.usage.name())
                && input.list("Dimensions").iter().all(|filter| metric.matches(filter))
                && metric.has_data(call.estate.as_of, minutes)
        })
        .collect();
    let list = format!("ListMetrics/{}", call.region);
    let token = input.text("NextToken");
    let page = page(&list, found.len(), METRICS_ON_A_PAGE, token, fault)
        .ok_or_else(|| Refusal::new("InvalidParameterValue", "Invalid nextToken"))?;
    Ok(Value::map([
        ("Metrics", Value::list_of(found[page.range].iter().map(metric))),
        ("NextToken", page.next.into()),
    ]))
}

/// The shape `Metric`.
fn metric<'a>(metric: &Metric<'a>) -> Value<'a> {
    let dimensions = metric.usage.dimensions().into_iter();
    let dimensions = dimensions.map(|(name, value)| Value::map([("Name", name.into()), ("Value", value.into())]));
    Value::map([
        ("Namespace", NAMESPACE.into()),
        ("MetricName", metric.usage.name().into()),
        ("Dimensions", Value::list_of(dimensions)),
    ])
}

#[cfg(test)]
mod tests;
