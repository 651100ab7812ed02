//! The flags that say what is on stderr while a command runs.

use clap::{Args, ValueEnum};

/// What is said on stderr while a command runs.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct LogArgs {
    /// Log what fails on the way; twice for every request
    ///
    /// The log goes to stderr. `KMS_AUDIT_LOG` takes a filter instead, such as `kms_audit::aws=trace`.
    ///
    /// In the environment it is a number: 1 is -v, 2 is -vv.
    #[arg(short, long, action = clap::ArgAction::Count, env = "KMS_AUDIT_VERBOSE")]
    pub verbose: u8,

    /// How to log
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        env = "KMS_AUDIT_LOG_FORMAT",
        default_value_t
    )]
    pub log_format: LogFormat,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For programs: an object on each line
    Json,
}
