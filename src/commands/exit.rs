//! Exit codes.

use std::process::ExitCode;

use crate::evidence::FaultKind;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// It could not run.
    CouldNotRun,
    /// The command line was wrong.
    Usage,
    /// There are findings at or above `--fail-on`.
    Findings,
    /// Done, but not everything could be read, and `--fail-on-gaps` was given.
    Gaps,
    /// `verify` found this to be the gravest difference.
    Differs(FaultKind),
    /// `verify` asked for a signature, and there is none that holds.
    NotSigned,
    /// Stopped by this signal; what was read until then is in the report.
    Stopped(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::CouldNotRun => 1,
            Exit::Usage => 2,
            Exit::Findings => 3,
            Exit::Gaps => 4,
            Exit::Differs(FaultKind::Altered) => 5,
            Exit::Differs(FaultKind::Missing) => 6,
            Exit::Differs(FaultKind::Extra) => 7,
            Exit::NotSigned => 8,
            Exit::Stopped(signal) => 128 + signal,
        })
    }
}

/// A signal came before anything was read, so there is no report.
#[derive(Debug, thiserror::Error)]
#[error("stopped before anything was read; there is no report")]
pub struct StoppedEarly(pub u8);

/// The command line asks for something that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);
