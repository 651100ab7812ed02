//! The numbers of many runs: one file for each format.

mod chart;
mod csv;
mod table;

use std::io::Write;

use crate::trend::Trend;

pub use chart::render_trend_chart;
pub use csv::write_trend_csv;
pub use table::render_trend_table;

/// Writes the numbers as JSON.
///
/// # Errors
/// When `out` refuses it.
pub fn write_trend_json(trend: &Trend, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, trend)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Region;
    use crate::report::Palette;
    use crate::trend::{Numbers, TrendRow};

    /// A run of a report that somebody made up.
    fn hostile() -> Trend {
        let numbers = Numbers {
            keys: 3,
            symmetric_utilization: Some(0.5),
            highest_utilization: Some(0.75),
            highest_pool: Some("=HYPERLINK(\"x\")\u{1b}".into()),
            ..Numbers::default()
        };
        Trend {
            sandbox: Some("\u{202e}".into()),
            runs: vec![TrendRow {
                as_of: crate::facts::examples::scan().as_of,
                accounts: 1,
                complete: true,
                total: numbers.clone(),
                regions: [(Region::new("<script>\u{1b}&\""), numbers)].into(),
            }],
        }
    }

    #[test]
    fn text_in_a_chart_stays_text() {
        let svg = render_trend_chart(&hostile()).unwrap();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
        // No character that XML does not have.
        assert!(!svg.contains('\u{1b}'), "{svg:?}");
    }

    #[test]
    fn text_in_a_table_moves_no_cursor_and_is_no_formula_in_a_spreadsheet() {
        let palette = Palette {
            width: 160,
            colours: false,
        };
        let table = render_trend_table(&hostile(), palette).unwrap();
        assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table:?}");
        assert!(table.contains("50 %") && table.contains("75 %"), "{table}");
        let mut csv = Vec::new();
        write_trend_csv(&hostile(), &mut csv).unwrap();
        assert!(String::from_utf8(csv).unwrap().contains("'=HYPERLINK"));
    }
}
