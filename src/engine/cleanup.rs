//! Deletions: guests who are to go, one after the other.
//!
//! Whoever is to be deleted is looked up right before, by id and by address. The intent is durable before the request
//! leaves, the answer before the next guest's turn. A deletion without an answer is never sent again by the same run: it
//! is looked whether the guest is still there.

use super::{
    hold::{Hold, Stopped},
    row_results,
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    directory::{Directory, state_of},
    failure,
    graph::{DeleteVerdict, DirectoryUser, Fault},
    guest::EmailAddress,
    ledger::{
        DeletionAnswered, DeletionEnd, DeletionIntent, IntentId, Ledger, NoIntent, OpenDeletion,
        Reader, Writer,
    },
    outcome::GuestState,
    pace::{Looks, Pace},
    threshold::{JUDGED_AFTER, Threshold},
};
use jiff::{SignedDuration, Timestamp};
use std::{cell::Cell, time::Duration};
use tokio::{sync::watch, time::Instant};

/// How often a request that could not even be sent is tried again.
const CONNECTS: u32 = 5;
/// So many throttles of one guest, or deletions without an answer, in a row end the verb.
const TROUBLES: u32 = 3;
/// A deletion without an answer that is older than this stays open while the guest is there: somebody may have restored
/// the guest since.
const SETTLED_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// Somebody who was to go when the list was made.
#[derive(Debug, Clone)]
pub(crate) struct GuestToDelete {
    pub person: i64,
    /// Where there is a sheet.
    pub row: Option<u64>,
    /// The one that was invited.
    pub email: EmailAddress,
    pub user_id: String,
    /// As the directory dated the guest when the list was made.
    pub created_at: Timestamp,
    /// Whether the guest may have redeemed.
    pub may_have_redeemed: bool,
    /// The newest event about the user when the list was made.
    pub newest_event: i64,
}

