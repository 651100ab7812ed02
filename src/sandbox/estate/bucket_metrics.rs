//! What CloudWatch knows of a bucket's requests.

use super::Problem;
use super::file::{At, BucketFile, CurveFile, RequestMetricsFile};
use super::usage::curve;
use crate::sandbox::curve::Curve;
use std::collections::HashSet;

/// A metrics configuration of a bucket, and the requests that it counts.
#[derive(Debug)]
pub(in crate::sandbox) struct RequestMetrics {
    /// Its id, which is the dimension `FilterId`.
    pub filter: String,
    /// Of the objects that are counted; every object where there is none.
    pub prefix: Option<String>,
    /// The names of metrics, each with its requests.
    pub requests: Vec<(&'static str, Curve)>,
}

/// The id that the console proposes for a configuration without a filter.
const ENTIRE_BUCKET: &str = "EntireBucket";
const MOST_CONFIGURATIONS: usize = 1000;

pub(super) fn request_metrics(file: &BucketFile) -> Result<Vec<RequestMetrics>, Problem> {
    let files = &file.request_metrics;
    if let Some(beyond) = files.get(MOST_CONFIGURATIONS) {
        let what = format!("a bucket has at most {MOST_CONFIGURATIONS} metrics configurations");
        return Err(Problem::new(beyond.span(), what));
    }
    let mut ids = HashSet::new();
    let mut metrics = Vec::with_capacity(files.len());
    for file in files {
        let filter = filter(file)?;
        if !ids.insert(filter.to_owned()) {
            let what =
                format!("the filter `{filter}` is there twice; the filters of a bucket have names of their own");
            return Err(Problem::new(file.span(), what));
        }
        metrics.push(RequestMetrics {
            filter: filter.to_owned(),
            prefix: file.prefix.clone(),
            requests: requests(file)?,
        });
    }
    // In the order of ListBucketMetricsConfigurations.
    metrics.sort_by(|a, b| a.filter.cmp(&b.filter));
    Ok(metrics)
}

fn filter(file: &At<RequestMetricsFile>) -> Result<&str, Problem> {
    let Some(filter) = &file.filter else {
        return Ok(ENTIRE_BUCKET);
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=64).contains(&filter.len()) && filter.bytes().all(allowed) {
        return Ok(filter);
    }
    Err(Problem::new(
        filter.span(),
        format!(
            "`{}` is no id of a metrics configuration; use 1 to 64 letters, digits, dots, hyphens and underscores",
            **filter
        ),
    ))
}

fn requests(file: &RequestMetricsFile) -> Result<Vec<(&'static str, Curve)>, Problem> {
    let kinds: [(&'static str, &Option<CurveFile>); 6] = [
        ("GetRequests", &file.get),
        ("PutRequests", &file.put),
        ("HeadRequests", &file.head),
        ("PostRequests", &file.post),
        ("DeleteRequests", &file.delete),
        ("ListRequests", &file.list),
    ];
    let given = kinds
        .into_iter()
        .filter_map(|(name, file)| Some((name, file.as_ref()?)));
    given.map(|(name, file)| Ok((name, curve(file)?))).collect()
}
