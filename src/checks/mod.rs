//! The checks: pure functions from an account's facts and the configuration to outcomes. One file for each; this
//! table registers them.

mod bucket_key_disabled;
mod duplicate_classification_key;
mod finding;
mod near_request_quota;
mod outcomes;
mod unjustified_key;
mod unrecognized_justification;

pub use finding::{Finding, FindingException, Observed, Resource, Severity};
pub use outcomes::{Outcomes, Tally};

use crate::config::Config;
use crate::facts::AccountFacts;

/// A check.
pub struct Check {
    /// Its id, which also names its file and its page.
    pub id: &'static str,
    /// What is wrong where it fails.
    pub title: &'static str,
    /// The severity of its findings, where nothing else decides it.
    pub severity: Severity,
    /// Why it matters.
    pub why: &'static str,
    /// What to do about a finding.
    pub remediation: &'static str,
    /// Judges an account.
    pub assess: fn(&AccountFacts, &Config, &mut Outcomes<'_>),
}

/// Every check, in the order of the three questions: keys, quota, buckets.
pub const CHECKS: &[&Check] = &[
    &unjustified_key::CHECK,
    &unrecognized_justification::CHECK,
    &duplicate_classification_key::CHECK,
    &near_request_quota::CHECK,
    &bucket_key_disabled::CHECK,
];

/// Judges an account by every check, and adds to what other accounts brought.
pub fn assess(account: &AccountFacts, config: &Config, findings: &mut Vec<Finding>, tallies: &mut Vec<Tally>) {
    tallies.resize_with(CHECKS.len(), Tally::default);
    for (check, tally) in CHECKS.iter().zip(tallies) {
        let mut outcomes = Outcomes::new(check, account, findings, tally);
        (check.assess)(account, config, &mut outcomes);
    }
}

#[cfg(test)]
mod fixtures;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
        assert!(
            ids.iter()
                .all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        );
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn every_check_has_a_page_that_names_it() {
        for check in CHECKS {
            let path = format!("{}/docs/checks/{}.md", env!("CARGO_MANIFEST_DIR"), check.id);
            let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(
                page.starts_with(&format!("# `{}`: {}\n", check.id, check.title)),
                "{path}"
            );
            for section in [
                "## What it looks for",
                "## Why",
                "## False positives",
                "## What to do",
                "## Sources",
            ] {
                assert!(page.contains(section), "{path} lacks {section}");
            }
        }
        let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks")).unwrap();
        assert_eq!(pages.count(), CHECKS.len(), "a page without a check");
    }
}