/// Everything that deleting needs.
pub(crate) struct CleanupJob<'a> {
    /// The run, which was started.
    pub run: String,
    pub ledger: &'a Ledger,
    pub generation: i64,
    pub guests: Vec<GuestToDelete>,
    pub limits: DeletionLimits,
    pub directory: Directory,
    pub pace: Pace,
    pub clock: Clock,
    pub stop: Stop,
    pub tally: watch::Sender<DeletionTotals>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct DeletionLimits {
    pub in_this_run: Option<u64>,
    pub max_failures: Threshold,
    /// How long it is looked whether a guest is still there.
    pub settle: Duration,
    /// Whether the token claims the permission to delete; none where it does not show that.
    pub may_delete: Option<bool>,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeletionOutcome {
    Deleted,
    /// No answer that tells, and the guest is still there, or nobody can tell.
    Unknown,
    /// In another state than the one in which the guest may be deleted.
    State(GuestState),
    /// Not in the directory any more; nobody here deleted the guest.
    GoneAlready,
    /// The address leads to another user, or to nobody.
    AddressMoved,
    /// The directory dates the guest otherwise than before.
    AnotherDate,
    /// Another run has written about the guest since the list was made.
    ChangedMeanwhile,
    /// Graph said no: our code and the reason.
    Refused(String, String),
    /// The directory could not be asked.
    NotLookedUp(String),
    /// The verb ended before.
    NotAttempted,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DeletionTotals {
    pub done: u64,
    pub deleted: u64,
    pub not_deleted: u64,
}

/// What became of all of them, in their order.
pub(crate) struct CleanupReport {
    pub outcomes: Vec<DeletionOutcome>,
    pub stopped_by: Option<StopReason>,
    /// For the last line about the run.
    pub writer: Writer,
}

/// Deletes one after the other until all are through, or the verb is to stop.
pub(crate) async fn cleanup(job: CleanupJob<'_>) -> failure::Result<CleanupReport> {
    let deleting = Deleting {
        run: job.run,
        limits: job.limits,
        reader: job.ledger.reader()?,
        directory: job.directory,
        hold: Hold {
            writer: job.ledger.writer(Some(job.generation))?,
            pace: job.pace,
            clock: job.clock,
            stop: job.stop,
        },
        asked: Cell::new(0),
        deleted: Cell::new(0),
        bad: Cell::new(0),
        unanswered: Cell::new(0),
        refused: Cell::new(0),
    };
    let mut outcomes = Vec::with_capacity(job.guests.len());
    for guest in &job.guests {
        let outcome = if deleting.hold.stop.is_raised() {
            DeletionOutcome::NotAttempted
        } else {
            match deleting.turn(guest).await {
                Ok(outcome) => outcome,
                Err(Stopped) => DeletionOutcome::NotAttempted,
            }
        };
        job.tally.send_modify(|totals| {
            totals.done += 1;
            match outcome {
                DeletionOutcome::Deleted => totals.deleted += 1,
                _ => totals.not_deleted += 1,
            }
        });
        outcomes.push(outcome);
    }
    Ok(CleanupReport {
        outcomes,
        stopped_by: deleting.hold.stop.reason(),
        writer: deleting.hold.writer,
    })
}

/// What is left open of deletions of earlier runs: it is looked whether the guests are still there.
pub(crate) struct OpenDeletionsJob<'a> {
    pub run: &'a str,
    pub writer: &'a Writer,
    pub open: Vec<OpenDeletion>,
    pub directory: &'a Directory,
    pub clock: &'a Clock,
    pub stop: &'a Stop,
    /// How long after a deletion without an answer the guest may still be shown although it was performed.
    pub shown_for: Duration,
}

/// Gives back the users whose deletion stays open.
pub(crate) async fn settle_deletions(job: OpenDeletionsJob<'_>) -> failure::Result<Vec<String>> {
    let mut left = Vec::new();
    for open in job.open {
        let until = SignedDuration::try_from(job.shown_for)
            .ok()
            .and_then(|wait| open.at.checked_add(wait).ok())
            .unwrap_or(open.at);
        let wait = Duration::try_from(until.duration_since(job.clock.now())).unwrap_or_default();
        let found = look(job.directory, &open.user_id, wait, job.stop).await;
        let is_late = job.clock.now().duration_since(open.at) > SETTLED_WITHIN;
        let (end, detail) = match found {
            Ok(Presence::Deleted(detail)) => (DeletionEnd::Deleted, detail),
            Ok(Presence::There) if !is_late => (DeletionEnd::NotPerformed, "is still there"),
            Ok(Presence::There) => {
                left.push(open.user_id);
                continue;
            }
            Err(NotFoundOut::Stopped) => break,
            Err(NotFoundOut::Fault(fault)) => return Err(fault.into()),
        };
        job.writer.deletion_answered(
            job.run,
            &DeletionAnswered {
                intent: open.intent,
                user_id: open.user_id,
                row: None,
                at: job.clock.now(),
                end,
                status: None,
                request_id: None,
                detail: Some(detail.to_owned()),
            },
        )?;
    }
    Ok(left)
}

/// Whether a user is there.
enum Presence {
    There,
    /// Among the deleted users, or nowhere; in words for the ledger.
    Deleted(&'static str),
}

enum NotFoundOut {
    Stopped,
    Fault(Fault),
}

/// Looks until the user is found to be deleted, or the time is over; then the last look counts.
async fn look(
    directory: &Directory,
    user_id: &str,
    within: Duration,
    stop: &Stop,
) -> Result<Presence, NotFoundOut> {
    let graph = directory.graph();
    let ids = [user_id.to_owned()];
    let mut looks = Looks::within(within);
    loop {
        let last = looks.is_last();
        match graph.one_by_one(&ids).await {
            Ok(users) if users.is_empty() => match graph.deleted_user(user_id).await {
                Ok(Some(_)) => return Ok(Presence::Deleted("is among the deleted users")),
                Ok(None) if last => return Ok(Presence::Deleted("is not there any more")),
                Err(fault) if last => return Err(NotFoundOut::Fault(fault)),
                _ => {}
            },
            Ok(_) if last => return Ok(Presence::There),
            Err(fault) if last => return Err(NotFoundOut::Fault(fault)),
            _ => {}
        }
        if !looks.wait(stop.signal()).await {
            return Err(NotFoundOut::Stopped);
        }
    }
}

/// What everybody's turn needs.
struct Deleting {
    run: String,
    limits: DeletionLimits,
    reader: Reader,
    directory: Directory,
    hold: Hold,
    /// Deletions that left and may have been performed.
    asked: Cell<u64>,
    deleted: Cell<u64>,
    /// Deletions that ended badly.
    bad: Cell<u64>,
    /// In a row.
    unanswered: Cell<u32>,
    refused: Cell<u32>,
}

type Turn<T> = Result<T, Stopped>;

#[derive(Default)]
struct Told {
    status: Option<u16>,
    request_id: Option<String>,
    detail: Option<String>,
}

impl Deleting {
    async fn turn(&self, guest: &GuestToDelete) -> Turn<DeletionOutcome> {
        let (mut connects, mut waits) = (0, 0);
        // Graph asked to wait instead of deleting, as far as is known.
        let mut throttled: Option<IntentId> = None;
        loop {
            if let Some(cap) = self.limits.in_this_run
                && self.asked.get() >= cap
            {
                return Err(self.hold.stopped(StopReason::MaxInvites { cap }));
            }
            self.hold.wait(self.hold.pace.before_invitation()).await?;
            match (self.last_look(guest).await?, throttled) {
                (None, _) => {}
                (Some(DeletionOutcome::GoneAlready), Some(intent)) => {
                    self.answered(guest, intent, DeletionEnd::Deleted, Told::default())?;
                    return Ok(self.performed());
                }
                (Some(outcome), _) => return Ok(outcome),
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
            let graph = self.directory.graph();
            let reply = graph.delete_user(&guest.user_id, client_request_id).await;
            if let Err(too_long) = self.hold.pace.gate_opens_in_time() {
                self.hold.stop.raise(too_long.into());
            }
            let told = |fault: Option<&Fault>| Told {
                status: reply.status,
                request_id: reply.request_id.clone(),
                detail: fault.map(|fault| fault.code.to_string()),
            };
            match reply.verdict {
                DeleteVerdict::Deleted => {
                    self.hold.pace.answered(crate::pace::Kind::Read, sent);
                    self.answered(guest, intent, DeletionEnd::Deleted, told(None))?;
                    return Ok(self.performed());
                }
                DeleteVerdict::Absent => {
                    // Somebody else was faster, or a replica did not know the guest yet.
                    self.answered(guest, intent, DeletionEnd::NotPerformed, told(None))?;
                    return Ok(DeletionOutcome::GoneAlready);
                }
                DeleteVerdict::NotSent(fault) => {
                    self.answered(guest, intent, DeletionEnd::NotPerformed, told(Some(&fault)))?;
                    connects += 1;
                    if self.hold.stop.is_raised() {
                        return Err(Stopped);
                    }
                    if connects >= CONNECTS {
                        return Err(self.unreachable(row_results::own_words(&fault)));
                    }
                    let pause = crate::pace::backoff(connects, fastrand::f64());
                    if !self.hold.stop.sleep(pause).await {
                        return Err(Stopped);
                    }
                }
                DeleteVerdict::Later(fault) => {
                    self.answered(guest, intent, DeletionEnd::NotPerformed, told(Some(&fault)))?;
                    self.hold.keep_the_wait()?;
                    throttled = Some(intent);
                    waits += 1;
                    if waits >= TROUBLES {
                        let why = format!(
                            "it asked to wait {waits} times in a row instead of deleting a guest"
                        );
                        return Err(self.unreachable(why));
                    }
                }
                DeleteVerdict::Stop(fault) => {
                    self.answered(guest, intent, DeletionEnd::NotPerformed, told(Some(&fault)))?;
                    return Err(self.refused_for_all(&fault));
                }
                DeleteVerdict::Refused(fault) => {
                    self.answered(guest, intent, DeletionEnd::Refused, told(Some(&fault)))?;
                    return Ok(self.refused_one(&fault));
                }
                DeleteVerdict::Unknown(fault) => {
                    let told = told(Some(&fault));
                    return self.settle(guest, intent, &fault, told).await;
                }
            }
        }
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

    /// No answer that tells: it is looked whether the guest is still there.
    async fn settle(
        &self,
        guest: &GuestToDelete,
        intent: IntentId,
        fault: &Fault,
        told: Told,
    ) -> Turn<DeletionOutcome> {
        if fault.class.stops_whoever_says_it() {
            self.hold.stop.raise(StopReason::Refused {
                exit: fault.exit(),
                fault: Box::new(fault.clone()),
            });
        }
        let found = look(
            &self.directory,
            &guest.user_id,
            self.limits.settle,
            &self.hold.stop,
        )
        .await;
        if let Ok(Presence::Deleted(detail)) = found {
            let told = Told {
                detail: Some(detail.to_owned()),
                ..told
            };
            self.answered(guest, intent, DeletionEnd::Deleted, told)?;
            return Ok(self.performed());
        }
        self.answered(guest, intent, DeletionEnd::Unknown, told)?;
        self.asked.set(self.asked.get() + 1);
        self.unanswered.set(self.unanswered.get() + 1);
        if self.unanswered.get() >= TROUBLES {
            let why = format!("{TROUBLES} deletions in a row were not answered");
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
