//! Runs one check for its tests.

use super::*;
use crate::config::Config;
use crate::facts::AccountFacts;

pub struct Judged {
    pub findings: Vec<Finding>,
    pub tally: Tally,
}

/// The judgement of a check with the default configuration, at the moment that the examples of facts are of.
pub fn judge(check: &Check, account: AccountFacts) -> Judged {
    judge_by(check, &account, &Config::default())
}

pub fn judge_by(check: &Check, account: &AccountFacts, config: &Config) -> Judged {
    let mut judged = Judged {
        findings: Vec::new(),
        tally: Tally::default(),
    };
    let subject = Subject::new(account, config, crate::facts::examples::scan().as_of);
    let mut outcomes = Outcomes {
        check,
        subject: &subject,
        findings: &mut judged.findings,
        tally: &mut judged.tally,
        exceptions: &mut ExceptionUse::default(),
    };
    (check.assess)(&subject, &mut outcomes);
    judged
}
