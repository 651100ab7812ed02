//! Credentials that expire while they are in use.

use super::Asked;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Counts the answers that each session was given, and expires it after so many.
#[derive(Debug)]
pub(in crate::sandbox) struct Sessions {
    after: u64,
    /// By session token; credentials of no role of this AWS are one session.
    answered: Mutex<HashMap<Option<String>, u64>>,
}

impl Sessions {
    /// Sessions that are answered `after` times.
    pub fn expiring_after(after: u64) -> Sessions {
        Sessions {
            after,
            answered: Mutex::default(),
        }
    }

    /// Counts a call, and says whether its session is over.
    pub(super) fn is_over(&self, call: &Asked<'_>) -> bool {
        let session = call.session.map(|session| session.token());
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = answered.entry(session).or_default();
        let is_over = *answered >= self.after;
        *answered += u64::from(!is_over);
        is_over
    }
}
