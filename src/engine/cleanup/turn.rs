//! One guest's turn: a last look, the intent, the deletion, and what its answer means for this guest and for the others.
//!
//! Must not delete anybody whom the last look shows otherwise than the list did.

use super::{
    Deleting, DeletionOutcome, GuestToDelete,
    presence::{Presence, look},
};
use crate::{
    directory::state_of,
    engine::{hold::Stopped, row_results, stop::StopReason},
    graph::{DeleteReply, DeleteVerdict, DirectoryUser, Fault},
    ledger::{DeletionAnswered, DeletionEnd, DeletionIntent, IntentId, NoIntent},
    outcome::GuestState,
    pace::{Kind, backoff},
    threshold::{JUDGED_AFTER, Threshold},
};
use std::time::Duration;
use tokio::time::Instant;

/// How often a request that could not even be sent is tried.
const CONNECTS: u32 = 5;
/// How often a deletion is sent whose answer does not tell, while the guest is still there.
const SENDS: u32 = 4;
/// The step of the backoff before the second of them: reads may show a deleted guest for a second.
const FIRST_PAUSE: u32 = 3;
/// So many throttles of one guest, or guests without an answer, in a row end the verb.
const TROUBLES: u32 = 3;

type Turn<T> = Result<T, Stopped>;

/// What was sent for a guest in this run.
#[derive(Default)]
struct Tries {
    connects: u32,
    /// Throttles in a row.
    waits: u32,
    /// Deletions whose answer does not tell, or that found nobody.
    sends: u32,
    /// The last one that may have been performed.
    asked: Option<Asked>,
}

struct Asked {
    intent: IntentId,
    /// Written down as unknown: a later look decides.
    is_open: bool,
}

#[derive(Default)]
struct Told {
    status: Option<u16>,
    request_id: Option<String>,
    detail: Option<String>,
}

impl Told {
    fn of(reply: &DeleteReply, fault: Option<&Fault>) -> Self {
        Self {
            status: reply.status,
            request_id: reply.request_id.clone(),
            detail: fault.map(|fault| fault.code.to_string()),
        }
    }

    fn seen(detail: &str) -> Self {
        Self {
            detail: Some(detail.to_owned()),
            ..Self::default()
        }
    }
}

impl Deleting {
    pub(super) async fn take(&self, guest: &GuestToDelete) -> DeletionOutcome {
        if self.hold.stop.is_raised() {
            return DeletionOutcome::NotAttempted;
        }
        let mut tries = Tries::default();
        match self.turns(guest, &mut tries).await {
            Ok(outcome) => outcome,
            Err(Stopped) if tries.asked.is_some_and(|asked| asked.is_open) => {
                self.asked.set(self.asked.get() + 1);
                DeletionOutcome::Unknown
            }
            Err(Stopped) => DeletionOutcome::NotAttempted,
        }
    }

    async fn turns(&self, guest: &GuestToDelete, tries: &mut Tries) -> Turn<DeletionOutcome> {
        loop {
            if let Some(cap) = self.limits.in_this_run
                && self.asked.get() >= cap
            {
                return Err(self.hold.stopped(StopReason::MaxInvites { cap }));
            }
            self.hold.wait(self.hold.pace.before_invitation()).await?;
            if let Some(outcome) = self.look_before(guest, tries).await? {
                return Ok(outcome);
            }
            let client_request_id = uuid::Uuid::new_v4();
            let Some(intent) = self.intent(guest, client_request_id)? else {
                return Ok(DeletionOutcome::ChangedMeanwhile);
            };
            if self.hold.wait(self.hold.pace.gate()).await.is_err() || !self.hold.stands()? {
                self.answered(guest, intent, DeletionEnd::NotPerformed, Told::default())?;
                return Err(Stopped);
            }
            let sent = Instant::now();
            let graph = self.directory.graph().for_row(guest.row);
            let reply = graph.delete_user(&guest.user_id, client_request_id).await;
            if let Err(too_long) = self.hold.pace.gate_opens_in_time() {
                self.hold.stop.raise(too_long.into());
            }
            if matches!(reply.verdict, DeleteVerdict::Deleted) {
                self.hold.pace.answered(Kind::Read, sent);
            }
            if let Some(outcome) = self.judge(guest, intent, &reply, tries).await? {
                return Ok(outcome);
            }
        }
    }

