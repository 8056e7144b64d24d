//! How many invitations this run may make, and how many the tenant may see in any 24 hours.
//!
//! Every POST to /invitations counts, of whatever kind: that is what the service counts.

use super::{
    Options,
    stop::{Stop, StopReason},
};
use crate::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use std::{collections::VecDeque, time::Duration};
use tokio::sync::Mutex;

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Clocks on the wall are not exact to the millisecond, and a cap is not to be missed by one.
const MARGIN: SignedDuration = SignedDuration::from_secs(1);

#[derive(Debug)]
pub(super) struct Caps {
    max_invites: Option<u64>,
    daily: Option<u64>,
    cap_wait: Duration,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    made: u64,
    /// Those of the last 24 hours, oldest first.
    recent: VecDeque<Timestamp>,
}

impl Caps {
    /// `recent`: the asks of the last 24 hours that the ledger knows.
    pub fn new(options: &Options, recent: Vec<Timestamp>, clock: Clock) -> Self {
        Self {
            max_invites: options.max_invites,
            daily: options.daily_cap,
            cap_wait: options.cap_wait,
            clock,
            state: Mutex::new(State {
                made: 0,
                recent: recent.into(),
            }),
        }
    }

    /// Takes a place, waiting for room in the daily cap if it opens soon enough. The caller looks at the stop next.
    pub async fn admit(&self, stop: &Stop) -> Result<(), StopReason> {
        let mut state = self.state.lock().await;
        if let Some(cap) = self.max_invites
            && state.made >= cap
        {
            return Err(StopReason::MaxInvites { cap });
        }
        if let Some(cap) = self.daily {
            loop {
                let now = self.clock.now();
                while state
                    .recent
                    .front()
                    .is_some_and(|oldest| *oldest + DAY <= now)
                {
                    state.recent.pop_front();
                }
                let over = (state.recent.len() as u64).checked_sub(cap);
                let Some(over) = over else { break };
                // With the cap lowered since, several places have to come free before one opens.
                let room_at = state
                    .recent
                    .get(over as usize)
                    .map_or(now + DAY, |oldest| *oldest + DAY + MARGIN);
                let wait = room_at.duration_since(now);
                if cap == 0 || Duration::try_from(wait).unwrap_or_default() > self.cap_wait {
                    return Err(StopReason::DailyCap { cap, room_at });
                }
                tokio::select! {
                    biased;
                    // Whoever raised it has said why.
                    () = stop.raised() => return Ok(()),
                    () = self.clock.sleep(Duration::try_from(wait).unwrap_or_default()) => {}
                }
            }
            state.recent.push_back(self.clock.now());
        }
        state.made += 1;
        Ok(())
    }

    /// Gives a place back: what it was taken for never left.
    pub async fn give_back(&self) {
        let mut state = self.state.lock().await;
        state.made = state.made.saturating_sub(1);
        if self.daily.is_some() {
            state.recent.pop_back();
        }
    }
}
