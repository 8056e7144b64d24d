//! Reminders: pending guests are mailed again by Microsoft, one after the other.
//!
//! Whoever is to be reminded is looked up right before: pending by id, and the address still leads to that id. The intent
//! is durable before the request leaves, the answer before the next guest's turn. An answer that tells nothing counts as
//! a mail: nobody is asked twice for it.

use super::{
    caps::{CapLimits, Caps},
    hold::{Hold, Stopped},
    look_before_mail::{LastLook, last_look},
    outage::{Outage, Then},
    row_results,
    stop::{Stop, StopReason},
    stop_rules::StopRules,
};
use crate::{
    clock::Clock,
    directory::Directory,
    failure,
    graph::{Fault, InvitationRequest, MessageInfo, Verdict},
    guest::EmailAddress,
    ledger::{
        IntentId, Ledger, MailHistory, NoIntent, Reader, ReminderAnswered, ReminderEnd,
        ReminderIntent, RunStart, Writer,
    },
    outcome::GuestState,
    pace::{Pace, TooLong},
    threshold::Threshold,
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::{sync::watch, time::Instant};

/// How often a request that could not even be sent is tried again.
const CONNECTS: u32 = 5;
/// The room of the daily cap is counted over this time.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Somebody who was pending when the list was made.
#[derive(Debug, Clone)]
pub(crate) struct GuestToRemind {
    pub person: i64,
    /// Where there is a sheet.
    pub row: Option<u64>,
    /// The one that was invited.
    pub email: EmailAddress,
    pub user_id: String,
    /// A mail is at least as new as this.
    pub invited_at: Timestamp,
    pub display_name: Option<String>,
    pub redirect_url: String,
    /// Whether the guest may have been invited to land elsewhere: then the link that is kept stays.
    pub landing_is_assumed: bool,
    pub message: MessageInfo,
}

impl GuestToRemind {
    /// Mailed or refused too lately, or reminded often enough, by what the ledger knows now.
    pub(crate) fn is_not_due(
        &self,
        history: &MailHistory,
        limits: &ReminderLimits,
        now: Timestamp,
    ) -> bool {
        let last = history.may_have_been_mailed_at().max(history.refused_at);
        let last = last.map_or(self.invited_at, |last| last.max(self.invited_at));
        !is_over(last, limits.every, now) || history.reminders >= limits.max_times
    }
}

/// How often, how many, and how long in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReminderLimits {
    pub every: Duration,
    pub max_times: u64,
    pub max_failures: Threshold,
    pub caps: CapLimits,
}

