//! The command line.

mod after_help;
mod ask;
mod checks;
mod environment;
mod formats;
mod heading;
mod history;
mod init;
mod log;
#[cfg(all(test, feature = "sandbox"))]
mod page;
mod quota;
mod report;
#[cfg(feature = "sandbox")]
mod sandbox;
mod scan;
mod shard;
mod shell;
mod source;
mod targets;
mod template;
mod verify;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use ask::AskArgs;
pub use checks::{ChecksCommand, ChecksListArgs};
pub use formats::{Destination, FormatArg};
pub use history::{AssessArgs, DiffArgs, DiffFormat, MergeArgs, TrendArgs, TrendFormat};
pub use init::InitArgs;
pub use log::{LogArgs, LogFormat};
pub use quota::{QuotaArgs, QuotaFormat, WatchInterval};
pub use report::ReportArgs;
#[cfg(feature = "sandbox")]
pub use sandbox::{GenerateArgs, SandboxCommand, ServeArgs};
pub use scan::ScanArgs;
pub use shell::{CompletionsArgs, ManArgs};
pub use source::{InventorySource, SourceArgs};
pub use targets::TargetArgs;
pub use template::{PolicyPurpose, TemplateArgs, TemplateName};
pub use verify::VerifyArgs;

/// A read-only auditor for AWS KMS: which keys you have and why, how close you are to the request quota, and which
/// buckets miss an S3 Bucket Key.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = after_help::ALL)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Inventory an account, or many, and answer the three questions
    #[command(after_help = after_help::SCAN, after_long_help = after_help::scan())]
    Scan(Box<ScanArgs>),
    /// Hold request quotas against a threshold, and nothing else: no keys, no buckets, in seconds
    #[command(after_help = after_help::QUOTA, after_long_help = after_help::quota())]
    Quota(Box<QuotaArgs>),
    /// Judge the snapshot of a run again, without AWS
    #[command(after_help = after_help::JUDGED)]
    Assess(AssessArgs),
    /// Make one run of the shards of a scan
    #[command(after_help = after_help::JUDGED)]
    Merge(MergeArgs),
    /// Say what changed between two runs
    #[command(after_help = after_help::DIFF)]
    Diff(DiffArgs),
    /// Show the numbers of many runs over time
    #[command(after_help = after_help::PLAIN)]
    Trend(TrendArgs),
    /// Hold the folder of a run against its manifest
    #[command(after_help = after_help::VERIFY)]
    Verify(VerifyArgs),
    /// See what is checked, why, and what to do about it
    #[command(subcommand)]
    Checks(ChecksCommand),
    /// Print something to set up the auditor with
    #[command(after_help = after_help::PLAIN)]
    Template(TemplateArgs),
    /// Write a configuration with every setting, its default and its meaning
    #[command(after_help = after_help::PLAIN)]
    Init(InitArgs),
    /// Print what a shell needs to complete the command line
    #[command(after_help = after_help::PLAIN)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = after_help::PLAIN)]
    Man(ManArgs),
    /// Use the AWS within this program
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

/// The command line, with empty environment variables taken as not set: templates of CI systems leave them so.
pub fn command() -> clap::Command {
    environment::prepared(Cli::command())
}

/// What was typed, with what the environment adds.
///
/// # Errors
/// When it is no command line, or asks for help or the version; the error says so, and knows the exit code.
pub fn parse(typed: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = command();
    let parsed = command.try_get_matches_from_mut(typed);
    parsed
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| environment::explained(error, &command, typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
