//! One file for each subcommand: each wires the parts together.

mod checks;
mod exit;
mod output;
mod previous;
mod progress_bar;
#[cfg(feature = "sandbox")]
mod sandbox;
mod scan;
mod signals;
mod template;
mod verify;

use std::io::Write;

use anyhow::Context;

pub use exit::{Exit, StoppedEarly, UsageError};

#[cfg(feature = "sandbox")]
use crate::cli::SandboxCommand;
use crate::cli::{ChecksCommand, Cli, Command};

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")
}

/// Writes a result to stdout. That nobody reads on is no error: whoever does has seen enough.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Runs what the command line asks for.
///
/// # Errors
/// When it cannot be done. A [`UsageError`] among the causes means that the command line was wrong.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Scan(args) => scan::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Checks(ChecksCommand::List(args)) => checks::list(&args),
        Command::Checks(ChecksCommand::Show { id }) => checks::show(&id),
        Command::Template(args) => template::run(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(SandboxCommand::Serve(args)) => sandbox::serve(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(SandboxCommand::Generate(args)) => sandbox::generate(&args),
    }
}
