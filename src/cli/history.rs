//! The flags of the commands that read earlier runs: `assess`, `merge`, `diff` and `trend`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ask::percentage;
use super::{LogArgs, ReportArgs, heading};
use crate::severity::Severity;

/// The flags of `assess`.
#[derive(Debug, Args)]
pub struct AssessArgs {
    /// The snapshot: the folder of a run, or the folder `snapshot` in it
    #[arg(value_name = "SNAPSHOT")]
    pub snapshot: PathBuf,

    /// Write the report here [default: kms-audit-<time of the scan>]
    ///
    /// The folder must not exist, or be empty, and not lie in that of the run. If the default name is taken, there is a number
    /// behind it.
    #[arg(long, value_name = "DIR", env = "KMS_AUDIT_OUT", help_heading = heading::REPORT)]
    pub out: Option<PathBuf>,

    /// Read this configuration instead of the usual one
    ///
    /// The usual one is kms-audit.toml in this folder, else the one in the folder kms-audit of the user's configuration
    /// folder.
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_CONFIG")]
    pub config: Option<PathBuf>,

    /// Report a request quota from this percentage on [default: 70]
    #[arg(long, value_name = "PERCENT", env = "KMS_AUDIT_THRESHOLD", value_parser = percentage)]
    pub threshold: Option<f64>,

    /// What is written, and what it comes to.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// The flags of `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The shards: their folders, or the folder that they are in
    #[arg(value_name = "DIR", required = true)]
    pub shards: Vec<PathBuf>,

    /// Write the run here [default: kms-audit-<time of the scan>]
    ///
    /// The folder must not exist, or be empty, and not lie in that of a shard. If the default name is taken, there is a number
    /// behind it.
    #[arg(long, value_name = "DIR", env = "KMS_AUDIT_OUT", help_heading = heading::REPORT)]
    pub out: Option<PathBuf>,

    /// Merge although shards are missing or did not come to their end
    ///
    /// Each account of theirs is a gap.
    #[arg(long, env = "KMS_AUDIT_ALLOW_MISSING_SHARDS", value_parser = clap::builder::BoolishValueParser::new())]
    pub allow_missing_shards: bool,

    /// Ask of each shard for a signature by one of these signers
    ///
    /// A file as ssh-keygen takes it: see `man ssh-keygen`, ALLOWED SIGNERS.
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_ALLOWED_SIGNERS")]
    pub allowed_signers: Option<PathBuf>,

    /// What is said on stderr while it runs.
    #[command(flatten)]
    pub log: LogArgs,

    /// What is written, and what it comes to.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// The flags of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The first run: its folder, or its report.json, which holds less
    #[arg(value_name = "OLD")]
    pub old: PathBuf,

    /// The second run
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    /// How to say it
    #[arg(
        long,
        value_enum,
        env = "KMS_AUDIT_DIFF_FORMAT",
        default_value_t = DiffFormat::Text,
        help_heading = heading::REPORT
    )]
    pub format: DiffFormat,

    /// Write to this file instead of the terminal
    #[arg(
        long,
        value_name = "FILE",
        env = "KMS_AUDIT_DIFF_OUT",
        help_heading = heading::REPORT
    )]
    pub out: Option<PathBuf>,

    /// Exit with 3 at findings so severe that the first run lacks
    ///
    /// One of info, low, medium, high, critical. The finding is new, or no exception covers it any more, or the first run
    /// could not have seen it.
    #[arg(
        long,
        value_name = "SEVERITY",
        env = "KMS_AUDIT_FAIL_ON_NEW",
        help_heading = heading::EXIT
    )]
    pub fail_on_new: Option<Severity>,
}

/// How a comparison is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For the terminal: each kind of change with its number and a few examples
    Text,
    /// For programs: every change
    Json,
    /// For wikis, pull requests and mail
    Markdown,
}

/// The flags of `trend`.
#[derive(Debug, Args)]
pub struct TrendArgs {
    /// The runs, in any order: their folders, or their report.json files
    #[arg(value_name = "DIR", required = true)]
    pub runs: Vec<PathBuf>,

    /// How to say it
    #[arg(
        long,
        value_enum,
        env = "KMS_AUDIT_TREND_FORMAT",
        default_value_t = TrendFormat::Table,
        help_heading = heading::REPORT
    )]
    pub format: TrendFormat,

    /// Write to this file instead of the terminal
    #[arg(
        long,
        value_name = "FILE",
        env = "KMS_AUDIT_TREND_OUT",
        help_heading = heading::REPORT
    )]
    pub out: Option<PathBuf>,

    /// Draw a chart into this file as well
    #[arg(
        long,
        value_name = "FILE.svg",
        env = "KMS_AUDIT_CHART",
        help_heading = heading::REPORT
    )]
    pub chart: Option<PathBuf>,
}

/// How the numbers of many runs are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrendFormat {
    /// For the terminal
    Table,
    /// For spreadsheets: a row for each run, and one for each Region of it
    Csv,
    /// For programs
    Json,
}
