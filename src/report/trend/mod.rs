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
                accounts_not_in_newest: 0,
                accounts_only_in_newest: 0,
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

    #[test]
    fn a_run_of_other_accounts_is_marked_in_every_format() {
        let mut trend = hostile();
        let newest = trend.runs[0].clone();
        trend.runs.insert(
            0,
            TrendRow {
                accounts_not_in_newest: 2,
                accounts_only_in_newest: 193,
                ..newest
            },
        );
        for width in [60, 160] {
            let palette = Palette { width, colours: false };
            let table = render_trend_table(&trend, palette).unwrap();
            let marked = table.lines().filter(|line| line.contains("06:00:00Z *")).count();
            // In the table of runs, in that of Regions.
            assert_eq!(marked, 2, "{table}");
            assert!(
                table.contains("2026-06-15T06:00:00Z: without 193 accounts of the newest run, with 2 others"),
                "{table}"
            );
        }
        let svg = render_trend_chart(&trend).unwrap();
        assert!(
            svg.contains("1 of 2 runs looked at other accounts than the newest"),
            "{svg}"
        );
        let mut csv = Vec::new();
        write_trend_csv(&trend, &mut csv).unwrap();
        let csv = String::from_utf8(csv).unwrap();
        assert!(
            csv.lines()
                .next()
                .unwrap()
                .ends_with(",accounts_not_in_newest,accounts_only_in_newest"),
            "{csv}"
        );
        assert!(csv.lines().nth(1).unwrap().ends_with(",2,193"), "{csv}");
        let mut json = Vec::new();
        write_trend_json(&trend, &mut json).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["runs"][0]["accounts_only_in_newest"], 193);
        let same = render_trend_table(
            &hostile(),
            Palette {
                width: 160,
                colours: false,
            },
        )
        .unwrap();
        assert!(!same.contains(" * "), "{same}");
    }
}
