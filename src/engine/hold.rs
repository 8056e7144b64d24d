//! What the verbs share that take guests one after the other: the ledger that is theirs for the run, the pace, the clock and
//! the stop.
//!
//! Must not know what is asked of Graph.

use super::stop::{Stop, StopReason};
use crate::{
    clock::Clock,
    ledger::{LedgerError, Writer},
    pace::{Pace, TooLong},
};
use jiff::SignedDuration;
use std::time::Duration;

/// The run stops: a turn has no outcome.
pub(super) struct Stopped;

pub(super) struct Hold {
    pub writer: Writer,
    pub pace: Pace,
    pub clock: Clock,
    pub stop: Stop,
}

impl Hold {
    /// What the server asked for outlives this process.
    pub(super) fn keep_the_wait(&self) -> Result<(), Stopped> {
        let left = self.pace.asked_for();
        let left = left.and_then(|left| SignedDuration::try_from(left).ok());
        match left.and_then(|left| self.clock.now().checked_add(left).ok()) {
            Some(until) => self
                .writer
                .wait_until(until)
                .map_err(|error| self.failed(&error)),
            None => Ok(()),
        }
    }

    /// Whether the ledger still belongs to this run. If it does not, the run stops.
    pub(super) fn stands(&self) -> Result<bool, Stopped> {
        let stands = self.writer.stands().map_err(|error| self.failed(&error))?;
        if !stands {
            self.taken_over();
        }
        Ok(stands)
    }

    pub(super) fn taken_over(&self) -> Stopped {
        self.stopped(StopReason::TakenOver {
            by: self.writer.holder().unwrap_or_default(),
        })
    }

    pub(super) fn failed(&self, error: &LedgerError) -> Stopped {
        self.stopped(error.into())
    }

    pub(super) fn stopped(&self, reason: StopReason) -> Stopped {
        self.stop.raise(reason);
        Stopped
    }

    pub(super) async fn sleep(&self, wait: Duration) -> Result<(), Stopped> {
        if self.stop.sleep(wait).await {
            Ok(())
        } else {
            Err(Stopped)
        }
    }

    /// Waits for the pace, unless the run stops.
    pub(super) async fn wait(
        &self,
        ready: impl Future<Output = Result<(), TooLong>>,
    ) -> Result<(), Stopped> {
        let ready = tokio::select! {
            biased;
            () = self.stop.raised() => return Err(Stopped),
            ready = ready => ready,
        };
        ready.map_err(|too_long| self.stopped(too_long.into()))
    }
}
