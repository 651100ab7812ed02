//! The commands and flags of `checks`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::after_help;
use crate::checks::CHECKS;

/// What can be seen of the checks.
#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// List every check with the severity that the configuration gives it
    #[command(after_help = after_help::PLAIN)]
    List(ChecksListArgs),
    /// Print the page of a check: what it looks for, why, false positives, what to do, sources
    #[command(after_help = after_help::PLAIN)]
    Show {
        /// The id of the check
        #[arg(value_parser = check_ids())]
        id: String,
    },
}

/// The flags of `checks list`.
#[derive(Debug, Args)]
pub struct ChecksListArgs {
    /// Read this configuration instead of the usual one
    ///
    /// The usual one is kms-audit.toml in this folder, else the one in the folder kms-audit of the user's configuration
    /// folder.
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_CONFIG")]
    pub config: Option<PathBuf>,
}

fn check_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(CHECKS.iter().map(|check| check.id))
}