    /// What the answer means. None: the guest is looked at again, and the same is sent if they are still there.
    async fn judge(
        &self,
        guest: &GuestToDelete,
        intent: IntentId,
        reply: &DeleteReply,
        tries: &mut Tries,
    ) -> Turn<Option<DeletionOutcome>> {
        use DeletionEnd::{NotPerformed, Refused, Unknown};
        let ended = |end, fault| self.answered(guest, intent, end, Told::of(reply, fault));
        match &reply.verdict {
            DeleteVerdict::Deleted => {
                ended(DeletionEnd::Deleted, None)?;
                Ok(Some(self.performed()))
            }
            // Somebody else was faster, an earlier one did it, or a replica did not know the guest yet.
            DeleteVerdict::Absent => {
                ended(NotPerformed, None)?;
                tries.sends += 1;
                if let Some(asked) = &tries.asked {
                    let earlier = asked.intent;
                    return self.gone_after_asking(guest, earlier).await.map(Some);
                }
                if tries.sends >= SENDS {
                    return Ok(Some(DeletionOutcome::GoneAlready));
                }
                self.pause(tries.sends).await
            }
            DeleteVerdict::NotSent(fault) => {
                ended(NotPerformed, Some(fault))?;
                tries.connects += 1;
                if tries.connects >= CONNECTS && !self.hold.stop.is_raised() {
                    return Err(self.unreachable(row_results::own_words(fault)));
                }
                self.pause(tries.connects).await
            }
            // Not performed, as far as is known.
            DeleteVerdict::Later(fault) => {
                ended(NotPerformed, Some(fault))?;
                self.hold.keep_the_wait()?;
                tries.asked = Some(Asked {
                    intent,
                    is_open: false,
                });
                tries.waits += 1;
                if tries.waits >= TROUBLES {
                    let why = format!(
                        "it asked to wait {} times in a row instead of deleting a guest",
                        tries.waits
                    );
                    return Err(self.unreachable(why));
                }
                Ok(None)
            }
            DeleteVerdict::Stop(fault) => {
                ended(NotPerformed, Some(fault))?;
                Err(self.refused_for_all(fault))
            }
            DeleteVerdict::Refused(fault) => {
                ended(Refused, Some(fault))?;
                Ok(Some(self.refused_one(fault)))
            }
            DeleteVerdict::Unknown(fault) => {
                ended(Unknown, Some(fault))?;
                tries.asked = Some(Asked {
                    intent,
                    is_open: true,
                });
                tries.sends += 1;
                tries.waits = 0;
                if fault.class.stops_whoever_says_it() {
                    self.refused_for_all(fault);
                }
                if tries.sends >= SENDS || self.hold.stop.is_raised() {
                    return self.give_up(guest, intent).await.map(Some);
                }
                self.pause(FIRST_PAUSE + tries.sends - 1).await
            }
        }
    }

    async fn pause(&self, step: u32) -> Turn<Option<DeletionOutcome>> {
        self.hold.sleep(backoff(step, fastrand::f64())).await?;
        Ok(None)
    }

    /// Why the guest is not deleted now. Where a deletion has left already, it is looked first what that one did.
    async fn look_before(
        &self,
        guest: &GuestToDelete,
        tries: &mut Tries,
    ) -> Turn<Option<DeletionOutcome>> {
        let Some(Asked { intent, is_open }) = tries.asked else {
            return self.last_look(guest).await;
        };
        let graph = self.directory.graph();
        // The deleted users may tell before the reading by id does.
        if let Ok(Some(_)) = graph.deleted_user(&guest.user_id).await {
            return self.gone_after_asking(guest, intent).await.map(Some);
        }
        let outcome = self.last_look(guest).await?;
        match outcome {
            Some(DeletionOutcome::GoneAlready) => {
                self.gone_after_asking(guest, intent).await.map(Some)
            }
            Some(DeletionOutcome::NotLookedUp(_)) if is_open => {
                self.give_up(guest, intent).await.map(Some)
            }
            other => {
                if is_open {
                    let told = Told::seen("is still there");
                    self.answered(guest, intent, DeletionEnd::NotPerformed, told)?;
                    tries.asked = Some(Asked {
                        intent,
                        is_open: false,
                    });
                }
                Ok(other)
            }
        }
    }

