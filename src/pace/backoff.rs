//! How long to wait before the next attempt when the server did not say.
//!
//! A pure function: it takes the jitter and returns the wait.

use std::time::Duration;

const FIRST: f64 = 0.5;
const LONGEST: f64 = 60.0;

/// The wait before attempt `attempt` + 1 (`attempt` counts from 1). `jitter` in 0..=1 picks a point in
/// the upper half of the step, so that retries spread out and still get longer each time.
pub(crate) fn backoff(attempt: u32, jitter: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let step = (FIRST * f64::from(1_u32 << doublings)).min(LONGEST);
    let jitter = if jitter.is_nan() {
        1.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    Duration::from_secs_f64(step * (0.5 + 0.5 * jitter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_up_to_a_minute() {
        let waits: Vec<f64> = (1..=9).map(|n| backoff(n, 1.0).as_secs_f64()).collect();
        assert_eq!(waits, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    }

    proptest! {
        #[test]
        fn stays_within_bounds(attempt: u32, jitter: f64) {
            let wait = backoff(attempt, jitter);
            prop_assert!(wait >= Duration::from_millis(250));
            prop_assert!(wait <= Duration::from_secs(60));
        }

        #[test]
        fn never_gets_shorter_for_the_same_luck(attempt in 0_u32..1_000, jitter in 0.0..=1.0) {
            prop_assert!(backoff(attempt + 1, jitter) >= backoff(attempt, jitter));
        }
    }
}
