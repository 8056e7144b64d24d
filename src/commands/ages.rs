//! What time it is for ages, where this machine's clock and the tenant's differ.
//!
//! Nobody counts as old because one of the two clocks is wrong.

use crate::{clock::Clock, graph::Graph, ui::text};
use jiff::{SignedDuration, Timestamp};

/// Below this, a difference is no matter for ages in days.
const TOLD_FROM: SignedDuration = SignedDuration::from_hours(24);

/// The earlier of the two clocks, and what is to be told about them. Asked after the tenant has answered.
pub(super) fn now(graph: &Graph, clock: &Clock) -> (Timestamp, Option<String>) {
    judged(clock.now(), graph.skew())
}

fn judged(ours: Timestamp, ahead: Option<SignedDuration>) -> (Timestamp, Option<String>) {
    let Some(ahead) = ahead else {
        return (ours, None);
    };
    let theirs = ours.checked_add(ahead).unwrap_or(ours);
    let told = (ahead.abs() > TOLD_FROM).then(|| {
        format!(
            "the clock of this machine is {} {} the tenant's: ages are counted by the earlier of the two; set the clock by time service (NTP)",
            text::duration(ahead.unsigned_abs()),
            if ahead.is_negative() { "ahead of" } else { "behind" },
        )
    });
    (ours.min(theirs), told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_clock_counts_and_a_day_between_them_is_told() {
        let ours: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        assert_eq!(judged(ours, None), (ours, None));
        for (hours, tells) in [
            (0, false),
            (23, false),
            (25, true),
            (-23, false),
            (-4_800, true),
        ] {
            let ahead = SignedDuration::from_hours(hours);
            let (now, told) = judged(ours, Some(ahead));
            assert_eq!(now, ours.min(ours + ahead), "{hours}");
            assert_eq!(told.is_some(), tells, "{hours}");
        }
        let (_, told) = judged(ours, Some(SignedDuration::from_hours(-4_800)));
        assert!(told.unwrap().contains("200 days ahead of the tenant's"));
    }
}
