//! The steps of `--rate auto`: a tenant without verified invitations gets them slowly, and faster with every fifty that
//! were verified.
//!
//! Must not know how they are verified.

/// Invitations a second on the lowest and on the highest step; each is half as fast again as the one below.
const SLOWEST: f64 = 1.0;
const FASTEST: f64 = 8.0;
const GROWTH: f64 = 1.5;
const TOP: u32 = 6;
/// Verified invitations for one step.
pub(crate) const EVERY: u64 = 50;
/// The number of verified invitations that leads to the highest step.
pub(crate) const PROVEN_RATE: u64 = EVERY * TOP as u64;

#[derive(Debug)]
pub(super) struct Steps {
    step: u32,
    /// How many times [`EVERY`] were verified.
    verified: u64,
}

impl Steps {
    pub(super) fn new(verified: u64) -> Self {
        let mut steps = Self {
            step: 0,
            verified: 0,
        };
        steps.verified(verified);
        steps
    }

    /// This many are verified altogether: one step up for every further fifty.
    pub(super) fn verified(&mut self, total: u64) {
        let now = total / EVERY;
        let gained = u32::try_from(now.saturating_sub(self.verified)).unwrap_or(TOP);
        self.step = self.step.saturating_add(gained).min(TOP);
        self.verified = self.verified.max(now);
    }

    /// A throttle takes a step back.
    pub(super) fn throttled(&mut self) {
        self.step = self.step.saturating_sub(1);
    }

    pub(super) fn at_top(&self) -> bool {
        self.step == TOP
    }

    pub(super) fn per_second(&self) -> f64 {
        (SLOWEST * GROWTH.powi(self.step.cast_signed())).min(FASTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_until_fifty_are_verified_then_half_as_fast_again_with_each_further_fifty() {
        for (verified, per_second) in [
            (0, 1.0),
            (49, 1.0),
            (50, 1.5),
            (99, 1.5),
            (100, 2.25),
            (150, 3.375),
            (250, 7.593_75),
            (PROVEN_RATE, 8.0),
            (1_000_000, 8.0),
        ] {
            let steps = Steps::new(verified);
            assert!((steps.per_second() - per_second).abs() < 1e-9, "{verified}");
            assert_eq!(steps.at_top(), verified >= PROVEN_RATE, "{verified}");
        }
    }

    #[test]
    fn a_throttle_takes_a_step_back_and_fifty_more_lead_up_again() {
        let mut steps = Steps::new(120);
        steps.throttled();
        assert!((steps.per_second() - 1.5).abs() < 1e-9);
        steps.verified(149);
        assert!((steps.per_second() - 1.5).abs() < 1e-9);
        steps.verified(150);
        assert!((steps.per_second() - 2.25).abs() < 1e-9);
        for _ in 0..9 {
            steps.throttled();
        }
        assert!((steps.per_second() - 1.0).abs() < 1e-9);
    }
}
