//! Whether the directory's own date of a guest fits the attempt that is said to have made the guest.
//!
//! The directory dates guests by a clock of its own, in whole seconds. Where most guests of a run show the same distance to
//! our clock, that distance is taken into account; otherwise both clocks are taken to be right. Guests of the run who are
//! gone count too: those who are left may all be somebody else's.

use crate::ledger::Origin;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// An answer that took longer tells little about the clocks.
const QUICK: SignedDuration = SignedDuration::from_secs(2);
/// Clocks that differ by less than this agree.
const AGREE: i64 = 2_000;
/// So many guests of a run have to agree.
const WITNESSES: usize = 3;
/// How far a date may lie outside of the attempt.
const TOLERANCE: i64 = 1_000;
/// The directory leaves the parts of a second out.
const WHOLE_SECOND: i64 = 1_000;

/// What the date says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    ByUs,
    /// Somebody else made the guest, before our attempt or after it.
    ByOthers,
    /// The clocks differ, and too few guests tell by how much.
    CannotTell,
}

/// How far the directory's clock is ahead of ours, in milliseconds, by run and user. None for a user who is gone.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    samples: HashMap<String, HashMap<String, Option<i64>>>,
}

impl Clocks {
    /// A guest who was looked up. The same one counts once.
    pub(super) fn add(&mut self, origin: &Origin, user_id: &str, created_at: Option<Timestamp>) {
        if origin.answered_at.duration_since(origin.asked_at) > QUICK {
            return;
        }
        let run = origin.run.clone().unwrap_or_default();
        self.samples.entry(run).or_default().insert(
            user_id.to_ascii_lowercase(),
            created_at.map(|created_at| distance(origin, created_at)),
        );
    }

    /// A guest of whom the ledger does not know how it was made.
    pub(super) fn add_silent(&mut self, run: &str, user_id: &str) {
        let of_run = self.samples.entry(run.to_owned()).or_default();
        of_run.entry(user_id.to_ascii_lowercase()).or_default();
    }

    fn ahead(&self, origin: &Origin) -> Option<i64> {
        let run = origin.run.clone().unwrap_or_default();
        let looked_up = self.samples.get(&run)?;
        let mut samples: Vec<i64> = looked_up.values().copied().flatten().collect();
        samples.sort_unstable();
        let middle = *samples.get(samples.len() / 2)?;
        let agree = samples
            .iter()
            .filter(|sample| (**sample - middle).abs() <= AGREE)
            .count();
        (agree >= WITNESSES && agree * 2 > looked_up.len()).then_some(middle)
    }

    pub(super) fn judge(&self, origin: &Origin, created_at: Timestamp) -> Made {
        let known = self.ahead(origin);
        let created = created_at.as_millisecond() - known.unwrap_or(0);
        let begins = origin.asked_at.as_millisecond() - WHOLE_SECOND - TOLERANCE;
        let ends = origin.answered_at.as_millisecond() + TOLERANCE;
        match (begins <= created && created <= ends, known) {
            (true, _) => Made::ByUs,
            (false, Some(_)) => Made::ByOthers,
            (false, None) => Made::CannotTell,
        }
    }
}

/// From the middle of the attempt to the middle of the second that the date names.
fn distance(origin: &Origin, created_at: Timestamp) -> i64 {
    let middle = i64::midpoint(
        origin.asked_at.as_millisecond(),
        origin.answered_at.as_millisecond(),
    );
    created_at.as_millisecond() + WHOLE_SECOND / 2 - middle
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: i64 = 1_700_000_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(BEGAN + millis).unwrap()
    }

    fn origin(asked: i64, answered: i64) -> Origin {
        Origin {
            asked_at: at(asked),
            answered_at: at(answered),
            run: Some("r".into()),
        }
    }

    /// As the directory writes a moment down, by a clock that is so far ahead.
    fn dated(millis: i64, ahead: i64) -> Timestamp {
        let second = (BEGAN + millis + ahead).div_euclid(1_000);
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_guest_whom_somebody_else_made_a_little_before_is_told_apart_whatever_the_clocks_say() {
        for ahead in [0, 30_000, -45_500, 90_250] {
            let mut clocks = Clocks::default();
            for guest in 0..5 {
                let asked = guest * 1_000;
                let created = dated(asked + 150, ahead);
                clocks.add(
                    &origin(asked, asked + 300),
                    &guest.to_string(),
                    Some(created),
                );
            }
            for guest in 0..5 {
                let asked = guest * 1_000;
                let ours = clocks.judge(&origin(asked, asked + 300), dated(asked + 150, ahead));
                assert_eq!(ours, Made::ByUs, "{ahead}");
            }
            let theirs = clocks.judge(&origin(60_000, 60_300), dated(50_000, ahead));
            assert_eq!(theirs, Made::ByOthers, "{ahead}");
            // In the other direction too: as if the clock explained it.
            let as_ahead = clocks.judge(&origin(60_000, 60_300), dated(60_150 - ahead, ahead));
            assert_eq!(as_ahead == Made::ByUs, ahead == 0, "{ahead}");
        }
    }

    #[test]
    fn where_few_tell_both_clocks_are_taken_to_be_right() {
        let mut clocks = Clocks::default();
        let one = origin(0, 300);
        // However often the same guest is looked up.
        for _ in 0..5 {
            clocks.add(&one, "one", Some(dated(150, 30_000)));
        }
        assert_eq!(clocks.ahead(&one), None);
        assert_eq!(clocks.judge(&one, dated(150, 30_000)), Made::CannotTell);
        assert_eq!(clocks.judge(&one, dated(150, 0)), Made::ByUs);
        assert_eq!(clocks.judge(&one, dated(-10_000, 0)), Made::CannotTell);
    }

    #[test]
    fn guests_who_disagree_tell_nothing() {
        let mut clocks = Clocks::default();
        for (guest, ahead) in [(0, 0), (1, 10_000), (2, 20_000), (3, -30_000)] {
            let asked = guest * 1_000;
            let created = dated(asked + 150, ahead);
            clocks.add(
                &origin(asked, asked + 300),
                &guest.to_string(),
                Some(created),
            );
        }
        assert_eq!(clocks.ahead(&origin(0, 300)), None);
    }

    #[test]
    fn guests_of_others_who_alone_are_left_do_not_pass_for_ours() {
        let mut clocks = Clocks::default();
        for guest in 0..8 {
            let asked = guest * 1_000;
            // Four of eight were there ten minutes before; the other four are gone.
            let created = (guest < 4).then(|| dated(asked - 600_000, 0));
            clocks.add(&origin(asked, asked + 300), &guest.to_string(), created);
        }
        let judged = clocks.judge(&origin(0, 300), dated(-600_000, 0));
        assert_eq!(judged, Made::CannotTell);
    }
}
