//! How far a scan has come, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

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
}
