//! Amazon CloudWatch: RPC v2 with CBOR.

use super::Call;
use super::cbor::{Value, Writer};
use super::estate::Region;
use super::faults::Subject;
use super::metrics::{Metric, NAMESPACE, Statistic, metrics};
use super::paging::{PagingFault, page};
use super::request::{Reply, Response};
use super::service::{CBOR, Refusal, Service};
use std::ops::Range;

const METRICS_ON_A_PAGE: usize = 500;
const QUERIES_IN_A_CALL: usize = 500;
const DATAPOINTS_IN_A_CALL: usize = 100_800;
/// A year, in seconds.
const LONGEST_PERIOD: f64 = 365.0 * 86_400.0;
/// ListMetrics forgets a metric that has had no data for two weeks.
const TWO_WEEKS: i64 = 14 * 24 * 60;
/// `RecentlyActive` means the past three hours, "and up to 50 minutes more".
const THREE_HOURS: i64 = 3 * 60;

pub(super) fn answer(call: &Call<'_>, region: &Region) -> Reply {
    let path = call.request.path.strip_prefix('/').unwrap_or_default();
    let operation = path
        .strip_prefix("service/GraniteServiceVersion20100801/operation/")
        .unwrap_or_default();
    let Some(input) = Value::read(call.request.body) else {
        let refusal = Refusal::new("SerializationException", "the body is not valid CBOR");
        return call.refuse(&refusal).into();
    };
    let subject = Subject {
        operation,
        token: input.text("NextToken"),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        let body = match operation {
            "ListMetrics" => list_metrics(call, region, &input, fault),
            "GetMetricData" => get_metric_data(call, region, &input, fault),
            other => Err(Service::CloudWatch.unknown_operation(other)),
        };
        Ok(Response::ok(CBOR, body?))
    })
}

fn list_metrics(
    call: &Call<'_>,
    region: &Region,
    input: &Value,
    fault: Option<PagingFault>,
) -> Result<Vec<u8>, Refusal> {
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
    let mut writer = Writer::new();
    writer.map(1 + usize::from(page.next.is_some()));
    writer.text("Metrics").list(page.range.len());
    for metric in &found[page.range] {
        writer.map(3).text("Namespace").text(NAMESPACE);
        writer.text("MetricName").text(metric.usage.name());
        let dimensions = metric.usage.dimensions();
        writer.text("Dimensions").list(dimensions.len());
        for (name, value) in dimensions {
            writer.map(2).text("Name").text(name);
            writer.text("Value").text(value);
        }
    }
    if let Some(next) = &page.next {
        writer.text("NextToken").text(next);
    }
    Ok(writer.into_bytes())
}

/// A query of GetMetricData, checked, with all its datapoints.
struct Answered<'a> {
    id: &'a str,
    label: &'a str,
    datapoints: Vec<(i64, f64)>,
    /// How many datapoints the queries before this one have.
    first: usize,
}

