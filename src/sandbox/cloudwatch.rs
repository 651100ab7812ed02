//! Amazon CloudWatch. Operations read a tree of values and build one; which protocol carries them is settled before
//! and after.

mod alarms;
mod get_metric_data;

use super::call::Call;
use super::estate::Region;
use super::faults::Subject;
use super::metrics::{Metric, Metrics, Wanted};
use super::paging::{PagingFault, page};
use super::request::Reply;
use super::service::{Refusal, Service};
use super::wire::cloudwatch::Protocol;
use super::wire::value::Value;
use alarms::describe_alarms;
use get_metric_data::get_metric_data;

const METRICS_ON_A_PAGE: usize = 500;
const DIMENSIONS_OF_A_FILTER: usize = 10;
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
        let metrics = Metrics::of(call, region);
        let output = match operation {
            "ListMetrics" => list_metrics(call, &metrics, &input, fault),
            "GetMetricData" => get_metric_data(call, &metrics, &input, fault),
            "DescribeAlarms" => describe_alarms(call, region, &input, fault),
            other => Err(Service::CloudWatch.unknown_operation(other)),
        };
        Ok(protocol.answer(&output?))
    })
}

fn list_metrics<'m>(
    call: &Call<'_>,
    metrics: &'m Metrics<'_>,
    input: &Value<'_>,
    fault: Option<PagingFault>,
) -> Result<Value<'m>, Refusal> {
    let minutes = match input.text("RecentlyActive") {
        None => TWO_WEEKS,
        Some("PT3H") => THREE_HOURS,
        Some(_) => {
            return Err(Refusal::new("InvalidParameterValue", "RecentlyActive must be PT3H"));
        }
    };
    if input.list("Dimensions").len() > DIMENSIONS_OF_A_FILTER {
        let what = format!("The collection Dimensions must not have a size greater than {DIMENSIONS_OF_A_FILTER}.");
        return Err(Refusal::new("ValidationError", what));
    }
    let listing = metrics.list(&wanted(input)?, minutes);
    let list = format!("ListMetrics/{}", call.region);
    let token = input.text("NextToken");
    let page = page(&list, listing.len(), METRICS_ON_A_PAGE, token, fault)
        .ok_or_else(|| Refusal::new("InvalidParameterValue", "Invalid nextToken"))?;
    Ok(Value::map([
        (
            "Metrics",
            Value::list_of(listing.metrics(page.range).into_iter().map(metric)),
        ),
        ("NextToken", page.next.into()),
    ]))
}

/// What a filter of ListMetrics, or the shape `Metric`, asks for.
fn wanted<'q>(input: &'q Value<'_>) -> Result<Wanted<'q>, Refusal> {
    let dimensions = input.list("Dimensions").iter().map(|dimension| {
        let name = dimension.text("Name");
        let name = name.ok_or_else(|| Refusal::new("ValidationError", "a dimension needs its Name"))?;
        Ok((name, dimension.text("Value")))
    });
    Ok(Wanted {
        namespace: input.text("Namespace"),
        name: input.text("MetricName"),
        dimensions: dimensions.collect::<Result<_, _>>()?,
    })
}

/// The shape `Metric`.
fn metric(metric: Metric<'_>) -> Value<'_> {
    let dimensions = metric.dimensions.into_iter();
    let dimensions =
        dimensions.map(|(name, value)| Value::map([("Name", name.into()), ("Value", Value::Text(value))]));
    Value::map([
        ("Namespace", metric.namespace.into()),
        ("MetricName", metric.name.into()),
        ("Dimensions", Value::list_of(dimensions)),
    ])
}

#[cfg(test)]
mod tests;
