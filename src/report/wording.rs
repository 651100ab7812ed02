//! Words that several formats share, so that all say the same thing the same way.

use crate::assessment::{GapSummary, InventoryRow, Overview, QuotaRow, UsageState};
use crate::digest::sha256;
use crate::facts::RegionSource;
use crate::model::day_of;
use crate::numbers::grouped;

/// What the peak is, in words.
pub(super) const PEAK_NOTE: &str = "A peak is the busiest minute of the window: its request count divided by 60. \
    Bursts shorter than a minute are hidden in it, so it is a lower bound. Requests that this account makes on keys \
    of other accounts are included; requests that others make on its keys count in their accounts.";

/// What the cost is, in words.
pub(super) const COST_NOTE: &str = "Key storage at the commercial list price of $1 a month; rotations (up to $2 a \
    month each key) and requests come on top.";

/// That the scan has no end, in words.
pub(super) const INTERRUPTED: &str = "the scan was stopped before its end";

/// Which call failed, and what AWS said.
pub(super) fn gap_failure(gap: &GapSummary) -> String {
    format!("{}: {}: {}", gap.operation, gap.error_code, gap.message)
}

/// What a gap is known by in every scan.
pub(super) fn gap_identity(gap: &GapSummary) -> String {
    let region = gap.region.as_ref().map_or("", |region| region.as_str());
    identity(&[
        "gap",
        gap.account_id.as_str(),
        region,
        &gap.operation,
        &gap.error_code,
        &gap.effect,
    ])
}

/// What something that is no finding is known by in every scan: as long as a fingerprint, from what it is.
pub(super) fn identity(parts: &[&str]) -> String {
    let mut hash = sha256(parts.join("\0"));
    hash.truncate(32);
    hash
}

/// For how long an operation was held back.
pub(super) fn held_back(milliseconds: u64) -> String {
    match milliseconds {
        0 => "-".to_owned(),
        _ => format!("{:.1} s", milliseconds as f64 / 1_000.0),
    }
}

/// A count and the noun that goes with it.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// How far back the peak was looked for.
pub(super) fn window<'a>(rows: impl IntoIterator<Item = &'a QuotaRow>) -> String {
    let length = rows
        .into_iter()
        .find_map(|row| Some(row.window_end?.duration_since(row.window_start?)));
    length.map_or("days".to_owned(), |length| {
        counted(length.as_hours().unsigned_abs() / 24, "day", "days")
    })
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
pub(super) fn quotas_to_show(document: &Overview) -> (Vec<&QuotaRow>, u64) {
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

/// The keys of accounts and Regions, where there is anything; where these are more than a table shows, those with the
/// most keys first.
pub(super) fn inventory_to_show(document: &Overview, most: usize) -> Vec<&InventoryRow> {
    let holds_something = |row: &&InventoryRow| {
        row.customer_managed > 0 || row.aws_managed > 0 || !row.complete || row.unknown_manager > 0
    };
    let mut rows: Vec<&InventoryRow> = document.inventory.iter().filter(holds_something).collect();
    if rows.len() > most {
        rows.sort_by_key(|row| std::cmp::Reverse(row.customer_managed));
    }
    rows
}

/// Keeps the rows a table shows, and says how many there were besides.
pub(super) fn cut<T>(rows: &mut Vec<T>, most: usize) -> u64 {
    let more = rows.len().saturating_sub(most);
    rows.truncate(most);
    more as u64
}

/// Where a gap is, in a few words.
pub(super) fn gap_place(document: &Overview, gap: &GapSummary) -> String {
    let region = region_of(document, gap);
    match gap.resources {
        0 => region,
        resources => format!("{region}, {}", counted(resources, "resource", "resources")),
    }
}

/// Where a gap is, with the first few of its resources.
pub(super) fn gap_scope(document: &Overview, gap: &GapSummary) -> String {
    let region = region_of(document, gap);
    if gap.resources == 0 {
        return region;
    }
    let names: Vec<_> = gap.examples.iter().map(|name| short_name(name)).collect();
    match gap.resources - names.len() as u64 {
        0 => format!("{region}: {}", names.join(", ")),
        more => format!("{region}: {} and {} more", names.join(", "), grouped(more)),
    }
}

fn region_of(document: &Overview, gap: &GapSummary) -> String {
    let several = has_several_accounts(document);
    match &gap.region {
        Some(region) if several => format!("{}, {region}", gap.account_id),
        Some(region) => region.to_string(),
        None if several => gap.account_id.to_string(),
        None => "the account".to_owned(),
    }
}

/// The last part of an ARN, which tells resources of one Region apart.
fn short_name(resource: &str) -> &str {
    resource.rsplit(['/', ':']).next().unwrap_or(resource)
}

/// That the report is not about AWS, where it is not.
pub(super) fn sandbox_line(document: &Overview) -> Option<String> {
    let estate = document.scan.sandbox.as_ref()?;
    Some(format!(
        "SANDBOX: a simulated account, the estate {estate}. Nothing here is about AWS."
    ))
}

/// Whether the scan was of more accounts than one.
pub(super) fn has_several_accounts(document: &Overview) -> bool {
    document.scan.accounts_listed > 1
}

/// The accounts that were looked at.
pub(super) fn accounts_line(document: &Overview) -> String {
    match document.scan.accounts.as_slice() {
        [account] => format!("account {account}"),
        accounts => counted(accounts.len() as u64, "account", "accounts"),
    }
}

/// What became of the accounts that were to be looked at, where they are several.
pub(super) fn accounts_sum(document: &Overview) -> Option<String> {
    let scan = &document.scan;
    has_several_accounts(document).then(|| {
        let elsewhere = scan.shard.map_or(String::new(), |shard| {
            let others = grouped(scan.accounts_in_other_shards);
            format!(", {others} in other shards than {shard}")
        });
        format!(
            "{} listed: {} looked at, {} skipped, {} not entered{elsewhere}",
            counted(scan.accounts_listed, "account", "accounts"),
            grouped(scan.accounts.len() as u64),
            grouped(scan.accounts_skipped.len() as u64),
            grouped(scan.accounts_not_entered.len() as u64),
        )
    })
}

/// The Regions that were looked at, and why these.
pub(super) fn regions_line(document: &Overview) -> String {
    let regions = &document.scan.regions;
    let names: Vec<&str> = regions.iter().map(|region| region.as_str()).collect();
    let chosen = match document.scan.region_source {
        Some(RegionSource::Requested) => ", as asked for; others were not looked at",
        Some(RegionSource::Listed) => ", all that are enabled",
        Some(RegionSource::Probed) => ", all that accepted the credentials",
        None => "",
    };
    format!(
        "{}{chosen}: {}",
        counted(regions.len() as u64, "Region", "Regions"),
        names.join(", ")
    )
}

/// The buckets, in a sentence that does not make unread ones look fine.
pub(super) fn buckets_line(document: &Overview) -> String {
    let summary = &document.summary;
    let at_least = if summary.bucket_inventory_complete {
        ""
    } else {
        "at least "
    };
    let mut line = format!(
        "{} of {} without a Bucket Key, of {at_least}{}",
        grouped(summary.sse_kms_buckets_without_bucket_key),
        counted(summary.sse_kms_buckets, "SSE-KMS bucket", "SSE-KMS buckets"),
        counted(summary.buckets, "bucket", "buckets"),
    );
    if summary.buckets_not_assessed > 0 {
        line = format!("{line}; {} could not be read", grouped(summary.buckets_not_assessed));
    }
    if summary.buckets == 0 && !summary.bucket_inventory_complete {
        line = "could not be listed".to_owned();
    }
    line
}

/// How many checks the line about what was not assessed names.
const CHECKS_NAMED: usize = 3;

/// Of which resources checks could not say anything, where there are such: a pass is none of them.
pub(super) fn not_assessed_line(document: &Overview) -> Option<String> {
    let mut rows: Vec<_> = document.assessments.iter().filter(|row| row.not_assessed > 0).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.not_assessed));
    let named: Vec<String> = rows
        .iter()
        .take(CHECKS_NAMED)
        .map(|row| format!("{} by {}", grouped(row.not_assessed), row.check))
        .collect();
    let more = match rows.len().saturating_sub(CHECKS_NAMED) {
        0 => String::new(),
        more => format!(", and some by {}", counted(more as u64, "more check", "more checks")),
    };
    (!named.is_empty()).then(|| format!("Not assessed: {}{more}", named.join(", ")))
}