    /// The guest is gone, and a deletion of this run may have done it.
    async fn gone_after_asking(
        &self,
        guest: &GuestToDelete,
        intent: IntentId,
    ) -> Turn<DeletionOutcome> {
        self.settle(guest, intent, self.limits.settle).await
    }

    /// It is looked for a last time whether the guest is still there. Where the guest before was not answered for either,
    /// the next run looks.
    async fn give_up(&self, guest: &GuestToDelete, intent: IntentId) -> Turn<DeletionOutcome> {
        let within = match self.unanswered.get() {
            0 => self.limits.settle,
            _ => Duration::ZERO,
        };
        self.settle(guest, intent, within).await
    }

    /// Why the guest is not deleted after all, as the directory says right now. Both readings have to agree: the index of
    /// addresses may be ahead of the other.
    async fn last_look(&self, guest: &GuestToDelete) -> Turn<Option<DeletionOutcome>> {
        let ids = [guest.user_id.clone()];
        let addresses = [&guest.email];
        let (by_id, by_address) = tokio::join!(
            self.directory.graph().one_by_one(&ids),
            self.directory.find(&addresses),
        );
        let by_id = match self.looked(by_id)? {
            Ok(users) => users.into_iter().next(),
            Err(why) => return Ok(Some(DeletionOutcome::NotLookedUp(why))),
        };
        let Some(by_id) = by_id else {
            return Ok(Some(DeletionOutcome::GoneAlready));
        };
        if let Some(outcome) = not_to_be_deleted(guest, &by_id) {
            return Ok(Some(outcome));
        }
        let by_address = by_address.and_then(|mut found| found.pop().transpose());
        let by_address = match self.looked(by_address)? {
            Ok(found) => found.flatten(),
            Err(why) => return Ok(Some(DeletionOutcome::NotLookedUp(why))),
        };
        Ok(match by_address {
            Some(user) if user.id.eq_ignore_ascii_case(&guest.user_id) => {
                not_to_be_deleted(guest, &user)
            }
            _ => Some(DeletionOutcome::AddressMoved),
        })
    }

    /// What a reading says, or why it says nothing.
    fn looked<T>(&self, read: Result<T, Fault>) -> Turn<Result<T, String>> {
        match read {
            Ok(read) => Ok(Ok(read)),
            Err(fault) => {
                if let Some(reason) = StopReason::of(&fault) {
                    return Err(self.hold.stopped(reason));
                }
                if self.hold.stop.is_raised() {
                    return Err(Stopped);
                }
                Ok(Err(row_results::own_words(&fault)))
            }
        }
    }

    /// None: another run has written about the guest since the list was made.
    fn intent(
        &self,
        guest: &GuestToDelete,
        client_request_id: uuid::Uuid,
    ) -> Turn<Option<IntentId>> {
        let history = self
            .reader
            .mail_history(&guest.user_id)
            .map_err(|error| self.hold.failed(&error))?;
        // This run's own lines are no news.
        let decided_on = history.newest_event;
        let theirs = self
            .reader
            .others_since(&guest.user_id, guest.newest_event, &self.run)
            .map_err(|error| self.hold.failed(&error))?;
        if theirs {
            return Ok(None);
        }
        let intent = DeletionIntent {
            person: guest.person,
            user_id: guest.user_id.clone(),
            row: guest.row,
            at: self.hold.clock.now(),
            client_request_id: client_request_id.to_string(),
            decided_on,
        };
        match self.hold.writer.deletion_intent(&self.run, &intent) {
            Ok(Ok(intent)) => Ok(Some(intent)),
            Ok(Err(NoIntent::Changed)) => Ok(None),
            Ok(Err(NoIntent::Gone)) => Err(self.hold.stopped(StopReason::LedgerGone)),
            Ok(Err(NoIntent::TakenOver)) => Err(self.hold.taken_over()),
            Err(error) => Err(self.hold.failed(&error)),
        }
    }

