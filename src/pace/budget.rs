//! Limits all retries together, so that a server in trouble does not get more and more requests.
//!
//! A retry takes from the budget, a success gives a part back, and a little comes back with time, so that a long outage is
//! probed. Retries after a throttle take nothing, because the gate delays them. Must not wait.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};
use tokio::time::Instant;

/// A full budget: 100 retries in a row.
const FULL: u32 = 500;
const RETRY_COSTS: u32 = 5;
/// One success in five pays for one retry.
const SUCCESS_PAYS: u32 = 1;
/// Enough for one retry a second without any success.
const TRICKLE_PER_SECOND: f64 = 5.0;

#[derive(Debug)]
pub(super) struct Budget {
    tokens: AtomicU32,
    trickled: Mutex<Instant>,
}

impl Budget {
    pub(super) fn new(start: Instant) -> Self {
        Self {
            tokens: AtomicU32::new(FULL),
            trickled: Mutex::new(start),
        }
    }

    pub(super) fn pay(&self) -> bool {
        self.trickle();
        self.tokens
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |tokens| {
                tokens.checked_sub(RETRY_COSTS)
            })
            .is_ok()
    }

    pub(super) fn succeeded(&self) {
        // The budget is nearly always full; then nothing has to be written.
        if self.tokens.load(Ordering::Relaxed) < FULL {
            self.earn(SUCCESS_PAYS);
        }
    }

    fn trickle(&self) {
        let mut trickled = self.trickled.lock().unwrap_or_else(PoisonError::into_inner);
        let earned = (trickled.elapsed().as_secs_f64() * TRICKLE_PER_SECOND) as u32;
        if earned > 0 {
            *trickled = Instant::now();
            self.earn(earned);
        }
    }

    fn earn(&self, earned: u32) {
        let _ = self
            .tokens
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |tokens| {
                Some(tokens.saturating_add(earned).min(FULL))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_hundred_retries_then_a_fifth_of_the_successes() {
        let budget = Budget::new(Instant::now());
        assert_eq!((0..1_000).filter(|_| budget.pay()).count(), 100);
        for _ in 0..50 {
            budget.succeeded();
        }
        assert_eq!((0..1_000).filter(|_| budget.pay()).count(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_probed_once_a_second() {
        let budget = Budget::new(Instant::now());
        while budget.pay() {}
        let mut probes = 0;
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            probes += u32::from(budget.pay());
        }
        assert!((50..=61).contains(&probes), "{probes} probes a minute");
    }
}