/// The last line of every report for people.
pub(super) fn coverage_line(document: &Overview) -> String {
    match document.coverage.config_record {
        None => coverage_of(document, "Everything"),
        Some(_) => coverage_of(
            document,
            "What it has recorded of keys and buckets, and the use of every request quota,",
        ),
    }
}

/// The same of a scan that was of this alone.
pub(super) fn coverage_of(document: &Overview, everything: &str) -> String {
    let mut regions = counted(document.scan.regions.len() as u64, "Region", "Regions");
    if let Some(sum) = accounts_sum(document) {
        regions = format!("{regions} of {} ({sum})", accounts_line(document));
    }
    let gaps = document.coverage.gaps.len() as u64;
    let line = if document.scan.interrupted {
        format!(
            "Coverage: INCOMPLETE. The scan was stopped before its end; {} in {regions}.",
            counted(gaps, "gap", "gaps")
        )
    } else if document.coverage.complete {
        let asked = match document.scan.region_source {
            Some(RegionSource::Requested) if document.scan.regions.len() == 1 => {
                " that was asked for, and no other,"
            }
            Some(RegionSource::Requested) => " that were asked for, and no other,",
            _ => "",
        };
        let complete = match document.coverage.config_record {
            None => "complete",
            Some(_) => "complete for an inventory from AWS Config",
        };
        format!("Coverage: {complete}. {everything} in {regions}{asked} was read.")
    } else {
        format!(
            "Coverage: INCOMPLETE. {}{} in {regions}: what they hide is neither a pass nor a finding.",
            expired(document),
            counted(gaps, "gap", "gaps")
        )
    };
    line + &as_recorded(document)
}

/// How old what AWS Config knows is, where the inventory comes from there.
fn as_recorded(document: &Overview) -> String {
    let Some(record) = &document.coverage.config_record else {
        return String::new();
    };
    let mut line = " Keys and buckets are as AWS Config recorded them".to_owned();
    if let (Some(oldest), Some(newest)) = (record.oldest_item, record.newest_item) {
        line += &format!(", at a change between {} and {}", day_of(oldest), day_of(newest));
    }
    if record.frequency.as_deref() == Some("DAILY") {
        line += ", in some Regions once a day";
    }
    if let Some(since) = record.outdated_since {
        line += &format!("; of some Regions nothing later than {} was collected", day_of(since));
    }
    line + ". Key policies, grants, rotations on demand and last usage were not read: what needs them is not assessed."
}

/// What to do where the credentials did not last as long as the scan.
fn expired(document: &Overview) -> &'static str {
    let expired = |gap: &GapSummary| gap.error_code.starts_with("ExpiredToken");
    if document.coverage.gaps.iter().any(expired) {
        "The credentials expired before the end: renew them, for example with `aws sso login`, and run again. "
    } else {
        ""
    }
}
