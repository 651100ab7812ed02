//! The check of request quotas for the textfile collector of Prometheus' node_exporter: the series of a scan that are about
//! quotas, and whether each could be assessed.

use std::io::Write;

use super::super::ReportError;
use super::super::prometheus::{Metrics, about_the_scan, coverage, flag, of_quota, quotas};
use crate::assessment::{QuotaCheck, QuotaVerdict};

/// Writes the metrics in the text format, version 0.0.4.
///
/// # Errors
/// When `out` refuses them.
pub fn write_quota_prometheus(check: &QuotaCheck, out: &mut dyn Write) -> Result<(), ReportError> {
    let metrics = &mut Metrics(out);
    about_the_scan(metrics, &check.overview)?;
    coverage(metrics, &check.overview)?;
    let rows = check.rows.iter();
    quotas(metrics, rows.clone().map(|row| &row.row), Some(check.threshold_percent))?;
    let assessed = rows.map(|row| (of_quota(&row.row), flag(row.verdict != QuotaVerdict::NotAssessed)));
    metrics.gauge(
        "request_quota_assessed",
        "Whether the peak could be held against the limit. Where it is 0, it is neither below the threshold nor at it.",
        assessed,
    )?;
    Ok(())
}
