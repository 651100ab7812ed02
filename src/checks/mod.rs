//! The checks: pure functions from an account's facts and the configuration to outcomes. One file for each; this
//! table registers them.

mod ambiguous_bucket_key;
mod bucket_key_bypasses_context;
mod bucket_key_disabled;
mod bucket_key_unsupported;
mod bucket_key_unusable;
mod contradicted_justification;
mod cross_account_bucket_key;
mod custom_key_store_without_requirement;
mod dead_throttle_alarm;
mod disabled_key;
mod duplicate_classification_key;
mod exception_review;
mod exceptions;
mod expired_exception;
mod expiring_key_material;
mod finding;
mod idle_replica;
mod key_count_near_quota;
mod kms_buckets;
mod missing_throttle_alarm;
mod near_request_quota;
mod outcomes;
mod per_tenant_keys;
mod quota_below_default;
mod settings;
mod subject;
mod unavailable_key;
mod unjustified_key;
mod unmatched_exception;
mod unrecognized_justification;
mod unused_key;

pub use exception_review::{ExceptionReview, review_exceptions};
pub use exceptions::ExceptionUse;
pub use finding::{Finding, FindingException, Observed, Resource};
pub use outcomes::{Failure, Outcomes, Tally, Unassessed};
pub use settings::check_config;
pub use subject::{JudgedKey, Subject};

use crate::config::Config;
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

impl Setting {
    /// Its value for a check: the configuration's, else its own.
    fn of(&self, check: &str, config: &Config) -> f64 {
        let settings = config.checks.get(check);
        settings
            .and_then(|settings| settings.thresholds.get(self.name).copied())
            .unwrap_or(self.default)
    }
}

/// Every check, in the order of the three questions: keys, quota, buckets; then the configuration itself.
pub const CHECKS: &[&Check] = &[
    &unjustified_key::CHECK,
    &unrecognized_justification::CHECK,
    &contradicted_justification::CHECK,
    &duplicate_classification_key::CHECK,
    &per_tenant_keys::CHECK,
    &unused_key::CHECK,
    &idle_replica::CHECK,
    &disabled_key::CHECK,
    &unavailable_key::CHECK,
    &expiring_key_material::CHECK,
    &custom_key_store_without_requirement::CHECK,
    &key_count_near_quota::CHECK,
    &near_request_quota::CHECK,
    &quota_below_default::CHECK,
    &missing_throttle_alarm::CHECK,
    &dead_throttle_alarm::CHECK,
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
