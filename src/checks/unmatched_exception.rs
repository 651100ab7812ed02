//! `unmatched-exception`: an exception of the configuration that covers no finding.

use super::Check;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "unmatched-exception",
    title: "Exception that covers no finding",
    severity: Severity::Low,
    why: "An exception that covers nothing is either no longer needed, and would hide the finding if it came back, or \
          misspelt, and then the finding that it was meant for is not covered.",
    remediation: "Take it out of kms-audit.toml, or correct its check, resource or account. The resource is an ARN or \
                  what the report calls it: an alias, a pool, a bucket name.",
    settings: &[],
    page: include_str!("../../docs/checks/unmatched-exception.md"),
    // No account alone tells: `review_exceptions` judges it once all have been.
    assess: |_, _| {},
};
