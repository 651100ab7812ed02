//! Fetching the datapoints of metrics, as many metrics a request as CloudWatch allows, and listing metrics.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    Dimension, DimensionFilter, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::clients::RegionSession;
use super::error::CallError;
use super::moment::timestamp;
use super::operations::{CLOUDWATCH_GET_METRIC_DATA as GET, CLOUDWATCH_LIST_METRICS as LIST};
use super::paging::Pages;
use super::window::UsageWindow;

/// The most datapoints of one request.
const MOST_DATAPOINTS: usize = 100_800;
/// The most metrics of one request.
const MOST_QUERIES: usize = 500;
/// The share of a full request that any counts for: besides the datapoints, AWS limits the requests to 500 a second,
/// where 3.9 full ones would take all datapoints.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/cw_region.html>.
const LEAST_SHARE: f64 = 396_000.0 / 100_800.0 / 500.0;

/// The sum of one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Datapoint {
    /// When the period begins.
    pub at: Timestamp,
    /// The `Sum` of its samples.
    pub sum: f64,
}

/// The question for the sums of each period of a window. Only sums are asked for: `CallCount` has one sample of value 1
/// for each call, so that its Maximum is always 1 and its Average too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums<'s> {
    pub session: &'s RegionSession,
    pub window: UsageWindow,
    pub period_seconds: u32,
}

impl Sums<'_> {
    /// Hands the datapoints of each metric to `take`, with the position of the metric, and says of each metric whether
    /// these were all.
    pub(super) async fn each(
        &self,
        metrics: impl Iterator<Item = Metric>,
        mut take: impl FnMut(usize, Datapoint),
    ) -> Vec<Result<(), CallError>> {
        let mut answers = Vec::new();
        let mut metrics = metrics.peekable();
        while metrics.peek().is_some() {
            let batch: Vec<Metric> = metrics.by_ref().take(self.at_once()).collect();
            let (first, size) = (answers.len(), batch.len());
            match self.fetch(batch, |n, datapoint| take(first + n, datapoint)).await {
                Ok(of_batch) => answers.extend(of_batch),
                Err(error) => answers.extend(std::iter::repeat_n(Err(error), size)),
            }
        }
        answers
    }

    /// The sum of the datapoints of each metric, zero where it has none.
    pub(super) async fn total_of_each(&self, metrics: impl Iterator<Item = Metric>) -> Vec<Result<f64, CallError>> {
        let mut totals: BTreeMap<usize, f64> = BTreeMap::new();
        let answers = self
            .each(metrics, |n, datapoint| *totals.entry(n).or_default() += datapoint.sum)
            .await;
        answers
            .into_iter()
            .enumerate()
            .map(|(n, answer)| answer.map(|()| totals.remove(&n).unwrap_or(0.0)))
            .collect()
    }

    /// Hands the datapoints of each metric to `take`, with the position of the metric. What follows a metric that could
    /// not be read whole is not asked for.
    pub(super) async fn all(
        &self,
        metrics: impl Iterator<Item = Metric>,
        mut take: impl FnMut(usize, Datapoint),
    ) -> Result<(), CallError> {
        let mut first = 0;
        let mut metrics = metrics.peekable();
        while metrics.peek().is_some() {
            let batch: Vec<Metric> = metrics.by_ref().take(self.at_once()).collect();
            let size = batch.len();
            let answers = self.fetch(batch, |n, datapoint| take(first + n, datapoint)).await?;
            answers.into_iter().collect::<Result<(), CallError>>()?;
            first += size;
        }
        Ok(())
    }

    fn at_once(&self) -> usize {
        let datapoints = self.window.datapoints(self.period_seconds).max(1);
        (MOST_DATAPOINTS / datapoints).clamp(1, MOST_QUERIES)
    }

    /// Fetches what fits into one request, over all pages. A Region that refuses this once is not asked again.
    async fn fetch(
        &self,
        metrics: Vec<Metric>,
        take: impl FnMut(usize, Datapoint),
    ) -> Result<Vec<Result<(), CallError>>, CallError> {
        if let Some(refusal) = self.session.metric_data_refusal.get() {
            return Err(refusal.clone());
        }
        let answers = self.fetch_pages(metrics, take).await;
        if let Err(error) = &answers
            && error.refuses_operation()
        {
            self.session.metric_data_refusal.get_or_init(|| error.clone());
        }
        answers
    }

    async fn fetch_pages(
        &self,
        metrics: Vec<Metric>,
        mut take: impl FnMut(usize, Datapoint),
    ) -> Result<Vec<Result<(), CallError>>, CallError> {
        let datapoints = metrics.len() * self.window.datapoints(self.period_seconds);
        let share = (datapoints as f64 / MOST_DATAPOINTS as f64).max(LEAST_SHARE);
        let mut said = vec![Said::default(); metrics.len()];
        let queries: Vec<MetricDataQuery> = metrics
            .into_iter()
            .enumerate()
            .map(|(n, metric)| self.query(n, metric))
            .collect();
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let request = || {
                self.session
                    .cloudwatch
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries.clone()))
                    .start_time(DateTime::from_secs(self.window.start.as_second()))
                    .end_time(DateTime::from_secs(self.window.end.as_second()))
                    .scan_by(ScanBy::TimestampAscending)
                    .set_next_token(token.clone())
                    .send()
            };
            let page = self.session.caller.call_for_data(share, GET, request).await?;
            let Some(results) = page.metric_data_results else {
                return Err(CallError::malformed(GET, "the answer has no metric data"));
            };
            let mut brought = 0;
            for result in results {
                brought += result.values().len();
                let Some(n) = result.id().and_then(position_of) else {
                    continue;
                };
                if let Some(said) = said.get_mut(n) {
                    said.hear(&result);
                    self.read(&result, |datapoint| take(n, datapoint))?;
                }
            }
            match pages.next(GET, None, page.next_token.as_deref(), brought)? {
                Some(next) => token = Some(next),
                None => return Ok(said.into_iter().map(Said::verdict).collect()),
            }
        }
    }

    fn query(&self, n: usize, metric: Metric) -> MetricDataQuery {
        let stat = MetricStat::builder()
            .metric(metric)
            .period(i32::try_from(self.period_seconds).unwrap_or(i32::MAX))
            .stat("Sum")
            .build();
        MetricDataQuery::builder()
            .id(id_of(n))
            .metric_stat(stat)
            .return_data(true)
            .build()
    }

    fn read(&self, result: &MetricDataResult, mut take: impl FnMut(Datapoint)) -> Result<(), CallError> {
        let (times, sums) = (result.timestamps(), result.values());
        if times.len() != sums.len() {
            return Err(CallError::malformed(
                GET,
                "the answer has more moments than values, or fewer",
            ));
        }
        for (time, &sum) in times.iter().zip(sums) {
            let Some(at) = timestamp(time) else {
                return Err(CallError::malformed(
                    GET,
                    "the answer has a moment outside of the calendar",
                ));
            };
            if (self.window.start..self.window.end).contains(&at) && sum.is_finite() {
                take(Datapoint { at, sum });
            }
        }
        Ok(())
    }
}

