//! How long a run takes, and how far it comes: the pace and the caps of the run, counted forward.
//!
//! Must not wait or ask anybody. It knows nothing of throttles, of lost answers and of the time that answers take: where
//! these do not decide, the run takes as long as this says.

use super::{
    caps::{Admission, CapCount, CapLimits},
    stop::StopReason,
};
use crate::pace::{PaceOptions, Projection};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What a run is about to do.
#[derive(Debug)]
pub(crate) struct Planned {
    pub invitations: u64,
    /// Silent invitations that fetch the links of guests who are there already. They stand between the others, and raise no
    /// rate.
    pub relinks: u64,
    /// Changes that follow all invitations but these.
    pub changes: u64,
    pub caps: CapLimits,
    /// The attempts of the last 24 hours, oldest first.
    pub recent: Vec<Timestamp>,
    pub now: Timestamp,
    /// How long nothing may be sent yet.
    pub closed: Duration,
    /// When the run ends whatever is left.
    pub ends_after: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forecast {
    pub takes: Duration,
    /// The invitations that leave in this time, silent ones for links included.
    pub invitations: u64,
    /// Why it is not all of them.
    pub ended_by: Option<EndedBy>,
    /// Invitations a second that are aimed at, in the beginning and at the end. None: no limit.
    pub rates: Option<(f64, f64)>,
    /// Whether the documented limits, and not the rate, decide.
    pub held_by_limits: bool,
    /// How much of it is waiting for room in the daily cap.
    pub cap_wait: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndedBy {
    MaxInvites(u64),
    DailyCap(u64),
    MaxDuration,
}

impl Forecast {
    pub(crate) fn of(planned: Planned, pace: &PaceOptions) -> Self {
        let Planned {
            invitations: new,
            relinks,
            changes,
            caps,
            recent,
            now,
            closed,
            ends_after,
        } = planned;
        let wanted = new + relinks;
        let mut counted = CapCount::new(caps, recent);
        let mut projection = Projection::new(pace);
        let first = projection.target();
        let (mut takes, mut invitations, mut cap_wait) = (Duration::ZERO, 0, Duration::ZERO);
        let mut earliest = closed;
        let mut ended_by = None;
        while invitations < wanted {
            match counted.room(after(now, earliest)) {
                Admission::Taken => {}
                Admission::After(wait) => {
                    cap_wait += wait;
                    earliest += wait;
                    continue;
                }
                Admission::Never(reason) => {
                    ended_by = Some(match reason {
                        StopReason::DailyCap { cap, .. } => EndedBy::DailyCap(cap),
                        _ => EndedBy::MaxInvites(caps.in_this_run.unwrap_or_default()),
                    });
                    break;
                }
            }
            // Spread evenly: as many new guests and changes as are due by now.
            let due = |all: u64| {
                let by = |sent: u64| u128::from(all) * u128::from(sent) / u128::from(wanted);
                by(invitations + 1) - by(invitations)
            };
            let at = if due(new) > 0 {
                projection.invite(earliest, u32::try_from(due(changes)).unwrap_or(u32::MAX))
            } else {
                projection.relink(earliest)
            };
            if let Some(end) = ends_after.filter(|end| at > *end) {
                (takes, ended_by) = (end, Some(EndedBy::MaxDuration));
                break;
            }
            (takes, earliest) = (at, at);
            invitations += 1;
        }
        Self {
            takes,
            invitations,
            ended_by,
            rates: first.zip(projection.target()),
            held_by_limits: projection.is_held_by_limits(),
            cap_wait,
        }
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
