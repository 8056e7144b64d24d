//! What is written down of a reset, and the waits before it; a run that has lost its ledger sends nothing.

use super::{Answer, GuestToReset, Now, Resetting, Stopped, Turn};
use crate::{
    engine::{caps::CapSlot, stop::StopReason},
    ledger::{IntentId, NoIntent, ResetAnswered, ResetCall, ResetEnd, ResetIntent},
    pace::TooLong,
};
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
            at: self.hold.clock.now(),
            client_request_id: client_request_id.to_string(),
            decided_on: now.history.newest_event,
        };
        match self.hold.writer.reset_intent(&self.run, &intent) {
            Ok(Ok(intent)) => Ok(Some(intent)),
            Ok(Err(NoIntent::Changed)) => Ok(None),
            Ok(Err(NoIntent::Gone)) => Err(self.hold.stopped(StopReason::LedgerGone)),
            Ok(Err(NoIntent::TakenOver)) => Err(self.hold.taken_over()),
            Err(error) => Err(self.hold.failed(&error)),
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
            at: self.hold.clock.now(),
            end,
            status: answer.status,
            request_id: answer.request_id.clone(),
            detail: answer.code.clone(),
        };
        self.hold
            .writer
            .reset_answered(&self.run, &answered)
            .map_err(|error| self.hold.failed(&error))
    }

    /// Waits for the pace, unless the run stops or has come no further for too long.
    pub(super) async fn wait(
        &self,
        ready: impl Future<Output = Result<(), TooLong>>,
    ) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            reason = self.stop_rules.stuck() => Err(self.hold.stopped(reason)),
            ready = self.hold.wait(ready) => ready,
        }
    }
}
