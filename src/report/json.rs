//! `report.json`, the canonical report, and its JSON Schema.

use std::io::Write;

use serde::Serialize;

use super::walked::{Failure, Walked, write_walked};
use super::{Report, ReportError};
use crate::assessment::{AssessmentRow, Coverage, Document, InventoryRow, QuotaRow, ScanSection, Summary, Tool};
use crate::facts::ApiCalls;

/// Writes the document.
///
/// # Errors
/// When `out` refuses it, or the results cannot be read.
pub fn write_json(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    write_walked(|failure| write_document(report, failure, out))
}

fn write_document(report: &Report<'_>, failure: &Failure, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    let Document {
        schema_version,
        tool,
        scan,
        summary,
        inventory,
        keys: (),
        quota,
        findings: (),
        assessments,
        coverage,
        api_calls,
    } = report.document;
    let written = Written {
        schema_version,
        tool,
        scan,
        summary,
        inventory,
        keys: Walked::new(report.keys(), failure),
        quota,
        findings: Walked::new(report.findings(), failure),
        assessments,
        coverage: Coverage {
            complete: coverage.complete,
            gaps: Walked::new(report.gaps(), failure),
            fallbacks: coverage.fallbacks.clone(),
            config_record: coverage.config_record.clone(),
        },
        api_calls,
    };
    serde_json::to_writer_pretty(&mut *out, &written)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// The document as it is written: its fields in their order, the long lists walked on the way.
#[derive(Serialize)]
struct Written<'a, Keys, Findings, Gaps> {
    schema_version: &'a str,
    tool: &'a Tool,
    scan: &'a ScanSection,
    summary: &'a Summary,
    inventory: &'a [InventoryRow],
    keys: Keys,
    quota: &'a [QuotaRow],
    findings: Findings,
    assessments: &'a [AssessmentRow],
    coverage: Coverage<Gaps>,
    api_calls: &'a [ApiCalls],
}

/// The JSON Schema of the document.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Document).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_documentation_is_the_schema_of_the_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == made, "docs/report.schema.json is out of date: run `make docs`");
    }
}
