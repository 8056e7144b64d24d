//! What is written down of a reset, and the waits before it; a run that has lost its ledger sends nothing.

use super::{Answer, GuestToReset, Now, Resetting, Stopped, Turn};
use crate::{
    engine::{caps::CapSlot, stop::StopReason},
    ledger::{IntentId, LedgerError, NoIntent, ResetAnswered, ResetCall, ResetEnd, ResetIntent},
    pace::TooLong,
};
use jiff::SignedDuration;
use std::time::Duration;
use uuid::Uuid;

impl Resetting {
    pub(super) fn never_sent(
        &self,
        guest: &GuestToReset,
        intent: IntentId,
        slot: CapSlot<'_>,
    ) -> Result<Turn, Stopped> {
        slot.give_back();
        self.answered(
            intent.person,
            Some(intent),
            guest.row,
            ResetEnd::NotPerformed,
            &Answer::default(),
        )?;
        Err(Stopped)
    }

    /// None: something was written about the guest since it was decided to send.
    pub(super) fn intent(
        &self,
        now: &Now<'_>,
        call: ResetCall,
        client_request_id: Uuid,
    ) -> Result<Option<IntentId>, Stopped> {
        let intent = ResetIntent {
            call,
            user_id: now.user.id.clone(),
            key: now.guest.new_email.key().to_owned(),
            email: now.guest.new_email.as_str().to_owned(),
            row: now.guest.row,
            at: self.clock.now(),
            client_request_id: client_request_id.to_string(),
            decided_on: now.history.newest_event,
        };
        match self.writer.reset_intent(&self.run, &intent) {
            Ok(Ok(intent)) => Ok(Some(intent)),
            Ok(Err(NoIntent::Changed)) => Ok(None),
            Ok(Err(NoIntent::Gone)) => Err(self.stopped(StopReason::LedgerGone)),
            Ok(Err(NoIntent::TakenOver)) => Err(self.taken_over()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    pub(super) fn answered(
        &self,
        person: i64,
        intent: Option<IntentId>,
        row: u64,
        end: ResetEnd,
        answer: &Answer,
    ) -> Result<(), Stopped> {
        let answered = ResetAnswered {
            person,
            intent,
            row,
            at: self.clock.now(),
            end,
            status: answer.status,
            request_id: answer.request_id.clone(),
            detail: answer.code.clone(),
        };
        self.writer
            .reset_answered(&self.run, &answered)
            .map_err(|error| self.failed(&error))
    }

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

    pub(super) async fn wait(
        &self,
        ready: impl Future<Output = Result<(), TooLong>>,
    ) -> Result<(), Stopped> {
        let ready = tokio::select! {
            biased;
            () = self.stop.raised() => return Err(Stopped),
            reason = self.brakes.stuck() => return Err(self.stopped(reason)),
            ready = ready => ready,
        };
        ready.map_err(|too_long| self.stopped(too_long.into()))
    }
}
