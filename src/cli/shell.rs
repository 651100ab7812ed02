//! The flags of the commands that set up a shell: `completions` and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// The flags of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// The flags of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder
    ///
    /// Without it, the main page goes to stdout.
    #[arg(long, value_name = "DIR", env = "KMS_AUDIT_MAN_OUT")]
    pub out: Option<PathBuf>,
}
