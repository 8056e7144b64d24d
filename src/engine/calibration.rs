//! How far the clock that dates new guests is ahead of ours, learnt from guests whom this run invited.
//!
//! `createdDateTime` may come from any clock, so it is compared with ours only through guests of whom both are known:
//! nobody was there before the attempt, and the 201 came soon. The `Date` header of an answer is not used.
//!
//! Our own clock may be set while the run goes on, or stand still while the machine sleeps. The monotonic time shows
//! that. What was learnt before such a step, and every attempt that began before it, is then not used.

use crate::{clock::Clock, graph::Graph};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// After a slower answer it is not known exactly enough when the guest was made, so it is no sample.
const SOON: Duration = Duration::from_secs(2);
/// If samples disagree by more than this, the guests were dated by more than one clock.
const AGREEMENT: SignedDuration = SignedDuration::from_secs(2);
/// The fewest samples: one alone could not show that there are two clocks.
const LEAST: usize = 2;
/// How many samples are kept, the newest ones: clocks drift during a long run.
const SAMPLES: usize = 20;
/// A smaller difference is not a step: time servers correct clocks by less all the time.
const STEP: SignedDuration = SignedDuration::from_secs(1);

/// A guest whose creation is dated by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// By our clock. The guest was made between these two.
    pub asked: Timestamp,
    pub answered: Timestamp,
    /// By the clock of the directory.
    pub created: Timestamp,
}

/// How far `createdDateTime` is ahead of our clock: between these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    least: SignedDuration,
    most: SignedDuration,
}

/// When a guest was made, by our clock: between these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub earliest: Timestamp,
    pub latest: Timestamp,
}

impl Offset {
    /// The interval that covers every sample. None: there are too few samples, or they disagree.
    pub(super) fn of(samples: &[Sample]) -> Option<Self> {
        if samples.len() < LEAST {
            return None;
        }
        let least = samples
            .iter()
            .map(|one| one.created.duration_since(one.answered));
        let most = samples
            .iter()
            .map(|one| one.created.duration_since(one.asked));
        let disagreement = least.clone().max()? - most.clone().min()?;
        if disagreement > AGREEMENT {
            return None;
        }
        Some(Self {
            least: least.min()?,
            most: most.max()?,
        })
    }

    /// None: the time is out of range.
    pub(super) fn made(self, created: Timestamp) -> Option<Made> {
        Some(Made {
            earliest: created.checked_sub(self.most).ok()?,
            latest: created.checked_sub(self.least).ok()?,
        })
    }
}

/// The guests of this run that show by which clock guests are dated.
#[derive(Debug)]
pub(super) struct Calibration {
    wall: Wall,
    candidates: Mutex<VecDeque<Candidate>>,
    /// Whether there are enough samples, or there will be no more.
    decided: watch::Sender<bool>,
}

#[derive(Debug, Clone)]
struct Candidate {
    user_id: String,
    asked: Timestamp,
    answered: Timestamp,
    steps: Steps,
    /// The creation time; it is read when it is needed for the first time.
    created: Option<Timestamp>,
}

/// Our clock, which is watched for steps.
#[derive(Debug)]
struct Wall {
    clock: Clock,
    state: Mutex<WallState>,
}

#[derive(Debug)]
struct WallState {
    /// What the clock showed after the last step, and when that was by the monotonic time.
    shown: (Timestamp, Instant),
    steps: Steps,
}

/// How often our clock had been set by some moment. Times with different numbers cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps(u64);

impl Wall {
    fn new(clock: Clock) -> Self {
        let state = WallState {
            shown: (clock.now(), Instant::now()),
            steps: Steps(0),
        };
        Self {
            clock,
            state: Mutex::new(state),
        }
    }

    /// Checks whether the clock was set since the last check.
    fn look(&self) -> Steps {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (shown, at) = state.shown;
        let now = (self.clock.now(), Instant::now());
        let passed = SignedDuration::try_from(now.1.duration_since(at)).unwrap_or_default();
        if (now.0.duration_since(shown) - passed).abs() > STEP {
            state.shown = now;
            state.steps.0 += 1;
            tracing::warn!(
                "the clock of this machine was set, or the machine slept; creation times are compared with it anew"
            );
        }
        state.steps
    }
}

