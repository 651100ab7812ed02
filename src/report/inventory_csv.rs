//! `inventory.csv`: a row for each customer managed key, and where it stands.
//!
//! A Region whose keys could not be listed to the end, and an account that could not be entered, has a row too, which
//! names no key.

use std::io::{self, Write};

use super::spreadsheet::Sheet;
use super::{Report, ReportError, json_text};
use crate::assessment::{KeyRow, KeyStanding};

const HEADER: [&str; 13] = [
    "account_id",
    "region",
    "arn",
    "aliases",
    "standing",
    "justification",
    "state",
    "spec",
    "usage",
    "origin",
    "multi_region_role",
    "creation_date",
    "tags",
];

/// What stands for the keys that were not seen.
const NOT_LISTED: &str = "not_listed";

/// Writes the keys, then where there may be more.
///
/// # Errors
/// When `out` refuses it, or the results cannot be read.
pub fn write_inventory_csv(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new(out, HEADER)?;
    for key in report.keys() {
        add_key(&mut sheet, &key?)?;
    }
    let document = report.document;
    let unlisted = document.inventory.iter().filter(|row| !row.complete);
    let unlisted = unlisted.map(|row| (row.account_id.as_str(), row.region.as_str()));
    let not_entered = &document.scan.accounts_not_entered;
    let not_entered = not_entered.iter().map(|account| (account.account_id.as_str(), ""));
    for (account, region) in unlisted.chain(not_entered) {
        sheet.row([account, region, "", "", NOT_LISTED, "", "", "", "", "", "", "", ""])?;
    }
    Ok(sheet.finish()?)
}

fn add_key<W: Write>(sheet: &mut Sheet<W>, key: &KeyRow) -> io::Result<()> {
    let created = key.creation_date.map(|date| date.to_string());
    let tags = key.tags.as_ref().map(json_text::line).transpose()?;
    sheet.row([
        key.account_id.as_str(),
        key.region.as_str(),
        key.arn.as_str(),
        &key.aliases.join(" "),
        standing(key.standing),
        key.justification.as_deref().unwrap_or_default(),
        key.state.as_deref().unwrap_or_default(),
        key.spec.as_deref().unwrap_or_default(),
        key.usage.as_deref().unwrap_or_default(),
        key.origin.as_deref().unwrap_or_default(),
        key.multi_region_role.as_deref().unwrap_or_default(),
        created.as_deref().unwrap_or_default(),
        tags.as_deref().unwrap_or_default(),
    ])
}

fn standing(standing: KeyStanding) -> &'static str {
    match standing {
        KeyStanding::Justified => "justified",
        KeyStanding::Unrecognized => "unrecognized",
        KeyStanding::Unjustified => "unjustified",
        KeyStanding::PendingDeletion => "pending_deletion",
        KeyStanding::NotAssessed => "not_assessed",
    }
}
