//! The flags of `scan`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AskArgs, ReportArgs, SourceArgs, heading, shard, targets};
use crate::facts::Shard;
use crate::scan::LastUsageBudget;

/// The flags of `scan`. Those that decide what is asked are written down at the start of a run, for `--resume`; the others
/// are skipped there.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct ScanArgs {
    /// Whom to ask and how.
    #[command(flatten)]
    #[serde(flatten)]
    pub ask: AskArgs,

    /// Scan only the K-th of N slices of the accounts
    ///
    /// So N processes share them, and `kms-audit merge` makes one report of theirs. `auto/N` takes K from
    /// AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX, and `auto`, in AWS Batch, N as well. The report goes into the
    /// folder shard-K-of-N below --out.
    #[arg(
        long,
        value_name = "K/N",
        env = "KMS_AUDIT_SHARD",
        value_parser = shard::shard,
        help_heading = heading::ACCOUNTS
    )]
    pub shard: Option<Shard>,

    /// Where the inventory comes from.
    #[command(flatten)]
    #[serde(flatten)]
    pub inventory: SourceArgs,

    /// Refer to this moment, such as 2026-06-15T06:00:00Z
    ///
    /// Instead of now; it is at most 24 hours ago. Processes that share a scan must agree on it.
    #[arg(
        long,
        value_name = "TIME",
        env = "KMS_AUDIT_AS_OF",
        value_parser = moment,
        help_heading = heading::SCOPE
    )]
    pub as_of: Option<Timestamp>,

    /// Take over when keys were last used from the scan in this folder
    ///
    /// Its answers stand for keys that are not asked this time, and keys without an answer are asked first.
    #[arg(
        long,
        value_name = "DIR",
        env = "KMS_AUDIT_PREVIOUS",
        help_heading = heading::SCOPE
    )]
    #[serde(with = "targets::written_path")]
    pub previous: Option<PathBuf>,

    /// Ask at most so long when keys were last used [default: 30s]
    ///
    /// A duration such as 30s or 5m, of which each account has all; 0s asks nothing.
    #[arg(
        long,
        value_name = "DURATION",
        env = "KMS_AUDIT_LAST_USAGE_BUDGET",
        help_heading = heading::PACE
    )]
    pub last_usage_budget: Option<LastUsageBudget>,

    /// Go on with the scan in this folder
    ///
    /// It was killed, stopped, or could not enter every account: what is finished is not asked again. Flags are those it
    /// was begun with, and need not be repeated, but for those that say what comes of it: --format, --sign-with, --fail-on,
    /// --fail-on-gaps.
    #[arg(
        long,
        value_name = "DIR",
        env = "KMS_AUDIT_RESUME",
        help_heading = heading::GOING_ON
    )]
    #[serde(skip)]
    pub resume: Option<PathBuf>,

    /// Go on with the scan in --out if one was begun there
    ///
    /// If it has ended, it is left as it is. For jobs that are started again without knowing how far they came.
    #[arg(
        long,
        env = "KMS_AUDIT_RESTARTABLE",
        value_parser = clap::builder::BoolishValueParser::new(),
        requires = "out",
        conflicts_with = "resume",
        help_heading = heading::GOING_ON
    )]
    #[serde(skip)]
    pub restartable: bool,

    /// Write the report here [default: kms-audit-<time of the scan>]
    ///
    /// The folder must not exist, or be empty.
    #[arg(
        long,
        value_name = "DIR",
        env = "KMS_AUDIT_OUT",
        help_heading = heading::REPORT
    )]
    #[serde(skip)]
    pub out: Option<PathBuf>,

    /// What is written, and what it comes to.
    #[command(flatten)]
    #[serde(skip)]
    pub report: ReportArgs,
}

/// A moment in whole seconds, since it stands in every report.
fn moment(text: &str) -> Result<Timestamp, String> {
    let expected = |_| "expected a moment with its offset from UTC, such as 2026-06-15T06:00:00Z".to_owned();
    let moment: Timestamp = text.trim().parse().map_err(expected)?;
    Timestamp::from_second(moment.as_second()).map_err(expected)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};
    use super::*;

    #[test]
    fn what_is_asked_is_written_down_and_secrets_are_not() {
        let flags =
            "kms-audit scan --organization --region eu-west-3 --external-id hush --out run --fail-on high -v";
        let Command::Scan(args) = Cli::parse_from(flags.split(' ')).command else {
            panic!("it is a scan");
        };
        let written = serde_json::to_value(&args).unwrap();
        assert_eq!(written["organization"], true);
        assert_eq!(written["regions"], serde_json::json!(["eu-west-3"]));
        let text = format!("{written} {args:?}");
        assert!(!text.contains("hush"), "{text}");
        for skipped in [
            "external_id",
            "out",
            "restartable",
            "fail_on",
            "verbose",
            "quiet",
            "log_format",
        ] {
            assert!(written.get(skipped).is_none(), "{skipped}");
        }
    }

    #[test]
    fn flags_are_written_down_under_the_names_that_runs_of_earlier_versions_have() {
        let written = serde_json::to_value(ScanArgs::default()).unwrap();
        let names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = [
            "regions",
            "profile",
            "organization",
            "organizational_units",
            "accounts",
            "accounts_file",
            "excluded_accounts",
            "role_name",
            "session_duration",
            "session_name",
            "source_identity",
            "shard",
            "source",
            "aggregator",
            "aggregator_region",
            "tags_from",
            "as_of",
            "config",
            "threshold",
            "api_share",
            "last_usage_budget",
            "previous",
        ];
        expected.sort_unstable();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_moment_has_its_offset_and_counts_in_whole_seconds() {
        let expected = "2026-06-15T06:00:00Z".parse().unwrap();
        for text in [
            "2026-06-15T06:00:00Z",
            "2026-06-15T06:00:00.987Z",
            "2026-06-15T08:00:00+02:00",
        ] {
            assert_eq!(moment(text), Ok(expected), "{text}");
        }
        for wrong in ["", "now", "2026-06-15", "2026-06-15T06:00:00"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
