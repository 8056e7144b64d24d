//! When the invitations of a run will leave, by the rules that the pacer follows, on a clock that is counted forward.
//!
//! Must not wait. It knows no throttle and no slow answer: it is how fast a run may be.

use super::{PaceOptions, VERIFIED_FOR_A_STEP, adaptation::Adaptation, window::Window};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Projection {
    start: Instant,
    adaptation: Adaptation,
    invitations: Option<Window>,
    writes: Option<Window>,
    /// How many invitations earlier runs have verified.
    verified: u64,
    /// Invitations that make a guest.
    sent: u64,
    /// When the rate lets the next one leave.
    next: Instant,
    /// How long the documented limits held invitations back.
    held_by_limits: Duration,
}

impl Projection {
    pub(crate) fn new(options: &PaceOptions) -> Self {
        let start = Instant::now();
        let (invitations, writes) = options.write_windows();
        let even = invitations.as_ref().map(Window::even_rate);
        Self {
            start,
            adaptation: Adaptation::new(start, options.rate, options.verified, even),
            invitations,
            writes,
            verified: options.verified,
            sent: 0,
            next: start,
            held_by_limits: Duration::ZERO,
        }
    }

    /// The next invitation leaves as soon as it may, but not before `earliest` of the run; with it, so many changes. Says
    /// when it leaves.
    pub(crate) fn invite(&mut self, earliest: Duration, changes: u32) -> Duration {
        self.sent += 1;
        self.leave(
            earliest,
            changes,
            self.sent.is_multiple_of(VERIFIED_FOR_A_STEP),
        )
    }

    /// The same for the silent invitation of a guest who is there already: it makes nobody who could be verified.
    pub(crate) fn relink(&mut self, earliest: Duration) -> Duration {
        self.leave(earliest, 0, false)
    }

    fn leave(&mut self, earliest: Duration, changes: u32, leads_to_a_step: bool) -> Duration {
        let due = self.next.max(self.start + earliest);
        let mut at = due;
        for window in [&mut self.invitations, &mut self.writes]
            .into_iter()
            .flatten()
        {
            at = window.take_from(1, at);
        }
        self.held_by_limits += at - due;
        self.adaptation.admitted(at, true);
        self.adaptation.answered(at);
        if leads_to_a_step {
            self.adaptation.verified(self.verified + self.sent);
        }
        if let Some(writes) = &mut self.writes {
            for _ in 0..changes {
                writes.take_from(1, at);
            }
        }
        let wait = self
            .adaptation
            .rate()
            .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        self.next = at + wait;
        at - self.start
    }

    /// The invitations a second that are aimed at now. None: no limit.
    pub(crate) fn target(&self) -> Option<f64> {
        self.adaptation.target()
    }

    /// Whether the documented limits, and not the rate, decide how long the run takes.
    pub(crate) fn is_held_by_limits(&self) -> bool {
        self.held_by_limits * 10 > self.next - self.start
    }
}
