//! The flags of `init`.

use std::path::PathBuf;

use clap::Args;

use crate::config::FILE_NAME;

/// The flags of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Write to this file, which must not exist; - is stdout
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_INIT_OUT", default_value = FILE_NAME)]
    pub out: PathBuf,
}
