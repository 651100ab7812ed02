//! Words that several formats share, so that all say the same thing the same way.

use crate::assessment::{Document, QuotaRow, UsageState};
use crate::facts::Gap;
use crate::numbers::grouped;

/// What the peak is, in words.
pub(super) const PEAK_NOTE: &str = "A peak is the busiest minute of the window: its request count divided by 60. \
    Bursts shorter than a minute are hidden in it, so it is a lower bound. Requests that this account makes on keys \
    of other accounts are included; requests that others make on its keys count in their accounts.";

/// What the cost is, in words.
pub(super) const COST_NOTE: &str = "Key storage at the commercial list price of $1 a month; rotations (up to $2 a \
    month each key) and requests come on top.";

/// A count and the noun that goes with it.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A part of a whole, rounded down, so that 69.99 % is never shown as 70 %.
pub(super) fn percent(part: f64) -> String {
    let tenths = (part * 1_000.0 + 1e-9).floor() / 10.0;
    if part > 0.0 && tenths < 0.1 {
        "< 0.1 %".to_owned()
    } else {
        format!("{tenths} %")
    }
}

/// The peak of a quota, or why there is none.
pub(super) fn peak(row: &QuotaRow) -> String {
    match (row.usage, row.peak_rps) {
        (UsageState::Measured, Some(peak)) => peak.to_string(),
        (UsageState::NoDatapoints, _) => "no datapoints".to_owned(),
        _ => "unread".to_owned(),
    }
}

/// The quota rows worth reading: those with a peak or an unread metric, the highest utilization first. The rest, pools
/// without a datapoint, are a number.
pub(super) fn quotas_to_show(document: &Document) -> (Vec<&QuotaRow>, u64) {
    let (mut shown, silent): (Vec<_>, Vec<_>) = document
        .quota
        .iter()
        .partition(|row| row.usage != UsageState::NoDatapoints);
    shown.sort_by(|a, b| {
        let order = |row: &QuotaRow| row.utilization.unwrap_or(-1.0);
        order(b).total_cmp(&order(a))
    });
    (shown, silent.len() as u64)
}

/// What a gap left unread, in a few words.
pub(super) fn gap_scope(gap: &Gap) -> String {
    let region = gap
        .region
        .as_ref()
        .map_or("the account".to_owned(), ToString::to_string);
    match gap.resources.len() as u64 {
        0 => region,
        resources => format!("{region}, {}", counted(resources, "resource", "resources")),
    }
}

/// The last line of every report for people.
pub(super) fn coverage_line(document: &Document) -> String {
    let regions = counted(document.scan.regions.len() as u64, "Region", "Regions");
    let gaps = document.coverage.gaps.len() as u64;
    if document.scan.interrupted {
        format!(
            "Coverage: INCOMPLETE. The scan was stopped before its end; {} in {regions}.",
            counted(gaps, "gap", "gaps")
        )
    } else if document.coverage.complete {
        format!("Coverage: complete. Everything that was asked for in {regions} was read.")
    } else {
        format!(
            "Coverage: INCOMPLETE. {} in {regions}: what they hide is neither a pass nor a finding.",
            counted(gaps, "gap", "gaps")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_never_rounded_up_to_a_threshold() {
        assert_eq!(percent(0.6999), "69.9 %");
        assert_eq!(percent(0.7), "70 %");
        assert_eq!(percent(1.4), "140 %");
        assert_eq!(percent(0.0001), "< 0.1 %");
        assert_eq!(percent(0.0), "0 %");
    }
}
