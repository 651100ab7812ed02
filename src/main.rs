//! The program: parses, runs, and turns the outcome into an exit code.

use std::io::Write;
use std::process::ExitCode;

use kms_audit::cli;
use kms_audit::commands::{self, Exit, StoppedEarly, UsageError};
use kms_audit::visible::visible;

/// A call of the SDK allocates hundreds of times; the system's allocator takes a fifth of its time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let typed: Vec<_> = std::env::args_os().collect();
    let cli = cli::parse(&typed).unwrap_or_else(|error| error.exit());
    let exit = commands::run(cli).unwrap_or_else(|error| {
        // Where stderr is closed, the exit code still speaks.
        // What AWS, or whoever answers in its place, said is in it.
        for line in format!("kms-audit: {error:#}").lines() {
            let _ = writeln!(std::io::stderr(), "{}", visible(line));
        }
        if let Some(advice) = commands::advice(&error) {
            let _ = writeln!(std::io::stderr(), "  {advice}");
        }
        if let Some(StoppedEarly(signal)) = error.downcast_ref() {
            Exit::Stopped(*signal)
        } else if error.is::<UsageError>() {
            Exit::Usage
        } else {
            Exit::CouldNotRun
        }
    });
    exit.into()
}