fn get_metric_data(
    call: &Call<'_>,
    region: &Region,
    input: &Value,
    fault: Option<PagingFault>,
) -> Result<Vec<u8>, Refusal> {
    let (Some(start), Some(end)) = (input.number("StartTime"), input.number("EndTime")) else {
        return Err(invalid("StartTime and EndTime are required"));
    };
    if start >= end {
        return Err(invalid("The parameter EndTime must be greater than StartTime"));
    }
    let queries = input.list("MetricDataQueries");
    if queries.is_empty() || queries.len() > QUERIES_IN_A_CALL {
        return Err(invalid(format!(
            "The collection MetricDataQueries must have a size from 1 to {QUERIES_IN_A_CALL}."
        )));
    }
    let newest_first = match input.text("ScanBy") {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(_) => return Err(invalid("ScanBy must be TimestampDescending or TimestampAscending")),
    };
    let size = match input.number("MaxDatapoints") {
        None => DATAPOINTS_IN_A_CALL,
        Some(most) if most >= 1.0 && most <= DATAPOINTS_IN_A_CALL as f64 => most as usize,
        Some(_) => {
            return Err(invalid(format!(
                "MaxDatapoints must be from 1 to {DATAPOINTS_IN_A_CALL}"
            )));
        }
    };
    let mut total = 0;
    let mut answered = Vec::with_capacity(queries.len());
    for query in queries {
        let Some(mut result) = answer_query(call, region, query, start as i64..end as i64)? else {
            continue;
        };
        if newest_first {
            result.datapoints.reverse();
        }
        result.first = total;
        total += result.datapoints.len();
        answered.push(result);
    }
    let list = format!("GetMetricData/{}", call.region);
    let page = page(&list, total, size, input.text("NextToken"), fault)
        .ok_or_else(|| Refusal::new("InvalidNextToken", "The next token specified is invalid."))?;
    let parts = parts(&answered, &page.range, total);
    let mut writer = Writer::new();
    writer.map(2 + usize::from(page.next.is_some()));
    writer.text("MetricDataResults").list(parts.len());
    for part in parts {
        writer.map(5).text("Id").text(part.query.id);
        writer.text("Label").text(part.query.label);
        writer.text("Timestamps").list(part.datapoints.len());
        for (second, _) in part.datapoints {
            writer.time(*second);
        }
        writer.text("Values").list(part.datapoints.len());
        for (_, value) in part.datapoints {
            writer.number(*value);
        }
        let status = if part.is_last { "Complete" } else { "PartialData" };
        writer.text("StatusCode").text(status);
    }
    writer.text("Messages").list(0);
    if let Some(next) = &page.next {
        writer.text("NextToken").text(next);
    }
    Ok(writer.into_bytes())
}

/// What a page has of one query.
struct Part<'a> {
    query: &'a Answered<'a>,
    datapoints: &'a [(i64, f64)],
    /// Whether nothing of the query is left for later pages.
    is_last: bool,
}

fn parts<'a>(answered: &'a [Answered<'a>], page: &Range<usize>, total: usize) -> Vec<Part<'a>> {
    let part = |query: &'a Answered<'a>| {
        let first = query.first;
        let last = first + query.datapoints.len();
        // A query without datapoints is answered on the page where they would be.
        let is_here = match query.datapoints.len() {
            0 => page.contains(&first) || page.end == total && first == total,
            _ => first < page.end && page.start < last,
        };
        let from = page.start.clamp(first, last) - first;
        let to = page.end.clamp(first, last) - first;
        let datapoints = query.datapoints.get(from..to)?;
        is_here.then_some(Part {
            query,
            datapoints,
            is_last: last <= page.end,
        })
    };
    answered.iter().filter_map(part).collect()
}

/// `None` for a query that only feeds others.
fn answer_query<'a>(
    call: &Call<'_>,
    region: &Region,
    query: &'a Value,
    window: Range<i64>,
) -> Result<Option<Answered<'a>>, Refusal> {
    let id = query.text("Id").ok_or_else(|| invalid("Id is required"))?;
    let Some(metric_stat) = query.get("MetricStat") else {
        return Err(invalid(format!(
            "{id}: this CloudWatch answers MetricStat, not expressions"
        )));
    };
    if query.get("ReturnData") == Some(&Value::Bool(false)) {
        return Ok(None);
    }
    let (Some(wanted), Some(period), Some(statistic)) = (
        metric_stat.get("Metric"),
        metric_stat.number("Period"),
        metric_stat.text("Stat"),
    ) else {
        return Err(invalid(format!("{id}: Metric, Period and Stat are required")));
    };
    if !(60.0..=LONGEST_PERIOD).contains(&period) || period % 60.0 != 0.0 {
        return Err(invalid(format!(
            "{id}: the period of a metric of one-minute resolution is a multiple of 60"
        )));
    }
    let statistic = Statistic::named(statistic)
        .ok_or_else(|| invalid(format!("{id}: the statistic {statistic} is not known")))?;
    let metric = metrics(region).find(|metric| metric.is(wanted));
    let label = query.text("Label").or_else(|| wanted.text("MetricName"));
    Ok(Some(Answered {
        id,
        label: label.unwrap_or_default(),
        datapoints: metric.map_or_else(Vec::new, |metric| {
            metric.datapoints(window, period as i64, statistic, call.estate.as_of)
        }),
        first: 0,
    }))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}

#[cfg(test)]
mod tests;
