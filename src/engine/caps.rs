//! How many invitations this run may make, and how many the tenant may see in any 24 hours.
//!
//! Every POST to /invitations counts, silent ones too, because the service counts them all.

use super::{
    Options,
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    events::{self, WaitReason},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::VecDeque,
    sync::{
        Mutex as StdMutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{Mutex, watch};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Clocks are not exact to the millisecond, and the cap must not be exceeded because of that.
const MARGIN: SignedDuration = SignedDuration::from_secs(1);

/// How many POSTs to /invitations there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CapLimits {
    pub in_this_run: Option<u64>,
    /// In any 24 hours, over all runs and verbs.
    pub daily: Option<u64>,
    /// How long room in the daily cap is waited for.
    pub wait: Duration,
}

impl From<&Options> for CapLimits {
    fn from(options: &Options) -> Self {
        Self {
            in_this_run: options.max_invites,
            daily: options.daily_cap,
            wait: options.cap_wait,
        }
    }
}

#[derive(Debug)]
pub(super) struct Caps {
    clock: Clock,
    /// Held by the one task that waits for a place; the others wait for this lock.
    turn: Mutex<()>,
    waiting: AtomicBool,
    state: StdMutex<CapCount>,
    /// Places whose attempt has no answer yet.
    under_way: watch::Sender<usize>,
}

/// The attempts that count, and how many more there may be.
#[derive(Debug)]
pub(super) struct CapCount {
    limits: CapLimits,
    made: u64,
    /// The attempts of the last 24 hours, oldest first.
    recent: VecDeque<Timestamp>,
}

/// A place within the caps, held until its attempt is answered.
#[derive(Debug)]
pub(super) struct CapSlot<'a>(&'a Caps);

pub(super) enum Admission {
    /// The place is counted.
    Taken,
    After(Duration),
    Never(StopReason),
}

impl Caps {
    /// `recent`: the attempts of the last 24 hours that the ledger knows.
    pub(super) fn new(limits: CapLimits, recent: Vec<Timestamp>, clock: Clock) -> Self {
        Self {
            clock,
            turn: Mutex::default(),
            waiting: AtomicBool::new(false),
            state: StdMutex::new(CapCount::new(limits, recent)),
            under_way: watch::Sender::new(0),
        }
    }

    /// Takes a place, and waits for room in the daily cap if it opens soon enough. None: the run stopped first.
    ///
    /// The cap is reported only when no request is in flight, because an answer may give its place back.
    pub(super) async fn admit(&self, stop: &Stop) -> Result<Option<CapSlot<'_>>, StopReason> {
        let _turn = self.turn.lock().await;
        let mut under_way = self.under_way.subscribe();
        loop {
            let busy = *under_way.borrow_and_update() > 0;
            match self.room() {
                Admission::Taken => return Ok(Some(CapSlot(self))),
                Admission::Never(reason) if !busy => return Err(reason),
                Admission::Never(_) => tokio::select! {
                    biased;
                    () = stop.rows().raised() => return Ok(None),
                    // The sender lives as long as `self`.
                    _ = under_way.changed() => {}
                },
                Admission::After(wait) => {
                    self.waiting.store(true, Relaxed);
                    events::wait(WaitReason::DailyCap, wait, wait);
                    let slept = tokio::select! {
                        biased;
                        () = stop.rows().raised() => false,
                        () = self.clock.sleep(wait) => true,
                    };
                    self.waiting.store(false, Relaxed);
                    if !slept {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Whether the run waits for room in the daily cap. Such a wait is not a lack of progress.
    pub(super) fn waiting(&self) -> bool {
        self.waiting.load(Relaxed)
    }

    fn room(&self) -> Admission {
        let admission = self.state().room(self.clock.now());
        if matches!(admission, Admission::Taken) {
            self.under_way.send_modify(|count| *count += 1);
        }
        admission
    }

    fn state(&self) -> MutexGuard<'_, CapCount> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CapCount {
    pub(super) fn new(limits: CapLimits, recent: Vec<Timestamp>) -> Self {
        Self {
            limits,
            made: 0,
            recent: recent.into(),
        }
    }

    pub(super) fn room(&mut self, now: Timestamp) -> Admission {
        let CapLimits {
            in_this_run,
            daily,
            wait: longest,
        } = self.limits;
        if let Some(cap) = in_this_run
            && self.made >= cap
        {
            return Admission::Never(StopReason::MaxInvites { cap });
        }
        if let Some(cap) = daily {
            while self
                .recent
                .front()
                .is_some_and(|oldest| *oldest + DAY <= now)
            {
                self.recent.pop_front();
            }
            if let Some(over) = (self.recent.len() as u64).checked_sub(cap) {
                // If the cap was lowered since then, several places must become free before there is room.
                let room_at = self
                    .recent
                    .get(over as usize)
                    .map_or(now + DAY, |oldest| *oldest + DAY + MARGIN);
                let wait = Duration::try_from(room_at.duration_since(now)).unwrap_or_default();
                if cap == 0 || wait > longest {
                    return Admission::Never(StopReason::DailyCap { cap, room_at });
                }
                return Admission::After(wait);
            }
            self.recent.push_back(now);
        }
        self.made += 1;
        Admission::Taken
    }
}

impl CapSlot<'_> {
    /// Gives the place back, because its request never left.
    pub(super) fn give_back(self) {
        let mut state = self.0.state();
        state.made = state.made.saturating_sub(1);
        if state.limits.daily.is_some() {
            state.recent.pop_back();
        }
    }
}

impl Drop for CapSlot<'_> {
    fn drop(&mut self) {
        self.0
            .under_way
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}