impl Calibration {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            wall: Wall::new(clock),
            candidates: Mutex::default(),
            decided: watch::Sender::new(false),
        }
    }

    /// To be called before and after everything that is dated by our clock. When the clock was set, the samples are dropped.
    pub(super) fn steps(&self) -> Steps {
        // Both happen under one lock, so that no sample from before the step is added after it.
        let mut candidates = self.candidates();
        let steps = self.wall.look();
        candidates.retain(|one| one.steps == steps);
        steps
    }

    /// Adds a guest whose first attempt, after a look-up that found nobody, was answered by a 201 after `took`. `steps` is
    /// from before the attempt was sent.
    pub(super) fn add(
        &self,
        user_id: &str,
        (asked, answered): (Timestamp, Timestamp),
        took: Duration,
        steps: Steps,
    ) {
        if took > SOON || self.steps() != steps {
            return;
        }
        let mut candidates = self.candidates();
        if candidates.len() == SAMPLES {
            candidates.pop_front();
        }
        candidates.push_back(Candidate {
            user_id: user_id.to_owned(),
            asked,
            answered,
            steps,
            created: None,
        });
        if candidates.len() >= LEAST {
            self.decided.send_replace(true);
        }
    }

    /// There will be no more first attempts in this run.
    pub(super) fn no_more(&self) {
        self.decided.send_replace(true);
    }

    pub(super) fn is_decided(&self) -> bool {
        *self.decided.borrow()
    }

    /// Returns when there are enough samples, or when there will be no more.
    pub(super) async fn decided(&self) {
        let mut decided = self.decided.subscribe();
        // The sender lives as long as `self`: this cannot fail.
        let _ = decided.wait_for(|decided| *decided).await;
    }

    pub(super) fn has_samples(&self) -> bool {
        self.all().len() >= LEAST
    }

    /// Reads the creation times that are not known yet, in one request.
    pub(super) async fn offset(&self, graph: &Graph) -> Option<Offset> {
        let unread: Vec<String> = self
            .all()
            .into_iter()
            .filter(|one| one.created.is_none())
            .map(|one| one.user_id)
            .collect();
        if !unread.is_empty() {
            match graph.get_by_ids(&unread).await {
                Ok(users) => {
                    let mut candidates = self.candidates();
                    for candidate in candidates.iter_mut() {
                        let user = users
                            .iter()
                            .find(|user| user.id.eq_ignore_ascii_case(&candidate.user_id));
                        candidate.created = candidate
                            .created
                            .or(user.and_then(|user| user.created_date_time));
                    }
                }
                // The samples that were read before can still be used.
                Err(fault) => {
                    tracing::debug!(%fault, "the creation times of new guests are not readable");
                }
            }
        }
        let samples: Vec<Sample> = self
            .all()
            .into_iter()
            .filter_map(|one| {
                Some(Sample {
                    asked: one.asked,
                    answered: one.answered,
                    created: one.created?,
                })
            })
            .collect();
        Offset::of(&samples)
    }

    fn all(&self) -> Vec<Candidate> {
        self.candidates().iter().cloned().collect()
    }

    fn candidates(&self) -> MutexGuard<'_, VecDeque<Candidate>> {
        self.candidates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    /// What the directory says of somebody made at `made` by our clock: whole seconds of its own clock.
    fn created(made: i64, ahead: i64) -> Timestamp {
        Timestamp::from_second((1_800_000_000_000 + made + ahead).div_euclid(1_000)).unwrap()
    }

    fn sample(asked: i64, made: i64, answered: i64, ahead: i64) -> Sample {
        Sample {
            asked: at(asked),
            answered: at(answered),
            created: created(made, ahead),
        }
    }

    #[test]
    fn without_samples_or_with_two_clocks_there_is_no_offset() {
        assert_eq!(Offset::of(&[]), None);
        let one = sample(0, 100, 200, 0);
        assert_eq!(Offset::of(&[one]), None);
        assert!(Offset::of(&[one, sample(5_000, 5_100, 5_200, 1_500)]).is_some());
        assert_eq!(Offset::of(&[one, sample(5_000, 5_100, 5_200, 4_000)]), None);
    }

    #[test]
    fn a_slow_answer_and_a_clock_that_was_set_are_no_samples() {
        let clock = Clock::jumping_from(at(0));
        let calibration = Calibration::new(clock.clone());
        let second = Duration::from_secs(1);
        let times = (at(0), at(1_000));
        let before = calibration.steps();
        calibration.add("slow", times, 3 * second, before);
        for ahead in [60, -60] {
            let before = calibration.steps();
            clock.set(SignedDuration::from_secs(ahead));
            calibration.add("set meanwhile", times, second, before);
        }
        let before = calibration.steps();
        calibration.add("good", times, second, before);
        assert!(!calibration.has_samples() && !calibration.is_decided());
        // Time servers correct a clock by less all the time.
        clock.set(SignedDuration::from_millis(-500));
        calibration.add("good as well", times, second, before);
        assert!(calibration.has_samples() && calibration.is_decided());
        // What was learnt before a step tells nothing after it.
        clock.set(SignedDuration::from_secs(-10));
        assert_ne!(calibration.steps(), before);
        assert!(!calibration.has_samples() && calibration.is_decided());
    }

    proptest! {
        /// Whatever the offset of one clock is, and however its seconds are cut: the time that comes out is right to a second.
        #[test]
        fn one_clock_is_understood(
            ahead in -100_000_000_i64..100_000_000,
            samples in vec((0_i64..600_000, 0_i64..1_000, 0_i64..1_000), 2..20),
            made in 0_i64..600_000,
        ) {
            let samples: Vec<Sample> = samples
                .into_iter()
                .map(|(asked, there, back)| sample(asked, asked + there, asked + there + back, ahead))
                .collect();
            let offset = Offset::of(&samples);
            prop_assert!(offset.is_some(), "one clock never disagrees with itself");
            let when = offset.unwrap().made(created(made, ahead)).unwrap();
            let second = SignedDuration::from_secs(1);
            prop_assert!(when.earliest - second <= at(made) && at(made) <= when.latest + second);
            prop_assert!(when.latest.duration_since(when.earliest) <= SignedDuration::from_secs(4));
        }

        /// A guest dated by another clock than the others is told apart, or there is no offset at all.
        #[test]
        fn two_clocks_that_are_far_apart_are_no_clock(
            ahead in -1_000_000_i64..1_000_000,
            further in 6_000_i64..1_000_000,
            back in 0_i64..2_000,
        ) {
            let samples = [sample(0, back / 2, back, ahead), sample(9_000, 9_000 + back / 2, 9_000 + back, ahead + further)];
            prop_assert_eq!(Offset::of(&samples), None);
        }
    }
}
