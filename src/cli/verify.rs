//! The flags of `verify`.

use std::path::PathBuf;

use clap::Args;

/// The flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The folder of the run
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Ask for a signature by one of these signers
    ///
    /// A file as ssh-keygen takes it: see `man ssh-keygen`, ALLOWED SIGNERS.
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_ALLOWED_SIGNERS")]
    pub allowed_signers: Option<PathBuf>,
}
