//! How many objects of a bucket are read and written?

use aws_sdk_cloudwatch::types::Metric;
use aws_sdk_s3::types::{MetricsConfiguration as SdkConfiguration, MetricsFilter};

use super::call::Caller;
use super::clients::RegionSession;
use super::error::CallError;
use super::metric_data::{Sums, metric};
use super::operations::S3_LIST_BUCKET_METRICS_CONFIGURATIONS as LIST;
use super::paging::Pages;
use super::window::{DAY, UsageWindow};
use crate::facts::{Bucket, BucketRequests, Fact, MetricsConfiguration};

/// The metrics of the requests that take a data key, or give one back.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>.
const REQUESTS: [&str; 2] = ["GetRequests", "PutRequests"];

/// The request metrics configurations of a bucket, in the order of their ids.
pub(super) async fn list_metrics_configurations(
    caller: &Caller,
    client: &aws_sdk_s3::Client,
    bucket: &str,
) -> Result<Vec<MetricsConfiguration>, CallError> {
    let mut configurations = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            client
                .list_bucket_metrics_configurations()
                .bucket(bucket)
                .set_continuation_token(token.clone())
                .send()
        };
        let page = caller.call(LIST, request).await?;
        // The list has no element of its own: only this one tells an empty list from something else.
        let Some(truncated) = page.is_truncated else {
            return Err(CallError::malformed(
                LIST,
                "the answer does not say whether the list of metrics configurations goes on",
            ));
        };
        let listed = page.metrics_configuration_list.unwrap_or_default();
        let brought = listed.len();
        configurations.extend(listed.into_iter().map(configuration));
        match pages.next(LIST, Some(truncated), page.next_continuation_token.as_deref(), brought)? {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    configurations.sort_by(|a: &MetricsConfiguration, b| a.id.cmp(&b.id));
    Ok(configurations)
}

fn configuration(sdk: SdkConfiguration) -> MetricsConfiguration {
    let whole_bucket = match &sdk.filter {
        None => true,
        Some(MetricsFilter::Prefix(prefix)) => prefix.is_empty(),
        Some(_) => false,
    };
    MetricsConfiguration {
        id: sdk.id,
        whole_bucket,
    }
}

/// Reads how many objects were read and written of each bucket whose request metrics configurations are known, and
/// writes it into the buckets, all of which lie in the Region.
pub async fn read_bucket_requests(session: &RegionSession, buckets: &mut [&mut Bucket], window: UsageWindow) {
    let window = window.since_midnight();
    let mut measured: Vec<(&mut Bucket, String)> = Vec::new();
    for bucket in buckets.iter_mut() {
        let Some(configurations) = bucket.metrics_configurations.known() else {
            continue;
        };
        let whole = configurations.iter().find(|configuration| configuration.whole_bucket);
        match whole.map(|configuration| configuration.id.clone()) {
            Some(id) => measured.push((bucket, id)),
            None => bucket.requests = Fact::Known(None),
        }
    }
    let asked: Vec<Metric> = measured
        .iter()
        .flat_map(|(bucket, id)| REQUESTS.map(|name| request_metric(&bucket.name, id, name)))
        .collect();
    let days = Sums {
        session,
        window,
        period_seconds: DAY,
    };
    let totals = days.total_of_each(asked.into_iter()).await;
    for ((bucket, _), totals) in measured.into_iter().zip(totals.chunks(REQUESTS.len())) {
        if let [get, put] = totals {
            bucket.requests = requests(get, put, window).map_err(CallError::clone).into();
        }
    }
}

fn request_metric(bucket: &str, filter: &str, name: &str) -> Metric {
    metric("AWS/S3", name, [("BucketName", bucket), ("FilterId", filter)])
}

fn requests<'e>(
    get: &'e Result<f64, CallError>,
    put: &'e Result<f64, CallError>,
    window: UsageWindow,
) -> Result<Option<BucketRequests>, &'e CallError> {
    Ok(Some(BucketRequests {
        window_start: window.start,
        window_end: window.end,
        get: *get.as_ref()?,
        put: *put.as_ref()?,
    }))
}

#[cfg(test)]
mod tests;
