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
const ANSWERS_FOR_A_WORKER: usize = 16;

#[derive(Debug)]
pub(super) struct WorkerLimit {
    permits: Semaphore,
    most: usize,
    now: AtomicUsize,
    /// Workers that may start as invitations of this run are answered.
    held_back: AtomicUsize,
    /// How many start with an answer: all, or one with every so many answers.
    gradual: bool,
    answers: AtomicUsize,
}

impl WorkerLimit {
    /// At most `most` workers; if the rate will rise, only as many as it needs now. Where no rate limits the run, `gradual`
    /// lets the requests under way become more little by little: all of them may be refused at the same time.
    pub(super) fn new(most: usize, rising_target: Option<f64>, gradual: bool) -> Self {
        let most = most.max(1);
        let now = rising_target.map_or(most, |rate| needed(rate).min(most));
        let first = now.min(FEW as usize);
        Self {
            permits: Semaphore::new(first),
            most,
            now: AtomicUsize::new(now),
            held_back: AtomicUsize::new(now - first),
            gradual,
            answers: AtomicUsize::new(0),
        }
    }

    /// An invitation of this run was answered in a way that tells what became of it.
    pub(super) fn told(&self) {
        if self.held_back.load(Relaxed) == 0 {
            return;
        }
        if !self.gradual {
            self.permits.add_permits(self.held_back.swap(0, Relaxed));
        } else if self
            .answers
            .fetch_add(1, Relaxed)
            .is_multiple_of(ANSWERS_FOR_A_WORKER)
            && self
                .held_back
                .fetch_update(Relaxed, Relaxed, |held| held.checked_sub(1))
                .is_ok()
        {
            self.permits.add_permits(1);
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
        let worker_limit = WorkerLimit::new(12, Some(1.0), false);
        assert_eq!(worker_limit.permits.available_permits(), 2);
        worker_limit.rate_is(2.25);
        assert_eq!(worker_limit.permits.available_permits(), 4);
        worker_limit.rate_is(1.5);
        assert_eq!(worker_limit.permits.available_permits(), 4);
        worker_limit.rate_is(80.0);
        worker_limit.told();
        assert_eq!(worker_limit.permits.available_permits(), 12);
        assert_eq!(
            WorkerLimit::new(5, None, false).permits.available_permits(),
            5
        );
    }

    #[test]
    fn a_few_go_ahead_until_one_of_them_was_answered() {
        let worker_limit = WorkerLimit::new(64, None, false);
        assert_eq!(worker_limit.permits.available_permits(), 5);
        for _ in 0..2 {
            worker_limit.told();
            assert_eq!(worker_limit.permits.available_permits(), 64);
        }
    }

    #[test]
    fn without_a_rate_the_answers_make_the_workers_more_little_by_little() {
        let worker_limit = WorkerLimit::new(64, None, true);
        let after = |answers: usize| {
            for _ in 0..answers {
                worker_limit.told();
            }
            worker_limit.permits.available_permits()
        };
        assert_eq!([after(1), after(15), after(134)], [6, 6, 15]);
        assert_eq!([after(850), after(1_000)], [64, 64]);
    }
}
