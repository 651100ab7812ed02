//! GetMetricData: datapoints, over pages.

use crate::sandbox::call::Call;
use crate::sandbox::metrics::{Datapoints, Metrics, Statistic};
use crate::sandbox::paging::{PagingFault, page};
use crate::sandbox::service::Refusal;
use crate::sandbox::wire::value::Value;
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

const QUERIES_IN_A_CALL: usize = 500;
const DATAPOINTS_IN_A_CALL: usize = 100_800;
/// A year, in seconds.
const LONGEST_PERIOD: f64 = 365.0 * 86_400.0;

/// A query, checked, with all its datapoints.
struct Answered<'a> {
    id: &'a str,
    label: &'a str,
    datapoints: Rc<[(i64, f64)]>,
    /// How many datapoints the queries before this one have.
    first: usize,
}

pub(super) fn get_metric_data<'a>(
    call: &Call<'_>,
    metrics: &Metrics<'_>,
    input: &'a Value<'_>,
    fault: Option<PagingFault>,
) -> Result<Value<'a>, Refusal> {
    let answered = answer_queries(call, metrics, input)?;
    let size = datapoints_on_a_page(input)?;
    let total = answered.last().map_or(0, |last| last.first + last.datapoints.len());
    let list = format!("GetMetricData/{}", call.region);
    let page = page(&list, total, size, input.text("NextToken"), fault)
        .ok_or_else(|| Refusal::new("InvalidNextToken", "The next token specified is invalid."))?;
    let results = parts(&answered, &page.range, total).into_iter().map(result);
    Ok(Value::map([
        ("MetricDataResults", Value::list_of(results)),
        ("Messages", Value::list_of([])),
        ("NextToken", page.next.into()),
    ]))
}

fn answer_queries<'a>(
    call: &Call<'_>,
    metrics: &Metrics<'_>,
    input: &'a Value<'_>,
) -> Result<Vec<Answered<'a>>, Refusal> {
    let window = window(input)?;
    let newest_first = match input.text("ScanBy") {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(_) => return Err(invalid("ScanBy must be TimestampDescending or TimestampAscending")),
    };
    let queries = input.list("MetricDataQueries");
    if queries.is_empty() {
        return Err(invalid(
            "The collection MetricDataQueries must have a size of at least 1.",
        ));
    }
    // The words that CloudWatch has for every collection that is too long.
    if queries.len() > QUERIES_IN_A_CALL {
        return Err(invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES_IN_A_CALL}."
        )));
    }
    let mut ids = HashSet::new();
    if !queries.iter().all(|query| ids.insert(query.text("Id"))) {
        return Err(invalid(
            "The values for parameter id in MetricDataQueries are not unique.",
        ));
    }
    let mut datapoints = Datapoints::new(window, newest_first, call.estate.as_of);
    let mut total = 0;
    let mut answered = Vec::with_capacity(queries.len());
    for query in queries {
        let Some(mut result) = answer_query(metrics, query, &mut datapoints)? else {
            continue;
        };
        result.first = total;
        total += result.datapoints.len();
        answered.push(result);
    }
    Ok(answered)
}

/// The seconds that are asked for.
fn window(input: &Value<'_>) -> Result<Range<i64>, Refusal> {
    let (Some(start), Some(end)) = (input.number("StartTime"), input.number("EndTime")) else {
        return Err(invalid("StartTime and EndTime are required"));
    };
    if start >= end {
        return Err(invalid("The parameter EndTime must be greater than StartTime"));
    }
    Ok(start as i64..end as i64)
}

fn datapoints_on_a_page(input: &Value<'_>) -> Result<usize, Refusal> {
    match input.number("MaxDatapoints") {
        None => Ok(DATAPOINTS_IN_A_CALL),
        Some(most) if most >= 1.0 && most <= DATAPOINTS_IN_A_CALL as f64 => Ok(most as usize),
        Some(_) => Err(invalid(format!(
            "MaxDatapoints must be from 1 to {DATAPOINTS_IN_A_CALL}"
        ))),
    }
}

/// What a page has of one query.
struct Part<'a, 'q> {
    query: &'a Answered<'q>,
    datapoints: &'a [(i64, f64)],
    /// Whether nothing of the query is left for later pages.
    is_last: bool,
}

fn parts<'a, 'q>(answered: &'a [Answered<'q>], page: &Range<usize>, total: usize) -> Vec<Part<'a, 'q>> {
    let part = |query: &'a Answered<'q>| {
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

/// The shape `MetricDataResult`.
fn result<'q>(part: Part<'_, 'q>) -> Value<'q> {
    let datapoints = part.datapoints.iter();
    let (timestamps, values) = datapoints.map(|(second, value)| (*second as f64, *value)).unzip();
    let status = if part.is_last { "Complete" } else { "PartialData" };
    Value::map([
        ("Id", part.query.id.into()),
        ("Label", part.query.label.into()),
        ("Timestamps", Value::Times(timestamps)),
        ("Values", Value::Numbers(values)),
        ("StatusCode", status.into()),
    ])
}

/// `None` for a query that only feeds others.
fn answer_query<'a, 'm>(
    metrics: &'m Metrics<'_>,
    query: &'a Value<'_>,
    datapoints: &mut Datapoints<'m>,
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
    let metric = metrics.find(&super::wanted(wanted)?);
    let label = query.text("Label").or_else(|| wanted.text("MetricName"));
    Ok(Some(Answered {
        id,
        label: label.unwrap_or_default(),
        datapoints: metric.map_or_else(
            || Rc::from([]),
            |metric| datapoints.of(metric, period as i64, statistic),
        ),
        first: 0,
    }))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}
