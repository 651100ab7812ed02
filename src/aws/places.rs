//! How many requests may be under way at once, over all accounts and Regions.
//!
//! A request that AWS is slow to answer gives its place to another, so that a Region that does not answer at all holds up
//! nobody but itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// How many requests may wait for an answer that comes soon.
const IN_FLIGHT: usize = 128;
/// How many of them may have an answer of a megabyte or two: one of `GetMetricData` has up to 100,800 datapoints. Memory
/// follows these.
const LARGE: usize = 8;
/// How many requests may be late. Each is an open connection, of which a process often has no more than 1,024.
const LATE: usize = 256;
/// From when on a request is late.
const SOON: Duration = Duration::from_secs(3);

/// The places for requests, shared by all sessions of a scan.
#[derive(Clone, Debug)]
pub(super) struct Places {
    in_flight: Arc<Semaphore>,
    large: Arc<Semaphore>,
    late: Arc<Semaphore>,
    soon: Duration,
}

/// What is expected of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerSize {
    /// Some kilobytes.
    Usual,
    /// Up to some megabytes.
    Large,
}

impl Default for Places {
    fn default() -> Self {
        Places {
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            large: Arc::new(Semaphore::new(LARGE)),
            late: Arc::new(Semaphore::new(LATE)),
            soon: SOON,
        }
    }
}

impl Places {
    /// Waits for a place, and makes the request in it.
    pub(super) async fn make<F: Future>(&self, size: AnswerSize, request: impl FnOnce() -> F) -> F::Output {
        // None of them is ever closed.
        let large = match size {
            AnswerSize::Large => self.large.acquire().await.ok(),
            AnswerSize::Usual => None,
        };
        let place = self.in_flight.acquire().await.ok();
        // The future of a request takes kilobytes. In a box, those who wait for a place are small: there are thousands of
        // them, one for each key that an account under way is about to be asked about.
        let mut request = Box::pin(request());
        if let Ok(answer) = tokio::time::timeout(self.soon, &mut request).await {
            return answer;
        }
        let late = self.late.try_acquire();
        // Where too many are late, they do hold up others.
        let _held = late.is_err().then_some((place, large));
        request.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places in which a request is late at once, or never.
    fn places(soon: Duration) -> Places {
        Places {
            soon,
            ..Places::default()
        }
    }

    /// How many of a thousand requests that nobody answers are sent.
    async fn sent(places: &Places, size: AnswerSize) -> usize {
        let sent = std::cell::Cell::new(0);
        let all = futures_util::future::join_all((0..1_000).map(|_| {
            places.make(size, || {
                sent.set(sent.get() + 1);
                std::future::pending::<()>()
            })
        }));
        let _ = tokio::time::timeout(Duration::from_millis(200), all).await;
        sent.get()
    }

    #[tokio::test]
    async fn no_more_requests_are_under_way_than_there_are_places() {
        let places = places(Duration::from_secs(3_600));
        assert_eq!(sent(&places, AnswerSize::Usual).await, IN_FLIGHT);
        assert_eq!(sent(&places, AnswerSize::Large).await, LARGE);
    }

    #[tokio::test]
    async fn requests_that_nobody_answers_hold_up_others_for_moments_only() {
        let places = places(Duration::from_millis(10));
        let stalled = futures_util::future::join_all((0..LARGE).map(|_| {
            let never = std::future::pending::<()>;
            places.make(AnswerSize::Large, never)
        }));
        let other = async {
            tokio::task::yield_now().await;
            places.make(AnswerSize::Large, || async {}).await;
        };
        tokio::select! {
            biased;
            _ = stalled => panic!("they are never answered"),
            () = other => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("it never had its turn"),
        }
    }

    #[tokio::test]
    async fn only_so_many_may_be_late() {
        let places = places(Duration::from_millis(10));
        assert_eq!(sent(&places, AnswerSize::Usual).await, IN_FLIGHT + LATE);
    }
}
