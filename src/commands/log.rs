//! The log, which goes to stderr.

use std::io::IsTerminal;

/// Logs to stderr: warnings of ours always, more on request. `KMS_AUDIT_LOG` takes any filter.
pub(super) fn start(verbose: u8) {
    let level = match verbose {
        0 => "kms_audit=warn",
        1 => "kms_audit=debug",
        _ => "kms_audit=debug,aws_smithy_runtime=debug",
    };
    let filter = match std::env::var("KMS_AUDIT_LOG") {
        Ok(wanted) if !wanted.is_empty() => wanted,
        _ => level.to_owned(),
    };
    let filter = tracing_subscriber::EnvFilter::new(filter);
    // A second start, in tests within one process, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .try_init();
}
