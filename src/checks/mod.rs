//! The checks: pure functions from an account's facts and the configuration to outcomes. One file for each; this
//! table registers them.

mod ambiguous_bucket_key;
mod bucket_key_bypasses_context;
mod bucket_key_disabled;
mod bucket_key_unsupported;
mod bucket_key_unusable;
mod cross_account_bucket_key;
mod duplicate_classification_key;
mod exceptions;
mod expired_exception;
mod finding;
mod kms_buckets;
mod near_request_quota;
mod outcomes;
mod settings;
mod subject;
mod unmatched_exception;
mod unjustified_key;
mod unrecognized_justification;

pub use exceptions::{ExceptionReview, ExceptionUse, review_exceptions};
pub use finding::{Finding, FindingException, Resource};
pub use outcomes::{Failure, Outcomes, Tally, Unassessed};
pub use settings::check_config;
pub use subject::{JudgedKey, Subject};

use crate::severity::Severity;

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
    /// What can be set for it in `[checks.<id>]`, besides whether it is enabled and its severity.
    pub settings: &'static [&'static Setting],
    /// Its page, `docs/checks/<id>.md`.
    pub page: &'static str,
    /// Judges an account.
    pub assess: fn(&Subject<'_>, &mut Outcomes<'_>),
}

/// A threshold of a check.
#[derive(Debug, PartialEq)]
pub struct Setting {
    /// Its name in `[checks.<id>]`, with the unit: `days`, `percent`.
    pub name: &'static str,
    /// Its value where the configuration gives none.
    pub default: f64,
    /// The smallest value that can be meant.
    pub least: f64,
    /// The largest value that can be meant.
    pub most: f64,
    /// What it decides.
    pub meaning: &'static str,
}

/// Every check, in the order of the three questions: keys, quota, buckets; then the configuration itself.
pub const CHECKS: &[&Check] = &[
    &unjustified_key::CHECK,
    &unrecognized_justification::CHECK,
    &duplicate_classification_key::CHECK,
    &near_request_quota::CHECK,
    &bucket_key_disabled::CHECK,
    &bucket_key_bypasses_context::CHECK,
    &bucket_key_unsupported::CHECK,
    &bucket_key_unusable::CHECK,
    &ambiguous_bucket_key::CHECK,
    &cross_account_bucket_key::CHECK,
    &expired_exception::CHECK,
    &unmatched_exception::CHECK,
];

/// What all checks said of an account, or of several.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// How often each check came to which outcome, in the order of [`CHECKS`].
    pub tallies: Vec<Tally>,
    /// Which exceptions were of use.
    pub exceptions: ExceptionUse,
}

/// Judges an account by every check that is enabled.
pub fn assess(subject: &Subject<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for check in CHECKS {
        let mut tally = Tally::default();
        if subject
            .config
            .checks
            .get(check.id)
            .is_none_or(|settings| settings.enabled)
        {
            let mut outcomes = Outcomes {
                check,
                subject,
                findings: &mut judgement.findings,
                tally: &mut tally,
                exceptions: &mut judgement.exceptions,
            };
            (check.assess)(subject, &mut outcomes);
        }
        judgement.tallies.push(tally);
    }
    judgement
}

#[cfg(test)]
mod fixtures;

#[cfg(test)]
mod tests;
