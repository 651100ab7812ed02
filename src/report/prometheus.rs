//! `metrics.prom`: the numbers for the textfile collector of Prometheus' node_exporter.
//!
//! A number that is not known has no series. Where a list could not be read to its end, what was seen of it is a lower bound,
//! and the series that says so is 0.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Report, ReportError};
use crate::assessment::{InventoryRow, Overview, QuotaRow};
use crate::severity::Severity;
use crate::visible::visible;

/// Writes the metrics in the text format, version 0.0.4.
///
/// # Errors
/// When `out` refuses them.
pub fn write_prometheus(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let metrics = &mut Metrics(out);
    let document = report.document;
    about_the_scan(metrics, document)?;
    coverage(metrics, document)?;
    keys(metrics, document)?;
    let threshold = document.scan.parameters.get("threshold_percent");
    quotas(metrics, &document.quota, threshold.and_then(serde_json::Value::as_f64))?;
    buckets(metrics, document)?;
    findings(metrics, document)?;
    Ok(())
}

/// The metrics, one after the other.
pub(super) struct Metrics<'o>(pub(super) &'o mut dyn Write);

pub(super) type Labels<'a, const N: usize> = [(&'static str, &'a str); N];

impl Metrics<'_> {
    /// Writes a gauge and its series. One without series is left away.
    pub(super) fn gauge<'a, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'a, N>, f64)>,
    ) -> io::Result<()> {
        let mut series = series.into_iter().peekable();
        if series.peek().is_none() {
            return Ok(());
        }
        writeln!(self.0, "# HELP kms_audit_{name} {help}\n# TYPE kms_audit_{name} gauge")?;
        for (labels, value) in series {
            writeln!(self.0, "kms_audit_{name}{} {value}", braced(&labels))?;
        }
        Ok(())
    }

    /// Writes a gauge without labels.
    fn number(&mut self, name: &str, help: &str, value: f64) -> io::Result<()> {
        self.gauge(name, help, [([], value)])
    }
}

