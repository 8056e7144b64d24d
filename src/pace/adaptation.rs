//! The rate as it is now: it rises while the pacer is what holds the run back, and falls when the
//! server throttles. It doubles each second up to the first throttle; what it does then, [`LearntLimit`] says.
//!
//! Must not wait or send; it is told what happened and answers with a rate. When it is that a request leaves or is answered,
//! it is told too: a [`Projection`](super::Projection) counts the time forward.

use super::{
    bucket::SLOWEST,
    learnt_limit::{LearntLimit, SinceThrottle, TELLING},
    options::Rate,
    steps::Steps,
};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What is left of the rate after a throttle, and after one that came while the rate was still doubling: the server's
/// burst may have hidden the last doublings.
const CUT: f64 = 0.7;
const CUT_WHILE_DOUBLING: f64 = 0.25;
/// Growth a second before the first throttle.
const DOUBLING: f64 = 2.0;
/// The rate counts as still doubling for so long after it has doubled.
const JUST_DOUBLED: Duration = Duration::from_secs(5);
/// What a throttle leaves of a ceiling that was being used in full, and the least that is left of it.
const EASE: f64 = 0.99;
const LEAST_USED: f64 = 0.9;
/// A server that counts in windows lets nothing through for longer than this, and then as much as before. So the time for
/// which the gate was closed does not show what it lets through.
const SHORT_WAIT: Duration = Duration::from_secs(5);
/// The part of a limit from which on `auto` slows down, and how long it then waits before it slows down further.
const NEARLY_USED: f64 = 0.8;
const EASE_EVERY: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_secs(1);
/// A run opens at this part of its target, so that three doublings lead there.
const OPENING: f64 = 1.0 / 8.0;

#[derive(Debug)]
pub(super) struct Adaptation {
    start: Instant,
    /// The even rate of the short ceiling: never faster than this.
    ceiling: Option<f64>,
    /// The part of it that is used, as bits: a little less after each throttle that met it.
    used: AtomicU64,
    /// Bits of an `f64`; 0.0 = no rate.
    rate: AtomicU64,
    /// Whether the rate or a ceiling made somebody wait since the last step.
    held_back: AtomicBool,
    /// Whether it was the rate itself: only then is there a reason to raise it.
    limited: AtomicBool,
    admitted: AtomicU64,
    /// Requests that were not throttled.
    passed: AtomicU64,
    /// Microseconds after `start` of the next rise; 0 = nothing was admitted yet.
    next_step: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    target: Option<f64>,
    /// For `auto`: where the target comes from.
    steps: Option<Steps>,
    last_cut: Option<Cut>,
    /// When `auto` last took a step back because a limit was nearly used.
    last_eased: Option<Instant>,
    last_doubled: Instant,
    limit: LearntLimit,
    /// When the last two steps were, and how many requests had been admitted by then.
    marks: [(Instant, u64); 2],
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// How many requests had passed by then.
    passed: u64,
    /// How long the gate stayed closed, where that was long.
    long_wait: Duration,
}

impl Adaptation {
    pub(super) fn new(start: Instant, rate: Rate, verified: u64, ceiling: Option<f64>) -> Self {
        let (target, steps) = match rate {
            Rate::Auto => {
                let steps = Steps::new(verified);
                (Some(steps.per_second()), Some(steps))
            }
            Rate::PerSecond(target) => (Some(target.max(SLOWEST)), None),
            Rate::Max => (None, None),
        };
        let opening = target.map_or(0.0, |target| (target * OPENING).max(1.0).min(target));
        Self {
            start,
            ceiling,
            used: AtomicU64::new(1.0_f64.to_bits()),
            rate: AtomicU64::new(opening.to_bits()),
            held_back: AtomicBool::new(false),
            limited: AtomicBool::new(false),
            admitted: AtomicU64::new(0),
            passed: AtomicU64::new(0),
            next_step: AtomicU64::new(0),
            state: Mutex::new(State {
                target,
                steps,
                last_cut: None,
                last_eased: None,
                last_doubled: start,
                limit: LearntLimit::default(),
                marks: [(start, 0); 2],
            }),
        }
    }