    fn answered(
        &self,
        guest: &GuestToDelete,
        intent: IntentId,
        end: DeletionEnd,
        told: Told,
    ) -> Turn<()> {
        let answered = DeletionAnswered {
            intent,
            user_id: guest.user_id.clone(),
            row: guest.row,
            at: self.hold.clock.now(),
            end,
            status: told.status,
            request_id: told.request_id,
            detail: told.detail,
        };
        self.hold
            .writer
            .deletion_answered(&self.run, &answered)
            .map_err(|error| self.hold.failed(&error))
    }

    fn performed(&self) -> DeletionOutcome {
        self.asked.set(self.asked.get() + 1);
        self.deleted.set(self.deleted.get() + 1);
        self.unanswered.set(0);
        self.refused.set(0);
        DeletionOutcome::Deleted
    }

    async fn settle(
        &self,
        guest: &GuestToDelete,
        intent: IntentId,
        within: Duration,
    ) -> Turn<DeletionOutcome> {
        let found = look(&self.directory, &guest.user_id, within, &self.hold.stop).await;
        if let Ok(Presence::Deleted(detail)) = found {
            self.answered(guest, intent, DeletionEnd::Deleted, Told::seen(detail))?;
            return Ok(self.performed());
        }
        self.asked.set(self.asked.get() + 1);
        self.unanswered.set(self.unanswered.get() + 1);
        if self.unanswered.get() >= TROUBLES {
            let why = format!("the deletions of {TROUBLES} guests in a row were not answered");
            self.hold.stop.raise(StopReason::Unreachable { why });
        }
        self.ended_badly();
        Ok(DeletionOutcome::Unknown)
    }

    /// The same words say that the sign-in may delete nobody, and that this guest holds a directory role: the token's own
    /// claims, and deletions that worked, tell which.
    fn refused_one(&self, fault: &Fault) -> DeletionOutcome {
        let outcome =
            DeletionOutcome::Refused(fault.code.to_string(), row_results::own_words(fault));
        if !fault.class.ends_run() {
            self.ended_badly();
            return outcome;
        }
        self.refused.set(self.refused.get() + 1);
        let may = self.deleted.get() > 0 || self.limits.may_delete == Some(true);
        if !may || (self.deleted.get() == 0 && self.refused.get() >= TROUBLES) {
            self.refused_for_all(fault);
        }
        self.ended_badly();
        outcome
    }

    fn ended_badly(&self) {
        let (bad, of) = (self.bad.get() + 1, self.bad.get() + 1 + self.deleted.get());
        self.bad.set(bad);
        let judged = matches!(self.limits.max_failures, Threshold::Count(_)) || of >= JUDGED_AFTER;
        if judged && self.limits.max_failures.is_exceeded_by(bad, of) {
            self.hold
                .stop
                .raise(StopReason::TooManyFailures { bad, of });
        }
    }

    fn refused_for_all(&self, fault: &Fault) -> Stopped {
        self.hold.stopped(StopReason::Refused {
            exit: fault.exit(),
            fault: Box::new(fault.clone()),
        })
    }

    fn unreachable(&self, why: String) -> Stopped {
        self.hold.stopped(StopReason::Unreachable { why })
    }
}

/// Why a guest as the directory shows it is not deleted.
fn not_to_be_deleted(guest: &GuestToDelete, user: &DirectoryUser) -> Option<DeletionOutcome> {
    match state_of(user).state {
        GuestState::Pending => {}
        GuestState::Accepted if guest.may_have_redeemed => {}
        other => return Some(DeletionOutcome::State(other)),
    }
    (user
        .created_date_time
        .is_some_and(|at| at != guest.created_at))
    .then_some(DeletionOutcome::AnotherDate)
}
