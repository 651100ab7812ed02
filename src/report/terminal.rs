//! The summary in the terminal: the answer in one screen.

use std::fmt::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table};

use super::wording::{self, counted};
use crate::assessment::{Assessment, Document, FindingGroup, InventoryRow, Place, QuotaRow};
use crate::checks::Severity;
use crate::numbers::grouped;
use crate::visible::visible;

/// How many rows of a table fit the screen.
const MOST_REGIONS: usize = 8;
const MOST_QUOTAS: usize = 6;
const MOST_GROUPS: usize = 12;
const MOST_GAPS: usize = 8;

/// How the summary may look.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether colours are wanted.
    pub colours: bool,
}

/// Renders the summary.
///
/// # Errors
/// Never in practice: writing to memory cannot fail.
pub fn render_terminal(assessment: &Assessment, palette: Palette, folder: &Path) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let document = &assessment.document;
    let screen = Screen { palette };
    screen.head(&mut out, document)?;
    screen.keys(&mut out, document)?;
    screen.quotas(&mut out, document)?;
    screen.buckets(&mut out, document)?;
    screen.findings(&mut out, &assessment.groups)?;
    screen.gaps(&mut out, document)?;
    writeln!(
        out,
        "\nReport in {}",
        visible(&folder.join("report.md").to_string_lossy())
    )?;
    let colour = if document.coverage.complete {
        AnsiColor::Green
    } else {
        AnsiColor::Yellow
    };
    writeln!(out, "{}", screen.paint(&wording::coverage_line(document), colour))?;
    Ok(out)
}

struct Screen {
    palette: Palette,
}

impl Screen {
    fn head(&self, out: &mut String, document: &Document) -> fmt::Result {
        if let Some(sandbox) = wording::sandbox_line(document) {
            writeln!(out, "{}", self.paint(&visible(&sandbox), AnsiColor::Cyan))?;
        }
        let accounts: Vec<&str> = document.scan.accounts.iter().map(|account| account.as_str()).collect();
        writeln!(
            out,
            "{} account {} as of {}",
            self.bold("KMS audit"),
            accounts.join(", "),
            document.scan.as_of
        )?;
        let not_enabled = match document.scan.regions_not_enabled.len() {
            0 => String::new(),
            number => format!("; {} not enabled", counted(number as u64, "more is", "more are")),
        };
        let most = usize::from(self.palette.width).saturating_sub(not_enabled.len());
        writeln!(
            out,
            "{}{not_enabled}",
            shorten(&visible(&wording::regions_line(document)), most)
        )
    }

