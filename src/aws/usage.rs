//! How close did the requests of each quota come to it?

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    Dimension, DimensionFilter, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::error::CallError;
use super::keys::timestamp;
use super::operations::{CLOUDWATCH_GET_METRIC_DATA as GET, CLOUDWATCH_LIST_METRICS as LIST};
use super::paging::Pages;
use super::session::RegionSession;
use crate::facts::{Fact, Fallback, Peak, RequestQuota, Usage, UsageMetric};

/// The finest resolution CloudWatch keeps for these metrics.
const PERIOD_SECONDS: u32 = 60;
/// The most datapoints of one request.
const MOST_DATAPOINTS: usize = 100_800;
/// The most metrics of one request.
const MOST_QUERIES: usize = 500;

/// The stretch of time whose peak is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsageWindow {
    /// Its first minute.
    pub start: Timestamp,
    /// The minute it ends at, not included.
    pub end: Timestamp,
}

impl UsageWindow {
    /// The `days` before a moment, in whole minutes. CloudWatch keeps minutes for 15 days.
    pub fn before(moment: Timestamp, days: u32) -> Self {
        let minutes = moment.as_second().div_euclid(60);
        let whole = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap_or(moment);
        UsageWindow {
            start: whole(minutes - i64::from(days) * 24 * 60),
            end: whole(minutes),
        }
    }

    fn datapoints(&self) -> usize {
        let length: SignedDuration = self.end.duration_since(self.start);
        usize::try_from(length.as_secs() / i64::from(PERIOD_SECONDS)).unwrap_or(0)
    }

    fn nothing(&self) -> Usage {
        Usage {
            window_start: self.start,
            window_end: self.end,
            resolution_seconds: PERIOD_SECONDS,
            datapoints: 0,
            peak: None,
        }
    }
}

/// Reads the use of each quota and writes it into `quotas`. Returns what failed and was found another way.
pub async fn read_usage(
    session: &RegionSession,
    quotas: &mut [RequestQuota],
    window: UsageWindow,
) -> Vec<Fallback> {
    let namespace = quotas.first().map_or("AWS/Usage", |quota| &quota.metric.namespace);
    let (with_data, fallbacks) = match list_metrics(session, namespace).await {
        Ok(metrics) => (Some(metrics), Vec::new()),
        Err(error) => {
            let instead = "the usage metric of every request quota was fetched, with data or without";
            (None, vec![error.fallback(Some(&session.region), instead)])
        }
    };
    let mut asked: Vec<&mut RequestQuota> = Vec::new();
    for quota in quotas {
        // The cryptographic pools are always asked about; others only where `ListMetrics` shows data.
        let wanted =
            quota.is_cryptographic() || with_data.as_ref().is_none_or(|metrics| metrics.contains(&quota.metric));
        if wanted {
            asked.push(quota);
        } else {
            quota.usage = Fact::Known(window.nothing());
        }
    }
    let at_once = (MOST_DATAPOINTS / window.datapoints().max(1)).clamp(1, MOST_QUERIES);
    let mut refusal: Option<CallError> = None;
    for batch in asked.chunks_mut(at_once) {
        match &refusal {
            None => {
                refusal = read_batch(session, batch, window)
                    .await
                    .err()
                    .filter(CallError::refuses_operation)
            }
            Some(refusal) => {
                for quota in batch {
                    quota.usage = Fact::Unavailable(refusal.clone().into());
                }
            }
        }
    }
    fallbacks
}

/// The metrics of a namespace that have data, and of those the ones that are KMS's.
async fn list_metrics(session: &RegionSession, namespace: &str) -> Result<Vec<UsageMetric>, CallError> {
    let kms = DimensionFilter::builder().name("Service").value("KMS").build();
    let mut metrics = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            session
                .cloudwatch
                .list_metrics()
                .namespace(namespace)
                .dimensions(kms.clone())
                .set_next_token(token.clone())
                .send()
        };
        let page = session.caller.call(LIST, request).await?;
        let Some(listed) = page.metrics else {
            return Err(CallError::malformed(LIST, "the answer has no list of metrics"));
        };
        let brought = listed.len();
        metrics.extend(listed.into_iter().filter_map(usage_metric));
        match pages.next(LIST, None, page.next_token.as_deref(), brought)? {
            Some(next) => token = Some(next),
            None => return Ok(metrics),
        }
    }
}

fn usage_metric(metric: Metric) -> Option<UsageMetric> {
    Some(UsageMetric {
        namespace: metric.namespace?,
        name: metric.metric_name?,
        dimensions: metric
            .dimensions
            .unwrap_or_default()
            .into_iter()
            .filter_map(|dimension| Some((dimension.name?, dimension.value?)))
            .collect(),
    })
}

/// Fetches the metrics of a few quotas, all pages, and writes their use.
async fn read_batch(
    session: &RegionSession,
    batch: &mut [&mut RequestQuota],
    window: UsageWindow,
) -> Result<(), CallError> {
    let queries: Vec<MetricDataQuery> = batch
        .iter()
        .enumerate()
        .map(|(n, quota)| query(n, &quota.metric))
        .collect();
    let mut series: BTreeMap<String, Series> = BTreeMap::new();
    let outcome = fetch(session, queries, window, &mut series).await;
    for (n, quota) in batch.iter_mut().enumerate() {
        quota.usage = match (&outcome, series.remove(&query_id(n))) {
            (Err(error), _) => Fact::Unavailable(error.clone().into()),
            (Ok(()), Some(series)) => series.usage(window).into(),
            (Ok(()), None) => Fact::Unavailable(
                CallError::malformed(GET, "the answer leaves out a metric that was asked for").into(),
            ),
        };
    }
    outcome
}

