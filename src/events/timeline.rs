//! Throttles and waits by time, in slices of the same length. Bounded: a longer run has longer slices.
//!
//! Must not know a clock.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As many slices are kept; with more of them, each becomes twice as long.
const MOST: u32 = 240;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Timeline {
    pub slice_seconds: i64,
    /// Only those in which something happened, in their order.
    pub slices: Vec<Slice>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slice {
    pub from: Timestamp,
    #[serde(default)]
    pub throttled: u64,
    /// For how many seconds nothing was sent, by reason.
    #[serde(default)]
    pub waited: BTreeMap<String, f64>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Timeline {
    pub(super) const EMPTY: Self = Self {
        slice_seconds: 1,
        slices: Vec::new(),
    };

    pub(super) fn throttled(&mut self, at: Timestamp) {
        self.slice(at.as_second()).throttled += 1;
        self.shrink();
    }

    pub(super) fn waited(&mut self, why: &str, from: Timestamp, until: Timestamp) {
        // So that a long wait makes few slices.
        while until.duration_since(from).as_secs() / self.slice_seconds.max(1) >= i64::from(MOST) {
            self.widen();
        }
        let mut from = from;
        while from < until {
            let length = self.slice_seconds.max(1);
            let end = (from.as_second().div_euclid(length) + 1).saturating_mul(length);
            let end = Timestamp::from_second(end).unwrap_or(until).min(until);
            let seconds = end.duration_since(from).as_secs_f64();
            let slice = self.slice(from.as_second());
            let waited = slice.waited.entry(why.to_owned()).or_default();
            *waited = ((*waited + seconds) * 1000.0).round() / 1000.0;
            from = end;
            self.shrink();
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        while self.slice_seconds < other.slice_seconds {
            self.widen();
        }
        for slice in &other.slices {
            let sum = self.slice(slice.from.as_second());
            sum.throttled += slice.throttled;
            for (why, seconds) in &slice.waited {
                *sum.waited.entry(why.clone()).or_default() += seconds;
            }
            self.shrink();
        }
    }

    fn slice(&mut self, second: i64) -> &mut Slice {
        let length = self.slice_seconds.max(1);
        let from = Timestamp::from_second(second.div_euclid(length) * length).unwrap_or_default();
        let at = match self.slices.binary_search_by_key(&from, |slice| slice.from) {
            Ok(at) => at,
            Err(at) => {
                self.slices.insert(
                    at,
                    Slice {
                        from,
                        throttled: 0,
                        waited: BTreeMap::new(),
                    },
                );
                at
            }
        };
        &mut self.slices[at]
    }

    fn shrink(&mut self) {
        while self.slices.len() > MOST as usize {
            self.widen();
        }
    }

    fn widen(&mut self) {
        let narrow = std::mem::take(&mut self.slices);
        self.slice_seconds = self.slice_seconds.max(1).saturating_mul(2);
        for slice in narrow {
            let wide = self.slice(slice.from.as_second());
            wide.throttled += slice.throttled;
            for (why, seconds) in slice.waited {
                *wide.waited.entry(why).or_default() += seconds;
            }
        }
    }

    /// Nothing is kept of what comes after this time.
    pub(crate) fn until(&mut self, end: Timestamp) {
        self.slices.retain(|slice| slice.from <= end);
    }

    /// The end of a slice.
    pub(crate) fn end_of(&self, slice: &Slice) -> Timestamp {
        let length = SignedDuration::from_secs(self.slice_seconds.max(1));
        slice.from.saturating_add(length).unwrap_or(slice.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn sums(timeline: &Timeline) -> (u64, f64) {
        let slices = timeline.slices.iter();
        (
            slices.clone().map(|slice| slice.throttled).sum(),
            slices.flat_map(|slice| slice.waited.values()).sum(),
        )
    }

    #[test]
    fn a_wait_is_spread_over_the_time_that_it_took() {
        let mut timeline = Timeline::default();
        timeline.throttled(at(1_500));
        timeline.waited("retry-after", at(1_500), at(3_250));
        let waited: Vec<(i64, f64)> = timeline
            .slices
            .iter()
            .map(|slice| (slice.from.as_second(), slice.waited["retry-after"]))
            .collect();
        assert_eq!(waited, [(1, 0.5), (2, 1.0), (3, 0.25)]);
        assert_eq!(sums(&timeline).0, 1);
    }

    #[test]
    fn a_long_run_has_few_slices_and_loses_nothing() {
        let mut timeline = Timeline::default();
        for second in 0..20_000 {
            timeline.throttled(at(second * 7_000));
        }
        timeline.waited("daily-cap", at(0), at(90 * 60 * 1_000));
        assert!(timeline.slices.len() <= MOST as usize);
        let (throttled, waited) = sums(&timeline);
        assert_eq!(throttled, 20_000);
        assert!((waited - 5_400.0).abs() < 1.0, "{waited}");
        let mut both = Timeline::default();
        both.throttled(at(1));
        both.add(&timeline);
        assert_eq!(sums(&both).0, 20_001);
        assert!(both.slices.len() <= MOST as usize);
    }
}
