//! The program: parses, runs, and turns the outcome into an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use kms_audit::cli::Cli;
use kms_audit::commands::{self, Exit, UsageError};

fn main() -> ExitCode {
    let exit = commands::run(Cli::parse()).unwrap_or_else(|error| {
        // Where stderr is closed, the exit code still speaks.
        let _ = writeln!(std::io::stderr(), "kms-audit: {error:#}");
        if error.is::<UsageError>() { Exit::Usage } else { Exit::CouldNotRun }
    });
    exit.into()
}