/// Labels as the format has them: a quotation mark, a backslash or a line end in a value ends nothing.
fn braced(labels: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (position, (name, value)) in labels.iter().enumerate() {
        let value = visible(value).replace('\\', "\\\\").replace('"', "\\\"");
        let before = if position == 0 { "{" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(text, "{before}{name}=\"{value}\"");
    }
    if !labels.is_empty() {
        text.push('}');
    }
    text
}

pub(super) fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

pub(super) fn about_the_scan(metrics: &mut Metrics<'_>, document: &Overview) -> io::Result<()> {
    let scan = &document.scan;
    let labels = [
        ("version", document.tool.version.as_str()),
        ("partition", &scan.partition),
        ("sandbox", scan.sandbox.as_deref().unwrap_or_default()),
    ];
    metrics.gauge(
        "info",
        "What made the numbers. The label sandbox names the estate where they are not about AWS.",
        [(labels, 1.0)],
    )?;
    metrics.number(
        "scan_timestamp_seconds",
        "The moment all numbers refer to, in seconds since 1970.",
        scan.as_of.as_second() as f64,
    )?;
    let accounts = [
        ("scanned", scan.accounts.len()),
        ("skipped", scan.accounts_skipped.len()),
        ("not_entered", scan.accounts_not_entered.len()),
    ];
    metrics.gauge(
        "accounts",
        "The accounts that were to be looked at, by what became of them.",
        accounts.map(|(state, count)| ([("state", state)], count as f64)),
    )
}

pub(super) fn coverage(metrics: &mut Metrics<'_>, document: &Overview) -> io::Result<()> {
    metrics.number(
        "coverage_complete",
        "Whether everything was read. Where it is 0, what is missing is neither in order nor a finding.",
        flag(document.coverage.complete),
    )?;
    metrics.number(
        "scan_interrupted",
        "Whether the scan was stopped before its end.",
        flag(document.scan.interrupted),
    )?;
    metrics.number(
        "gaps",
        "What could not be read: calls that failed, by account, Region, error and what they leave unknown.",
        document.coverage.gaps.len() as f64,
    )
}

fn of_region(row: &InventoryRow) -> [(&'static str, &str); 2] {
    [("account_id", row.account_id.as_str()), ("region", row.region.as_str())]
}

/// The Regions of which the keys are known, if only some of them.
fn with_keys(document: &Overview) -> impl Iterator<Item = &InventoryRow> {
    let rows = document.inventory.iter();
    rows.filter(|row| row.complete || row.customer_managed + row.aws_managed + row.unknown_manager > 0)
}

fn keys(metrics: &mut Metrics<'_>, document: &Overview) -> io::Result<()> {
    metrics.gauge(
        "key_inventory_complete",
        "Whether the list of keys was read to its end. Where it is 0, the numbers of keys are lower bounds.",
        document
            .inventory
            .iter()
            .map(|row| (of_region(row), flag(row.complete))),
    )?;
    let standings = with_keys(document).flat_map(|row| {
        let [account, region] = of_region(row);
        [
            ("justified", row.justified),
            ("unjustified", row.unjustified),
            ("unrecognized", row.unrecognized),
            ("pending_deletion", row.pending_deletion),
            ("not_assessed", row.not_assessed),
        ]
        .map(|(standing, count)| ([account, region, ("standing", standing)], count as f64))
    });
    metrics.gauge(
        "customer_managed_keys",
        "Customer managed keys by where they stand. Each key is in one of the five.",
        standings,
    )?;
    metrics.gauge(
        "aws_managed_keys",
        "AWS managed keys.",
        with_keys(document).map(|row| (of_region(row), row.aws_managed as f64)),
    )?;
    metrics.gauge(
        "key_storage_usd_per_month",
        "What the customer managed keys cost a month to keep, at the list price, before rotations and requests.",
        with_keys(document).map(|row| (of_region(row), row.monthly_cost_usd.dollars())),
    )
}

pub(super) fn of_quota(row: &QuotaRow) -> [(&'static str, &str); 4] {
    [
        ("account_id", row.account_id.as_str()),
        ("region", row.region.as_str()),
        ("pool", &row.pool),
        ("quota_code", &row.quota_code),
    ]
}

/// The limits and peaks of quotas, and the percentage that they are held against, where that is known.
pub(super) fn quotas<'a>(
    metrics: &mut Metrics<'_>,
    rows: impl IntoIterator<Item = &'a QuotaRow> + Clone,
    threshold_percent: Option<f64>,
) -> io::Result<()> {
    let limits = rows.clone().into_iter().map(|row| {
        let [account, region, pool, code] = of_quota(row);
        let source = ("source", row.limit_source.as_str());
        ([account, region, pool, code, source], row.limit_rps.0)
    });
    metrics.gauge(
        "request_quota_limit",
        "The request quota, in requests a second, and where its value comes from.",
        limits,
    )?;
    let known = |value: fn(&QuotaRow) -> Option<f64>| {
        let rows = rows.clone().into_iter();
        rows.filter_map(move |row| Some((of_quota(row), value(row)?)))
    };
    metrics.gauge(
        "request_quota_peak",
        "The busiest minute of the window, in requests a second: a lower bound, since a minute hides shorter bursts.",
        known(|row| row.peak_rps.map(|peak| peak.0)),
    )?;
    metrics.gauge(
        "request_quota_peak_timestamp_seconds",
        "When the busiest minute began, in seconds since 1970.",
        known(|row| row.peak_at.map(|at| at.as_second() as f64)),
    )?;
    metrics.gauge(
        "request_quota_utilization_ratio",
        "How much of the request quota the busiest minute used, 1 being all of it.",
        known(|row| row.utilization),
    )?;
    match threshold_percent {
        None => Ok(()),
        Some(percent) => metrics.number(
            "request_quota_threshold_ratio",
            "The utilization from which a peak is a finding.",
            percent / 100.0,
        ),
    }
}

fn buckets(metrics: &mut Metrics<'_>, document: &Overview) -> io::Result<()> {
    let summary = &document.summary;
    metrics.number(
        "bucket_inventory_complete",
        "Whether the list of buckets was read to its end. Where it is 0, the numbers of buckets are lower bounds.",
        flag(summary.bucket_inventory_complete),
    )?;
    if summary.buckets == 0 && !summary.bucket_inventory_complete {
        return Ok(());
    }
    for (name, help, count) in [
        ("buckets", "General purpose buckets.", summary.buckets),
        (
            "sse_kms_buckets",
            "Buckets that use SSE-KMS by default.",
            summary.sse_kms_buckets,
        ),
        (
            "sse_kms_buckets_without_bucket_key",
            "Of these, how many have no S3 Bucket Key.",
            summary.sse_kms_buckets_without_bucket_key,
        ),
        (
            "buckets_not_assessed",
            "Buckets whose default encryption could not be read.",
            summary.buckets_not_assessed,
        ),
    ] {
        metrics.number(name, help, count as f64)?;
    }
    Ok(())
}

fn findings(metrics: &mut Metrics<'_>, document: &Overview) -> io::Result<()> {
    let counts = Severity::ALL.into_iter().filter_map(|severity| {
        let count = document.summary.findings.get(severity.as_str())?;
        Some(([("severity", severity.as_str())], *count as f64))
    });
    metrics.gauge(
        "findings",
        "Findings by severity, without those that an exception of the configuration covers.",
        counts,
    )?;
    let judged: Vec<&str> = document.checks().collect();
    let rows = document.assessments.iter();
    let outcomes = rows.filter(|row| judged.contains(&row.check.as_str())).flat_map(|row| {
        [
            ("passed", row.passed),
            ("failed", row.failed),
            ("excepted", row.excepted),
            ("not_assessed", row.not_assessed),
        ]
        .map(|(outcome, count)| ([("check", row.check.as_str()), ("outcome", outcome)], count as f64))
    });
    metrics.gauge(
        "check_resources",
        "Resources by check and outcome. A check that is switched off has no series.",
        outcomes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_ends_where_it_should() {
        let labels = [("pool", "a\"} 1\nforged 2\\"), ("region", "eu-west-3")];
        assert_eq!(
            braced(&labels),
            "{pool=\"a\\\"} 1\\\\u{a}forged 2\\\\\",region=\"eu-west-3\"}"
        );
        assert_eq!(braced(&[]), "");
    }
}
