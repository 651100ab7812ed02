//! The flags of the commands that write a report: `scan`, `assess` and `merge`.

use std::path::PathBuf;

use clap::Args;

use super::{FormatArg, formats, heading};
use crate::severity::Severity;

/// What is written, and what it comes to.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = heading::REPORT)]
pub struct ReportArgs {
    /// Write these formats, separated by commas [default: default]
    #[arg(
        long_help = formats::help(),
        long = "format",
        value_name = "NAME[=FILE]",
        env = "KMS_AUDIT_FORMAT",
        value_delimiter = ','
    )]
    pub formats: Vec<FormatArg>,

    /// Sign the manifest with this OpenSSH key, by ssh-keygen
    #[arg(long, value_name = "KEY", env = "KMS_AUDIT_SIGN_WITH")]
    pub sign_with: Option<PathBuf>,

    /// Exit with 3 if there is a finding of this severity or worse
    ///
    /// One of info, low, medium, high, critical.
    #[arg(long, value_name = "SEVERITY", env = "KMS_AUDIT_FAIL_ON", help_heading = heading::EXIT)]
    pub fail_on: Option<Severity>,

    /// Exit with 4 if anything could not be read
    #[arg(
        long,
        env = "KMS_AUDIT_FAIL_ON_GAPS",
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = heading::EXIT
    )]
    pub fail_on_gaps: bool,
}
