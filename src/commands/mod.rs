//! One file for each subcommand: each wires the parts together.

mod exit;
mod output;
mod progress_bar;
#[cfg(feature = "sandbox")]
mod sandbox;
mod scan;
mod signals;
mod template;

pub use exit::{Exit, StoppedEarly, UsageError};

#[cfg(feature = "sandbox")]
use crate::cli::SandboxCommand;
use crate::cli::{Cli, Command};

/// Runs what the command line asks for.
///
/// # Errors
/// When it cannot be done. A [`UsageError`] among the causes means that the command line was wrong.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Scan(args) => scan::run(&args),
        Command::Template(args) => template::run(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(SandboxCommand::Serve(args)) => sandbox::serve(&args),
    }
}
