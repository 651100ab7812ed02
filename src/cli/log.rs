//! The flags that say what is on stderr while a command runs.

use clap::Args;

/// What is said on stderr while a command runs.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct LogArgs {
    /// Log to stderr what fails on the way; twice for a line about every request
    ///
    /// In the environment it is a number: 1 is -v, 2 is -vv.
    #[arg(short, long, action = clap::ArgAction::Count, env = "KMS_AUDIT_VERBOSE")]
    pub verbose: u8,
}
