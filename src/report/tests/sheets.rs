//! The sheets for spreadsheets, read back.

use super::formats::{with_exception, written};
use super::*;
use crate::visible::visible;

/// The rows of a sheet, each by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn the_sheet_of_findings_has_every_finding_and_what_nobody_could_judge_or_read() {
    let judged = with_exception();
    let (document, rows) = (judged.document(), rows(&written("findings-csv", &judged)));
    let of = |status: &str| rows.iter().filter(|row| row["status"] == status).collect::<Vec<_>>();
    let (open, excepted) = (of("open"), of("excepted"));
    assert_eq!(open.len() + excepted.len(), document.findings.len());
    assert_eq!(excepted.len() as u64, document.summary.excepted);
    assert_eq!(excepted[0]["exception_reason"], "until the move");
    assert_eq!(excepted[0]["exception_expires"], "2026-07-01");
    let not_assessed: u64 = of("not_assessed")
        .iter()
        .map(|row| row["resources"].parse::<u64>().unwrap())
        .sum();
    assert_eq!(
        not_assessed,
        document.assessments.iter().map(|row| row.not_assessed).sum::<u64>()
    );
    assert_eq!(of("gap").len(), document.coverage.gaps.len());
    for (finding, row) in document.findings.iter().zip(&rows) {
        assert_eq!(row["fingerprint"], finding.fingerprint);
        let observed: serde_json::Value = serde_json::from_str(&row["observed"]).unwrap();
        assert_eq!(observed, serde_json::to_value(&finding.observed).unwrap());
    }
}

#[test]
fn the_sheet_of_keys_has_every_key_and_where_there_may_be_more() {
    let judged = assess(&[everything()]);
    let (document, rows) = (judged.document(), rows(&written("inventory-csv", &judged)));
    let (keys, more) = rows.split_at(document.keys.len());
    for (key, row) in document.keys.iter().zip(keys) {
        assert_eq!(
            (row["arn"].as_str(), row["aliases"].as_str()),
            (key.arn.as_str(), key.aliases[0].as_str())
        );
        assert_eq!(
            serde_json::json!(row["standing"]),
            serde_json::to_value(key.standing).unwrap()
        );
    }
    let unread = keys.iter().find(|row| row["standing"] == "not_assessed").unwrap();
    assert_eq!(unread["tags"], "", "what was not read is empty and not {{}}");
    let more: Vec<_> = more
        .iter()
        .map(|row| (row["region"].as_str(), row["standing"].as_str()))
        .collect();
    assert_eq!(more, [("us-east-1", "not_listed")]);
}

proptest! {
    #[test]
    fn a_sheet_has_the_text_a_customer_types_as_text(texts in proptest::collection::vec(hostile(), 5)) {
        let judged = assess(&[hostile_account(&texts)]);
        let document = judged.document();
        let formula = |cell: &str| cell.trim_start().starts_with(['=', '+', '-', '@']);
        for format in ["findings-csv", "inventory-csv"] {
            let text = written(format, &judged);
            let rows = rows(&text);
            prop_assert_eq!(text.matches("\r\n").count(), rows.len() + 1);
            prop_assert!(!text.replace("\r\n", "").contains(char::is_control), "{text:?}");
            for cell in rows.iter().flat_map(BTreeMap::values) {
                prop_assert!(!formula(cell), "{cell}");
            }
        }
        for (key, row) in document.keys.iter().zip(rows(&written("inventory-csv", &judged))) {
            let aliases = row["aliases"].strip_prefix('\'').unwrap_or(&row["aliases"]).to_owned();
            let is = visible(&key.aliases[0]);
            prop_assert!(aliases == is || row["aliases"] == is || is.contains(';'), "{aliases:?}");
        }
    }
}
