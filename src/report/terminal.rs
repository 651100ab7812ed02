//! The summary in the terminal: the answer in one screen.

mod gaps;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Report;
use super::grid::{Grid, Palette, Shape, number};
use super::key_counts::KeyCounts;
use super::wording::{self, counted};
use crate::assessment::{FindingGroup, Overview, QuotaRow};
use crate::numbers::{grouped, percent};
use crate::severity::Severity;
use crate::visible::visible;

const KEYS: Shape<'_> = Shape {
    header: &[
        "Region",
        "Keys",
        "Justified",
        "Unjustified",
        "Unrecognized",
        "Pending deletion",
        "Not assessed",
    ],
    essential: 4,
    whole: 5,
    most: 8,
};
const KEYS_OF_ACCOUNTS: Shape<'_> = Shape {
    header: &[
        "Account",
        "Keys",
        "Justified",
        "Unjustified",
        "Unrecognized",
        "Pending deletion",
        "Not assessed",
    ],
    ..KEYS
};
const QUOTAS: Shape<'_> = Shape {
    header: &[
        "Region",
        "Pool",
        "Peak/s",
        "Limit/s",
        "Used",
        "Limit from",
        "Minute (UTC)",
    ],
    essential: 5,
    whole: 7,
    most: 6,
};
const QUOTAS_OF_ACCOUNTS: Shape<'_> = Shape {
    header: &[
        "Account",
        "Region",
        "Pool",
        "Peak/s",
        "Limit/s",
        "Used",
        "Limit from",
        "Minute (UTC)",
    ],
    essential: 6,
    whole: 8,
    most: 6,
};
const FINDINGS_OF_ACCOUNTS: Shape<'_> = Shape {
    header: &["Severity", "Check", "Count", "Accounts", "For example"],
    essential: 4,
    whole: 5,
    most: 12,
};
const FINDINGS: Shape<'_> = Shape {
    header: &["Severity", "Check", "Count", "Region", "For example"],
    essential: 4,
    whole: 5,
    most: 16,
};
/// Renders the summary of a report, whose file with the most to read is `page`.
///
/// # Errors
/// Never in practice: writing to memory cannot fail.
pub fn render_terminal(report: &Report<'_>, palette: Palette, page: &Path) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let document = report.document;
    let name = page.file_name().unwrap_or_default().to_string_lossy();
    let screen = Screen {
        palette,
        page: &visible(&name),
    };
    screen.head(&mut out, document, "KMS audit")?;
    screen.keys(&mut out, document)?;
    screen.quotas(&mut out, document)?;
    screen.buckets(&mut out, document)?;
    screen.findings(&mut out, report)?;
    screen.gaps(&mut out, document)?;
    writeln!(out, "\nReport in {}", visible(&page.to_string_lossy()))?;
    if palette.is_narrow() {
        writeln!(out, "Some columns have no place here: they are in {}.", screen.page)?;
    }
    let colour = if document.coverage.complete {
        AnsiColor::Green
    } else {
        AnsiColor::Yellow
    };
    writeln!(out, "{}", screen.paint(&wording::coverage_line(document), colour))?;
    Ok(out)
}

/// How much of the names of Regions is shown on a narrow screen.
const REGIONS_SHOWN: usize = 160;

pub(super) struct Screen<'a> {
    pub(super) palette: Palette,
    /// The file to look into for more.
    pub(super) page: &'a str,
}

