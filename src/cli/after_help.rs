//! The exit codes of each command, as its help lists them.

/// Of what judges and writes a report.
pub(super) const SCAN: &str = "\
Exit codes:
  0    done
  1    could not run
  2    wrong usage
  3    findings at or above --fail-on, with or without gaps
  4    done, but with gaps in the coverage (only with --fail-on-gaps)
  130  stopped by Ctrl-C, 143 by a termination signal: the report holds what was read until then";

/// Of `quota`.
pub(super) const QUOTA: &str = "\
Exit codes:
  0    every pool that could be assessed is below the threshold
  1    could not run
  2    wrong usage
  3    a pool is at or above the threshold, with or without gaps
  4    none is, but something could not be read (only with --fail-on-gaps)
  130  stopped by Ctrl-C, 143 by a termination signal; with --watch, once a round is finished, the code of the last";

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
