//! One file for each subcommand: each wires the parts together.

mod asking;
mod assess;
mod checks;
mod completions;
mod diff;
mod exit;
mod init;
mod judging;
mod log;
mod man;
mod merge;
mod output;
mod outputs;
mod previous;
mod progress_bar;
mod quota;
#[cfg(feature = "sandbox")]
mod sandbox;
mod scan;
mod screen;
mod signals;
mod template;
mod trend;
mod verify;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context;

pub use exit::{Exit, StoppedEarly, UsageError};

#[cfg(feature = "sandbox")]
use crate::cli::SandboxCommand;
use crate::cli::{ChecksCommand, Cli, Command};
use crate::private_files;
use crate::report::ReportError;

/// One thread is enough for what waits for AWS, and does it with less work than several: handing each answer from one to
/// another cost a third of the CPU time of a scan.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
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

/// Writes to stderr what would be on stdout, were that not taken.
fn print_aside(text: &str) -> anyhow::Result<()> {
    let mut stderr = anstream::stderr().lock();
    match stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stderr"),
    }
}

/// Writes a result into a file, whole or not at all, or to stdout. That nobody reads on is no error.
fn write<E>(file: Option<&Path>, content: impl FnOnce(&mut dyn Write) -> Result<(), E>) -> anyhow::Result<()>
where
    E: From<io::Error> + std::error::Error + Send + Sync + 'static,
{
    if let Some(file) = file {
        return private_files::write_over(file, content)
            .with_context(|| format!("cannot write {}", file.display()));
    }
    let mut stdout = Closable(BufWriter::new(anstream::stdout().lock()), false);
    match content(&mut stdout) {
        Err(error) if refusal_of_output(&error).is_some() => Err(error).context("cannot write to stdout"),
        Err(error) => Err(error.into()),
        Ok(()) => stdout.flush().context("cannot write to stdout"),
    }
}

/// Writes a file of the report to stdout as it is, where [`write`] leaves colours away if nobody sees them.
fn write_file_to_stdout<E: From<io::Error>>(
    content: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut stdout = Closable(BufWriter::new(io::stdout().lock()), false);
    content(&mut stdout)?;
    Ok(stdout.flush()?)
}

/// Stdout that may be closed by whoever has seen enough: what comes after is thrown away.
struct Closable<W>(W, bool);

impl<W: Write> Closable<W> {
    fn unless_closed<T>(&mut self, otherwise: T, act: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.1 {
            return Ok(otherwise);
        }
        match act(&mut self.0) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.1 = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for Closable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), Write::flush)
    }
}

/// What to do about an error that does not say so itself.
pub fn advice(error: &anyhow::Error) -> Option<&'static str> {
    let is_full = |kind| matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let mut refusals = error.chain().filter_map(refusal_of_output);
    refusals.any(|refusal| is_full(refusal.kind())).then_some(
        "Free some space, or write to another disk (--out), and run again. Every file that is there is whole; a run \
         without a manifest.json did not come to its end.",
    )
}

/// What the operating system said, where that is the error. A report that cannot be written stands for it.
fn refusal_of_output<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e io::Error> {
    match error.downcast_ref() {
        Some(ReportError::Output(refusal)) => Some(refusal),
        _ => error.downcast_ref(),
    }
}

/// Runs what the command line asks for.
///
/// # Errors
/// When it cannot be done. A [`UsageError`] among the causes means that the command line was wrong.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Scan(args) => scan::run(&args),
        Command::Quota(args) => quota::run(&args),
        Command::Assess(args) => assess::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Trend(args) => trend::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Checks(ChecksCommand::List(args)) => checks::list(&args),
        Command::Checks(ChecksCommand::Show { id }) => checks::show(&id),
        Command::Template(args) => template::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(SandboxCommand::Serve(args)) => sandbox::serve(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(SandboxCommand::Generate(args)) => sandbox::generate(&args),
    }
}
