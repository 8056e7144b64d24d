//! One POST to /invitations: admitted by the caps, paced, recorded as an intent, sent, answered, and recorded again.
//!
//! An attempt whose answer did not come is never repeated here: `settle` finds out what it did.

use super::{
    calibration::Steps,
    next_action::PendingGuest,
    outage::Then,
    recorder::NotRecorded,
    row_results,
    state::{EngineState, Stopped},
    stop::StopReason,
};
use crate::{
    events,
    graph::{Fault, Invitation, InvitationReply, InvitationRequest, MessageInfo, Sponsor, Verdict},
    guest::UserType,
    ledger::{
        Answered, AttemptEnd, AttemptKind, EventKind, Found, Intent, IntentId, InvitationAttempt,
        PersonState, RefusedAttempt,
    },
    outcome::Mail,
};
use std::time::Duration;
use tokio::time::Instant;

/// How often a request that could not even be sent is tried.
const CONNECTS: u32 = 5;
/// A gate that is open is passed within this time.
const NO_WAIT: Duration = Duration::from_millis(5);

/// What an attempt is for, and what a good answer to it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    pub kind: AttemptKind,
    /// What is known about the mail after a good answer.
    pub mail: Mail,
    /// The state of the person after a good answer. After a probe the person is still unsettled, because the mail may
    /// not be out yet; after a relink of a guest whom somebody else invited, the person is not one whom we invited.
    pub state: PersonState,
    /// Earlier attempts for this person have no answer, and stay so unless this one is answered well.
    pub unsettled: bool,
}

