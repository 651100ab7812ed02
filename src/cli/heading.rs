//! The headings that flags stand under in `--help`.

/// Whose keys and quotas.
pub(super) const ACCOUNTS: &str = "Which accounts";

/// What of them.
pub(super) const SCOPE: &str = "What to look at";

/// How fast, and for how long.
pub(super) const PACE: &str = "Pace";

/// Scans that were begun before.
pub(super) const GOING_ON: &str = "Going on with a scan";

/// What is written, and where to.
pub(super) const REPORT: &str = "Report";

/// What decides the exit code.
pub(super) const EXIT: &str = "Exit";
