//! The shortest wait after a throttle, which grows for as long as a server keeps throttling.
//!
//! A server that gives no wait, a wait of nothing (0, a date in the past) or always the same short one must not be asked
//! again at once each time. Each kind of request has a floor of its own. Must not wait.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Each throttle in a row doubles the shortest wait, from this one to [`LONGEST`].
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(64);

#[derive(Debug, Default)]
pub(crate) struct Floor {
    in_a_row: AtomicU32,
    /// When the last throttle that counted came.
    last: Mutex<Option<Instant>>,
}

impl Floor {
    /// How long to wait after a request that was sent at `sent_at` was throttled.
    ///
    /// Requests that were in flight together count once: those that were sent before the first refusal came could not know
    /// of it, and the wait after it holds for all of them.
    pub(crate) fn throttled(&self, sent_at: Instant) -> Duration {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| sent_at <= last) {
            return Duration::ZERO;
        }
        *last = Some(Instant::now());
        self.in_a_row.fetch_add(1, Relaxed);
        let doublings = self.in_a_row.load(Relaxed).saturating_sub(1).min(16);
        (SHORTEST * (1 << doublings)).min(LONGEST)
    }

    /// A request that was sent at `sent_at` was answered without a throttle. If it was sent before the last throttle, that
    /// says nothing.
    pub(crate) fn answered(&self, sent_at: Instant) {
        if self.in_a_row.load(Relaxed) == 0 {
            return; // The common case.
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| sent_at > last) {
            self.in_a_row.store(0, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn each_throttle_in_a_row_doubles_the_wait_from_one_second_to_64() {
        let floor = Floor::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            let sent_at = Instant::now();
            sleep(Duration::from_millis(20)).await;
            let wait = floor.throttled(sent_at);
            waits.push(wait.as_secs());
            sleep(wait).await;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        floor.answered(Instant::now());
        assert_eq!(floor.throttled(Instant::now()).as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_together_counts_once_and_an_old_success_resets_nothing() {
        let floor = Floor::default();
        let sent_at = Instant::now();
        sleep(Duration::from_millis(20)).await;
        assert_eq!(floor.throttled(sent_at).as_secs(), 1);
        for _ in 0..7 {
            sleep(Duration::from_millis(1)).await;
            assert_eq!(floor.throttled(sent_at), Duration::ZERO);
        }
        floor.answered(sent_at);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(floor.throttled(Instant::now()).as_secs(), 2);
    }
}
