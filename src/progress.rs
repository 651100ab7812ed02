//! How far a scan has come, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Before this, the pace says little: a scan begins with what is asked once.
const SOONEST_ESTIMATE: Duration = Duration::from_secs(20);

/// Eight accounts are under way at the same time, and so the first ones end together.
const LEAST_ACCOUNTS: u64 = 8;

/// Keys, buckets and details that have to be done before they tell a pace.
const LEAST_RESOURCES: u64 = 100;

/// The part that has to be done: a rest of more than twenty times that is a guess.
const LEAST_PART: u64 = 20;

/// Counters that the scan moves on and a display reads.
#[derive(Debug, Default)]
pub struct Progress {
    accounts: Counter,
    regions: Counter,
    keys: Counter,
    buckets: Counter,
    key_details: Counter,
    last_usage: Counter,
}

/// How many there are, as far as is known, and how many are done.
#[derive(Debug, Default)]
pub struct Counter {
    found: AtomicU64,
    done: AtomicU64,
}

impl Counter {
    /// Notes that there are more.
    pub fn find(&self, more: usize) {
        self.found.fetch_add(more as u64, Ordering::Relaxed);
    }

    /// Notes that one is done.
    pub fn finish_one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there are, as far as is known.
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// How many are done.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

impl Progress {
    /// The accounts.
    pub fn accounts(&self) -> &Counter {
        &self.accounts
    }

    /// The Regions.
    pub fn regions(&self) -> &Counter {
        &self.regions
    }

    /// The customer managed keys.
    pub fn keys(&self) -> &Counter {
        &self.keys
    }

    /// The buckets.
    pub fn buckets(&self) -> &Counter {
        &self.buckets
    }

    /// The keys that are looked at more closely.
    pub fn key_details(&self) -> &Counter {
        &self.key_details
    }

    /// The keys that are asked for their last usage. The time for it can be over before all are.
    pub fn last_usage(&self) -> &Counter {
        &self.last_usage
    }

    /// How long the rest will take if it goes on as it did: by the accounts that are done where there are several, else by
    /// keys and buckets. None until enough is done to tell.
    pub fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        if self.accounts.found() > 1 {
            return time_left(elapsed, self.accounts.done(), self.accounts.found(), LEAST_ACCOUNTS);
        }
        let counters = [&self.keys, &self.buckets, &self.key_details];
        let done = counters.iter().map(|counter| counter.done()).sum();
        let found = counters.iter().map(|counter| counter.found()).sum();
        time_left(elapsed, done, found, LEAST_RESOURCES)
    }
}

fn time_left(elapsed: Duration, done: u64, found: u64, least: u64) -> Option<Duration> {
    let is_told = elapsed >= SOONEST_ESTIMATE && done >= least && done.saturating_mul(LEAST_PART) >= found;
    let left = found.checked_sub(done).filter(|left| is_told && *left > 0)?;
    Some(elapsed.mul_f64(left as f64 / done as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn moved(counter: &Counter, done: u64, found: usize) {
        counter.find(found);
        (0..done).for_each(|_| counter.finish_one());
    }

    #[test]
    fn the_rest_takes_as_long_as_what_is_done_took() {
        assert_eq!(time_left(seconds(60), 12, 24, 8), Some(seconds(60)));
        assert_eq!(time_left(seconds(60), 10, 200, 8), Some(seconds(60 * 19)));
        assert_eq!(time_left(seconds(100), 1_000, 1_010, 100), Some(seconds(1)));
    }

    #[test]
    fn nothing_is_said_before_it_can_be_told_or_when_nothing_is_left() {
        for (elapsed, done, found) in [
            (19, 12, 24),
            (60, 7, 24),
            (60, 0, 0),
            (600, 9, 200),
            (60, 24, 24),
            (60, 25, 24),
        ] {
            assert_eq!(
                time_left(seconds(elapsed), done, found, 8),
                None,
                "{elapsed} {done} {found}"
            );
        }
    }

    #[test]
    fn several_accounts_are_counted_and_of_one_its_keys_and_buckets() {
        let several = Progress::default();
        moved(several.accounts(), 20, 40);
        moved(several.keys(), 1, 4_000);
        assert_eq!(several.time_left(seconds(60)), Some(seconds(60)));
        let one = Progress::default();
        moved(one.accounts(), 0, 1);
        moved(one.keys(), 900, 1_000);
        moved(one.buckets(), 100, 1_000);
        assert_eq!(one.time_left(seconds(60)), Some(seconds(60)));
    }
}
