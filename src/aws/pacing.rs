//! Pacing: no operation takes more than a share of its request quota, so that the auditor cannot cause the
//! throttling it warns of. Where AWS throttles all the same, others need the quota: then the pace is halved, and comes back
//! within a minute.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

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
    /// The quota that the lane was made for, in requests a second.
    published: f64,
    slowing: std::sync::Mutex<Slowing>,
}

#[derive(Debug)]
struct Queue {
    limiter: DefaultDirectRateLimiter,
    /// The part of a place that calls which take less than a whole one have begun.
    begun: f64,
}

/// How many places a call takes besides its own, because of what AWS says.
#[derive(Debug)]
struct Slowing {
    /// How many calls the quota allows where it is not the published one, beside that.
    quota: f64,
    /// The pace after the last throttle, beside the usual one.
    pace: f64,
    throttled: Option<Instant>,
}

/// The slowest pace that throttles lead to, beside the usual one.
const SLOWEST: f64 = 1.0 / 16.0;
/// Throttles of so short a time are one: what was in flight together is refused together.
const ONE_THROTTLE: Duration = Duration::from_secs(1);
/// How long it takes from a standstill to the usual pace.
const RECOVERY: Duration = Duration::from_secs(60);

impl Slowing {
    /// The pace now: it comes back little by little.
    fn pace(&self, now: Instant) -> f64 {
        let since = |then| now.saturating_duration_since(then).as_secs_f64() / RECOVERY.as_secs_f64();
        self.throttled.map_or(1.0, |then| (self.pace + since(then)).min(1.0))
    }

    fn throttled(&mut self, now: Instant) {
        let is_same = |then| now.saturating_duration_since(then) < ONE_THROTTLE;
        if self.throttled.is_some_and(is_same) {
            return;
        }
        self.pace = (self.pace(now) / 2.0).max(SLOWEST);
        self.throttled = Some(now);
    }
}

impl Pacer {
    pub(super) fn new(share: ApiShare) -> Self {
        let lane = |operation: &&Operation| match share {
            ApiShare::Off => None,
            ApiShare::Percent(percent) => Lane::new(operation.requests_per_second, percent / 100.0),
        };
        Pacer {
            clock: DefaultClock::default(),
            lanes: OPERATIONS.iter().map(lane).collect(),
        }
    }

    /// Waits until one more call of the operation at this position of the table may be sent, which takes this share of
    /// a place: 1 for all but those that AWS limits by something else than their number. Says how long the operation was
    /// held back; those behind in the queue do not count it again.
    pub(super) async fn wait(&self, position: usize, share: f64) -> Duration {
        let mut waited = Duration::ZERO;
        let Some(lane) = self.lane(position) else {
            return waited;
        };
        let mut queue = lane.queue.lock().await;
        let taken = queue.begun + share.clamp(0.0, 1.0) * lane.places();
        queue.begun = taken.fract();
        let mut places = taken as u32 + lane.owed.swap(0, Ordering::Relaxed);
        while places > 0 {
            match queue.limiter.check() {
                Ok(()) => places -= 1,
                Err(early) => {
                    let wait = early.wait_time_from(self.clock.now());
                    waited += wait;
                    tokio::time::sleep(wait).await;
                }
            }
        }
        waited
    }

    /// Notes that the SDK sent a retry of the operation at this position.
    pub(super) fn owe(&self, position: usize) {
        if let Some(lane) = self.lane(position) {
            lane.owed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that AWS throttled the operation at this position.
    pub(super) fn slow_down(&self, position: usize) {
        if let Some(lane) = self.lane(position) {
            lane.slowing().throttled(Instant::now());
        }
    }

    /// Takes the quota of the account, in requests a second, in place of the published one.
    pub(super) fn adopt_quota(&self, position: usize, per_second: f64) {
        if let Some(lane) = self.lane(position).filter(|_| per_second > 0.0) {
            lane.slowing().quota = per_second / lane.published;
        }
    }

    fn lane(&self, position: usize) -> Option<&Lane> {
        self.lanes.get(position)?.as_ref()
    }
}

impl Lane {
    /// A lane of a share of so many calls a second, that may be a fraction. AWS counts by the second, so a burst is
    /// limited to a tenth of a second's calls.
    fn new(published: f64, share: f64) -> Option<Self> {
        let per_second = published * share;
        let burst = NonZeroU32::new((per_second / 10.0) as u32).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / per_second))?.allow_burst(burst);
        Some(Lane {
            queue: Mutex::new(Queue {
                limiter: RateLimiter::direct(quota),
                begun: 0.0,
            }),
            owed: AtomicU32::new(0),
            published,
            slowing: std::sync::Mutex::new(Slowing {
                quota: 1.0,
                pace: 1.0,
                throttled: None,
            }),
        })
    }

    /// How many places a call takes.
    fn places(&self) -> f64 {
        let slowing = self.slowing();
        1.0 / (slowing.quota * slowing.pace(Instant::now()))
    }

    fn slowing(&self) -> std::sync::MutexGuard<'_, Slowing> {
        self.slowing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_pace_is_halved_by_each_throttle_and_comes_back_within_a_minute() {
        let start = Instant::now();
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut slowing = Slowing {
            quota: 1.0,
            pace: 1.0,
            throttled: None,
        };
        assert_eq!(slowing.pace(start), 1.0);
        slowing.throttled(start);
        // What was in flight with it.
        slowing.throttled(after(0.5));
        assert_eq!(slowing.pace(start), 0.5);
        assert!((slowing.pace(after(15.0)) - 0.75).abs() < 1e-9);
        slowing.throttled(after(15.0));
        assert!((slowing.pace(after(15.0)) - 0.375).abs() < 1e-9);
        assert_eq!(slowing.pace(after(15.0 + 60.0)), 1.0);
        for second in 20..40 {
            slowing.throttled(after(f64::from(second)));
        }
        assert!(slowing.pace(after(39.0)) >= SLOWEST, "it never stands still");
        assert!(slowing.pace(after(39.0)) < 0.1);
    }

    #[tokio::test]
    async fn a_throttled_operation_is_asked_half_as_often_and_others_as_before() {
        let pacer = Pacer::new(ApiShare::Percent(100.0));
        pacer.slow_down(0);
        let start = Instant::now();
        let mut waited = Duration::ZERO;
        for _ in 0..3 {
            // At 5 a second, the first at once, three calls would wait for 400 ms.
            waited += pacer.wait(0, 1.0).await;
        }
        assert!(waited >= Duration::from_millis(700), "{waited:?}");
        assert!(start.elapsed() >= Duration::from_millis(700));
        assert_eq!(pacer.wait(1, 1.0).await, Duration::ZERO);
    }

    #[tokio::test]
    async fn the_quota_of_the_account_takes_the_place_of_the_published_one() {
        let pacer = Pacer::new(ApiShare::Percent(100.0));
        pacer.adopt_quota(0, 10.0);
        let mut waited = Duration::ZERO;
        for _ in 0..4 {
            waited += pacer.wait(0, 1.0).await;
        }
        // Ten a second: half a place of 200 ms each.
        assert!(waited <= Duration::from_millis(250), "{waited:?}");
        pacer.adopt_quota(0, 0.0);
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
