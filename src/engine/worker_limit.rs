//! How many workers ask at the same time. Only a few do until Graph has answered one of them, so that a refusal of the
//! whole run does not meet all of them; with `--rate auto` there are more as the rate rises.
//!
//! Must not choose the rate.

use super::outage::FEW;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The number of workers is chosen so that they keep the rate if an answer takes this long.
const SECONDS_AN_ANSWER_TAKES: f64 = 1.5;
const FEWEST: usize = 2;

#[derive(Debug)]
pub(super) struct WorkerLimit {
    permits: Semaphore,
    most: usize,
    now: AtomicUsize,
    /// Workers that may start as soon as an invitation of this run was answered.
    held_back: AtomicUsize,
}

impl WorkerLimit {
    /// At most `most` workers; if the rate will rise, only as many as it needs now.
    pub(super) fn new(most: usize, rising_target: Option<f64>) -> Self {
        let most = most.max(1);
        let now = rising_target.map_or(most, |rate| needed(rate).min(most));
        let first = now.min(FEW as usize);
        Self {
            permits: Semaphore::new(first),
            most,
            now: AtomicUsize::new(now),
            held_back: AtomicUsize::new(now - first),
        }
    }

    /// An invitation of this run was answered in a way that tells what became of it.
    pub(super) fn told(&self) {
        if self.held_back.load(Relaxed) > 0 {
            self.permits.add_permits(self.held_back.swap(0, Relaxed));
        }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Allows enough workers for this rate. The number never falls: the pace limits them anyway.
    pub(super) fn rate_is(&self, per_second: f64) {
        let wanted = needed(per_second).min(self.most);
        let now = self.now.fetch_max(wanted, Relaxed);
        self.permits.add_permits(wanted.saturating_sub(now));
    }

    /// Waits until one more worker may ask.
    pub(super) async fn join(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }
}

fn needed(per_second: f64) -> usize {
    ((per_second * SECONDS_AN_ANSWER_TAKES).ceil() as usize).max(FEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crew_grows_with_the_rate_and_never_beyond_its_most() {
        let worker_limit = WorkerLimit::new(12, Some(1.0));
        assert_eq!(worker_limit.permits.available_permits(), 2);
        worker_limit.rate_is(2.25);
        assert_eq!(worker_limit.permits.available_permits(), 4);
        worker_limit.rate_is(1.5);
        assert_eq!(worker_limit.permits.available_permits(), 4);
        worker_limit.rate_is(80.0);
        worker_limit.told();
        assert_eq!(worker_limit.permits.available_permits(), 12);
        assert_eq!(WorkerLimit::new(5, None).permits.available_permits(), 5);
    }

    #[test]
    fn a_few_go_ahead_until_one_of_them_was_answered() {
        let worker_limit = WorkerLimit::new(64, None);
        assert_eq!(worker_limit.permits.available_permits(), 5);
        for _ in 0..2 {
            worker_limit.told();
            assert_eq!(worker_limit.permits.available_permits(), 64);
        }
    }
}