    /// Requests a second; `None` = no limit.
    pub(super) fn rate(&self) -> Option<f64> {
        match (self.own_rate(), self.ceiling()) {
            (Some(rate), Some(ceiling)) => Some(rate.min(ceiling)),
            (rate, ceiling) => rate.or(ceiling),
        }
    }

    /// So many invitations are verified altogether: for `auto` the target may rise.
    pub(super) fn verified(&self, total: u64) {
        let mut state = self.state();
        if let Some(steps) = &mut state.steps {
            steps.verified(total);
            state.target = Some(steps.per_second());
        }
    }

    pub(super) fn is_auto(&self) -> bool {
        self.state().steps.is_some()
    }

    /// The invitations a second that are aimed at, for as long as further verified ones raise them.
    pub(super) fn rising_target(&self) -> Option<f64> {
        let state = self.state();
        let rises = state.steps.as_ref().is_some_and(|steps| !steps.at_top());
        state.target.filter(|_| rises)
    }

    /// The invitations a second that are aimed at now, and that the short ceiling allows. `None` = no limit.
    pub(super) fn target(&self) -> Option<f64> {
        match (self.state().target, self.ceiling()) {
            (Some(target), Some(ceiling)) => Some(target.min(ceiling)),
            (target, ceiling) => target.or(ceiling),
        }
    }

