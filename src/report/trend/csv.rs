//! The numbers for spreadsheets: for each run a row of the whole, without a Region, and one for each Region.

use std::io::Write;

use crate::report::spreadsheet::{cell, refusal};
use crate::trend::{Numbers, Trend, TrendRow};

const HEADER: [&str; 13] = [
    "as_of",
    "region",
    "accounts",
    "complete",
    "keys",
    "unjustified",
    "monthly_cost_usd",
    "gaps",
    "symmetric_utilization",
    "highest_utilization",
    "highest_pool",
    "accounts_not_in_newest",
    "accounts_only_in_newest",
];

/// Writes the numbers.
///
/// # Errors
/// When `out` refuses them.
pub fn write_trend_csv(trend: &Trend, out: &mut dyn Write) -> std::io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(HEADER).map_err(refusal)?;
    for run in &trend.runs {
        rows.write_record(record(run, "", &run.total)).map_err(refusal)?;
        for (region, numbers) in &run.regions {
            rows.write_record(record(run, region.as_str(), numbers))
                .map_err(refusal)?;
        }
    }
    rows.flush()
}

fn record(run: &TrendRow, region: &str, numbers: &Numbers) -> [String; 13] {
    let part = |part: Option<f64>| part.map_or_else(String::new, |part| part.to_string());
    [
        run.as_of.to_string(),
        cell(region).into_owned(),
        run.accounts.to_string(),
        run.complete.to_string(),
        numbers.keys.to_string(),
        numbers.unjustified.to_string(),
        numbers.monthly_cost_usd.dollars().to_string(),
        numbers.gaps.to_string(),
        part(numbers.symmetric_utilization),
        part(numbers.highest_utilization),
        cell(numbers.highest_pool.as_deref().unwrap_or_default()).into_owned(),
        run.accounts_not_in_newest.to_string(),
        run.accounts_only_in_newest.to_string(),
    ]
}
