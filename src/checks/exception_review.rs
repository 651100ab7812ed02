//! Whether the configured exceptions are still of use.

use jiff::Timestamp;

use super::exceptions::ExceptionUse;
use super::finding::{Finding, Resource, fingerprint};
use super::outcomes::{Tally, observed};
use super::{CHECKS, Check, Judgement, expired_exception, unmatched_exception};
use crate::config::{CheckSettings, Config, Exception};
use crate::facts::{AccountId, Arn};
use crate::numbers::grouped;

/// What the exceptions of the configuration are judged by, once every account has been judged.
pub struct ExceptionReview<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// How many findings each of its exceptions covered.
    pub used: &'a ExceptionUse,
    /// The accounts that were judged.
    pub accounts: &'a [AccountId],
    /// The moment of the scan.
    pub as_of: Timestamp,
    /// Why an exception may still be needed although it covered nothing, if there is a reason: not everything was
    /// looked at.
    pub incomplete_because: Option<&'static str>,
}

/// Judges the exceptions themselves: `expired-exception` and `unmatched-exception`.
pub fn review_exceptions(review: &ExceptionReview<'_>) -> Judgement {
    let mut judgement = Judgement {
        tallies: vec![Tally::default(); CHECKS.len()],
        ..Judgement::default()
    };
    for (position, exception) in review.config.exceptions.iter().enumerate() {
        let expired = !exception.holds_at(review.as_of);
        let used = review.used.of(position);
        let outcome = if expired { Outcome::Failed } else { Outcome::Passed };
        judgement.note(review, &expired_exception::CHECK, outcome, || {
            finding_about(
                &expired_exception::CHECK,
                position,
                exception,
                expired_detail(exception, used),
            )
        });
        if expired {
            continue;
        }
        let outcome = match (used, review.not_looked_at(exception)) {
            (1.., _) => Outcome::Passed,
            (0, Some(because)) => Outcome::NotAssessed(because),
            (0, None) => Outcome::Failed,
        };
        judgement.note(review, &unmatched_exception::CHECK, outcome, || {
            let detail = format!("No finding of {} is about {}.", exception.check, exception.resource);
            finding_about(&unmatched_exception::CHECK, position, exception, detail)
        });
    }
    judgement
}

enum Outcome {
    Passed,
    Failed,
    NotAssessed(&'static str),
}

impl ExceptionReview<'_> {
    /// Why an exception may have covered nothing although it is needed.
    fn not_looked_at(&self, exception: &Exception) -> Option<&'static str> {
        let enabled = |settings: &CheckSettings| settings.enabled;
        if self
            .config
            .checks
            .get(&exception.check)
            .is_some_and(|settings| !enabled(settings))
        {
            return Some("its check is switched off");
        }
        match &exception.account {
            Some(account) if !self.accounts.iter().any(|judged| judged.as_str() == account) => {
                Some("its account was not looked at")
            }
            _ => self.incomplete_because,
        }
    }
}

impl Judgement {
    fn note(
        &mut self,
        review: &ExceptionReview<'_>,
        check: &Check,
        outcome: Outcome,
        finding: impl FnOnce() -> Finding,
    ) {
        let settings = review.config.checks.get(check.id);
        let position = CHECKS.iter().position(|registered| registered.id == check.id);
        let tally = position.and_then(|position| self.tallies.get_mut(position));
        let Some(tally) = tally.filter(|_| settings.is_none_or(|settings| settings.enabled)) else {
            return;
        };
        match outcome {
            Outcome::Passed => tally.passed += 1,
            Outcome::NotAssessed(because) => *tally.not_assessed.entry(because.to_owned()).or_default() += 1,
            Outcome::Failed => {
                tally.failed += 1;
                let mut finding = finding();
                finding.severity = settings
                    .and_then(|settings| settings.severity)
                    .unwrap_or(check.severity);
                self.findings.push(finding);
            }
        }
    }
}

fn expired_detail(exception: &Exception, used: u64) -> String {
    let over = format!("Its last day was {}.", exception.expires);
    match used {
        0 => format!("{over} No finding needs it."),
        1 => format!("{over} The finding it covered is open again."),
        _ => format!("{over} The {} findings it covered are open again.", grouped(used)),
    }
}

