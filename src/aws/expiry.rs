//! Credentials that expire while a scan is under way. What is left is then not asked for: it would be refused, call by
//! call, and set off the customer's alarms for unauthorized calls.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::CallError;
use super::operations::Operation;

/// After so many refusals in a row, nothing more is asked. One or two could pass: a provider may renew credentials
/// that it thought to be valid.
const MOST_REFUSALS: u32 = 20;

/// How AWS takes the credentials of a session.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    refused_in_a_row: AtomicU32,
    last: Mutex<Option<CallError>>,
}

impl Expiry {
    /// Spares a call that would only get the refusal that the last ones got.
    pub(super) fn check(&self, operation: &Operation) -> Result<(), CallError> {
        if self.refused_in_a_row.load(Ordering::Relaxed) < MOST_REFUSALS {
            return Ok(());
        }
        match self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(last) => Err(CallError::new(operation, &last.code, last.message.clone())),
            None => Ok(()),
        }
    }

    /// Learns from an answer.
    pub(super) fn note<T>(&self, answer: &Result<T, CallError>) {
        match answer {
            Ok(_) => self.refused_in_a_row.store(0, Ordering::Relaxed),
            Err(error) if error.says_expired() => {
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                self.refused_in_a_row.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::operations::{KMS_DESCRIBE_KEY, S3_LIST_BUCKETS};
    use super::*;

    fn refused(code: &str) -> Result<(), CallError> {
        Err(CallError::new(KMS_DESCRIBE_KEY, code, "it is expired"))
    }

    #[test]
    fn credentials_that_are_refused_again_and_again_are_used_no_more() {
        let expiry = Expiry::default();
        for _ in 0..MOST_REFUSALS {
            assert_eq!(expiry.check(S3_LIST_BUCKETS), Ok(()));
            expiry.note(&refused("ExpiredTokenException"));
        }
        let spared = expiry.check(S3_LIST_BUCKETS).unwrap_err();
        assert_eq!(
            (spared.operation.as_str(), spared.code.as_str()),
            ("s3:ListBuckets", "ExpiredTokenException")
        );
    }

    #[test]
    fn an_answer_in_between_is_reason_to_go_on_and_other_refusals_say_nothing() {
        let expiry = Expiry::default();
        for n in 0..100 {
            expiry.note(&refused("AccessDeniedException"));
            expiry.note(&refused("ExpiredToken"));
            if n % 10 == 0 {
                expiry.note(&Ok(()));
            }
        }
        assert_eq!(expiry.check(KMS_DESCRIBE_KEY), Ok(()));
    }
}
