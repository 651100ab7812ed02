//! The check of request quotas as JSON, and its JSON Schema.

use std::io::{self, Write};

use super::super::json_text::{write_line, write_pretty};
use crate::assessment::{QuotaCheck, QuotaDocument};

/// Writes the document.
///
/// # Errors
/// When `out` refuses it.
pub fn write_quota_json(check: &QuotaCheck, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&check.document(), out)?;
    out.write_all(b"\n")
}

/// Writes the document on one line, for one after the other.
///
/// # Errors
/// When `out` refuses it.
pub fn write_quota_json_line(check: &QuotaCheck, out: &mut dyn Write) -> io::Result<()> {
    write_line(&check.document(), out)?;
    out.write_all(b"\n")
}

/// The JSON Schema of the document.
pub fn quota_schema() -> serde_json::Value {
    schemars::schema_for!(QuotaDocument).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_documentation_is_the_schema_of_the_check() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/quota.schema.json");
        let made = serde_json::to_string_pretty(&quota_schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == made, "docs/quota.schema.json is out of date: run `make docs`");
    }

    #[test]
    fn the_documentation_has_a_section_for_each_format_of_the_check() {
        let page = include_str!("../../../docs/formats.md");
        for format in ["table", "json", "prometheus"] {
            let title = format!("\n### `quota --format {format}`\n");
            assert!(page.contains(&title), "docs/formats.md lacks:{title}");
        }
    }
}
