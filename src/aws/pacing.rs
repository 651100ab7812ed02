//! Pacing: no operation takes more than a share of its request quota, so that the auditor cannot cause the
//! throttling it warns of.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::operations::{OPERATIONS, Operation};

/// The smallest share: with less, the slowest operation would be called less than once in four minutes.
const LEAST_PERCENT: f64 = 0.1;

/// The share of each operation's request quota that the scan may use.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ApiShare {
    /// A percentage, at least 0.1 and at most 100.
    Percent(f64),
    /// No pacing: for emulators and measurements.
    Off,
}

impl ApiShare {
    /// The share used where the user names none.
    pub const DEFAULT: ApiShare = ApiShare::Percent(20.0);
}

impl std::fmt::Display for ApiShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ApiShare::Percent(percent) => write!(f, "{percent}"),
            ApiShare::Off => f.write_str("off"),
        }
    }
}

impl From<ApiShare> for String {
    fn from(share: ApiShare) -> Self {
        share.to_string()
    }
}

impl TryFrom<String> for ApiShare {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for ApiShare {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(ApiShare::Off);
        }
        match text.strip_suffix('%').unwrap_or(text).parse::<f64>() {
            Ok(percent) if (LEAST_PERCENT..=100.0).contains(&percent) => Ok(ApiShare::Percent(percent)),
            _ => Err(format!("expected a percentage from {LEAST_PERCENT} to 100, or `off`")),
        }
    }
}

/// Paces the calls of one account in one Region, each operation by itself.
#[derive(Debug)]
pub(super) struct Pacer {
    clock: DefaultClock,
    lanes: Vec<Option<Lane>>,
}

#[derive(Debug)]
struct Lane {
    /// Whoever holds this is next. The rest queue in order: without it, each free place would wake every waiter.
    queue: Mutex<Queue>,
    /// Retries that the SDK has sent without asking; paid back before the next call.
    owed: AtomicU32,
}

#[derive(Debug)]
struct Queue {
    limiter: DefaultDirectRateLimiter,
    /// The part of a place that calls which take less than a whole one have begun.
    begun: f64,
}

impl Pacer {
    pub(super) fn new(share: ApiShare) -> Self {
        let lane = |operation: &&Operation| match share {
            ApiShare::Off => None,
            ApiShare::Percent(percent) => Lane::new(operation.requests_per_second * percent / 100.0),
        };
        Pacer {
            clock: DefaultClock::default(),
            lanes: OPERATIONS.iter().map(lane).collect(),
        }
    }

    /// Waits until one more call of the operation at this position of the table may be sent, which takes this share of
    /// a place: 1 for all but those that AWS limits by something else than their number.
    pub(super) async fn wait(&self, position: usize, share: f64) {
        let Some(Some(lane)) = self.lanes.get(position) else {
            return;
        };
        let mut queue = lane.queue.lock().await;
        let taken = queue.begun + share.clamp(0.0, 1.0);
        queue.begun = taken.fract();
        let mut places = taken as u32 + lane.owed.swap(0, Ordering::Relaxed);
        while places > 0 {
            match queue.limiter.check() {
                Ok(()) => places -= 1,
                Err(early) => tokio::time::sleep(early.wait_time_from(self.clock.now())).await,
            }
        }
    }

    /// Notes that the SDK sent a retry of the operation at this position.
    pub(super) fn owe(&self, position: usize) {
        if let Some(Some(lane)) = self.lanes.get(position) {
            lane.owed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Lane {
    /// A lane of so many calls a second, that may be a fraction. AWS counts by the second, so a burst is limited to
    /// a tenth of a second's calls.
    fn new(per_second: f64) -> Option<Self> {
        let burst = NonZeroU32::new((per_second / 10.0) as u32).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / per_second))?.allow_burst(burst);
        Some(Lane {
            queue: Mutex::new(Queue {
                limiter: RateLimiter::direct(quota),
                begun: 0.0,
            }),
            owed: AtomicU32::new(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_share_is_a_percentage_or_off() {
        assert_eq!("20".parse(), Ok(ApiShare::Percent(20.0)));
        assert_eq!("12.5%".parse(), Ok(ApiShare::Percent(12.5)));
        assert_eq!("off".parse(), Ok(ApiShare::Off));
        for wrong in ["0", "1e-9", "101", "-3", "NaN", "inf", "half", ""] {
            assert!(wrong.parse::<ApiShare>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn calls_keep_to_the_share_and_retries_are_paid_back() {
        // The first operation is account:ListRegions at 5 a second: 100 % of it is one call each 200 ms.
        let pacer = Pacer::new(ApiShare::Percent(100.0));
        let start = Instant::now();
        pacer.wait(0, 1.0).await;
        assert!(start.elapsed() < Duration::from_millis(100));
        pacer.owe(0);
        pacer.wait(0, 1.0).await;
        assert!(start.elapsed() >= Duration::from_millis(390), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn calls_that_take_a_part_of_a_place_wait_for_whole_ones() {
        let pacer = Pacer::new(ApiShare::Percent(100.0));
        let start = Instant::now();
        for _ in 0..7 {
            pacer.wait(0, 0.25).await;
        }
        assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
        pacer.wait(0, 0.25).await;
        assert!(start.elapsed() >= Duration::from_millis(190), "{:?}", start.elapsed());
    }
}
