//! A ceiling: no more than a number of units in any window of time, wherever the window begins.
//!
//! It keeps the time at which each unit was spent, so a run may use its allowance at once and still never exceeds the
//! ceiling. Must not know what a unit is.

use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Windows are kept this much longer than documented, because the server counts arrivals and not
/// departures: requests may travel unevenly by this much without too many arriving in one window.
const MARGIN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Window {
    limit: u32,
    span: Duration,
    spent: VecDeque<(Instant, u32)>,
    used: u32,
}

impl Window {
    /// `None` when the ceiling is switched off.
    pub(super) fn new(limit: u32, span: Duration) -> Option<Self> {
        (limit > 0).then(|| Self {
            limit,
            span: span + MARGIN,
            spent: VecDeque::new(),
            used: 0,
        })
    }

    /// The rate that spends the allowance evenly.
    pub(super) fn even_rate(&self) -> f64 {
        f64::from(self.limit) / self.span.as_secs_f64()
    }

    /// Waits until `units` fit, then spends them, and says whether it had to wait. If `units` is more than the ceiling, it
    /// counts as the ceiling.
    pub(super) async fn take(&mut self, units: u32) -> bool {
        let units = units.min(self.limit);
        let mut waited = false;
        while let Some(room_at) = self.room_at(units, Instant::now()) {
            waited = true;
            tokio::time::sleep_until(room_at).await;
        }
        self.spend(units, Instant::now());
        waited
    }

    /// Spends `units` as soon as they fit, at `earliest` or later, and says when that is. Nothing is waited for.
    pub(super) fn take_from(&mut self, units: u32, earliest: Instant) -> Instant {
        let units = units.min(self.limit);
        let mut at = earliest;
        while let Some(room_at) = self.room_at(units, at) {
            at = room_at;
        }
        self.spend(units, at);
        at
    }

    fn spend(&mut self, units: u32, at: Instant) {
        self.spent.push_back((at, units));
        self.used += units;
    }

    /// When `units` will fit; `None` when they fit now.
    fn room_at(&mut self, units: u32, now: Instant) -> Option<Instant> {
        while let Some(&(at, freed)) = self.spent.front() {
            if at + self.span > now {
                break;
            }
            self.used -= freed;
            self.spent.pop_front();
        }
        let mut used = self.used;
        if used + units <= self.limit {
            return None;
        }
        self.spent.iter().find_map(|&(at, freed)| {
            used -= freed;
            (used + units <= self.limit).then_some(at + self.span)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_switches_it_off() {
        assert!(Window::new(0, Duration::from_secs(5)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_allowance_may_be_used_at_once_and_comes_back_after_the_window() {
        let start = Instant::now();
        let mut window = Window::new(10, Duration::from_secs(5)).unwrap();
        for _ in 0..10 {
            assert!(!window.take(1).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(window.take(1).await);
        assert!(start.elapsed() >= Duration::from_secs(5));
        assert!(start.elapsed() < Duration::from_millis(5_200));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_above_the_ceiling_waits_for_an_empty_window() {
        let mut window = Window::new(10, Duration::from_secs(5)).unwrap();
        window.take(3).await;
        assert!(window.take(1_000).await);
        assert_eq!(window.used, 10);
    }

    proptest! {
        #[test]
        fn no_window_is_ever_above_the_ceiling(
            limit in 1_u32..40,
            requests in prop::collection::vec((0_u64..900, 1_u32..12), 1..120),
        ) {
            let span = Duration::from_secs(5);
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time().start_paused(true).build().unwrap();
            let sent = runtime.block_on(async {
                let mut window = Window::new(limit, span).unwrap();
                let mut sent: Vec<(Instant, u32)> = Vec::new();
                for (pause, units) in requests {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    window.take(units).await;
                    sent.push((Instant::now(), units.min(limit)));
                }
                sent
            });
            for (i, &(from, _)) in sent.iter().enumerate() {
                let inside: u32 = sent[i..].iter()
                    .take_while(|(at, _)| *at < from + span)
                    .map(|(_, units)| units).sum();
                prop_assert!(inside <= limit, "{inside} in one window, {limit} allowed");
            }
        }
    }
}
