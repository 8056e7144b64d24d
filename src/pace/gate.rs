//! The one gate for all requests: until the time that the server named, nothing is sent.
//!
//! It never opens early: a wait is never shortened, and a success does not open it, because with several requests in
//! flight an old success says nothing about a new refusal.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use thiserror::Error;
use tokio::{sync::Notify, time::Instant};

/// The server asks for a longer wait than a run waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the server asks to wait {} seconds", wait.as_secs())]
pub struct TooLong {
    pub wait: Duration,
}

#[derive(Debug)]
pub(super) struct Gate {
    start: Instant,
    /// Microseconds after `start`; 0 = never closed.
    closed_until: AtomicU64,
    /// The same, only for waits that the server itself asked for.
    asked_until: AtomicU64,
    give_up_after: Duration,
    /// Tells the task that records the server's waits in the ledger.
    asked: Notify,
}

impl Gate {
    pub(super) fn new(start: Instant, give_up_after: Duration) -> Self {
        Self {
            start,
            closed_until: AtomicU64::new(0),
            asked_until: AtomicU64::new(0),
            give_up_after,
            asked: Notify::new(),
        }
    }

    /// Closes the gate from now for what the server asked for and for `least`, whichever is longer, or leaves it as
    /// it is when it is closed for longer. Gives back by how much longer it stays closed than before.
    pub(super) fn close(
        &self,
        asked: Option<Duration>,
        least: Duration,
    ) -> Result<Duration, TooLong> {
        let until = |wait| {
            let until = self.start.elapsed().saturating_add(wait);
            u64::try_from(until.as_micros()).unwrap_or(u64::MAX)
        };
        let wait = asked.unwrap_or_default().max(least);
        let now = until(Duration::ZERO);
        let before = self.closed_until.fetch_max(until(wait), Ordering::AcqRel);
        let longer = until(wait).saturating_sub(before.max(now));
        if let Some(asked) = asked.filter(|asked| !asked.is_zero()) {
            self.asked_until.fetch_max(until(asked), Ordering::AcqRel);
            self.asked.notify_one();
        }
        self.bearable(wait)?;
        Ok(Duration::from_micros(longer))
    }

    /// How long it stays closed.
    pub(super) fn remaining(&self) -> Option<Duration> {
        self.left(&self.closed_until)
    }

    /// What is left of the wait that the server itself asked for.
    pub(super) fn asked_for(&self) -> Option<Duration> {
        self.left(&self.asked_until)
    }

    /// Returns when the server has asked for a wait, also for one asked for before.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    fn left(&self, until: &AtomicU64) -> Option<Duration> {
        let until = until.load(Ordering::Acquire);
        if until == 0 {
            return None; // The common case: the clock need not be read.
        }
        Duration::from_micros(until)
            .checked_sub(self.start.elapsed())
            .filter(|left| !left.is_zero())
    }

    /// Waits until the gate is open.
    pub(super) async fn open(&self) -> Result<(), TooLong> {
        // It may have been closed for longer in the meantime, hence a loop.
        while let Some(left) = self.remaining() {
            self.bearable(left)?;
            tokio::time::sleep(left).await;
        }
        Ok(())
    }

    /// Whether it opens within the time that a run waits.
    pub(super) fn opens_in_time(&self) -> Result<(), TooLong> {
        self.bearable(self.remaining().unwrap_or_default())
    }

    fn bearable(&self, wait: Duration) -> Result<(), TooLong> {
        if wait > self.give_up_after {
            return Err(TooLong { wait });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    const TEN_MINUTES: Duration = Duration::from_secs(600);

    #[tokio::test(start_paused = true)]
    async fn everybody_waits_for_the_longest_and_nobody_goes_before() {
        let gate = Arc::new(Gate::new(Instant::now(), TEN_MINUTES));
        let start = Instant::now();
        gate.close(None, Duration::from_secs(5)).unwrap();
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move {
                    gate.open().await.unwrap();
                    start.elapsed()
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.close(None, Duration::from_secs(30)).unwrap();
        gate.close(None, Duration::from_secs(1)).unwrap();
        for worker in waiting {
            assert!(worker.await.unwrap() >= Duration::from_secs(31));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_too_long_is_told_to_everybody() {
        let gate = Gate::new(Instant::now(), TEN_MINUTES);
        let wait = Duration::from_secs(3_600);
        assert_eq!(
            gate.close(Some(wait), Duration::ZERO),
            Err(TooLong { wait })
        );
        assert!(gate.open().await.is_err());
        assert!(gate.opens_in_time().is_err());
        tokio::time::sleep(wait.saturating_sub(TEN_MINUTES)).await;
        assert_eq!(gate.opens_in_time(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hostile_wait_does_not_overflow() {
        let gate = Gate::new(Instant::now(), TEN_MINUTES);
        assert!(gate.close(Some(Duration::MAX), Duration::ZERO).is_err());
        assert!(gate.open().await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_of_our_own_is_not_one_that_the_server_asked_for() {
        let gate = Gate::new(Instant::now(), TEN_MINUTES);
        gate.close(None, Duration::from_secs(4)).unwrap();
        assert_eq!(gate.asked_for(), None);
        gate.close(Some(Duration::from_secs(1)), Duration::from_secs(2))
            .unwrap();
        assert_eq!(gate.asked_for(), Some(Duration::from_secs(1)));
        gate.close(Some(Duration::from_secs(9)), Duration::from_secs(4))
            .unwrap();
        assert_eq!(gate.remaining(), Some(Duration::from_secs(9)));
        assert_eq!(gate.asked_for(), gate.remaining());
    }

    proptest! {
        #[test]
        fn opens_at_the_latest_time_that_was_asked_for(
            waits in prop::collection::vec((0_u64..5_000, 0_u64..60_000), 1..20),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let start = Instant::now();
                let gate = Gate::new(start, TEN_MINUTES);
                let mut latest = start;
                for (pause, wait) in waits {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    gate.close(None, Duration::from_millis(wait)).unwrap();
                    latest = latest.max(Instant::now() + Duration::from_millis(wait));
                }
                let last = Instant::now();
                gate.open().await.unwrap();
                prop_assert!(Instant::now() >= latest);
                prop_assert!(Instant::now() <= latest.max(last) + Duration::from_millis(2));
                Ok(())
            })?;
        }
    }
}
