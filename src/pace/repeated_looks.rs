//! Looking at the same thing several times, at growing intervals, until a time is over.

use super::StopSignal;
use std::time::Duration;
use tokio::time::Instant;

const FIRST_INTERVAL: Duration = Duration::from_millis(250);
const LONGEST_INTERVAL: Duration = Duration::from_secs(15);
/// No interval is shorter, so that the last look begins after the end.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Looks {
    end: Instant,
    interval: Duration,
    longest: Duration,
}

impl Looks {
    /// Looks from now on, until `within` is over.
    pub(crate) fn within(within: Duration) -> Self {
        Self::until(Instant::now() + within, within)
    }

    /// Looks until `end`, with intervals that suit a time of this length.
    pub(crate) fn until(end: Instant, within: Duration) -> Self {
        Self {
            end,
            interval: FIRST_INTERVAL,
            longest: (within / 4).clamp(Duration::from_millis(200), LONGEST_INTERVAL),
        }
    }

    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Whether a look that begins now is the last one.
    pub(crate) fn is_last(&self) -> bool {
        self.left().is_zero()
    }

    /// Waits until the next look; false when the run stops first.
    pub(crate) async fn wait(&mut self, stop: &StopSignal) -> bool {
        let interval = self.interval.min(self.longest);
        self.interval = (self.interval * 2).min(LONGEST_INTERVAL);
        let wait = interval.min(self.left()).max(SHORTEST_INTERVAL);
        stop.unless_raised(tokio::time::sleep(wait)).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_become_rarer_and_the_last_one_begins_after_the_end() {
        let (stop, began) = (StopSignal::default(), Instant::now());
        let mut looks = Looks::within(Duration::from_secs(60));
        let mut at = Vec::new();
        while !looks.is_last() {
            assert!(looks.wait(&stop).await);
            at.push(began.elapsed().as_millis());
        }
        assert_eq!(at, [250, 750, 1750, 3750, 7750, 15750, 30750, 45750, 60000]);
        // Without any time there is one look.
        assert!(Looks::within(Duration::ZERO).is_last());
    }
}
