//! The command line.

mod formats;
mod history;
mod quota;
mod report;
mod shard;
mod targets;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::ApiShare;
use crate::checks::CHECKS;
use crate::facts::{Region, Shard, TagSource};
use crate::scan::LastUsageBudget;

pub use formats::{Destination, FormatArg};
pub use history::{AssessArgs, DiffArgs, DiffFormat, MergeArgs, TrendArgs, TrendFormat};
pub use quota::{QuotaArgs, QuotaFormat, WatchInterval};
pub use report::ReportArgs;
pub use targets::TargetArgs;

/// A read-only auditor for AWS KMS: which keys you have and why, how close you are to the request quota, and which
/// buckets miss an S3 Bucket Key.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    could not run
  2    wrong usage
  3    findings at or above --fail-on, with or without gaps
  4    done, but with gaps in the coverage (only with --fail-on-gaps)
  130  stopped by Ctrl-C, 143 by a termination signal: the report holds what was read until then";

const QUOTA_EXIT_CODES: &str = "\
Exit codes:
  0    every pool that could be assessed is below the threshold
  1    could not run
  2    wrong usage
  3    a pool is at or above the threshold, with or without gaps
  4    none is, but something could not be read (only with --fail-on-gaps)
  130  stopped by Ctrl-C, 143 by a termination signal; with --watch, once a round is finished, the code of the last";

const DIFF_EXIT_CODES: &str = "\
Exit codes:
  0  done, whether anything changed or not
  1  could not run
  2  wrong usage
  3  findings at or above --fail-on-new that the first run does not have";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Inventory an account, or many, and answer the three questions
    #[command(after_help = EXIT_CODES)]
    Scan(Box<ScanArgs>),
    /// Hold request quotas against a threshold, and nothing else: no keys, no buckets, in seconds
    #[command(after_help = QUOTA_EXIT_CODES)]
    Quota(Box<QuotaArgs>),
    /// Judge the snapshot of a run again, without AWS
    #[command(after_help = EXIT_CODES)]
    Assess(AssessArgs),
    /// Make one run of the shards of a scan
    #[command(after_help = EXIT_CODES)]
    Merge(MergeArgs),
    /// Say what changed between two runs
    #[command(after_help = DIFF_EXIT_CODES)]
    Diff(DiffArgs),
    /// Show the numbers of many runs over time
    Trend(TrendArgs),
    /// Hold the folder of a run against its manifest
    #[command(after_help = VERIFY_EXIT_CODES)]
    Verify(VerifyArgs),
    /// See what is checked, why, and what to do about it
    #[command(subcommand)]
    Checks(ChecksCommand),
    /// Print something to set up the auditor with
    Template(TemplateArgs),
    /// Use the AWS within this program
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

/// The command line, with empty environment variables taken as not set: templates of CI systems leave them so.
pub fn command() -> clap::Command {
    const NOT_SET: &str = "KMS_AUDIT_NOT_SET";
    let is_empty = |arg: &clap::Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    Cli::command()
        .mut_subcommands(|command| command.mut_args(|arg| if is_empty(&arg) { arg.env(NOT_SET) } else { arg }))
}