async fn fetch(
    session: &RegionSession,
    queries: Vec<MetricDataQuery>,
    window: UsageWindow,
    series: &mut BTreeMap<String, Series>,
) -> Result<(), CallError> {
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            session
                .cloudwatch
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_secs(window.start.as_second()))
                .end_time(DateTime::from_secs(window.end.as_second()))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(token.clone())
                .send()
        };
        let page = session.caller.call(GET, request).await?;
        let Some(results) = page.metric_data_results else {
            return Err(CallError::malformed(GET, "the answer has no metric data"));
        };
        let mut brought = 0;
        for result in results {
            brought += result.values().len();
            series
                .entry(result.id().unwrap_or_default().to_owned())
                .or_default()
                .add(&result, window)?;
        }
        match pages.next(GET, None, page.next_token.as_deref(), brought)? {
            Some(next) => token = Some(next),
            None => return Ok(()),
        }
    }
}

fn query_id(n: usize) -> String {
    format!("quota{n}")
}

/// Asks for the Sum of each minute: `CallCount` has one datapoint of value 1 for each call, so its Maximum is always
/// 1 and its Average too.
fn query(n: usize, metric: &UsageMetric) -> MetricDataQuery {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(name).value(value).build())
        .collect();
    let metric = Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(dimensions))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(PERIOD_SECONDS as i32)
        .stat("Sum")
        .build();
    MetricDataQuery::builder()
        .id(query_id(n))
        .metric_stat(stat)
        .return_data(true)
        .build()
}

/// The datapoints of one metric, as far as they matter.
#[derive(Debug, Default)]
struct Series {
    datapoints: u64,
    peak: Option<Peak>,
    /// What the last page said of this metric.
    status: Option<StatusCode>,
    said: Option<String>,
}

impl Series {
    fn add(&mut self, result: &MetricDataResult, window: UsageWindow) -> Result<(), CallError> {
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
            if at < window.start || at >= window.end || !sum.is_finite() {
                continue;
            }
            self.datapoints += 1;
            // The first of equal minutes, whatever order they come in.
            if self
                .peak
                .is_none_or(|peak| sum > peak.sum || (sum == peak.sum && at < peak.at))
            {
                self.peak = Some(Peak { sum, at });
            }
        }
        self.status = result.status_code().cloned();
        if let Some(message) = result.messages().first() {
            self.said = message.value().or(message.code()).map(str::to_owned);
        }
        Ok(())
    }

    /// The use, unless CloudWatch says that it did not deliver everything.
    fn usage(self, window: UsageWindow) -> Result<Usage, CallError> {
        match self.status {
            Some(StatusCode::Complete) => Ok(Usage {
                datapoints: self.datapoints,
                peak: self.peak,
                ..window.nothing()
            }),
            status => {
                let status = status.as_ref().map_or("no status", |status| status.as_str());
                let said = self.said.unwrap_or_else(|| "no reason was given".to_owned());
                Err(CallError::new(
                    GET,
                    status,
                    format!("the datapoints are not complete: {said}"),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> UsageWindow {
        UsageWindow::before("2026-06-15T06:00:42Z".parse().unwrap(), 14)
    }

    fn page(minutes: &[(i64, f64)], status: StatusCode) -> MetricDataResult {
        let mut page = MetricDataResult::builder().id("quota0").status_code(status);
        for &(minute, sum) in minutes {
            let at = window().start.as_second() + minute * 60;
            page = page.timestamps(DateTime::from_secs(at)).values(sum);
        }
        page.build()
    }

    #[test]
    fn the_window_is_fourteen_days_of_whole_minutes() {
        assert_eq!(window().end.to_string(), "2026-06-15T06:00:00Z");
        assert_eq!(window().start.to_string(), "2026-06-01T06:00:00Z");
        assert_eq!(window().datapoints(), 20_160);
        assert_eq!(MOST_DATAPOINTS / window().datapoints(), 5);
    }

    #[test]
    fn the_peak_is_the_busiest_minute_over_all_pages() {
        let mut series = Series::default();
        series
            .add(&page(&[(0, 60.0), (1, 840_000.0)], StatusCode::PartialData), window())
            .unwrap();
        series
            .add(&page(&[(2, 840_000.0), (3, 5.0)], StatusCode::Complete), window())
            .unwrap();
        let usage = series.usage(window()).unwrap();
        assert_eq!(usage.datapoints, 4);
        assert_eq!(usage.peak_rate().unwrap().0, 14_000.0);
        assert_eq!(usage.peak.unwrap().at.as_second(), window().start.as_second() + 60);
    }

    #[test]
    fn datapoints_that_are_not_complete_are_no_answer() {
        for status in [
            StatusCode::PartialData,
            StatusCode::InternalError,
            StatusCode::Forbidden,
        ] {
            let mut series = Series::default();
            series.add(&page(&[(0, 60.0)], status.clone()), window()).unwrap();
            assert_eq!(series.usage(window()).unwrap_err().code, status.as_str());
        }
    }

    #[test]
    fn no_datapoints_is_not_a_peak_of_zero() {
        let mut series = Series::default();
        series.add(&page(&[], StatusCode::Complete), window()).unwrap();
        let usage = series.usage(window()).unwrap();
        assert_eq!((usage.datapoints, usage.peak), (0, None));
    }
}
