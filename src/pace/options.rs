//! What a run says about its pace: the rate that it wants, and the ceilings that it keeps.
//!
//! Must not decide which values are allowed where; the settings do.

use std::time::Duration;

/// How many invitations a second the run wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rate {
    /// As much as a tenant has proved to bear: by this many verified invitations before the run, and by those that
    /// are verified while it goes on ([`Pace::verified`](super::Pace::verified)).
    Auto { verified: u64 },
    /// Up to this and no further.
    Fixed(f64),
    /// No target: as fast as answers come, until the first sign of throttling.
    Max,
}

/// The ceilings are what Microsoft documents; 0 switches one off.
#[derive(Debug, Clone)]
pub(crate) struct PaceOptions {
    pub rate: Rate,
    /// Invitations in any 5 seconds.
    pub invites_per_5s: u32,
    /// Writes in any 150 seconds. Every invitation is one.
    pub writes_per_150s: u32,
    /// Resource units of reads in any 10 seconds.
    pub resource_units_per_10s: u32,
    /// A server that asks for a longer wait than this ends the run instead.
    pub give_up_after: Duration,
}

impl Default for PaceOptions {
    fn default() -> Self {
        Self {
            rate: Rate::Auto { verified: 0 },
            invites_per_5s: 150,
            writes_per_150s: 3_000,
            resource_units_per_10s: 3_500,
            give_up_after: Duration::from_secs(600),
        }
    }
}
