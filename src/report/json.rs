//! `report.json`, the canonical report, and its JSON Schema.

use std::io::{self, Write};

use crate::assessment::{Assessment, Document};

/// Writes the document.
///
/// # Errors
/// When `out` refuses it.
pub fn write_json(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &assessment.document)?;
    out.write_all(b"\n")
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
