//! The flags of `quota`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use super::{ScanArgs, TargetArgs, percentage, region};
use crate::aws::ApiShare;
use crate::facts::Region;

/// The flags of `quota`. Those that it shares with `scan` mean the same.
#[derive(Clone, Debug, Default, Args)]
pub struct QuotaArgs {
    /// Look only at this Region; repeat for several. All enabled Regions otherwise
    #[arg(
        long = "region",
        value_name = "REGION",
        env = "KMS_AUDIT_REGION",
        value_delimiter = ',',
        value_parser = region
    )]
    pub regions: Vec<Region>,

    /// Use this profile of the AWS configuration files
    #[arg(long, env = "KMS_AUDIT_PROFILE")]
    pub profile: Option<String>,

    /// Which accounts to look at, and how to enter them.
    #[command(flatten)]
    pub targets: TargetArgs,

    /// Exit with 3 if a pool used at least this percentage of its request quota [default: 70]
    #[arg(long, value_name = "PERCENT", env = "KMS_AUDIT_THRESHOLD", value_parser = percentage)]
    pub threshold: Option<f64>,

    /// Look only at this pool, by its name in report.json, such as CryptographicOperationsSymmetric; repeat for several
    #[arg(long = "pool", value_name = "NAME", env = "KMS_AUDIT_POOL", value_delimiter = ',')]
    pub pools: Vec<String>,

    /// How to say it
    #[arg(long, value_enum, env = "KMS_AUDIT_QUOTA_FORMAT", default_value_t = QuotaFormat::Table)]
    pub format: QuotaFormat,

    /// Write to this file, which appears whole or not at all, instead of stdout
    #[arg(long, visible_alias = "output", value_name = "FILE", env = "KMS_AUDIT_QUOTA_OUT")]
    pub out: Option<PathBuf>,

    /// Look again and again, at this interval of 10s or more, until Ctrl-C; the exit code is that of the last round. Each
    /// round reads the whole window, which CloudWatch bills
    #[arg(
        long,
        value_name = "INTERVAL",
        env = "KMS_AUDIT_WATCH",
        num_args = 0..=1,
        default_missing_value = "60s"
    )]
    pub watch: Option<WatchInterval>,

    /// With --watch, end after so many rounds
    #[arg(
        long,
        value_name = "NUMBER",
        env = "KMS_AUDIT_ROUNDS",
        value_parser = clap::value_parser!(u32).range(1..),
        requires = "watch"
    )]
    pub rounds: Option<u32>,

    /// Read this configuration instead of ./kms-audit.toml or the one in the user's configuration folder
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_CONFIG")]
    pub config: Option<PathBuf>,

    /// Use at most this percentage of each operation's request quota, or `off` [default: 20]
    #[arg(long, value_name = "PERCENT", env = "KMS_AUDIT_API_SHARE")]
    pub api_share: Option<ApiShare>,

    /// Exit with 4 if anything could not be read
    #[arg(long, env = "KMS_AUDIT_FAIL_ON_GAPS", value_parser = clap::builder::FalseyValueParser::new())]
    pub fail_on_gaps: bool,

    /// Look at an AWS in this process instead of the real one, without credentials or network: the built-in estate, the
    /// one described in a file, or the one that `sandbox serve` serves at a URL such as http://127.0.0.1:4566
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "ESTATE", num_args = 0..=1)]
    pub sandbox: Option<Option<PathBuf>>,

    /// Log to stderr what fails on the way; twice for a line about every request
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl QuotaArgs {
    /// The flags that say whom to ask and how, as those of a scan.
    pub fn as_scan(&self) -> ScanArgs {
        ScanArgs {
            regions: self.regions.clone(),
            profile: self.profile.clone(),
            targets: self.targets.clone(),
            config: self.config.clone(),
            threshold: self.threshold,
            api_share: self.api_share,
            #[cfg(feature = "sandbox")]
            sandbox: self.sandbox.clone(),
            verbose: self.verbose,
            ..ScanArgs::default()
        }
    }
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