    fn keys(&self, out: &mut String, document: &Document) -> fmt::Result {
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
        let holds_keys = |row: &&InventoryRow| row.customer_managed > 0 || row.unknown_manager > 0 || !row.complete;
        let mut rows: Vec<_> = document.inventory.iter().filter(holds_keys).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.customer_managed));
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = self.table(&[
            "Region",
            "Keys",
            "Justified",
            "Unjustified",
            "Unrecognized",
            "Pending deletion",
            "Not assessed",
        ]);
        for row in rows.iter().take(MOST_REGIONS) {
            if row.customer_managed == 0 && !row.complete {
                table.add_row(vec![Cell::new(&row.region), number("unread".to_owned())]);
                continue;
            }
            let keys = format!(
                "{}{}",
                if row.complete { "" } else { ">= " },
                grouped(row.customer_managed)
            );
            table.add_row(vec![
                Cell::new(&row.region),
                number(keys),
                number(grouped(row.justified)),
                number(grouped(row.unjustified)),
                number(grouped(row.unrecognized)),
                number(grouped(row.pending_deletion)),
                number(grouped(row.not_assessed + row.unknown_manager)),
            ]);
        }
        self.show(out, table, rows.len(), MOST_REGIONS, "Regions")
    }

    fn quotas(&self, out: &mut String, document: &Document) -> fmt::Result {
        writeln!(
            out,
            "\n{}  busiest minute of the last {} against the request quota of account and Region",
            self.bold("Quota"),
            wording::window(document)
        )?;
        let (rows, silent) = wording::quotas_to_show(document);
        if !rows.is_empty() {
            let mut table = self.table(&["Region", "Pool", "Peak/s", "Minute (UTC)", "Limit/s", "From", "Used"]);
            for row in rows.iter().take(MOST_QUOTAS) {
                table.add_row(self.quota_row(row));
            }
            self.show(out, table, rows.len(), MOST_QUOTAS, "quotas, less used")?;
        }
        if silent > 0 {
            let pools = counted(silent, "cryptographic pool", "cryptographic pools");
            writeln!(out, "  {pools} without a datapoint, which is not the same as zero.")?;
        }
        writeln!(out, "  A minute hides shorter bursts: a peak is a lower bound.")
    }

    fn quota_row(&self, row: &QuotaRow) -> Vec<Cell> {
        let used = row.utilization.map(wording::percent).unwrap_or_default();
        let at = row.peak_at.map(|at| at.strftime("%m-%d %H:%M").to_string());
        vec![
            Cell::new(&row.region),
            Cell::new(visible(pool(&row.pool))),
            number(wording::peak(row)),
            Cell::new(at.unwrap_or_default()),
            number(row.limit_rps.to_string()),
            Cell::new(row.limit_source.as_str()),
            number(used),
        ]
    }

    fn buckets(&self, out: &mut String, document: &Document) -> fmt::Result {
        writeln!(out, "\n{}  {}", self.bold("Buckets"), wording::buckets_line(document))
    }

    fn findings(&self, out: &mut String, groups: &[FindingGroup]) -> fmt::Result {
        writeln!(out, "\n{}", self.bold("Findings"))?;
        if groups.is_empty() {
            return writeln!(out, "  None in what was looked at.");
        }
        let mut table = self.table(&["Severity", "Check", "Count", "Region", "For example"]);
        let places: Vec<(&FindingGroup, &Place)> = groups
            .iter()
            .flat_map(|group| group.places.iter().map(move |place| (group, place)))
            .collect();
        for (group, place) in places.iter().take(MOST_GROUPS) {
            let names: Vec<_> = place.examples.iter().map(|example| visible(&example.name)).collect();
            table.add_row(vec![
                self.severity(group.severity),
                Cell::new(&group.check),
                number(grouped(place.count)),
                Cell::new(place.region.as_ref().map_or("", |region| region.as_str())),
                Cell::new(shorten(
                    &names.join(", "),
                    usize::from(self.palette.width).saturating_sub(68).max(20),
                )),
            ]);
        }
        self.show(out, table, places.len(), MOST_GROUPS, "groups of findings")
    }

    fn gaps(&self, out: &mut String, document: &Document) -> fmt::Result {
        let coverage = &document.coverage;
        if !coverage.gaps.is_empty() {
            writeln!(out, "\n{}", self.bold("Not looked at"))?;
            let mut table = self.table(&["Operation", "Error", "Where", "What is missing"]);
            for gap in coverage.gaps.iter().take(MOST_GAPS) {
                table.add_row(vec![
                    Cell::new(&gap.operation),
                    Cell::new(visible(&gap.error_code)),
                    Cell::new(wording::gap_scope(gap)),
                    Cell::new(&gap.effect),
                ]);
            }
            // Names are for copying: they are never broken.
            for column in table.column_iter_mut().take(2) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            self.show(out, table, coverage.gaps.len(), MOST_GAPS, "gaps")?;
        }
        let mut instead: Vec<_> = coverage
            .fallbacks
            .iter()
            .map(|fallback| (&fallback.operation, &fallback.error_code))
            .collect();
        instead.dedup();
        for (operation, code) in instead {
            writeln!(
                out,
                "  {operation} failed ({}); answered another way, see report.md.",
                visible(code)
            )?;
        }
        Ok(())
    }

    fn table(&self, header: &[&str]) -> Table {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.palette.width.saturating_sub(2).max(40));
        if self.palette.colours {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let style = |title: &&str| {
            let cell = Cell::new(title);
            if self.palette.colours {
                cell.add_attribute(Attribute::Dim)
            } else {
                cell
            }
        };
        table.set_header(header.iter().map(style));
        table
    }

    fn show(&self, out: &mut String, table: Table, rows: usize, shown: usize, of_what: &str) -> fmt::Result {
        for line in table.lines() {
            writeln!(out, " {}", line.trim_end())?;
        }
        match rows.saturating_sub(shown) {
            0 => Ok(()),
            more => writeln!(out, "  and {more} more {of_what}, in report.md"),
        }
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

    fn bold(&self, text: &str) -> String {
        self.style(text, Style::new().bold())
    }

    fn paint(&self, text: &str, colour: AnsiColor) -> String {
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
fn pool(name: &str) -> &str {
    name.strip_prefix("CryptographicOperations")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// The beginning of a text that may be long.
fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