impl Screen<'_> {
    pub(super) fn head(&self, out: &mut String, document: &Overview, title: &str) -> fmt::Result {
        if let Some(sandbox) = wording::sandbox_line(document) {
            writeln!(out, "{}", self.paint(&visible(&sandbox), AnsiColor::Cyan))?;
        }
        writeln!(
            out,
            "{} {} as of {}",
            self.bold(title),
            wording::accounts_line(document),
            document.scan.as_of
        )?;
        if let Some(sum) = wording::accounts_sum(document) {
            writeln!(out, "{sum}")?;
        }
        let not_enabled = match document.scan.regions_not_enabled.len() {
            0 => String::new(),
            number => format!("; {} not enabled", counted(number as u64, "more is", "more are")),
        };
        let most = usize::from(self.palette.width)
            .max(REGIONS_SHOWN)
            .saturating_sub(not_enabled.len());
        writeln!(
            out,
            "{}{not_enabled}",
            shorten(&visible(&wording::regions_line(document)), most)
        )
    }

    fn keys(&self, out: &mut String, document: &Overview) -> fmt::Result {
        let summary = &document.summary;
        let at_least = if summary.key_inventory_complete {
            ""
        } else {
            "at least "
        };
        writeln!(
            out,
            "\n{}  {at_least}{} ({} more AWS managed), {} a month or more",
            self.bold("Keys"),
            counted(
                summary.customer_managed_keys,
                "customer managed key",
                "customer managed keys"
            ),
            grouped(summary.aws_managed_keys),
            summary.monthly_cost_usd
        )?;
        let mut rows = if wording::has_several_accounts(document) {
            KeyCounts::of_accounts(&document.inventory)
        } else {
            document.inventory.iter().map(KeyCounts::of_region).collect()
        };
        rows.retain(|row| row.customer_managed > 0 || row.unknown_manager > 0 || !row.complete);
        rows.sort_by_key(|row| std::cmp::Reverse(row.customer_managed));
        if rows.is_empty() {
            return Ok(());
        }
        let (shape, of_what) = if wording::has_several_accounts(document) {
            (&KEYS_OF_ACCOUNTS, "accounts")
        } else {
            (&KEYS, "Regions")
        };
        let mut grid = Grid::new(self.palette, shape);
        for row in rows {
            grid.add(row.cells());
        }
        grid.show(out, of_what, self.page)
    }

    fn quotas(&self, out: &mut String, document: &Overview) -> fmt::Result {
        writeln!(
            out,
            "\n{}  busiest minute of the last {} against the request quota of account and Region",
            self.bold("Quota"),
            wording::window(&document.quota)
        )?;
        let (rows, silent) = wording::quotas_to_show(document);
        if !rows.is_empty() {
            let several = wording::has_several_accounts(document);
            let mut grid = Grid::new(self.palette, if several { &QUOTAS_OF_ACCOUNTS } else { &QUOTAS });
            for row in rows {
                let account = several.then(|| Cell::new(&row.account_id));
                grid.add(account.into_iter().chain(quota_row(row)).collect());
            }
            grid.show(out, "quotas, less used", self.page)?;
        }
        if silent > 0 {
            let pools = counted(silent, "cryptographic pool", "cryptographic pools");
            writeln!(out, "  {pools} without a datapoint, which is not the same as zero.")?;
        }
        writeln!(out, "  A minute hides shorter bursts: a peak is a lower bound.")
    }

    fn buckets(&self, out: &mut String, document: &Overview) -> fmt::Result {
        writeln!(out, "\n{}  {}", self.bold("Buckets"), wording::buckets_line(document))
    }

    fn findings(&self, out: &mut String, report: &Report<'_>) -> fmt::Result {
        writeln!(out, "\n{}", self.bold("Findings"))?;
        if report.groups.is_empty() {
            writeln!(out, "  None in what was looked at.")?;
        } else {
            if wording::has_several_accounts(report.document) {
                self.groups_of_accounts(out, report.groups)?;
            } else {
                self.groups(out, report.groups)?;
            }
        }
        match report.document.summary.excepted {
            0 => {}
            number => writeln!(
                out,
                "  {} accepted by exceptions of the configuration, in {} with their reasons.",
                counted(number, "more is", "more are"),
                self.page
            )?,
        }
        match wording::not_assessed_line(report.document) {
            None => Ok(()),
            Some(line) => writeln!(out, "  {line}; {} has why.", self.page),
        }
    }

    fn groups(&self, out: &mut String, groups: &[FindingGroup]) -> fmt::Result {
        let mut grid = Grid::new(self.palette, &FINDINGS);
        let places = groups
            .iter()
            .flat_map(|group| group.places.iter().map(move |place| (group, place)));
        for (group, place) in places {
            let names: Vec<_> = place.examples.iter().map(|example| shown(&example.name)).collect();
            grid.add(vec![
                self.severity(group.severity),
                Cell::new(&group.check),
                number(grouped(place.count)),
                Cell::new(place.region.as_ref().map_or("", |region| region.as_str())),
                Cell::new(shorten(
                    &names.join(", "),
                    usize::from(self.palette.width).saturating_sub(66).max(14),
                )),
            ]);
        }
        grid.show(out, "groups of findings", self.page)
    }

    /// Of several accounts a group is a line, however many of them it is in.
    fn groups_of_accounts(&self, out: &mut String, groups: &[FindingGroup]) -> fmt::Result {
        let mut grid = Grid::new(self.palette, &FINDINGS_OF_ACCOUNTS);
        for group in groups {
            let places = &group.places;
            let accounts: BTreeSet<_> = places.iter().filter_map(|place| place.account_id.as_ref()).collect();
            let example = places.iter().find_map(|place| Some((place, place.examples.first()?)));
            let example = example.map(|(place, example)| match &place.account_id {
                Some(account) => format!("{} in {account}", shown(&example.name)),
                None => shown(&example.name).into_owned(),
            });
            grid.add(vec![
                self.severity(group.severity),
                Cell::new(&group.check),
                number(grouped(places.iter().map(|place| place.count).sum())),
                number(grouped(accounts.len() as u64)),
                Cell::new(shorten(
                    &example.unwrap_or_default(),
                    usize::from(self.palette.width).saturating_sub(66).max(14),
                )),
            ]);
        }
        grid.show(out, "groups of findings", self.page)
    }

    fn severity(&self, severity: Severity) -> Cell {
        let cell = Cell::new(severity.as_str());
        if !self.palette.colours {
            return cell;
        }
        match severity {
            Severity::Critical | Severity::High => cell.fg(Color::Red).add_attribute(Attribute::Bold),
            Severity::Medium => cell.fg(Color::Yellow),
            Severity::Low | Severity::Info => cell,
        }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.style(text, Style::new().bold())
    }

    pub(super) fn paint(&self, text: &str, colour: AnsiColor) -> String {
        self.style(text, colour.on_default().bold())
    }

    fn style(&self, text: &str, style: Style) -> String {
        if self.palette.colours {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// A pool, without the words that all cryptographic pools begin with.
pub(super) fn pool(name: &str) -> &str {
    name.strip_prefix("CryptographicOperations")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

/// The name of an example, so that what tells it from others stands at its beginning.
fn shown(name: &str) -> Cow<'_, str> {
    visible(pool(name))
}

fn quota_row(row: &QuotaRow) -> Vec<Cell> {
    let at = row.peak_at.map(|at| at.strftime("%m-%d %H:%M").to_string());
    vec![
        Cell::new(&row.region),
        Cell::new(visible(pool(&row.pool))),
        number(wording::peak(row)),
        number(row.limit_rps.to_string()),
        number(row.utilization.map(percent).unwrap_or_default()),
        Cell::new(row.limit_source.as_str()),
        Cell::new(at.unwrap_or_default()),
    ]
}

/// The beginning of a text that may be long, for so many columns.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut wide = 1;
    let fits = |letter: &char| {
        wide += letter.width().unwrap_or_default();
        wide <= most
    };
    text.chars().take_while(fits).chain(['…']).collect()
}
