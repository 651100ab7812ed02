//! The commands and flags of `sandbox`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::after_help;

/// What the AWS within this program can do besides being scanned.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Answer other AWS clients on 127.0.0.1 until Ctrl-C
    #[command(after_help = after_help::SERVE)]
    Serve(ServeArgs),
    /// Print an estate of any size, for measurements
    #[command(after_help = after_help::PLAIN)]
    Generate(GenerateArgs),
}

/// The flags of `sandbox serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The file that describes the account; the built-in estate otherwise
    pub estate: Option<PathBuf>,

    /// The port to listen on; 0 for any free one
    #[arg(long, env = "KMS_AUDIT_SERVE_PORT", default_value_t = 0)]
    pub port: u16,
}

/// The flags of `sandbox generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// How many accounts, the management account among them
    #[arg(long, env = "KMS_AUDIT_GENERATE_ACCOUNTS", default_value_t = 1)]
    pub accounts: u32,

    /// How many Regions in each account
    #[arg(long, env = "KMS_AUDIT_GENERATE_REGIONS", default_value_t = 1)]
    pub regions: u32,

    /// How many customer managed keys in all accounts together
    #[arg(long, env = "KMS_AUDIT_GENERATE_KEYS", default_value_t = 1_000)]
    pub keys: u32,

    /// How many buckets in all accounts together
    #[arg(long, env = "KMS_AUDIT_GENERATE_BUCKETS", default_value_t = 0)]
    pub buckets: u32,
}
