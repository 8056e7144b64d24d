//! What time it is for ages, where this machine's clock and the tenant's differ.
//!
//! Nobody counts as old because one of the two clocks is wrong.

use crate::{clock::Clock, graph::Graph, ui::text};
use jiff::{SignedDuration, Timestamp};

/// Clocks that differ by less agree: the tenant tells its time in whole seconds, and answers take their time.
const AGREE: SignedDuration = SignedDuration::from_mins(5);

/// The earlier of the two clocks, and what is to be told about them. Asked after the tenant has answered.
pub(super) fn now(graph: &Graph, clock: &Clock) -> (Timestamp, Option<String>) {
    judged(clock.now(), graph.skew())
}

fn judged(ours: Timestamp, ahead: Option<SignedDuration>) -> (Timestamp, Option<String>) {
    let Some(ahead) = ahead.filter(|ahead| ahead.abs() > AGREE) else {
        return (ours, None);
    };
    let theirs = ours.checked_add(ahead).unwrap_or(ours);
    let told = format!(
        "the clock of this machine is {} {} the tenant's: ages are counted by the earlier of the two; set the clock by time service (NTP)",
        text::duration(ahead.unsigned_abs()),
        if ahead.is_negative() {
            "ahead of"
        } else {
            "behind"
        },
    );
    (ours.min(theirs), Some(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_two_clocks_that_differ_counts_and_is_told() {
        let ours: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        assert_eq!(judged(ours, None), (ours, None));
        for seconds in [0, -1, 300, -300] {
            let ahead = SignedDuration::from_secs(seconds);
            assert_eq!(judged(ours, Some(ahead)), (ours, None), "{seconds}");
        }
        for (hours, words) in [(25, "behind"), (-4_800, "200 days ahead of the tenant's")] {
            let ahead = SignedDuration::from_hours(hours);
            let (now, told) = judged(ours, Some(ahead));
            assert_eq!(now, ours.min(ours + ahead), "{hours}");
            assert!(told.unwrap().contains(words), "{hours}");
        }
    }
}
