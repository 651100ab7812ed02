//! Which metric filters feed the alarms of a Region?

use super::error::CallError;
use super::operations::LOGS_DESCRIBE_METRIC_FILTERS as DESCRIBE;
use super::paging::Pages;
use super::session::Session;
use crate::facts::{Alarm, Fact, FilterMetric, MetricFilter, Region};
use crate::model::CustomMetrics;

/// The largest page CloudWatch Logs allows.
const FILTERS_A_PAGE: i32 = 50;

/// Reads the metric filters that feed a metric one of the alarms watches, in the order of their log groups and names. A
/// Region whose alarms watch nothing but metrics of AWS is not asked.
pub async fn read_metric_filters(session: &Session, region: &Region, alarms: &[Alarm]) -> Fact<Vec<MetricFilter>> {
    let watched = CustomMetrics::watched_by(alarms, &session.account_id);
    if watched.is_empty() {
        return Fact::NotCollected;
    }
    describe_metric_filters(session, region, &watched).await.into()
}

async fn describe_metric_filters(
    session: &Session,
    region: &Region,
    watched: &CustomMetrics<'_>,
) -> Result<Vec<MetricFilter>, CallError> {
    let (caller, logs) = session.logs(region);
    let mut filters = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            logs.describe_metric_filters()
                .limit(FILTERS_A_PAGE)
                .set_next_token(token.clone())
                .send()
        };
        let page = caller.call(DESCRIBE, request).await?;
        let Some(listed) = page.metric_filters else {
            return Err(CallError::malformed(
                DESCRIBE,
                "the answer has no list of metric filters",
            ));
        };
        let brought = listed.len();
        for filter in listed {
            let filter = metric_filter(filter)
                .ok_or_else(|| CallError::malformed(DESCRIBE, "a filter in the list has no name or log group"))?;
            if watched.are_fed_by(&filter) {
                filters.push(filter);
            }
        }
        match pages.next(DESCRIBE, None, page.next_token.as_deref(), brought)? {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    filters.sort_by(|a, b| (&a.log_group, &a.name).cmp(&(&b.log_group, &b.name)));
    Ok(filters)
}

fn metric_filter(sdk: aws_sdk_cloudwatchlogs::types::MetricFilter) -> Option<MetricFilter> {
    let metrics = sdk.metric_transformations.unwrap_or_default().into_iter();
    Some(MetricFilter {
        name: sdk.filter_name?,
        log_group: sdk.log_group_name?,
        // An empty pattern matches every event.
        pattern: sdk.filter_pattern.unwrap_or_default(),
        metrics: metrics
            .map(|metric| FilterMetric {
                namespace: metric.metric_namespace,
                name: metric.metric_name,
            })
            .collect(),
    })
}
