//! A row that is to be asked for: from the decision to invite to its outcome.
//!
//! Never settles an attempt without an answer itself: such rows are handed on, so that no worker waits for them.

use super::{
    attempt::{AnsweredAttempt, NotAsked, Purpose, attempt},
    attribution::APART,
    conclude::{self, WorkResult, conclude, finish_row, not_attempted, record_conclusion},
    evidence::throttle_was_untrue,
    next_action::{LedgerView, PendingGuest},
    parked::Parked,
    recorder::CountsAs,
    row_results,
    state::EngineState,
};
use crate::{
    events,
    follow_up::Standing,
    graph::{DirectoryUser, Fault, Verdict},
    ledger::{AttemptKind, Forgotten, LedgerError, PersonState, PriorLookup},
    outcome::{Mail, RowResult, ThisRun},
};

/// What is to be done for a row.
#[derive(Debug)]
pub(super) enum Work {
    Invite(PendingGuest),
    /// The guest is pending already: a link is fetched silently.
    Relink(PendingGuest, Box<DirectoryUser>),
}

/// A silent attempt for a guest who was there before this run.
const RELINK: Purpose = Purpose {
    kind: AttemptKind::Relink,
    mail: Mail::None,
    state: PersonState::Open,
    unsettled: false,
};

pub(super) async fn process(engine: &EngineState, work: Work) -> WorkResult {
    match work {
        Work::Invite(item) => invite(engine, item).await,
        Work::Relink(item, user) => relink_pending(engine, item, &user).await,
    }
}

async fn invite(engine: &EngineState, mut item: PendingGuest) -> WorkResult {
    let mails = item.mails(&engine.options);
    let purpose = Purpose::invite(mails);
    // A row that is throttled is tried for as long as the run makes progress.
    loop {
        if let Some((code, error)) = engine.refused_domain(item.guest.email.domain()) {
            let result = row_results::refused_like_domain(&item.guest, &code, &error);
            return finish_row(engine, result, item.person_id(), CountsAs::Light).await;
        }
        let asked = match attempt(engine, &item, purpose).await {
            Ok(asked) => asked,
            Err(NotAsked::Stopped) => return not_attempted(engine, &item, item.person_id()).await,
            Err(NotAsked::Changed) => match decide_anew(engine, item).await {
                Ok(undecided) => {
                    item = undecided;
                    continue;
                }
                Err(result) => return result,
            },
        };
        match &asked.verdict {
            Verdict::Done(invitation) => {
                let (person, user_id) = (asked.intent.person, invitation.user_id.clone());
                let result = answered_well(engine, &item, purpose.mail, &user_id, asked).await;
                let standing = Standing::New;
                return conclude::invited(engine, &item, person, user_id, standing, result).await;
            }
            Verdict::RetryAfter { .. } if mails => {
                let fault = asked.verdict.fault().cloned();
                match after_throttle(engine, item, asked).await {
                    Ok(again) => {
                        item = again;
                        retried(&item, fault.as_ref());
                    }
                    Err(result) => return result,
                }
            }
            // To ask silently once more does no harm.
            Verdict::RetryAfter { fault, .. } => {
                retried(&item, Some(fault));
                item.open.push(asked.attempt);
            }
            _ => return conclude(engine, item, asked).await,
        }
    }
}

/// A throttled row is asked for again.
fn retried(item: &PendingGuest, fault: Option<&Fault>) {
    let sent = fault.map(|fault| fault.sent("invitation", Some(item.guest.row)));
    events::retry(&sent.unwrap_or_default());
}

/// Another run has recorded something about this person: what the ledger knows now decides, and a new look-up. Gives
/// the row back when the person is still to be asked for.
async fn decide_anew(
    engine: &EngineState,
    mut item: PendingGuest,
) -> Result<PendingGuest, WorkResult> {
    (item.person, item.open) = {
        let reader = engine.reader();
        let failed = |error: &LedgerError| engine.stop.raise(error.into());
        let ledger = LedgerView {
            reader: &reader,
            failed: &failed,
            // Somebody for whom something was recorded is not forgotten.
            forgotten: &Forgotten::default(),
        };
        ledger.person(&item.guest.email)
    };
    let result = match item.person.as_ref().map(|person| (person.state, person)) {
        Some((PersonState::Asked, person)) if !item.open.is_empty() => {
            let person = person.id;
            let unsettled =
                row_results::unknown(&item.guest, "another run requested the invitation", None);
            let (now, steps) = (engine.clock.now(), engine.calibration.steps());
            return Err(match Parked::from_earlier_run(item, None, now, steps) {
                Some(parked) => WorkResult::Park(Box::new(parked)),
                None => finish_row(engine, unsettled, Some(person), CountsAs::Light).await,
            });
        }
        Some((PersonState::Invited, person)) => {
            row_results::invited_before(&item.guest, person, None)
        }
        Some((PersonState::Claimed, _)) => row_results::claimed(&item.guest),
        Some((PersonState::Refused, person)) => row_results::refused_before(&item.guest, person),
        _ => match engine.find(&item.guest.email).await {
            Some(Ok(None)) if !engine.stop.rows().is_raised() => return Ok(item),
            Some(Ok(Some(user))) => row_results::exists(&item.guest, &user),
            Some(Err(fault)) => {
                engine.stop_if_fatal(&fault);
                row_results::not_looked_up(&item.guest, &fault)
            }
            _ => row_results::not_attempted(&item.guest),
        },
    };
    Err(finish_row(engine, result, item.person_id(), CountsAs::Light).await)
}

