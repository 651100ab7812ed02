//! Which formats there are.

use std::fmt;
use std::io::Write;

use super::{
    Report, ReportError, render_markdown, write_asff, write_findings_csv, write_html, write_inventory_csv,
    write_json, write_junit, write_ocsf, write_prometheus, write_sarif,
};

/// A format of the report: one file.
pub struct Format {
    /// Its name in `--format` and in the configuration.
    pub name: &'static str,
    /// The name of its file in the folder of a run.
    pub file: &'static str,
    /// Whether a run writes it unless told otherwise.
    pub by_default: bool,
    /// Writes it.
    ///
    /// # Errors
    /// When the results cannot be read to their end, or the file cannot be written.
    pub write: fn(&Report<'_>, &mut dyn Write) -> Result<(), ReportError>,
}

/// Every format. The first is the canonical one, which other commands read: a run always writes it.
pub const FORMATS: &[Format] = &[
    Format {
        name: "json",
        file: "report.json",
        by_default: true,
        write: write_json,
    },
    Format {
        name: "html",
        file: "report.html",
        by_default: true,
        write: write_html,
    },
    Format {
        name: "markdown",
        file: "report.md",
        by_default: true,
        write: |report, out| Ok(out.write_all(render_markdown(report)?.as_bytes())?),
    },
    Format {
        name: "findings-csv",
        file: "findings.csv",
        by_default: true,
        write: write_findings_csv,
    },
    Format {
        name: "inventory-csv",
        file: "inventory.csv",
        by_default: true,
        write: write_inventory_csv,
    },
    Format {
        name: "prometheus",
        file: "metrics.prom",
        by_default: false,
        write: write_prometheus,
    },
    Format {
        name: "sarif",
        file: "report.sarif",
        by_default: false,
        write: write_sarif,
    },
    Format {
        name: "junit",
        file: "junit.xml",
        by_default: false,
        write: write_junit,
    },
    Format {
        name: "ocsf",
        file: "findings.ocsf.jsonl",
        by_default: false,
        write: write_ocsf,
    },
    Format {
        name: "asff",
        file: "findings.asff.jsonl",
        by_default: false,
        write: write_asff,
    },
];

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_formats_share_a_name_or_a_file_and_the_canonical_one_comes_first() {
        for (position, format) in FORMATS.iter().enumerate() {
            let others = &FORMATS[position + 1..];
            let shared = others
                .iter()
                .any(|other| other.name == format.name || other.file == format.file);
            assert!(!shared, "{format:?}");
        }
        assert_eq!(FORMATS[0].file, "report.json");
    }

    #[test]
    fn the_documentation_has_a_section_for_each_format() {
        let page = include_str!("../../docs/formats.md");
        for format in FORMATS {
            let title = format!("\n## `{}`: {}\n", format.name, format.file);
            assert!(page.contains(&title), "docs/formats.md lacks:{title}");
        }
    }
}
