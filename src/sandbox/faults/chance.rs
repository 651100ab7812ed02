//! Faults that strike at random, and the same ones every time.
//!
//! A call is known by what it is about: account, Region, operation, key, bucket and page. A hash of that and of the
//! seed says how many times in a row it fails before it succeeds, so neither the order of calls nor the number of
//! connections changes anything, and only the calls that fail are remembered.

use super::Asked;
use super::Subject;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A share of all tries that fail.
#[derive(Debug)]
pub(in crate::sandbox) struct Chance {
    /// Between 0 and 1.
    rate: f64,
    seed: u64,
    /// How often each call failed that fails at all.
    failed: Mutex<HashMap<u64, u32>>,
}

impl Chance {
    pub fn new(rate: f64, seed: u64) -> Chance {
        Chance {
            rate,
            seed,
            failed: Mutex::default(),
        }
    }

    pub(super) fn strikes(&self, call: &Asked<'_>, subject: &Subject<'_>) -> bool {
        let identity = self.identity(call, subject);
        let failures = failures(identity, self.rate);
        if failures == 0 {
            return false;
        }
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failed.entry(identity).or_default();
        let strikes = *failed < failures;
        *failed += u32::from(strikes);
        strikes
    }

    fn identity(&self, call: &Asked<'_>, subject: &Subject<'_>) -> u64 {
        let key = subject.key.map(|key| key.id());
        let parts = [
            call.service.action_prefix(),
            subject.operation,
            call.account,
            call.region,
            key.as_deref().unwrap_or_default(),
            subject.bucket.unwrap_or_default(),
            subject.token.unwrap_or_default(),
        ];
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        let digest = hash.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }
}

/// How often in a row a call fails if each try fails with a chance of `rate`: at least k times with `rate` to the
/// power of k.
fn failures(identity: u64, rate: f64) -> u32 {
    // 53 bits fit a float; so this is above 0 and at most 1.
    let uniform = ((identity >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    (uniform.ln() / rate.ln()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_failure_is_as_likely_as_the_first() {
        let mut counts = [0_u32; 4];
        for n in 0..100_000_u64 {
            let mut first = [0; 8];
            first.copy_from_slice(&Sha256::digest(n.to_be_bytes())[..8]);
            let failures = failures(u64::from_be_bytes(first), 0.1) as usize;
            for count in counts.iter_mut().take(failures) {
                *count += 1;
            }
        }
        // 10,000, 1,000, 100 and 10, each within four standard deviations.
        for (count, (least, most)) in counts
            .into_iter()
            .zip([(9_620, 10_380), (870, 1_130), (60, 140), (0, 23)])
        {
            assert!((least..=most).contains(&count), "{counts:?}");
        }
    }

    #[test]
    fn the_luckiest_and_the_unluckiest_call_are_numbers_too() {
        assert_eq!(failures(u64::MAX, 0.5), 0);
        assert_eq!(failures(0, 0.5), 53);
    }
}
