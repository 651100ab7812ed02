//! How often a fault strikes.

use super::Asked;
use super::{Chance, Subject};
use std::sync::atomic::{AtomicU64, Ordering};

/// Which of the calls that a fault is about it strikes.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Frequency {
    after: u64,
    times: Option<u64>,
    chance: Option<Chance>,
    /// How many calls there were, as far as `after` needs to know.
    seen: AtomicU64,
    struck: AtomicU64,
}

impl Frequency {
    /// Strikes after the first `after` calls, as often as `times` says, if it says anything.
    pub fn counted(after: u64, times: Option<u64>) -> Frequency {
        Frequency {
            after,
            times,
            ..Frequency::default()
        }
    }

    /// Strikes whatever chance chooses.
    pub fn by_chance(chance: Chance) -> Frequency {
        Frequency {
            chance: Some(chance),
            ..Frequency::default()
        }
    }

    /// Counts the call and decides on it.
    pub(super) fn strikes(&self, call: &Asked<'_>, subject: &Subject<'_>) -> bool {
        match &self.chance {
            Some(chance) => chance.strikes(call, subject),
            None => {
                !one_more(&self.seen, self.after) && self.times.is_none_or(|times| one_more(&self.struck, times))
            }
        }
    }
}

/// Counts up to a limit; false when it is reached.
fn one_more(counter: &AtomicU64, limit: u64) -> bool {
    let add = |count| (count < limit).then_some(count + 1);
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
}
