//! Giving up on an operation that a Region refuses whatever it is asked about: more of the same would only set off the
//! customer's alarms for unauthorized calls.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::CallError;

/// After so many refusals, and not one answer, nothing more is asked.
const MOST_REFUSALS: u32 = 20;

/// How one operation fared so far in one Region.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    answered: AtomicBool,
    refused: AtomicU32,
    last: Mutex<Option<CallError>>,
}

impl Refusals {
    /// Asks, unless it has proved useless: then the answer is the last refusal.
    pub(super) async fn ask<T, F>(&self, call: impl FnOnce() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let hopeless =
            !self.answered.load(Ordering::Relaxed) && self.refused.load(Ordering::Relaxed) >= MOST_REFUSALS;
        if hopeless && let Some(error) = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(error);
        }
        let answer = call().await;
        match &answer {
            Ok(_) => self.answered.store(true, Ordering::Relaxed),
            Err(error) if error.refuses_operation() => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            }
            Err(_) => {}
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::super::operations::KMS_DESCRIBE_KEY;
    use super::*;

    async fn asked(answers_first: bool) -> u32 {
        let refusals = Refusals::default();
        let asked = AtomicU32::new(0);
        for n in 0..100 {
            let answer = refusals.ask(|| async {
                asked.fetch_add(1, Ordering::Relaxed);
                if n == 0 && answers_first {
                    Ok(())
                } else {
                    Err(CallError::new(KMS_DESCRIBE_KEY, "AccessDeniedException", "no"))
                }
            });
            assert!(answer.await.is_ok() == (n == 0 && answers_first));
        }
        asked.into_inner()
    }

    #[tokio::test]
    async fn what_is_always_refused_is_asked_no_more() {
        assert_eq!(asked(false).await, MOST_REFUSALS);
    }

    #[tokio::test]
    async fn what_is_refused_for_some_is_asked_for_all() {
        assert_eq!(asked(true).await, 100);
    }
}
