//! How fast mails leave a mailbox: one after the other without a burst, and so many a day, over all runs of the ledger.
//!
//! Decides only; must not wait.

use crate::{
    clock::Clock,
    ledger::{LedgerError, Reader},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the settings allow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MailPace {
    /// 0: as fast as they can.
    pub per_minute: u32,
    pub per_day: Option<u64>,
}

impl MailPace {
    pub(crate) fn interval(self) -> Duration {
        match self.per_minute {
            0 => Duration::ZERO,
            per_minute => Duration::from_secs(60) / per_minute,
        }
    }
}

/// What is allowed, beside the mails that have left.
pub(super) struct MailboxPace {
    allowed: MailPace,
    /// When the last mail was about to leave.
    last: Option<Timestamp>,
    /// The same on a clock that nobody can set; none before the first mail of this run.
    last_here: Option<Instant>,
    /// The mails of the last 24 hours; kept only where they are limited.
    today: VecDeque<Timestamp>,
}

impl MailboxPace {
    pub(super) fn new(
        allowed: MailPace,
        reader: &Reader,
        mailbox: &str,
        clock: &Clock,
    ) -> Result<Self, LedgerError> {
        let today = match allowed.per_day {
            Some(_) => reader.mails_since(mailbox, clock.now() - DAY)?.into(),
            None => VecDeque::new(),
        };
        Ok(Self {
            allowed,
            last: reader.last_mail_from(mailbox)?,
            last_here: None,
            today,
        })
    }

    /// Whether another mail may leave today; if not, how many may, and when there is room again.
    pub(super) fn room(&mut self, now: Timestamp) -> Result<(), (u64, Timestamp)> {
        let Some(cap) = self.allowed.per_day else {
            return Ok(());
        };
        while self
            .today
            .front()
            .is_some_and(|at| now.duration_since(*at) >= DAY)
        {
            self.today.pop_front();
        }
        let used = self.today.len() as u64;
        if used < cap {
            return Ok(());
        }
        let freed = usize::try_from(used - cap).unwrap_or(usize::MAX);
        Err((cap, self.today.get(freed).map_or(now, |at| *at + DAY)))
    }

    /// How long the next mail has to wait, whichever run sent the last one.
    pub(super) fn until_the_next(&self, now: Timestamp, clock: &Clock) -> Duration {
        let Some(last) = self.last else {
            return Duration::ZERO;
        };
        // A clock that was set back does not make anybody wait longer than the interval.
        let mut gone = Duration::try_from(now.duration_since(last)).unwrap_or(Duration::ZERO);
        // One that was set ahead does not make a burst.
        if let (Some(last), false) = (self.last_here, clock.jumps()) {
            gone = gone.min(last.elapsed());
        }
        self.allowed.interval().saturating_sub(gone)
    }

    /// A mail is about to leave.
    pub(super) fn leaves(&mut self, at: Timestamp) {
        (self.last, self.last_here) = (Some(at), Some(Instant::now()));
    }

    /// The mail that was about to leave then has left, or may have.
    pub(super) fn left(&mut self, at: Timestamp) {
        if self.allowed.per_day.is_some() {
            self.today.push_back(at);
        }
    }
}