/// The flags of `scan`. Those that decide what is asked are written down at the start of a run, for `--resume`; the others
/// are skipped there.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct ScanArgs {
    /// Scan only this Region; repeat for several. All enabled Regions otherwise
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

    /// Which accounts to scan, and how to enter them.
    #[command(flatten)]
    #[serde(flatten)]
    pub targets: TargetArgs,

    /// Scan only the K-th of N slices of the accounts, so that N processes share them; `kms-audit merge` makes one report
    /// of theirs. `auto/N` takes K from AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX, and `auto`, in AWS Batch, N as
    /// well. The report goes into the folder shard-K-of-N below --out
    #[arg(
        long,
        value_name = "K/N",
        env = "KMS_AUDIT_SHARD",
        value_parser = shard::shard,
        help_heading = "Several accounts"
    )]
    pub shard: Option<Shard>,

    /// Refer to this moment instead of now, such as 2026-06-15T06:00:00Z; at most 24 hours ago. Processes that share a
    /// scan must agree on it
    #[arg(long, value_name = "TIME", env = "KMS_AUDIT_AS_OF", value_parser = moment)]
    pub as_of: Option<Timestamp>,

    /// Write the report into this folder, which must not exist or be empty [default: kms-audit-<time of the scan>]
    #[arg(long, value_name = "DIR", env = "KMS_AUDIT_OUT")]
    #[serde(skip)]
    pub out: Option<PathBuf>,

    /// Go on with the scan in this folder, which was killed, stopped or could not enter every account: what is finished
    /// is not asked again. Flags are those it was begun with, and need not be repeated
    #[arg(long, value_name = "DIR", env = "KMS_AUDIT_RESUME")]
    #[serde(skip)]
    pub resume: Option<PathBuf>,

    /// Go on with the scan in --out if one was begun there, and leave it as it is if it has ended: for jobs that are
    /// started again without knowing how far they came
    #[arg(
        long,
        env = "KMS_AUDIT_RESTARTABLE",
        value_parser = clap::builder::FalseyValueParser::new(),
        requires = "out",
        conflicts_with = "resume"
    )]
    #[serde(skip)]
    pub restartable: bool,

    /// Read this configuration instead of ./kms-audit.toml or the one in the user's configuration folder
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_CONFIG")]
    #[serde(with = "targets::written_path")]
    pub config: Option<PathBuf>,

    /// Report a request quota from this percentage of use on [default: 70]
    #[arg(long, value_name = "PERCENT", env = "KMS_AUDIT_THRESHOLD", value_parser = percentage)]
    pub threshold: Option<f64>,

    /// Use at most this percentage of each operation's request quota, or `off` [default: 20]
    #[arg(long, value_name = "PERCENT", env = "KMS_AUDIT_API_SHARE")]
    pub api_share: Option<ApiShare>,

    /// Spend at most this time in each account on asking when keys were last used, such as 30s or 5m; 0s asks nothing
    /// [default: 30s]
    #[arg(long, value_name = "DURATION", env = "KMS_AUDIT_LAST_USAGE_BUDGET")]
    pub last_usage_budget: Option<LastUsageBudget>,

    /// Take the inventory from the services themselves, or what an aggregator of AWS Config has of it: fewer calls, and
    /// only as recent and whole as what is recorded there [default: services]
    #[arg(long, env = "KMS_AUDIT_SOURCE", value_enum)]
    pub source: Option<InventorySource>,

    /// The aggregator, where there are several in its Region
    #[arg(long, value_name = "NAME", env = "KMS_AUDIT_AGGREGATOR")]
    pub aggregator: Option<String>,

    /// The Region of the aggregator [default: that of the AWS configuration]
    #[arg(long, value_name = "REGION", env = "KMS_AUDIT_AGGREGATOR_REGION", value_parser = region)]
    pub aggregator_region: Option<Region>,

    /// Read the tags of keys from KMS, a call for each key, or from Resource Groups, a call for a hundred, where that
    /// saves calls [default: kms]
    #[arg(long, value_name = "SOURCE", env = "KMS_AUDIT_TAGS_FROM", value_parser = tag_source())]
    pub tags_from: Option<TagSource>,

    /// Go on from an earlier scan, of which this is the folder: its answers on when keys were last used stand for keys
    /// that are not asked this time, and keys without an answer are asked first
    #[arg(long, value_name = "DIR", env = "KMS_AUDIT_PREVIOUS")]
    #[serde(with = "targets::written_path")]
    pub previous: Option<PathBuf>,

    /// Scan an AWS in this process instead of the real one, without credentials or network: the built-in estate, the
    /// one described in a file, or the one that `sandbox serve` serves at a URL such as http://127.0.0.1:4566
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "ESTATE", num_args = 0..=1)]
    #[serde(skip)]
    pub sandbox: Option<Option<PathBuf>>,

    /// What is written, and what it comes to.
    #[command(flatten)]
    #[serde(skip)]
    pub report: ReportArgs,

    /// Log to stderr what fails on the way; twice for a line about every request
    #[arg(short, long, action = clap::ArgAction::Count)]
    #[serde(skip)]
    pub verbose: u8,
}

/// Where the inventory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InventorySource {
    /// AWS KMS and Amazon S3
    Services,
    /// An aggregator of AWS Config
    ConfigAggregator,
}