impl Purpose {
    /// The first attempt for a row, or one after attempts that were certainly not performed.
    pub(super) fn invite(mails: bool) -> Self {
        Self {
            kind: AttemptKind::Invite,
            mail: if mails { Mail::Requested } else { Mail::None },
            state: PersonState::Invited,
            unsettled: false,
        }
    }
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum NotAsked {
    Stopped,
    /// Another run has recorded something about the person: what is to be done must be decided anew.
    Changed,
}

impl From<Stopped> for NotAsked {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<NotRecorded> for NotAsked {
    fn from(why: NotRecorded) -> Self {
        match why {
            NotRecorded::Stopping => Self::Stopped,
            NotRecorded::Changed => Self::Changed,
        }
    }
}

/// An attempt that was made, and what its answer means.
pub(super) struct AnsweredAttempt {
    pub intent: IntentId,
    pub attempt: InvitationAttempt,
    pub verdict: Verdict,
    pub request_id: Option<String>,
    /// When the answer was there, or given up.
    pub ended: Instant,
    /// How long that took.
    pub took: Duration,
    /// How often our clock had been set before the request was sent.
    pub steps: Steps,
}

/// Makes one attempt for a row. A request that never left is tried again; any other answer is given back.
pub(super) async fn attempt(
    engine: &EngineState,
    item: &PendingGuest,
    purpose: Purpose,
) -> Result<AnsweredAttempt, NotAsked> {
    let mails = purpose.kind == AttemptKind::Invite && item.mails(&engine.options);
    let request = request(engine, item, mails);
    let words = engine.options.words_of.as_ref();
    let words = words
        .filter(|_| mails || item.owes_mail(&engine.options))
        .and_then(|words| words.of(&item.guest));
    let mut connects = 0;
    loop {
        if engine.stop.rows().is_raised() {
            return Err(NotAsked::Stopped);
        }
        let place = engine
            .caps
            .admit(&engine.stop)
            .await
            .map_err(|reason| engine.begin_no_row(reason))?
            .ok_or(Stopped)?;
        engine.wait(engine.pace.before_invitation()).await?;
        let client_request_id = uuid::Uuid::new_v4();
        let intent = Intent {
            row: item.guest.row,
            key: item.guest.email.key().to_owned(),
            email: item.guest.email.as_str().to_owned(),
            kind: purpose.kind,
            mails,
            at: engine.clock.now(),
            saw: item.saw,
            client_request_id: client_request_id.to_string(),
            redirect_url: Some(request.redirect_url.clone()),
            language: item.guest.language.clone(),
            words: words.clone(),
            decided_on: item.newest_event(),
            assumed: false,
        };
        let intent = match engine.recorder.intent(intent).await {
            Ok(intent) => intent,
            Err(why) => {
                place.give_back();
                return Err(why.into());
            }
        };
        let recorded = Instant::now();
        let open = engine.wait(engine.pace.gate()).await;
        if open.is_err() || (recorded.elapsed() > NO_WAIT && !engine.still_owns_ledger()) {
            place.give_back();
            record(engine, item, purpose, intent, &never_sent()).await;
            return Err(NotAsked::Stopped);
        }
        events::attempt(
            item.guest.row,
            purpose.kind.word(),
            mails,
            &client_request_id.to_string(),
        );
        let steps = engine.calibration.steps();
        let (sent_at, sent) = (engine.clock.now(), Instant::now());
        let graph = engine.graph.for_row(item.guest.row);
        let reply = graph.invite(&request, client_request_id).await;
        let (ended, took, ended_at) = (Instant::now(), sent.elapsed(), engine.clock.now());
        // Before the answer is recorded, because recording takes time in which others would send.
        learn(engine, &reply.verdict, sent);
        record(engine, item, purpose, intent, &reply).await;
        if let Verdict::Unknown { fault } = &reply.verdict {
            events::unanswered(&fault.sent("invitation", Some(item.guest.row)));
        }
        match &reply.verdict {
            Verdict::NotSent { fault } => {
                place.give_back();
                if engine.stop.is_raised() {
                    return Err(NotAsked::Stopped);
                }
                connects += 1;
                let pause = crate::pace::backoff(connects, fastrand::f64());
                if connects < CONNECTS && engine.stop.sleep(pause).await {
                    events::retry(&fault.sent("invitation", Some(item.guest.row)));
                    continue;
                }
            }
            Verdict::Refused {
                domain_wide: true,
                fault,
            } => engine.remember_refused_domain(
                item.guest.email.domain(),
                fault.code.to_string(),
                row_results::own_words(fault),
            ),
            _ => {}
        }
        let end = match &reply.verdict {
            Verdict::Done(_) => AttemptEnd::Answered(ended_at),
            Verdict::RetryAfter { .. } => AttemptEnd::Throttled(ended_at),
            _ => AttemptEnd::GivenUp(ended_at),
        };
        return Ok(AnsweredAttempt {
            intent,
            attempt: InvitationAttempt {
                kind: purpose.kind,
                at: sent_at,
                mails,
                saw: item.saw,
                end,
                assumed: false,
            },
            verdict: reply.verdict,
            request_id: reply.request_id,
            ended,
            took,
            steps,
        });
    }
}

/// What an answer means for everybody else: the run stops, pauses, or lets more workers ask.
fn learn(engine: &EngineState, verdict: &Verdict, sent: Instant) {
    if let Some(fault) = verdict.run_stopping() {
        engine.stop.raise(StopReason::Refused {
            exit: fault.exit(),
            fault: Box::new(fault.clone()),
        });
    }
    if !matches!(verdict, Verdict::Unknown { .. } | Verdict::NotSent { .. }) {
        engine.worker_limit.told();
    }
    match engine.outage.answered(verdict, sent) {
        Then::GoOn => {}
        Then::Pause(pause) => engine.pace.pause(pause),
        Then::Stop(reason) => engine.stop.raise(reason),
    }
    // Checked here too: once the run is stopping, nobody waits at the gate who would find out that the wait is too long.
    if let Err(too_long) = engine.pace.gate_opens_in_time() {
        engine.stop.raise(too_long.into());
    }
}

fn request(engine: &EngineState, item: &PendingGuest, mails: bool) -> InvitationRequest {
    let guest = &item.guest;
    InvitationRequest {
        email: guest.email.as_str().to_owned(),
        display_name: guest.display_name.clone(),
        redirect_url: guest
            .redirect_url
            .clone()
            .unwrap_or_else(|| engine.options.redirect_url.clone()),
        send: mails,
        message: if mails {
            MessageInfo {
                language: guest.language.clone(),
                body: guest.message.clone(),
                cc: guest.cc.as_ref().map(|cc| cc.as_str().to_owned()),
            }
        } else {
            MessageInfo::default()
        },
        member: guest.user_type == Some(UserType::Member),
        sponsors: if engine.graph.abilities().sponsors_in_invitations {
            let ids = item.sponsors.iter().map(Sponsor::id);
            ids.map(str::to_owned).collect()
        } else {
            Vec::new()
        },
        reset: None,
    }
}

/// Records what came of an intent.
async fn record(
    engine: &EngineState,
    item: &PendingGuest,
    purpose: Purpose,
    intent: IntentId,
    reply: &InvitationReply,
) {
    let now = engine.clock.now();
    let as_before = if purpose.unsettled {
        PersonState::Asked
    } else {
        PersonState::Open
    };
    let (event, state) = match &reply.verdict {
        Verdict::Done(_) => {
            let event = match purpose.state {
                PersonState::Invited => EventKind::Invited,
                PersonState::Asked => EventKind::Probed,
                PersonState::Open | PersonState::Claimed | PersonState::Refused => {
                    EventKind::Relinked
                }
            };
            (event, purpose.state)
        }
        Verdict::Unknown { .. } => (EventKind::Unknown, PersonState::Asked),
        // A throttled attempt is looked up before anything else, by a later run too. After a throttled relink there is
        // nothing to find out.
        Verdict::RetryAfter { .. } if purpose.kind != AttemptKind::Relink => {
            (EventKind::Throttled, PersonState::Asked)
        }
        Verdict::Refused { .. } if !purpose.unsettled => {
            (EventKind::NotPerformed, PersonState::Refused)
        }
        _ => (EventKind::NotPerformed, as_before),
    };
    let found = match &reply.verdict {
        Verdict::Done(invitation) => {
            let due = purpose.state == PersonState::Invited
                && purpose.mail == Mail::None
                && item.owes_mail(&engine.options);
            let mail = if due { Mail::Due } else { purpose.mail };
            Some(found(invitation, mail, now))
        }
        _ => None,
    };
    let refusal = match &reply.verdict {
        Verdict::Refused { fault, .. } => Some(RefusedAttempt {
            code: fault.code.to_string(),
            error: row_results::own_words(fault),
            content: item.content(&engine.options),
        }),
        _ => None,
    };
    let answered = Answered {
        person: intent.person,
        intent: Some(intent),
        row: item.guest.row,
        at: now,
        kind: event,
        status: reply.status,
        request_id: reply.request_id.clone(),
        detail: reply.verdict.fault().map(|fault| fault.code.to_string()),
        state,
        mail: None,
        found,
        refusal,
    };
    engine.recorder.answered(answered).await;
}

/// What is recorded for an intent whose request never left, because the run stopped.
fn never_sent() -> InvitationReply {
    InvitationReply {
        verdict: Verdict::NotSent {
            fault: Fault::run_stopped(),
        },
        status: None,
        request_id: None,
    }
}

fn found(invitation: &Invitation, mail: Mail, at: jiff::Timestamp) -> Found {
    Found {
        user_id: invitation.user_id.clone(),
        redeem_url: Some(invitation.redeem_url.clone()),
        redemption: Some(invitation.status.clone()).filter(|status| !status.is_empty()),
        mail,
        invited_at: at,
    }
}