fn finding_about(check: &Check, position: usize, exception: &Exception, detail: String) -> Finding {
    // Its place in the file changes when others come and go; what it is about does not.
    let account = exception.account.as_deref().unwrap_or("*");
    let id = Arn::new(format!(
        "exception:{}:{account}:{}",
        exception.check, exception.resource
    ));
    Finding {
        fingerprint: fingerprint(check.id, account, &id),
        check: check.id.into(),
        severity: check.severity,
        resource: Resource {
            kind: "exception".into(),
            arn: id,
            account_id: None,
            region: None,
            name: format!("{} for {}", exception.check, exception.resource),
        },
        title: check.title.into(),
        detail,
        observed: observed! {
            "position": position + 1,
            "check": exception.check,
            "resource": exception.resource,
            "account": exception.account,
            "reason": exception.reason,
            "expires": exception.expires,
        },
        remediation: check.remediation.into(),
        monthly_cost_usd: None,
        exception: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{Subject, assess};
    use crate::facts::AccountFacts;
    use crate::facts::examples::{account, key, region, scan};
    use crate::severity::Severity;

    fn config(lines: &str) -> Config {
        let exception = "[[exception]]\ncheck = 'unjustified-key'\nreason = 'moves in autumn'\n";
        toml::from_str(&format!("{exception}{lines}")).unwrap()
    }

    fn unjustified() -> AccountFacts {
        let mut legacy = key(&[]);
        legacy.aliases = vec!["alias/legacy-1".into()];
        account(region([legacy]))
    }

    fn judged(config: &Config) -> (Judgement, Judgement) {
        reviewed(config, None)
    }

    fn reviewed(config: &Config, incomplete_because: Option<&'static str>) -> (Judgement, Judgement) {
        let (facts, as_of) = (unjustified(), scan().as_of);
        let judgement = assess(&Subject::new(&facts, config, as_of));
        let review = review_exceptions(&ExceptionReview {
            config,
            used: &judgement.exceptions,
            accounts: &scan().accounts,
            as_of,
            incomplete_because,
        });
        (judgement, review)
    }

    fn of<'j>(judgement: &'j Judgement, check: &Check) -> &'j Tally {
        &judgement.tallies[CHECKS.iter().position(|known| known.id == check.id).unwrap()]
    }

    #[test]
    fn a_covered_finding_stays_and_is_counted_as_excepted() {
        let (judgement, review) = judged(&config("resource = 'alias/legacy-*'\nexpires = 2026-09-30"));
        let tally = of(&judgement, &crate::checks::unjustified_key::CHECK);
        assert_eq!((tally.failed, tally.excepted), (0, 1));
        let exception = judgement.findings[0].exception.as_ref().unwrap();
        assert_eq!(exception.reason, "moves in autumn");
        assert_eq!(review.findings, []);
        assert_eq!(of(&review, &unmatched_exception::CHECK).passed, 1);
    }

    #[test]
    fn an_expired_exception_covers_nothing_and_is_a_finding() {
        let (judgement, review) = judged(&config("resource = 'alias/legacy-*'\nexpires = 2026-06-14"));
        assert_eq!(judgement.findings[0].exception, None);
        assert_eq!(of(&judgement, &crate::checks::unjustified_key::CHECK).failed, 1);
        let [finding] = review.findings.as_slice() else {
            panic!("{review:?}")
        };
        assert_eq!(finding.check, "expired-exception");
        assert_eq!(
            finding.detail,
            "Its last day was 2026-06-14. The finding it covered is open again."
        );
    }

    #[test]
    fn an_exception_holds_on_its_last_day() {
        let (judgement, _) = judged(&config("resource = 'alias/legacy-*'\nexpires = 2026-06-15"));
        assert!(judgement.findings[0].exception.is_some());
    }

    #[test]
    fn an_exception_that_covers_nothing_is_a_finding() {
        let (judgement, review) = judged(&config("resource = 'alias/lgacy-*'\nexpires = 2026-09-30"));
        assert_eq!(judgement.findings[0].exception, None);
        assert_eq!(review.findings[0].check, "unmatched-exception");
        assert_eq!(review.findings[0].resource.account_id, None);
    }

    #[test]
    fn an_exception_for_what_was_not_looked_at_is_not_assessed() {
        let elsewhere = config("resource = 'x'\naccount = '999999999999'\nexpires = 2026-09-30");
        let nowhere = config("resource = 'x'\nexpires = 2026-09-30");
        for (config, because) in [(&elsewhere, None), (&nowhere, Some("the coverage has gaps"))] {
            let (_, review) = reviewed(config, because);
            assert_eq!(review.findings, []);
            assert_eq!(of(&review, &unmatched_exception::CHECK).not_assessed.len(), 1);
        }
    }

    #[test]
    fn a_check_that_is_switched_off_says_nothing() {
        let off = config("resource = 'x'\nexpires = 2026-09-30\n[checks.unmatched-exception]\nenabled = false");
        let (_, review) = judged(&off);
        assert_eq!(
            (review.findings.len(), of(&review, &unmatched_exception::CHECK).failed),
            (0, 0)
        );
    }

    #[test]
    fn a_severity_of_the_configuration_goes_before_that_of_the_check() {
        let text = "resource = 'x'\nexpires = 2026-09-30\n[checks.unjustified-key]\nseverity = 'critical'\n\
                    [checks.unmatched-exception]\nseverity = 'high'";
        let (judgement, review) = judged(&config(text));
        assert_eq!(judgement.findings[0].severity, Severity::Critical);
        assert_eq!(review.findings[0].severity, Severity::High);
    }
}
