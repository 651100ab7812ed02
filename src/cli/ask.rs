//! The flags of every command that asks AWS: whom, what of it, and how.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{LogArgs, TargetArgs, heading, targets};
use crate::aws::ApiShare;
use crate::facts::Region;

/// Whom to ask and how: what `scan` and `quota` have in common. Those flags that decide what is asked are written down
/// at the start of a scan, for `--resume`; the others are skipped there.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct AskArgs {
    /// Read this configuration instead of the usual one
    ///
    /// The usual one is kms-audit.toml in this folder, else the one in the folder kms-audit of the user's configuration
    /// folder. `kms-audit init` writes one with every setting.
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_CONFIG")]
    #[serde(with = "targets::written_path")]
    pub config: Option<PathBuf>,

    /// Ask an AWS in this process instead of the real one
    ///
    /// It takes no credentials and no network. Without a value it is the built-in estate; with one, the estate that is
    /// described in that file, or the one that `kms-audit sandbox serve` serves at a URL such as http://127.0.0.1:4566.
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "ESTATE", num_args = 0..=1)]
    #[serde(skip)]
    pub sandbox: Option<Option<PathBuf>>,

    /// What is said on stderr while it runs.
    #[command(flatten)]
    #[serde(skip)]
    pub log: LogArgs,

    /// Show no progress
    ///
    /// On a terminal it is a bar; elsewhere a line of the log, at most one a minute.
    #[arg(short, long, env = "KMS_AUDIT_QUIET", value_parser = clap::builder::BoolishValueParser::new())]
    #[serde(skip)]
    pub quiet: bool,

    /// Use this profile of the AWS configuration files
    #[arg(long, value_name = "NAME", env = "KMS_AUDIT_PROFILE", help_heading = heading::ACCOUNTS)]
    pub profile: Option<String>,

    /// Which accounts to look at, and how to enter them.
    #[command(flatten)]
    #[serde(flatten)]
    pub targets: TargetArgs,

    /// Look only at this Region; repeat for several
    ///
    /// Without it, at every Region that is enabled.
    #[arg(
        long = "region",
        value_name = "REGION",
        env = "KMS_AUDIT_REGION",
        value_delimiter = ',',
        value_parser = region,
        help_heading = heading::SCOPE
    )]
    pub regions: Vec<Region>,

    /// Report a request quota from this percentage on [default: 70]
    #[arg(
        long,
        value_name = "PERCENT",
        env = "KMS_AUDIT_THRESHOLD",
        value_parser = percentage,
        help_heading = heading::SCOPE
    )]
    pub threshold: Option<f64>,

    /// Use at most this share of each request quota [default: 20]
    ///
    /// In percent, or `off`. It holds for each operation in each Region, so that the auditor does not cause the throttling it warns
    /// of. With `off` nothing slows down when AWS throttles; a throttled call is made again a few times, and is a gap then.
    #[arg(
        long,
        value_name = "PERCENT",
        env = "KMS_AUDIT_API_SHARE",
        help_heading = heading::PACE
    )]
    pub api_share: Option<ApiShare>,
}

impl AskArgs {
    /// Whether it is the AWS within this program that is asked, where time stands still.
    #[cfg(feature = "sandbox")]
    pub fn is_of_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Whether it is the AWS within this program that is asked, where time stands still.
    #[cfg(not(feature = "sandbox"))]
    pub fn is_of_sandbox(&self) -> bool {
        false
    }
}

pub(super) fn region(text: &str) -> Result<Region, String> {
    Region::parse(text).ok_or_else(|| "expected the name of a Region, such as eu-west-1".to_owned())
}

pub(super) fn percentage(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>() {
        Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent),
        _ => Err("expected a percentage of more than 0 and at most 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_percentage() {
        assert_eq!(percentage("70"), Ok(70.0));
        assert_eq!(percentage("12.5 %"), Ok(12.5));
        assert!(percentage("0").is_err() && percentage("101").is_err() && percentage("nan").is_err());
    }
}