/// The outcome after a 201. After a first attempt the guest's creation time shows by which clock guests are dated; after
/// a 429 it shows whether the 429 was true.
async fn answered_well(
    engine: &EngineState,
    item: &PendingGuest,
    mail: Mail,
    user_id: &str,
    asked: AnsweredAttempt,
) -> RowResult {
    if item.open.is_empty() && item.saw == PriorLookup::NotFound {
        let times = (asked.attempt.at, asked.attempt.ended());
        engine
            .calibration
            .add(user_id, times, asked.took, asked.steps);
    } else if mail == Mail::Requested && throttle_was_untrue(engine, user_id, &asked).await {
        return row_results::invited_perhaps_twice(&item.guest, asked.request_id);
    }
    row_results::invited(&item.guest, mail, asked.request_id)
}

/// A 429 has been seen on an attempt that was performed. So a person who is to be mailed is looked up before the next
/// attempt. Gives the row back when it may be asked for again now.
///
/// One look is enough once this run knows by which clock guests are dated: should the 429 have been untrue, that is found
/// out afterwards, and no further 429 is believed. Until then the row is settled, which waits longer.
async fn after_throttle(
    engine: &EngineState,
    mut item: PendingGuest,
    asked: AnsweredAttempt,
) -> Result<PendingGuest, WorkResult> {
    // The pause lets the creation time tell afterwards which of the two attempts made the guest. A run that stops does
    // not wait for it: the throttled attempt was not performed, as far as is known.
    let looked = if engine.stop.sleep(APART).await {
        engine.find(&item.guest.email).await
    } else {
        None
    };
    let seen = match looked {
        None => return Err(not_attempted(engine, &item, Some(asked.intent.person)).await),
        Some(Ok(None)) => {
            item.saw = PriorLookup::NotFound;
            if engine.calibration.has_samples() && !engine.doubts_throttles() {
                item.open.push(asked.attempt);
                return Ok(item);
            }
            None
        }
        // Nobody else was asked for under this address: the throttled attempt was performed after all.
        Some(Ok(Some(user))) => Some(user),
        // The settler goes on looking.
        Some(Err(fault)) => {
            engine.stop_if_fatal(&fault);
            None
        }
    };
    let mut parked = Parked::after_attempt(item, asked);
    parked.seen = seen;
    Err(WorkResult::Park(Box::new(parked)))
}

async fn relink_pending(
    engine: &EngineState,
    item: PendingGuest,
    user: &DirectoryUser,
) -> WorkResult {
    let asked = loop {
        match attempt(engine, &item, RELINK).await {
            Ok(asked) if matches!(asked.verdict, Verdict::RetryAfter { .. }) => {}
            Ok(asked) => break asked,
            Err(_) => return not_attempted(engine, &item, item.person_id()).await,
        }
    };
    let mut result = row_results::exists(&item.guest, user);
    match &asked.verdict {
        Verdict::Done(invitation) => {
            result.user_id = Some(invitation.user_id.clone());
            result.this_run = Some(ThisRun::Relinked);
            result.hint = Some(row_results::RELINKED.into());
        }
        // The attempt was silent, and the guest was there before: at worst there is a link that the next run fetches.
        Verdict::Unknown { .. } => {
            let intent = asked.intent;
            record_conclusion(
                engine,
                &item,
                intent.person,
                Some(intent),
                "relink",
                PersonState::Open,
                None,
            )
            .await;
            result.hint = Some(row_results::RELINK_LOST.into());
        }
        _ => return conclude(engine, item, asked).await,
    }
    let mut item = item;
    if item.person.is_none() {
        item.person = engine
            .reader()
            .person(item.guest.email.key())
            .ok()
            .flatten();
    }
    conclude::existing(engine, &item, user, result, CountsAs::Good).await;
    WorkResult::Over
}
