//! What stands behind the flags in the help of each command: examples and exit codes.

/// Of the program: the exit codes of all commands.
pub(super) const ALL: &str = "\
Exit codes:
  0    done
  1    could not run
  2    wrong usage
  3    scan, assess, merge: findings at or above --fail-on
       quota: a pool at or above the threshold
       diff: findings at or above --fail-on-new that the first run does not have
  4    scan, assess, merge, quota: something could not be read (only with --fail-on-gaps)
  5    verify: a file was altered
  6    verify: a file is missing
  7    verify: a file is there that the manifest does not list
  8    verify: the signature does not hold
  130  stopped by Ctrl-C, 143 by a termination signal";

/// Of `scan`.
pub(super) const SCAN: &str = "\
Exit codes:
  0    done
  1    could not run
  2    wrong usage
  3    findings at or above --fail-on, with or without gaps
  4    done, but with gaps in the coverage (only with --fail-on-gaps)
  130  stopped by Ctrl-C, 143 by a termination signal: the report holds what was read until then";

const SCAN_EXAMPLES: &str = "\
Examples:
  kms-audit scan
      the account of the credentials, in every Region that is enabled
  kms-audit scan --sandbox
      what a report looks like, without AWS
  kms-audit scan --region eu-west-3,us-east-1 --fail-on high --fail-on-gaps
      two Regions, for a pipeline
  kms-audit scan --organization --out report --restartable
      every account of the organization; started again, it goes on
  kms-audit scan --resume report
      go on with a scan that was stopped
  kms-audit scan --format default,sarif=kms.sarif
      the usual files, and one for code scanning";

/// Of `assess` and `merge`, which judge what a scan has read.
pub(super) const JUDGED: &str = "\
Exit codes:
  0  done
  1  could not run
  2  wrong usage
  3  findings at or above --fail-on, with or without gaps
  4  done, but with gaps in the coverage (only with --fail-on-gaps)";

/// Of `quota`.
pub(super) const QUOTA: &str = "\
Exit codes:
  0    every pool that could be assessed is below the threshold
  1    could not run
  2    wrong usage
  3    a pool is at or above the threshold, with or without gaps
  4    none is, but something could not be read (only with --fail-on-gaps)
  130  stopped by Ctrl-C, 143 by a termination signal; with --watch, once a round is finished,
       the code of the last";

const QUOTA_EXAMPLES: &str = "\
Examples:
  kms-audit quota
      every pool of the account against 70 %
  kms-audit quota --threshold 50 --region eu-west-3 --fail-on-gaps
      before a batch job that needs half of the quota
  kms-audit quota --format prometheus --out /var/lib/node_exporter/kms.prom
      for the textfile collector
  kms-audit quota --watch 5m
      a table that is drawn again every five minutes
  kms-audit quota --sandbox
      what it looks like, without AWS";

/// Of `diff`.
pub(super) const DIFF: &str = "\
Exit codes:
  0  done, whether anything changed or not
  1  could not run
  2  wrong usage
  3  findings at or above --fail-on-new that the first run does not have";

/// Of `verify`.
pub(super) const VERIFY: &str = "\
Exit codes, the first that applies:
  0  everything is as the manifest says
  1  could not run, for example because there is no manifest
  2  wrong usage
  5  a file was altered
  6  a file is missing
  7  a file is there that the manifest does not list
  8  the signature does not hold";

/// Of commands that have no more to say.
pub(super) const PLAIN: &str = "\
Exit codes:
  0  done
  1  could not run
  2  wrong usage";

/// Of `sandbox serve`, which has no other end.
#[cfg(feature = "sandbox")]
pub(super) const SERVE: &str = "\
Exit codes:
  1    could not run
  2    wrong usage
  130  stopped by Ctrl-C, 143 by a termination signal";

/// The long form of `scan`.
pub(super) fn scan() -> String {
    format!("{SCAN_EXAMPLES}\n\n{SCAN}")
}

/// The long form of `quota`.
pub(super) fn quota() -> String {
    format!("{QUOTA_EXAMPLES}\n\n{QUOTA}")
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, Parser};

    use super::super::Cli;
    use super::*;

    fn each_leaf(command: &Command, look: &impl Fn(&Command)) {
        if !command.has_subcommands() {
            look(command);
        }
        command.get_subcommands().for_each(|command| each_leaf(command, look));
    }

    #[test]
    fn every_command_lists_its_exit_codes() {
        each_leaf(&Cli::command(), &|command| {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("\nExit codes") && help.contains("  2 "), "{help}");
        });
        let all = Cli::command().render_long_help().to_string();
        for code in 0..=8 {
            assert!(all.contains(&format!("\n  {code} ")), "{code} in {all}");
        }
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn every_example_is_a_command_line() {
        let mut examples = 0;
        let text = scan() + &quota();
        for line in text.lines().filter(|line| line.starts_with("  kms-audit ")) {
            examples += 1;
            let parsed = Cli::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
        assert_eq!(examples, 11);
    }
}