/// The id of a query. Ids begin with a small letter.
fn id_of(n: usize) -> String {
    format!("m{n}")
}

fn position_of(id: &str) -> Option<usize> {
    id.strip_prefix('m')?.parse().ok()
}

/// What CloudWatch said of one metric.
#[derive(Clone, Debug, Default)]
struct Said {
    /// What the last page said of it.
    status: Option<StatusCode>,
    message: Option<String>,
}

impl Said {
    fn hear(&mut self, result: &MetricDataResult) {
        self.status = result.status_code().cloned();
        if let Some(message) = result.messages().first() {
            self.message = message.value().or(message.code()).map(str::to_owned);
        }
    }

    /// Whether CloudWatch says that it delivered everything.
    fn verdict(self) -> Result<(), CallError> {
        match self.status {
            Some(StatusCode::Complete) => Ok(()),
            None => Err(CallError::malformed(
                GET,
                "the answer leaves out a metric that was asked for, or its status",
            )),
            Some(status) => {
                let said = self.message.unwrap_or_else(|| "no reason was given".to_owned());
                let message = format!("the datapoints are not complete: {said}");
                Err(CallError::new(GET, status.as_str(), message))
            }
        }
    }
}

/// A metric by its full name.
pub(super) fn metric<'t>(
    namespace: &str,
    name: &str,
    dimensions: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> Metric {
    let dimensions = dimensions.into_iter();
    let dimensions = dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build());
    Metric::builder()
        .namespace(namespace)
        .metric_name(name)
        .set_dimensions(Some(dimensions.collect()))
        .build()
}

/// Which metrics to list.
#[derive(Clone, Copy, Debug)]
pub(super) struct MetricFilter<'f> {
    pub namespace: &'f str,
    /// The metric name; `None` for any.
    pub name: Option<&'f str>,
    /// A dimension and its value.
    pub dimension: Option<(&'f str, &'f str)>,
}

/// Hands every metric that matches, and had data in the last two weeks, to `take`.
pub(super) async fn list_metrics(
    session: &RegionSession,
    filter: MetricFilter<'_>,
    mut take: impl FnMut(Metric),
) -> Result<(), CallError> {
    let dimension = filter
        .dimension
        .map(|(name, value)| DimensionFilter::builder().name(name).value(value).build());
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            session
                .cloudwatch
                .list_metrics()
                .namespace(filter.namespace)
                .set_metric_name(filter.name.map(str::to_owned))
                .set_dimensions(dimension.clone().map(|dimension| vec![dimension]))
                .set_next_token(token.clone())
                .send()
        };
        let page = session.caller.call(LIST, request).await?;
        let Some(listed) = page.metrics else {
            return Err(CallError::malformed(LIST, "the answer has no list of metrics"));
        };
        let brought = listed.len();
        listed.into_iter().for_each(&mut take);
        match pages.next(LIST, None, page.next_token.as_deref(), brought)? {
            Some(next) => token = Some(next),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
