//! `expired-exception`: an exception of the configuration whose last day is over.

use super::Check;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "expired-exception",
    title: "Exception that has expired",
    severity: Severity::Medium,
    why: "An exception is a decision for a while. Once its last day is over it covers nothing any more, and whoever \
          made it has to decide anew.",
    remediation: "Put the findings it covered in order and take the exception out of kms-audit.toml, or, if the reason \
                  still holds, have it decided again and set a new date, at most a year ahead.",
    settings: &[],
    page: include_str!("../../docs/checks/expired-exception.md"),
    // No account alone tells: `review_exceptions` judges it once all have been.
    assess: |_, _| {},
};
