//! What time it is, and waiting for it: passed in, so that tests and injected nights can set it.
//!
//! Pace and answers are not timed here but with `tokio::time`; this is the clock on the wall.

use jiff::{SignedDuration, Timestamp};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    /// Starts at a given time, runs on like a real clock, and jumps over waits instead of waiting.
    Jumping(Arc<Mutex<(Timestamp, Instant)>>),
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that starts at `start` and jumps over every wait: a night in a second.
    pub fn jumping_from(start: Timestamp) -> Self {
        Self(Source::Jumping(Arc::new(Mutex::new((
            start,
            Instant::now(),
        )))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Jumping(state) => {
                let (start, set_at) = *state.lock().unwrap_or_else(PoisonError::into_inner);
                start + SignedDuration::try_from(set_at.elapsed()).unwrap_or_default()
            }
        }
    }

    /// Sets the clock ahead or back, as a person or a time server does.
    #[cfg(test)]
    pub fn set(&self, ahead: SignedDuration) {
        if let Source::Jumping(state) = &self.0 {
            state.lock().unwrap_or_else(PoisonError::into_inner).0 += ahead;
        }
    }

    /// Whether waits are jumped over, so that no other clock tells how long they took.
    pub fn jumps(&self) -> bool {
        matches!(self.0, Source::Jumping(_))
    }

    pub async fn sleep(&self, wait: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(wait).await,
            Source::Jumping(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.0 += SignedDuration::try_from(wait).unwrap_or_default();
            }
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_jumping_clock_waits_an_hour_at_once() {
        let start: Timestamp = "2026-03-29T00:00:00Z".parse().unwrap();
        let clock = Clock::jumping_from(start);
        clock.sleep(Duration::from_secs(3600)).await;
        let waited = clock.now().duration_since(start);
        assert!(waited >= SignedDuration::from_hours(1));
        assert!(waited < SignedDuration::from_mins(61));
    }
}
