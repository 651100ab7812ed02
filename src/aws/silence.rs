//! Services, or whole Regions, that do not answer. A call to one takes a minute until it is given up; what comes after is not
//! asked for some time, so that an account is not held up for hours by the one Region of it that is down.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::CallError;
use super::operations::Operation;

/// After so many calls in a row that nobody answered, nothing is asked for a while.
const MOST_UNANSWERED: u32 = 2;
/// How long nothing is asked then. The next call is made, and decides how it goes on.
const PAUSE: Duration = Duration::from_secs(120);

/// Instead of the name of a service: any of them.
const ANY: &str = "";

/// What the services of one account answer in one Region.
#[derive(Debug)]
pub(super) struct Silence {
    /// By the SDK's name of the service, and under [`ANY`] of all of them together.
    unanswered: Mutex<BTreeMap<&'static str, Unanswered>>,
    pause: Duration,
}

#[derive(Debug)]
struct Unanswered {
    in_a_row: u32,
    operation: String,
    at: Instant,
}

impl Default for Silence {
    fn default() -> Self {
        Silence {
            unanswered: Mutex::default(),
            pause: PAUSE,
        }
    }
}

impl Silence {
    /// Spares a call that would most likely not be answered either.
    pub(super) fn check(&self, operation: &'static Operation) -> Result<(), CallError> {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_silent = |calls: &&Unanswered| calls.in_a_row >= MOST_UNANSWERED && calls.at.elapsed() < self.pause;
        let mut of_either = [operation.sdk_service, ANY]
            .into_iter()
            .filter_map(|name| unanswered.get(name));
        match of_either.find(is_silent) {
            None => Ok(()),
            Some(calls) => {
                let message = format!(
                    "not asked, since nobody had answered the {} calls before, {} the last of them",
                    calls.in_a_row, calls.operation
                );
                Err(CallError::new(operation, CallError::TIMEOUT, message))
            }
        }
    }

    /// Learns from how a call went.
    pub(super) fn note<T>(&self, operation: &'static Operation, answer: &Result<T, CallError>) {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        for name in [operation.sdk_service, ANY] {
            match answer {
                Err(error) if error.code == CallError::TIMEOUT => {
                    let calls = unanswered.entry(name).or_insert_with(|| Unanswered {
                        in_a_row: 0,
                        operation: String::new(),
                        at: Instant::now(),
                    });
                    calls.in_a_row += 1;
                    calls.operation.clone_from(&error.operation);
                    calls.at = Instant::now();
                }
                // Any answer is one, a refusal too.
                _ => {
                    unanswered.remove(name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::operations::{
        KMS_DESCRIBE_KEY, KMS_LIST_KEYS, S3_LIST_BUCKETS, SERVICEQUOTAS_LIST_SERVICE_QUOTAS,
    };
    use super::*;

    fn unanswered() -> Result<(), CallError> {
        Err(CallError::new(KMS_LIST_KEYS, CallError::TIMEOUT, "no answer in time"))
    }

    #[test]
    fn a_service_that_does_not_answer_is_not_asked_and_the_others_are() {
        let silence = Silence::default();
        for _ in 0..MOST_UNANSWERED {
            assert_eq!(silence.check(KMS_DESCRIBE_KEY), Ok(()));
            silence.note(KMS_LIST_KEYS, &unanswered());
            silence.note(S3_LIST_BUCKETS, &Ok(()));
        }
        let spared = silence.check(KMS_DESCRIBE_KEY).unwrap_err();
        assert_eq!(spared.operation, "kms:DescribeKey");
        assert!(spared.message.contains("kms:ListKeys"), "{}", spared.message);
        assert_eq!(silence.check(S3_LIST_BUCKETS), Ok(()));
    }

    #[test]
    fn a_region_in_which_no_service_answers_is_not_asked() {
        let silence = Silence::default();
        silence.note(KMS_LIST_KEYS, &unanswered());
        silence.note(S3_LIST_BUCKETS, &unanswered());
        for operation in [KMS_DESCRIBE_KEY, SERVICEQUOTAS_LIST_SERVICE_QUOTAS] {
            assert!(silence.check(operation).is_err());
        }
    }

    #[test]
    fn any_answer_in_between_is_reason_to_go_on() {
        let silence = Silence::default();
        let refused = CallError::new(KMS_LIST_KEYS, "AccessDeniedException", "no");
        for _ in 0..10 {
            silence.note(KMS_LIST_KEYS, &unanswered());
            silence.note(KMS_DESCRIBE_KEY, &Err::<(), _>(refused.clone()));
        }
        assert_eq!(silence.check(KMS_LIST_KEYS), Ok(()));
    }

    #[test]
    fn after_a_while_one_call_finds_out_whether_it_is_back() {
        let silence = Silence {
            pause: Duration::ZERO,
            ..Silence::default()
        };
        for _ in 0..5 {
            silence.note(KMS_LIST_KEYS, &unanswered());
            assert_eq!(silence.check(KMS_LIST_KEYS), Ok(()));
        }
    }
}