/// What the AWS within this program can do besides being scanned.
#[cfg(feature = "sandbox")]
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Answer other AWS clients on 127.0.0.1 until Ctrl-C
    Serve(ServeArgs),
    /// Print an estate of any size, for measurements
    Generate(GenerateArgs),
}

/// The flags of `sandbox serve`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The file that describes the account; the built-in estate otherwise
    pub estate: Option<PathBuf>,

    /// The port to listen on; 0 for any free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
}

/// The flags of `sandbox generate`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// How many accounts, the management account among them
    #[arg(long, default_value_t = 1)]
    pub accounts: u32,

    /// How many Regions in each account
    #[arg(long, default_value_t = 1)]
    pub regions: u32,

    /// How many customer managed keys in all accounts together
    #[arg(long, default_value_t = 1_000)]
    pub keys: u32,

    /// How many buckets in all accounts together
    #[arg(long, default_value_t = 0)]
    pub buckets: u32,
}

const VERIFY_EXIT_CODES: &str = "\
Exit codes, the first that applies:
  0  everything is as the manifest says
  1  could not run, for example because there is no manifest
  2  wrong usage
  5  a file was altered
  6  a file is missing
  7  a file is there that the manifest does not list
  8  the signature does not hold";

/// The flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The folder of the run
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Ask for a signature by one of these signers, a file as ssh-keygen takes it (see `man ssh-keygen`, ALLOWED
    /// SIGNERS)
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_ALLOWED_SIGNERS")]
    pub allowed_signers: Option<PathBuf>,
}

/// What can be seen of the checks.
#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// List every check with the severity that the configuration gives it
    List(ChecksListArgs),
    /// Print the page of a check: what it looks for, why, false positives, what to do, sources
    Show {
        /// The id of the check
        #[arg(value_parser = check_ids())]
        id: String,
    },
}

/// The flags of `checks list`.
#[derive(Debug, Args)]
pub struct ChecksListArgs {
    /// Read this configuration instead of ./kms-audit.toml or the one in the user's configuration folder
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_CONFIG")]
    pub config: Option<PathBuf>,
}

fn check_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(CHECKS.iter().map(|check| check.id))
}

/// The flags of `template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// Which one
    pub template: TemplateName,

    /// Print the policy of this command alone, where it is `iam-policy`
    #[arg(long = "for", value_enum, value_name = "COMMAND", default_value_t)]
    pub purpose: PolicyPurpose,
}

/// What can be printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TemplateName {
    /// The IAM policy with every action the auditor uses in an account
    IamPolicy,
    /// The IAM policy with what it uses besides where it starts: to list the accounts of an organization, enter them, and
    /// ask an aggregator of AWS Config
    OrganizationPolicy,
    /// The CloudFormation template with the read-only role for every account of an organization
    RoleStackset,
}

/// What an IAM policy is to allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PolicyPurpose {
    /// Everything: `scan`, and with it `quota`
    #[default]
    Scan,
    /// `quota` and nothing else
    Quota,
}

fn tag_source() -> impl TypedValueParser<Value = TagSource> {
    PossibleValuesParser::new(TagSource::WORDS).try_map(|word| word.parse::<TagSource>())
}

fn region(text: &str) -> Result<Region, String> {
    Region::parse(text).ok_or_else(|| "expected the name of a Region, such as eu-west-1".to_owned())
}

/// A moment in whole seconds, since it stands in every report.
fn moment(text: &str) -> Result<Timestamp, String> {
    let expected = |_| "expected a moment with its offset from UTC, such as 2026-06-15T06:00:00Z".to_owned();
    let moment: Timestamp = text.trim().parse().map_err(expected)?;
    Timestamp::from_second(moment.as_second()).map_err(expected)
}

fn percentage(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>() {
        Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent),
        _ => Err("expected a percentage of more than 0 and at most 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

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
        for skipped in ["external_id", "out", "restartable", "fail_on", "verbose"] {
            assert!(written.get(skipped).is_none(), "{skipped}");
        }
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

    #[test]
    fn a_threshold_is_a_percentage() {
        assert_eq!(percentage("70"), Ok(70.0));
        assert_eq!(percentage("12.5 %"), Ok(12.5));
        assert!(percentage("0").is_err() && percentage("101").is_err() && percentage("nan").is_err());
    }
}
