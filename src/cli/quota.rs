//! The flags of `quota`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use super::{AskArgs, heading};
use crate::published;

/// What `--help` says of --pool.
fn pools() -> String {
    let pools: Vec<&str> = published::pools().into_iter().collect();
    format!(
        "Look only at this pool of operations; repeat for several\n\nBy its name in report.json or in the table: {}; or one \
         that AWS has added since.",
        pools.join(", ")
    )
}

/// The flags of `quota`. Those that it shares with `scan` mean the same.
#[derive(Clone, Debug, Default, Args)]
pub struct QuotaArgs {
    /// Whom to ask and how.
    #[command(flatten)]
    pub ask: AskArgs,

    /// Look only at this pool of operations; repeat for several
    #[arg(
        long_help = pools(),
        long = "pool",
        value_name = "NAME",
        env = "KMS_AUDIT_POOL",
        value_delimiter = ',',
        help_heading = heading::SCOPE
    )]
    pub pools: Vec<String>,

    /// Look again and again, every 60s or at this interval, until Ctrl-C
    ///
    /// The interval is 10s or more. The exit code is that of the last round. Each round reads the whole window, which
    /// CloudWatch bills.
    #[arg(
        long,
        value_name = "INTERVAL",
        env = "KMS_AUDIT_WATCH",
        num_args = 0..=1,
        default_missing_value = "60s",
        help_heading = heading::PACE
    )]
    pub watch: Option<WatchInterval>,

    /// With --watch, end after so many rounds
    #[arg(
        long,
        value_name = "NUMBER",
        env = "KMS_AUDIT_ROUNDS",
        value_parser = clap::value_parser!(u32).range(1..),
        requires = "watch",
        help_heading = heading::PACE
    )]
    pub rounds: Option<u32>,

    /// How to say it
    #[arg(
        long,
        value_enum,
        env = "KMS_AUDIT_QUOTA_FORMAT",
        default_value_t = QuotaFormat::Table,
        help_heading = heading::REPORT
    )]
    pub format: QuotaFormat,

    /// Write to this file instead of stdout
    ///
    /// It appears whole or not at all.
    #[arg(
        long,
        visible_alias = "output",
        value_name = "FILE",
        env = "KMS_AUDIT_QUOTA_OUT",
        help_heading = heading::REPORT
    )]
    pub out: Option<PathBuf>,

    /// Exit with 4 if anything could not be read
    #[arg(
        long,
        env = "KMS_AUDIT_FAIL_ON_GAPS",
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = heading::EXIT
    )]
    pub fail_on_gaps: bool,
}

/// How the quotas are said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum QuotaFormat {
    /// For the terminal
    #[default]
    Table,
    /// For programs: one document; with --watch, one on each line
    Json,
    /// For the textfile collector of node_exporter, under the names that `scan --format prometheus` uses
    Prometheus,
}

/// How long it is from one look to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchInterval(pub Duration);

impl WatchInterval {
    /// CloudWatch counts by the minute: a shorter interval would show the same.
    const SHORTEST: Duration = Duration::from_secs(10);
    const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
}

impl FromStr for WatchInterval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration = text.parse::<SignedDuration>().ok();
        duration
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| (Self::SHORTEST..=Self::LONGEST).contains(duration))
            .map(WatchInterval)
            .ok_or_else(|| "expected a duration of 10s to 7 days (168h), such as 60s or 5m".to_owned())
    }
}

impl fmt::Display for WatchInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_ten_seconds_or_more() {
        let parsed = |text: &str| text.parse::<WatchInterval>().map(|interval| interval.0.as_secs());
        assert_eq!(parsed("10s"), Ok(10));
        assert_eq!(parsed("5m"), Ok(300));
        for other in ["9s", "0s", "-1m", "60", "", "169h"] {
            assert!(parsed(other).is_err(), "{other}");
        }
    }
}
