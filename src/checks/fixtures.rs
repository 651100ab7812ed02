//! Runs one check for its tests.

use super::*;

pub struct Judged {
    pub findings: Vec<Finding>,
    pub tally: Tally,
}

pub fn judge(check: &Check, account: AccountFacts) -> Judged {
    let mut judged = Judged {
        findings: Vec::new(),
        tally: Tally::default(),
    };
    let mut outcomes = Outcomes::new(check, &account, &mut judged.findings, &mut judged.tally);
    (check.assess)(&account, &Config::default(), &mut outcomes);
    judged
}
