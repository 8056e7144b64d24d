//! A token bucket whose rate can change while requests wait for it.
//!
//! One cell is a microsecond of bucket and a request costs a second's worth divided by the rate: a new
//! rate is a new price, and the bucket is never rebuilt. It holds no more than one request plus
//! [`BURST`], so there is no burst at the start of a run or after a long pause.
//! Must not choose the rate.

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use std::{num::NonZeroU32, time::Duration};
use tokio::time::Instant;

/// The slowest rate, in requests a second. Longer waits are kept by the gate.
pub(super) const SLOWEST: f64 = 0.1;

/// Cells in a full bucket: one request at the slowest rate.
const CAPACITY: NonZeroU32 = NonZeroU32::new(10_000_000).unwrap();
/// Cells that may be left after a request, so that a timer that wakes late can catch up.
const BURST: u32 = 20_000;
/// The longest sleep before the price is read again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, StateInformationMiddleware>;

#[derive(Debug, Clone)]
struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

pub(super) struct Bucket {
    limiter: Limiter,
    clock: TokioClock,
}

impl Bucket {
    pub(super) fn new(start: Instant) -> Self {
        let clock = TokioClock { start };
        let quota =
            Quota::per_second(NonZeroU32::MIN.saturating_add(999_999)).allow_burst(CAPACITY);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone())
                .with_middleware::<StateInformationMiddleware>(),
            clock,
        }
    }

    /// Waits until one request may go at the rate that `rate` gives at that time (`None`: no limit),
    /// and says whether it had to wait. `&mut`, because nobody else may take cells while surplus cells are removed.
    pub(super) async fn take(&mut self, rate: impl Fn() -> Option<f64>) -> bool {
        let mut waited = false;
        while let Some(rate) = rate() {
            match self.limiter.check_n(price(rate)) {
                Ok(Ok(paid)) => {
                    self.spill(paid.remaining_burst_capacity().saturating_sub(BURST));
                    break;
                }
                Ok(Err(not_until)) => {
                    waited = true;
                    let wait = not_until.wait_time_from(self.clock.now());
                    tokio::time::sleep(wait.min(LOOK_AGAIN)).await;
                }
                Err(_) => break, // No price is above the capacity.
            }
        }
        waited
    }

    fn spill(&mut self, cells: u32) {
        if let Some(cells) = NonZeroU32::new(cells) {
            // Nobody else can have taken them in between, so this cannot be refused.
            let _ = self.limiter.check_n(cells);
        }
    }
}

fn price(rate: f64) -> NonZeroU32 {
    let cells = (1e6 / rate.max(SLOWEST)).round() as u32;
    NonZeroU32::new(cells)
        .unwrap_or(NonZeroU32::MIN)
        .min(CAPACITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    async fn taken_in(bucket: &mut Bucket, rate: f64, seconds: u64) -> u32 {
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut taken = 0;
        while tokio::time::timeout_at(end, bucket.take(|| Some(rate)))
            .await
            .is_ok()
        {
            taken += 1;
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bucket_lets_one_request_through_at_a_low_rate() {
        let mut bucket = Bucket::new(Instant::now());
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert_eq!(taken_in(&mut bucket, 1.0, 10).await, 11);
    }

    #[tokio::test(start_paused = true)]
    async fn every_rate_is_kept_to_one_percent() {
        for rate in [0.5, 3.0, 29.7, 400.0, 5_000.0] {
            let mut bucket = Bucket::new(Instant::now());
            let taken = f64::from(taken_in(&mut bucket, rate, 60).await);
            let due = rate * 60.0;
            assert!(
                (taken - due).abs() <= due * 0.01 + 1.0,
                "{taken} taken at {rate}/s"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_counts_at_once_without_a_burst() {
        let mut bucket = Bucket::new(Instant::now());
        for (rate, due) in [(50.0, 500.0), (5.0, 50.0), (100.0, 1_000.0)] {
            let taken = f64::from(taken_in(&mut bucket, rate, 10).await);
            assert!((taken - due).abs() <= 3.0, "{taken} taken at {rate}/s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_raised_during_a_long_wait_ends_it() {
        let mut bucket = Bucket::new(Instant::now());
        let rate = Cell::new(0.1);
        bucket.take(|| Some(rate.get())).await;
        let before = Instant::now();
        tokio::join!(bucket.take(|| Some(rate.get())), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            rate.set(10.0);
        });
        assert!(
            before.elapsed() < Duration::from_millis(1_600),
            "{:?}",
            before.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_nobody_waits() {
        let mut bucket = Bucket::new(Instant::now());
        for _ in 0..10_000 {
            assert!(!bucket.take(|| None).await);
        }
    }
}