/// Everything that reminding needs.
pub(crate) struct ReminderJob<'a> {
    pub start: RunStart,
    pub ledger: &'a Ledger,
    pub generation: i64,
    pub guests: Vec<GuestToRemind>,
    pub limits: ReminderLimits,
    pub directory: Directory,
    pub pace: Pace,
    pub clock: Clock,
    pub stop: Stop,
    pub tally: watch::Sender<ReminderTotals>,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReminderOutcome {
    Reminded,
    /// No answer that tells: it counts as a mail.
    Unknown,
    /// Not pending any more when it was this guest's turn.
    State(GuestState),
    /// The address leads to another user, or to nobody.
    AddressMoved,
    /// Another run has mailed the person meanwhile.
    MailedMeanwhile,
    /// Graph said no, or nothing was sent: our code and the reason.
    NotPerformed(String, String),
    /// A mail of our own did not leave, and why.
    MailNotSent(String),
    /// The directory could not be asked.
    NotLookedUp(String),
    /// The verb ended before.
    NotAttempted,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReminderTotals {
    pub done: u64,
    pub reminded: u64,
    pub unknown: u64,
    pub not_done: u64,
}

impl ReminderTotals {
    pub(crate) fn count(&mut self, outcome: &ReminderOutcome) {
        self.done += 1;
        match outcome {
            ReminderOutcome::Reminded => self.reminded += 1,
            ReminderOutcome::Unknown => self.unknown += 1,
            _ => self.not_done += 1,
        }
    }
}

/// What became of all of them, in their order.
pub(crate) struct ReminderReport {
    pub outcomes: Vec<ReminderOutcome>,
    pub stopped_by: Option<StopReason>,
    /// Graph answered for somebody else; this guest was meant.
    pub somebody_else: Option<GuestToRemind>,
    /// For the last line about the run.
    pub writer: Writer,
}

/// Reminds one after the other until all are through, or the verb is to stop.
pub(crate) async fn remind(job: ReminderJob<'_>) -> failure::Result<ReminderReport> {
    let ReminderJob {
        start,
        ledger,
        generation,
        guests,
        limits,
        directory,
        pace,
        clock,
        stop,
        tally,
    } = job;
    let reader = ledger.reader()?;
    let writer = ledger.writer(Some(generation))?;
    writer.start_run(&start)?;
    let recent = reader.asks_since(clock.now() - DAY)?;
    let reminding = Reminding {
        run: start.id,
        caps: Caps::new(limits.caps, recent, clock.clone()),
        stop_rules: StopRules::new(limits.max_failures),
        limits,
        reader,
        directory,
        hold: Hold {
            writer,
            pace,
            clock,
            stop,
        },
        outage: Outage::default(),
    };
    let mut outcomes = Vec::with_capacity(guests.len());
    let mut somebody_else = None;
    for guest in &guests {
        let outcome = if somebody_else.is_some() || reminding.hold.stop.is_raised() {
            ReminderOutcome::NotAttempted
        } else {
            match reminding.turn(guest).await {
                Ok(outcome) => outcome,
                Err(NotReminded::Stopped) => ReminderOutcome::NotAttempted,
                Err(NotReminded::SomebodyElse) => {
                    somebody_else = Some(guest.clone());
                    ReminderOutcome::Unknown
                }
            }
        };
        outcome.log(guest);
        tally.send_modify(|totals| totals.count(&outcome));
        outcomes.push(outcome);
    }
    Ok(ReminderReport {
        outcomes,
        stopped_by: reminding.hold.stop.reason(),
        somebody_else,
        writer: reminding.hold.writer,
    })
}

/// What everybody's turn needs.
struct Reminding {
    run: String,
    limits: ReminderLimits,
    reader: Reader,
    directory: Directory,
    hold: Hold,
    caps: Caps,
    stop_rules: StopRules,
    outage: Outage,
}

/// Why a turn has no outcome.
enum NotReminded {
    Stopped,
    SomebodyElse,
}

impl From<Stopped> for NotReminded {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl Reminding {
    async fn turn(&self, guest: &GuestToRemind) -> Result<ReminderOutcome, NotReminded> {
        let mut connects = 0;
        if let Some((code, why)) = self.stop_rules.refused_domain(guest.email.domain()) {
            return Ok(ReminderOutcome::NotPerformed(code, why));
        }
        loop {
            let asked_for_room = Instant::now();
            let place = self
                .caps
                .admit(&self.hold.stop)
                .await
                .map_err(|reason| self.hold.stopped(reason))?
                .ok_or(NotReminded::Stopped)?;
            self.stop_rules.waited_for_room(asked_for_room.elapsed());
            self.wait(self.hold.pace.before_invitation()).await?;
            // Right before, and in this order: whoever has redeemed a moment ago is not mailed.
            let look = last_look(&self.directory, &guest.user_id, &guest.email).await;
            let member = match self.looked(look)? {
                Ok(member) => member,
                Err(outcome) => {
                    place.give_back();
                    return Ok(outcome);
                }
            };
            let client_request_id = uuid::Uuid::new_v4();
            let Some(intent) = self.intent(guest, client_request_id)? else {
                place.give_back();
                return Ok(ReminderOutcome::MailedMeanwhile);
            };
            if self.wait(self.hold.pace.gate()).await.is_err() || !self.hold.stands()? {
                place.give_back();
                self.answered(guest, intent, ReminderEnd::NotPerformed, &Answer::default())?;
                return Err(NotReminded::Stopped);
            }
            let left = Instant::now();
            let request = request(guest, member);
            let reply = self
                .directory
                .graph()
                .for_row(guest.row)
                .invite(&request, client_request_id)
                .await;
            if let Some(fault) = reply.verdict.run_stopping() {
                self.hold.stop.raise(StopReason::Refused {
                    exit: fault.exit(),
                    fault: Box::new(fault.clone()),
                });
            }
            match self.outage.answered(&reply.verdict, left) {
                Then::GoOn => {}
                Then::Pause(pause) => self.hold.pace.pause(pause),
                Then::Stop(reason) => self.hold.stop.raise(reason),
            }
            if let Some(reason) = self
                .stop_rules
                .answered(&reply.verdict, guest.email.domain())
            {
                self.hold.stop.raise(reason);
            }
            if let Err(too_long) = self.hold.pace.gate_opens_in_time() {
                self.hold.stop.raise(too_long.into());
            }
            let answer = Answer {
                status: reply.status,
                request_id: reply.request_id,
                code: reply.verdict.fault().map(|fault| fault.code.to_string()),
                ..Answer::default()
            };
            match reply.verdict {
                Verdict::Done(invitation)
                    if invitation.user_id.eq_ignore_ascii_case(&guest.user_id) =>
                {
                    let answer = Answer {
                        redeem_url: (!guest.landing_is_assumed).then_some(invitation.redeem_url),
                        ..answer
                    };
                    self.answered(guest, intent, ReminderEnd::Reminded, &answer)?;
                    return Ok(ReminderOutcome::Reminded);
                }
                Verdict::Done(invitation) => {
                    let answer = Answer {
                        mailed_instead: Some(invitation.user_id),
                        ..answer
                    };
                    self.answered(guest, intent, ReminderEnd::SomebodyElse, &answer)?;
                    return Err(NotReminded::SomebodyElse);
                }
                Verdict::Unknown { .. } => {
                    self.answered(guest, intent, ReminderEnd::Unknown, &answer)?;
                    return Ok(ReminderOutcome::Unknown);
                }
                Verdict::RetryAfter { .. } => {
                    self.answered(guest, intent, ReminderEnd::Throttled, &answer)?;
                    self.hold.keep_the_wait()?;
                    return Ok(ReminderOutcome::Unknown);
                }
                Verdict::NotSent { fault } => {
                    place.give_back();
                    self.answered(guest, intent, ReminderEnd::NotPerformed, &answer)?;
                    connects += 1;
                    if self.hold.stop.is_raised() {
                        return Err(NotReminded::Stopped);
                    }
                    if connects >= CONNECTS {
                        return Err(self
                            .hold
                            .stopped(StopReason::Unreachable {
                                why: row_results::own_words(&fault),
                            })
                            .into());
                    }
                    if !self
                        .hold
                        .stop
                        .sleep(crate::pace::backoff(connects, fastrand::f64()))
                        .await
                    {
                        return Err(NotReminded::Stopped);
                    }
                }
                Verdict::Stop { .. } => {
                    self.answered(guest, intent, ReminderEnd::NotPerformed, &answer)?;
                    return Err(NotReminded::Stopped);
                }
                Verdict::Exists { fault, .. }
                | Verdict::Refused { fault, .. }
                | Verdict::Failed { fault } => {
                    // What stops the verb says nothing about this guest.
                    let end = if StopReason::of(&fault).is_some() {
                        ReminderEnd::NotPerformed
                    } else {
                        ReminderEnd::Refused
                    };
                    self.answered(guest, intent, end, &answer)?;
                    return Ok(ReminderOutcome::NotPerformed(
                        fault.code.to_string(),
                        row_results::own_words(&fault),
                    ));
                }
            }
        }
    }

    /// What the look says, or why there is none.
    fn looked(
        &self,
        look: Result<LastLook, Fault>,
    ) -> Result<Result<bool, ReminderOutcome>, NotReminded> {
        match look {
            Ok(LastLook::Pending { member }) => Ok(Ok(member)),
            Ok(LastLook::State(state)) => Ok(Err(ReminderOutcome::State(state))),
            Ok(LastLook::AddressOfAnother | LastLook::AddressOfNobody) => {
                Ok(Err(ReminderOutcome::AddressMoved))
            }
            Err(fault) => {
                if let Some(reason) = StopReason::of(&fault) {
                    return Err(self.hold.stopped(reason).into());
                }
                if self.hold.stop.is_raised() {
                    return Err(NotReminded::Stopped);
                }
                let why = row_results::own_words(&fault);
                Ok(Err(ReminderOutcome::NotLookedUp(why)))
            }
        }
    }

    /// None: another run has mailed the person since the list was made.
    fn intent(
        &self,
        guest: &GuestToRemind,
        client_request_id: uuid::Uuid,
    ) -> Result<Option<IntentId>, Stopped> {
        let history = self
            .reader
            .mail_history(&guest.user_id)
            .map_err(|error| self.hold.failed(&error))?;
        let now = self.hold.clock.now();
        if guest.is_not_due(&history, &self.limits, now) {
            return Ok(None);
        }
        let intent = ReminderIntent {
            person: guest.person,
            user_id: guest.user_id.clone(),
            row: guest.row,
            at: now,
            client_request_id: client_request_id.to_string(),
            decided_on: history.newest_event,
        };
        match self.hold.writer.reminder_intent(&self.run, &intent) {
            Ok(Ok(intent)) => Ok(Some(intent)),
            Ok(Err(NoIntent::Changed)) => Ok(None),
            Ok(Err(NoIntent::Gone)) => Err(self.hold.stopped(StopReason::LedgerGone)),
            Ok(Err(NoIntent::TakenOver)) => Err(self.hold.taken_over()),
            Err(error) => Err(self.hold.failed(&error)),
        }
    }

    fn answered(
        &self,
        guest: &GuestToRemind,
        intent: IntentId,
        end: ReminderEnd,
        answer: &Answer,
    ) -> Result<(), Stopped> {
        let answered = ReminderAnswered {
            intent,
            user_id: guest.user_id.clone(),
            row: guest.row,
            at: self.hold.clock.now(),
            end,
            status: answer.status,
            request_id: answer.request_id.clone(),
            detail: answer.code.clone(),
            redeem_url: answer.redeem_url.clone(),
            mailed_instead: answer.mailed_instead.clone(),
        };
        self.hold
            .writer
            .reminder_answered(&self.run, &answered)
            .map_err(|error| self.hold.failed(&error))
    }

    /// Waits for the pace, unless the run stops or has come no further for too long.
    async fn wait(
        &self,
        ready: impl Future<Output = Result<(), TooLong>>,
    ) -> Result<(), NotReminded> {
        tokio::select! {
            biased;
            reason = self.stop_rules.stuck() => Err(self.hold.stopped(reason).into()),
            ready = self.hold.wait(ready) => Ok(ready?),
        }
    }
}

#[derive(Default)]
struct Answer {
    status: Option<u16>,
    request_id: Option<String>,
    code: Option<String>,
    redeem_url: Option<secrecy::SecretString>,
    mailed_instead: Option<String>,
}

/// The invitation as it was, with a mail. The sponsors of the row are not repeated: weeks have passed, they may have been
/// replaced in the directory or deleted since, and Graph refuses an invitation that names somebody who is gone.
fn request(guest: &GuestToRemind, member: bool) -> InvitationRequest {
    InvitationRequest {
        email: guest.email.as_str().to_owned(),
        display_name: guest.display_name.clone(),
        redirect_url: guest.redirect_url.clone(),
        send: true,
        message: guest.message.clone(),
        member,
        sponsors: Vec::new(),
        reset: None,
    }
}

/// Whether this much time has passed since then. A time in the future, from a clock that was wrong, has not.
pub(crate) fn is_over(since: Timestamp, wait: Duration, now: Timestamp) -> bool {
    SignedDuration::try_from(wait).is_ok_and(|wait| now.duration_since(since) >= wait)
}
