//! The pace of a run: the rate that it wants, and the ceilings that it keeps.
//!
//! Must not decide which values are allowed where; the settings do.

use super::window::Window;
use std::{fmt, str::FromStr, time::Duration};

/// How many invitations a second a person wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// A rate that follows the number of verified invitations: those of earlier runs
    /// ([`PaceOptions::verified`]) and those of this run ([`Pace::verified`](super::Pace::verified)).
    Auto,
    /// At most this rate.
    PerSecond(f64),
    /// No target: as fast as answers come, until the first sign of throttling. Loopback only.
    Max,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Rate::Auto),
            "max" => Ok(Rate::Max),
            number => match number.parse() {
                Ok(rate) if (0.001..=100_000.0).contains(&rate) => Ok(Rate::PerSecond(rate)),
                _ => Err(format!(
                    "`{text}` is not a rate: write auto, max or invitations per second like 2 or 0.5"
                )),
            },
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rate::Auto => f.write_str("auto"),
            Rate::PerSecond(rate) => write!(f, "{rate}"),
            Rate::Max => f.write_str("max"),
        }
    }
}

/// The ceilings are what Microsoft documents; 0 switches one off.
#[derive(Debug, Clone)]
pub(crate) struct PaceOptions {
    pub rate: Rate,
    /// How many invitations earlier runs have verified.
    pub verified: u64,
    /// Invitations in any 5 seconds.
    pub invites_per_5s: u32,
    /// Writes in any 150 seconds. Every invitation is one.
    pub writes_per_150s: u32,
    /// Resource units of reads in any 10 seconds.
    pub resource_units_per_10s: u32,
    /// A server that asks for a longer wait than this ends the run instead.
    pub give_up_after: Duration,
}

impl PaceOptions {
    /// The ceilings of invitations and of writes.
    pub(super) fn write_windows(&self) -> (Option<Window>, Option<Window>) {
        (
            Window::new(self.invites_per_5s, Duration::from_secs(5)),
            Window::new(self.writes_per_150s, Duration::from_secs(150)),
        )
    }
}

impl Default for PaceOptions {
    fn default() -> Self {
        Self {
            rate: Rate::Auto,
            verified: 0,
            invites_per_5s: 150,
            writes_per_150s: 3_000,
            resource_units_per_10s: 3_500,
            give_up_after: Duration::from_secs(600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_positive() {
        assert_eq!("auto".parse(), Ok(Rate::Auto));
        assert_eq!("0.5".parse(), Ok(Rate::PerSecond(0.5)));
        for wrong in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
