//! What changed between two runs: one file for each format.

mod json;
mod markdown;
mod terminal;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::wording::counted;
use crate::diff::{Change, ChangeKind, DiffHead, DiffSummary, NotComparable, NotComparableGroup};
use crate::facts::{AccountId, RequestsPerSecond};
use crate::numbers::{grouped, percent};
use crate::published::MicroDollars;

pub use json::{diff_schema, write_diff_json};
pub use markdown::render_diff_markdown;
pub use terminal::render_diff_terminal;

/// What is different about it, in a few words.
fn detail(change: &Change) -> String {
    let (from, to) = (&change.from, &change.to);
    let words = match change.change {
        ChangeKind::KeyPolicyChanged => String::new(),
        ChangeKind::KeyTagsChanged => tags(from, to),
        ChangeKind::KeyAliasesChanged => aliases(from, to),
        ChangeKind::UtilizationUp | ChangeKind::UtilizationDown => format!("{} → {}", peak(from), peak(to)),
        ChangeKind::QuotaChanged => format!("{} → {} a second", rate(from), rate(to)),
        ChangeKind::CostChanged => format!("{} → {} or more", money(from), money(to)),
        ChangeKind::KeyScheduledForDeletion => match to {
            Value::Null => String::new(),
            at => format!("on {}", shown(at)),
        },
        ChangeKind::FindingNew | ChangeKind::FindingGone => String::new(),
        ChangeKind::FindingExcepted => format!("until {}: {}", shown(&to["expires"]), shown(&to["reason"])),
        ChangeKind::FindingReopened => format!("until {}: {}", shown(&from["expires"]), shown(&from["reason"])),
        _ if from.is_null() => shown(to),
        _ if to.is_null() => shown(from),
        _ => format!("{} → {}", shown(from), shown(to)),
    };
    let finding = match (&change.severity, &change.check) {
        (Some(severity), Some(check)) => format!("{} {check}", severity.as_str()),
        _ => String::new(),
    };
    [finding, words]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Where something is.
fn place(change: &Change, several_accounts: bool) -> String {
    let account = change.account_id.as_ref().filter(|_| several_accounts);
    let parts = [
        account.map(|id| id.as_str()),
        change.region.as_ref().map(|region| region.as_str()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> = fields.map(|(name, value)| format!("{name} {}", shown(value))).collect();
            fields.join(", ")
        }
        value => value.to_string(),
    }
}

/// The tags that came, went, and have another value.
fn tags(from: &Value, to: &Value) -> String {
    let (Value::Object(from), Value::Object(to)) = (from, to) else {
        return String::new();
    };
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let words = names.into_iter().map(|name| match (from.get(name), to.get(name)) {
        (Some(from), Some(to)) => format!("{name}: {} → {}", shown(from), shown(to)),
        (Some(from), None) => format!("- {name} = {}", shown(from)),
        (None, to) => format!("+ {name} = {}", shown(to.unwrap_or(&Value::Null))),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn aliases(from: &Value, to: &Value) -> String {
    let names = |sign: &'static str, list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.map(|alias| format!("{sign} {}", shown(alias))).collect()
    };
    [names("-", from), names("+", to)].concat().join(", ")
}

fn peak(peak: &Value) -> String {
    match (&peak["peak_rps"], peak["utilization"].as_f64()) {
        (Value::Null, _) => "no datapoints".to_owned(),
        (rps, Some(part)) => format!("{} a second ({})", rate(rps), percent(part)),
        (rps, None) => format!("{} a second", rate(rps)),
    }
}

fn rate(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(String::new, |rate| RequestsPerSecond(rate).to_string())
}

fn money(value: &Value) -> String {
    MicroDollars::deserialize(value).map_or_else(|_| shown(value), |cost| cost.to_string())
}

/// What it is called, where that is not the place itself.
fn name(change: &Change) -> &str {
    let is_place = change
        .region
        .as_ref()
        .is_some_and(|region| region.as_str() == change.name);
    if is_place { "" } else { &change.name }
}

/// What could not be compared for one reason, where, and why.
fn not_comparable_group(group: &NotComparableGroup<'_>, several_accounts: bool) -> String {
    if let ([only], 1) = (group.examples.as_slice(), group.places) {
        return not_comparable(only, several_accounts);
    }
    let mut words = group.what.to_owned();
    if group.count > 0 {
        words.push_str(&format!(", {}", counted(group.count, "resource", "resources")));
    }
    let accounts = counted(group.accounts.len() as u64, "account", "accounts");
    let regions = counted(group.regions.len() as u64, "Region", "Regions");
    match (group.accounts.len() > 1, group.regions.is_empty()) {
        (true, true) => words.push_str(&format!(" in {accounts}")),
        (true, false) => words.push_str(&format!(" in {accounts} and {regions}")),
        (false, _) => words.push_str(&format!(" in {regions}")),
    }
    let examples: Vec<String> = group
        .examples
        .iter()
        .map(
            |row| match (row.examples.first(), unread_place(row, several_accounts)) {
                (Some(name), place) if place.is_empty() => name.clone(),
                (Some(name), place) => format!("{name} in {place}"),
                (None, place) => place,
            },
        )
        .filter(|example| !example.is_empty())
        .collect();
    let examples = match examples.is_empty() {
        true => String::new(),
        false => format!(" (for example {})", examples.join(", ")),
    };
    format!("{words}: {} in {}{examples}", group.because, group.run.as_str())
}

/// How much could not be compared, where anything could not.
fn not_comparable_line(groups: &[NotComparableGroup<'_>]) -> Option<String> {
    let places: u64 = groups.iter().map(|group| group.places).sum();
    (places > 0).then(|| {
        format!(
            "Not everything could be compared: see \"Not comparable\", {} in {}.",
            counted(groups.len() as u64, "reason", "reasons"),
            counted(places, "place", "places")
        )
    })
}

/// Where something was not read.
fn unread_place(row: &NotComparable, several_accounts: bool) -> String {
    let account = row
        .account_id
        .as_ref()
        .filter(|_| several_accounts || row.what == "account");
    let parts = [
        account.map(|id| id.as_str()),
        row.region.as_ref().map(|region| region.as_str()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What could not be compared in one place, where, and why.
fn not_comparable(row: &NotComparable, several_accounts: bool) -> String {
    let mut place = unread_place(row, several_accounts);
    if !place.is_empty() {
        place.push_str(": ");
    }
    let count = match row.count {
        0 => String::new(),
        count => format!(", {}", counted(count, "resource", "resources")),
    };
    let mut names = row.examples.join(", ");
    if !names.is_empty() {
        let more = row.count - row.examples.len() as u64;
        if more > 0 {
            names.push_str(&format!(" and {} more", grouped(more)));
        }
        names = format!(" ({names})");
    }
    format!(
        "{place}{}{count}{names}: {} in {}",
        row.what,
        row.because,
        row.run.as_str()
    )
}

/// That the runs are not about AWS, where one is not.
fn sandbox_line(head: &DiffHead) -> Option<String> {
    let estate = head.old.sandbox.as_ref().or(head.new.sandbox.as_ref())?;
    Some(format!(
        "SANDBOX: a simulated account, the estate {estate}. Nothing here is about AWS."
    ))
}

/// What is to be known before the changes are read.
fn notes(head: &DiffHead) -> Vec<String> {
    let mut notes = Vec::new();
    if head.new.as_of < head.old.as_of {
        notes.push(
            "The second run is older than the first: what is said to come went, and the other way round.".into(),
        );
    }
    if head.old.tool.version != head.new.tool.version {
        notes.push(format!(
            "Judged by different versions, {} and {}: findings can come and go for that reason.",
            head.old.tool.version, head.new.tool.version
        ));
    }
    if !head.parameters_changed.is_empty() {
        notes.push(format!(
            "The runs differ in {}: findings can come and go for that reason.",
            head.parameters_changed.join(", ")
        ));
    }
    for lacking in &head.not_compared {
        notes.push(format!("Not compared: {lacking}."));
    }
    notes
}

/// The answer.
fn summary_line(head: &DiffHead, summary: &DiffSummary) -> String {
    let (old, new) = (&head.old.accounts, &head.new.accounts);
    if summary.is_empty() && !old.iter().any(|account| new.contains(account)) {
        return format!(
            "Nothing could be compared: no account is in both runs. The first has {}, the second {}.",
            some_accounts(old),
            some_accounts(new)
        );
    }
    let compared = format!(
        "{}, {} and {} in both runs",
        counted(summary.keys_in_both, "key", "keys"),
        counted(summary.buckets_in_both, "bucket", "buckets"),
        counted(summary.findings_unchanged, "open finding", "open findings"),
    );
    let excepted = match summary.findings_excepted {
        0 => String::new(),
        number => format!(
            "; {} covered by exceptions",
            counted(number, "finding is", "findings are")
        ),
    };
    if summary.is_empty() {
        return format!("Nothing changed in what could be compared: {compared}{excepted}.");
    }
    let changes = counted(summary.changes.values().sum(), "change", "changes");
    format!("{changes}; {compared}{excepted}.")
}

/// Accounts by their ids, as many as people read.
fn some_accounts(accounts: &[AccountId]) -> String {
    const NAMED: usize = 3;
    let named: Vec<&str> = accounts.iter().take(NAMED).map(AccountId::as_str).collect();
    match (accounts.len(), named.join(", ")) {
        (0, _) => "none".to_owned(),
        (all, named) if all > NAMED => format!("{named} and {} more", all - NAMED),
        (_, named) => named,
    }
}

/// That findings were seen that the old run could not have seen, where there are any.
fn first_seen_line(summary: &DiffSummary) -> Option<String> {
    let count: u64 = summary.findings_first_seen.values().sum();
    (count > 0).then(|| {
        format!(
            "{} for the first time, because the old run could not look: no change, but not looked at before either.",
            counted(count, "finding is seen", "findings are seen")
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::{Side, by_reason};
    use crate::facts::Region;

    #[test]
    fn the_cost_of_a_region_is_money_and_its_name_is_said_once() {
        let change = Change {
            change: ChangeKind::CostChanged,
            account_id: None,
            region: Some(Region::new("eu-west-3")),
            resource: "eu-west-3".into(),
            name: "eu-west-3".into(),
            from: json!(3211.0),
            to: json!(3191.5),
            check: None,
            severity: None,
            fingerprint: None,
        };
        assert_eq!(detail(&change), "$3,211.00 → $3,191.50 or more");
        assert_eq!((place(&change, false).as_str(), name(&change)), ("eu-west-3", ""));
    }

    fn unread_policies(accounts: u64) -> Vec<NotComparable> {
        let rows = (1..=accounts).flat_map(|account| ["eu-west-3", "us-east-1"].map(|region| (account, region)));
        rows.map(|(account, region)| NotComparable {
            what: "policies of keys".into(),
            account_id: Some(AccountId::new(format!("{account:012}"))),
            region: Some(Region::new(region)),
            run: Side::New,
            because: "it was not collected".into(),
            count: 2,
            examples: vec!["alias/app".into(), "alias/db".into()],
        })
        .collect()
    }

    #[test]
    fn what_was_not_read_for_one_reason_is_said_once_with_its_extent_and_a_few_examples() {
        let rows = unread_policies(100);
        let groups = by_reason(&rows);
        let said: Vec<String> = groups.iter().map(|group| not_comparable_group(group, true)).collect();
        assert_eq!(
            said,
            [
                "policies of keys, 400 resources in 100 accounts and 2 Regions: it was not collected in the new run (for \
              example alias/app in 000000000001 eu-west-3, alias/app in 000000000002 eu-west-3, alias/app in \
              000000000003 eu-west-3)"
            ]
        );
        assert_eq!(
            not_comparable_line(&groups).unwrap(),
            "Not everything could be compared: see \"Not comparable\", 1 reason in 200 places."
        );
        assert_eq!(not_comparable_line(&[]), None);
    }

    #[test]
    fn what_was_not_read_in_one_place_is_said_in_full() {
        let rows = &unread_policies(1)[..1];
        assert_eq!(
            not_comparable_group(&by_reason(rows)[0], false),
            "eu-west-3: policies of keys, 2 resources (alias/app, alias/db): it was not collected in the new run"
        );
    }
}