    /// A request got through; `waited` for the rate or a ceiling.
    pub(super) fn admitted(&self, now: Instant, waited: bool) {
        let before = self.admitted.fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            let mut state = self.state();
            state.marks = [(now, 0); 2];
            state.last_doubled = now;
            self.step_at(now + STEP);
        }
        if waited {
            self.held_back.store(true, Ordering::Relaxed);
            if !self.at_ceiling() {
                self.limited.store(true, Ordering::Relaxed);
            }
        }
    }

    /// A success came back: once a second the rate may rise.
    pub(super) fn answered(&self, now: Instant) {
        self.passed.fetch_add(1, Ordering::Relaxed);
        let next = self.next_step.load(Ordering::Relaxed);
        if next == 0 || micros(now - self.start) < next {
            return;
        }
        let mut state = self.state();
        if self.next_step.load(Ordering::Relaxed) != next {
            return; // Somebody else made this step.
        }
        self.step_at(now + STEP);
        state.marks = [state.marks[1], (now, self.admitted.load(Ordering::Relaxed))];
        self.held_back.store(false, Ordering::Relaxed);
        if let Some(rate) = self.own_rate()
            && self.limited.swap(false, Ordering::Relaxed)
        {
            let target = state.target.unwrap_or(f64::INFINITY);
            let grown = match self.since_cut(&state, now) {
                Some(since) => state.limit.grown(rate, since),
                None => rate * DOUBLING,
            };
            if state.last_cut.is_none() && rate < target {
                state.last_doubled = now;
            }
            self.set_rate(grown.min(target));
        }
    }

    /// A request that was sent at `sent_at` was throttled; the gate stays closed for `closed`.
    pub(super) fn throttled(&self, sent_at: Instant, closed: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        self.step_at(now + closed.min(Duration::from_secs(3_600)) + STEP);
        // One burst of refusals is one sign: only what was sent after the last cut can call for another.
        if state.last_cut.is_some_and(|cut| sent_at <= cut.at) {
            return;
        }
        let since_cut = self.since_cut(&state, now);
        // A server that counts in windows lets few through right after a long wait: that is the same sign as before it.
        if let (Some(cut), Some(since)) = (&mut state.last_cut, since_cut)
            && !cut.long_wait.is_zero()
            && since.passed < TELLING
        {
            cut.at = now;
            return;
        }
        let is_doubling = since_cut.is_none() && now - state.last_doubled < JUST_DOUBLED;
        state.last_cut = Some(Cut {
            at: now,
            passed: self.passed.load(Ordering::Relaxed),
            long_wait: if closed > SHORT_WAIT {
                closed
            } else {
                Duration::ZERO
            },
        });
        if let Some(steps) = &mut state.steps {
            steps.throttled();
            state.target = Some(steps.per_second());
        }
        let at_ceiling = self.at_ceiling();
        if at_ceiling {
            self.leave_more_room();
        }
        let measured = self.measured(&state, now);
        let rate = match self.rate() {
            None => measured.max(1.0),
            Some(rate) if self.held_back.load(Ordering::Relaxed) => rate,
            // The pacer was not what limited the run, so a part of its rate would change little.
            Some(rate) => measured.clamp(rate / 2.0, rate),
        };
        // The gate keeps what the server asks for; the rate need not fall so low that nobody comes further.
        let slowest = state.target.unwrap_or(1.0).min(1.0);
        // At the ceiling it is known what the server lets through.
        state
            .limit
            .throttled(rate, since_cut.filter(|_| !at_ceiling));
        let left = if is_doubling && !at_ceiling {
            CUT_WHILE_DOUBLING
        } else {
            CUT
        };
        let cut = (rate * left).max((slowest / 2.0).max(slowest.min(SLOWEST)));
        self.set_rate(cut.min(state.target.unwrap_or(f64::INFINITY)));
    }

    /// The server says how much of a limit is used, whoever uses it. `auto` takes a step back before anybody is throttled, and
    /// looks for a while what that changes. A named rate stays as it is: its own ceilings let it use the limits in full.
    pub(super) fn limit_is_used(&self, used: f64, sent_at: Instant) {
        if used < NEARLY_USED {
            return;
        }
        let mut state = self.state();
        let too_soon = |at: Instant| sent_at < at + EASE_EVERY;
        if state.last_eased.is_some_and(too_soon)
            || state.last_cut.is_some_and(|cut| too_soon(cut.at))
        {
            return;
        }
        let Some(steps) = &mut state.steps else {
            return;
        };
        steps.throttled();
        let target = steps.per_second();
        state.target = Some(target);
        state.last_eased = Some(Instant::now());
        if let Some(rate) = self.own_rate() {
            self.set_rate(rate.min(target));
        }
    }

    /// The way to the server is so uneven that spending the documented allowance evenly overdraws it.
    fn leave_more_room(&self) {
        let used = f64::from_bits(self.used.load(Ordering::Relaxed));
        let used = (used * EASE).max(LEAST_USED);
        self.used.store(used.to_bits(), Ordering::Relaxed);
    }

    fn at_ceiling(&self) -> bool {
        self.ceiling()
            .is_some_and(|ceiling| self.own_rate().is_none_or(|rate| rate >= ceiling))
    }

    fn ceiling(&self) -> Option<f64> {
        let used = f64::from_bits(self.used.load(Ordering::Relaxed));
        self.ceiling.map(|ceiling| ceiling * used)
    }

    fn since_cut(&self, state: &State, now: Instant) -> Option<SinceThrottle> {
        state.last_cut.map(|cut| SinceThrottle {
            time: (now - cut.at).saturating_sub(cut.long_wait),
            passed: self.passed.load(Ordering::Relaxed) - cut.passed,
        })
    }

    fn measured(&self, state: &State, now: Instant) -> f64 {
        let (since, before) = state.marks[0];
        let admitted = self.admitted.load(Ordering::Relaxed) - before;
        admitted as f64 / (now - since).max(Duration::from_millis(100)).as_secs_f64()
    }

    fn own_rate(&self) -> Option<f64> {
        let rate = f64::from_bits(self.rate.load(Ordering::Relaxed));
        (rate > 0.0).then_some(rate)
    }

    fn set_rate(&self, rate: f64) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// Never moves the next rise nearer than it was.
    fn step_at(&self, at: Instant) {
        self.next_step
            .fetch_max(micros(at - self.start), Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
