//! The rate that the server lets through, learnt from its throttles: near it the rate rises with care.
//!
//! A server that lets a burst through refuses nothing until the burst is used up. What passed between two throttles is
//! then what it lets through in that time, whatever the rate was. Must not read a clock or send.

use std::time::Duration;

/// Growth a second below what is safe.
const RECOVERY: f64 = 1.05;
/// The part of the learnt rate that is safe.
const SAFE: f64 = 0.97;
/// Growth a second above it, right after a throttle. It doubles with every so many seconds and requests without one, up to
/// [`RECOVERY`].
const CAREFUL: f64 = 0.000_3;
const SECONDS_TO_DOUBLE: f64 = 20.0;
const REQUESTS_TO_DOUBLE: f64 = 300.0;
/// After this time between two throttles the rate itself shows, too, what the server lets through.
const LONG: Duration = Duration::from_secs(30);
const OF_THE_RATE: f64 = 0.9;

/// Fewer requests between two throttles show nothing.
pub(super) const TELLING: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct LearntLimit(Option<f64>);

/// What happened since the last throttle.
#[derive(Debug, Clone, Copy)]
pub(super) struct SinceThrottle {
    pub time: Duration,
    /// Requests that were not throttled.
    pub passed: u64,
}

impl LearntLimit {
    /// The server throttled at this rate. `since`: the throttle before, if there was one.
    pub(super) fn throttled(&mut self, rate: f64, since: Option<SinceThrottle>) {
        // A throttle at a rate that was believed to be safe shows that the belief is wrong.
        if self.safe().is_some_and(|safe| rate <= safe * 1.001) {
            self.0 = None;
            return;
        }
        let Some(since) = since.filter(|since| since.passed >= TELLING) else {
            return;
        };
        let passed = since.passed as f64 / since.time.as_secs_f64().max(0.1);
        self.0 = Some(if since.time >= LONG {
            passed.max(rate * OF_THE_RATE)
        } else {
            passed
        });
    }

    /// The rate a second later.
    pub(super) fn grown(&self, rate: f64, since: SinceThrottle) -> f64 {
        match self.safe() {
            Some(safe) if rate >= safe => {
                let doublings = (since.time.as_secs_f64() / SECONDS_TO_DOUBLE)
                    .min(since.passed as f64 / REQUESTS_TO_DOUBLE);
                rate * (1.0 + CAREFUL * doublings.exp2()).min(RECOVERY)
            }
            Some(safe) => (rate * RECOVERY).min(safe),
            None => rate * RECOVERY,
        }
    }

    fn safe(&self) -> Option<f64> {
        self.0.map(|limit| limit * SAFE)
    }
}
