//! What an attempt without an answer did: found out by looking, then by asking silently. A person for whom such an
//! attempt was made is never asked with mail before that is known.
//!
//! 1. Look the person up until `settle` is over. Found, where nobody had been before: one of our attempts made the guest.
//! 2. Not found: ask silently. That cannot mail, and the guest's creation time tells which attempt made the guest.
//! 3. Nothing had happened, and a mail is due: ask with mail, not before `ask_again_after`.
//!
//! When it cannot be told whether a mail is out, no further mail is sent. The link is fetched whatever is decided about
//! the mail.

use super::{
    attempt::{AnsweredAttempt, Purpose, attempt},
    attribution::{self, APART},
    conclude::{self, WorkResult, finish_row, record_conclusion},
    evidence::{NotSettled, look, look_once, made, mail_of, throttle_was_untrue},
    next_action::PendingGuest,
    parked::Parked,
    recorder::CountsAs,
    row_results,
    state::EngineState,
};
use crate::{
    directory, events,
    follow_up::Standing,
    graph::{DirectoryUser, Verdict},
    ledger::{AttemptKind, PersonState, PriorLookup},
    outcome::{Mail, Outcome, ThisRun},
};
use tokio::time::Instant;

/// How many attempts a run may make for a row, the first one included.
const ATTEMPTS: usize = 3;
/// How often one of them is repeated because Graph asks to wait.
const THROTTLED: usize = 5;

/// A silent attempt for somebody who was not found.
const PROBE: Purpose = Purpose {
    kind: AttemptKind::Probe,
    mail: Mail::None,
    state: PersonState::Asked,
    unsettled: true,
};

type Settled = Result<WorkResult, NotSettled>;

/// Settles a row, or leaves it `unknown` for the next run.
pub(super) async fn settle(engine: &EngineState, mut parked: Parked) -> WorkResult {
    let (row, since) = (parked.item.guest.row, Instant::now());
    let settled = try_settle(engine, &mut parked).await;
    events::settled(row, settled.is_ok(), parked.made, since.elapsed());
    let why = match settled {
        Ok(result) => return result,
        Err(why) => why,
    };
    let guest = &parked.item.guest;
    // Where Graph has only ever asked to wait, nothing has happened, as far as is known.
    let (result, counts_as) = match why {
        NotSettled::Stopped if parked.is_only_throttled() => {
            (row_results::not_attempted(guest), CountsAs::Light)
        }
        NotSettled::Because(_) if parked.is_only_throttled() => {
            (row_results::throttled_too_often(guest), CountsAs::Bad)
        }
        NotSettled::Stopped => {
            let why = "the invitation was requested, and the run stopped before it was known what became of it";
            (
                row_results::unknown(guest, why, parked.fault.as_ref()),
                CountsAs::Bad,
            )
        }
        NotSettled::Because(why) => (
            row_results::unknown(guest, &why, parked.fault.as_ref()),
            CountsAs::Bad,
        ),
    };
    finish_row(engine, result, Some(parked.person), counts_as).await
}

async fn try_settle(engine: &EngineState, parked: &mut Parked) -> Settled {
    loop {
        if let Some(user) = look(engine, parked).await? {
            return found(engine, parked, &user).await;
        }
        if parked.is_only_throttled() && !engine.doubts_throttles() {
            return ask_as_wished(engine, parked).await;
        }
        let Some(asked) = probe(engine, parked).await? else {
            continue;
        };
        let Verdict::Done(invitation) = &asked.verdict else {
            return not_invited(engine, parked, asked).await;
        };
        let user_id = invitation.user_id.clone();
        parked.asks.push(asked.attempt);
        parked.linked = Some(user_id.clone());
        let mail = mail_of(engine, parked, &user_id).await?;
        return ours(engine, parked, mail, user_id).await;
    }
}

/// Asks silently for somebody who was not found. None: the row is to be looked at again, because the person was seen
/// meanwhile, or because this answer does not tell what became of it either.
async fn probe(
    engine: &EngineState,
    parked: &mut Parked,
) -> Result<Option<AnsweredAttempt>, NotSettled> {
    may_ask(engine, parked)?;
    let apart = APART.saturating_sub(parked.quiet_since.elapsed());
    if !apart.is_zero() {
        if !engine.stop.sleep(apart).await {
            return Err(NotSettled::Stopped);
        }
        // A look-up comes before every attempt, silent ones too.
        if let Some(user) = look(engine, parked).await? {
            parked.seen = Some(user);
            return Ok(None);
        }
    }
    let Some(asked) = ask_patiently(engine, parked, PROBE).await? else {
        return Ok(None);
    };
    if matches!(asked.verdict, Verdict::Unknown { .. }) {
        parked.unanswered(&asked);
        return Ok(None);
    }
    Ok(Some(asked))
}

/// Somebody with this address is in the directory: is it a guest whom one of our attempts made?
async fn found(engine: &EngineState, parked: &mut Parked, user: &DirectoryUser) -> Settled {
    // Where the first look of this run found nobody, one of our attempts made the guest.
    let appeared = parked.item.saw == PriorLookup::NotFound;
    if !appeared && !attribution::is_ours(None, &parked.asks) {
        let made = made(engine, parked, &user.id).await?;
        if !attribution::is_ours(made, &parked.asks) {
            return older(engine, parked, user).await;
        }
    }
    if parked.is_only_throttled() {
        engine.doubt_throttles();
    }
    let mail = mail_of(engine, parked, &user.id).await?;
    ours(engine, parked, mail, user.id.clone()).await
}

/// The guest had been there before our attempts; the link is fetched silently, once.
async fn older(engine: &EngineState, parked: &mut Parked, user: &DirectoryUser) -> Settled {
    let mail = attribution::mail_of_older(&parked.asks);
    let mut result = row_results::exists(&parked.item.guest, user);
    if mail == Mail::Unknown {
        result.mail = Some(mail);
    }
    let pending = directory::classify(user) == Outcome::ExistsPending;
    if pending && parked.linked.as_ref() != Some(&user.id) {
        let asked = fetch_link(engine, parked, mail, PersonState::Open).await?;
        if !matches!(asked.verdict, Verdict::Done(_)) {
            return not_invited(engine, parked, asked).await;
        }
        result.this_run = Some(ThisRun::Relinked);
        result.hint = Some(row_results::RELINKED.into());
    } else {
        conclusion(engine, parked, "was there before", PersonState::Open, None).await;
    }
    conclude::existing(engine, &parked.item, user, result, CountsAs::Good).await;
    Ok(WorkResult::Over)
}

/// One of our attempts made the guest. If the mail is not out yet and the row wants one, the attempt that fetches the link
/// sends it; otherwise that attempt is silent.
async fn ours(engine: &EngineState, parked: &mut Parked, mail: Mail, user_id: String) -> Settled {
    if mail == Mail::None && parked.item.mails(&engine.options) {
        return ask_as_wished(engine, parked).await;
    }
    if parked.linked.as_ref() == Some(&user_id) {
        conclusion(engine, parked, "invited", PersonState::Invited, Some(mail)).await;
        return Ok(invited(engine, parked, mail, user_id).await);
    }
    let asked = fetch_link(engine, parked, mail, PersonState::Invited).await?;
    if matches!(asked.verdict, Verdict::Done(_)) {
        return Ok(invited(engine, parked, mail, user_id).await);
    }
    not_invited(engine, parked, asked).await
}

/// Asks silently for a guest who is there, until an answer tells what became of it.
async fn fetch_link(
    engine: &EngineState,
    parked: &mut Parked,
    mail: Mail,
    state: PersonState,
) -> Result<AnsweredAttempt, NotSettled> {
    let purpose = Purpose {
        kind: AttemptKind::Relink,
        mail,
        state,
        unsettled: true,
    };
    loop {
        may_ask(engine, parked)?;
        parked.item.saw = PriorLookup::Found;
        let Some(asked) = ask_patiently(engine, parked, purpose).await? else {
            continue;
        };
        if !matches!(asked.verdict, Verdict::Unknown { .. }) {
            return Ok(asked);
        }
        parked.unanswered(&asked);
        look_once(engine, parked).await?;
    }
}

/// No earlier attempt was performed: asks as the row wishes, with a mail or without, after one more look.
async fn ask_as_wished(engine: &EngineState, parked: &mut Parked) -> Settled {
    may_ask(engine, parked)?;
    let mails = parked.item.mails(&engine.options);
    if mails && !parked.is_only_throttled() {
        let waited = parked.mail_given_up.elapsed();
        let wait = engine.options.ask_again_after.saturating_sub(waited);
        if !wait.is_zero() && !engine.stop.sleep(wait).await {
            return Err(NotSettled::Stopped);
        }
    }
    let seen = look_once(engine, parked).await?;
    // A guest whose id is known from a silent attempt is expected to be found.
    if let Some(user) = seen.filter(|_| parked.linked.is_none()) {
        return Box::pin(found(engine, parked, &user)).await;
    }
    let purpose = Purpose {
        unsettled: true,
        ..Purpose::invite(mails)
    };
    let Some(asked) = ask_patiently(engine, parked, purpose).await? else {
        return Box::pin(try_settle(engine, parked)).await;
    };
    match &asked.verdict {
        Verdict::Done(invitation) => {
            let user_id = invitation.user_id.clone();
            parked.request_id.clone_from(&asked.request_id);
            if mails
                && parked.is_only_throttled()
                && throttle_was_untrue(engine, &user_id, &asked).await
            {
                let (item, person) = (&parked.item, parked.person);
                let result = row_results::invited_perhaps_twice(&item.guest, asked.request_id);
                let invited =
                    conclude::invited(engine, item, person, user_id, Standing::Settled, result);
                return Ok(invited.await);
            }
            Ok(invited(engine, parked, purpose.mail, user_id).await)
        }
        // If the guest is known by id already, nothing can tell whether this mail left: no further one is sent.
        Verdict::Unknown { .. } | Verdict::RetryAfter { .. } => {
            parked.unanswered(&asked);
            Box::pin(try_settle(engine, parked)).await
        }
        _ => not_invited(engine, parked, asked).await,
    }
}

/// Makes an attempt, and repeats it when Graph asks to wait. None: a look between two attempts found the person, who is
/// now in `seen`.
async fn ask_patiently(
    engine: &EngineState,
    parked: &mut Parked,
    purpose: Purpose,
) -> Result<Option<AnsweredAttempt>, NotSettled> {
    parked.made += 1;
    for _ in 0..THROTTLED {
        let asked = attempt(engine, &parked.item, purpose).await?;
        parked.intent = Some(asked.intent);
        let is_throttled = matches!(asked.verdict, Verdict::RetryAfter { .. });
        // No look-up can tell whether a throttled mail for a guest who is there already was performed.
        if !is_throttled || (asked.attempt.mails && parked.linked.is_some()) {
            return Ok(Some(asked));
        }
        if purpose.kind != AttemptKind::Relink {
            parked.asks.push(asked.attempt);
        }
        // A throttled attempt was not performed, as far as is known. One more look before the next attempt makes sure.
        if asked.attempt.mails && !engine.stop.sleep(APART).await {
            return Err(NotSettled::Stopped);
        }
        let lookup_result = engine.find(&parked.item.guest.email).await;
        match lookup_result.ok_or(NotSettled::Stopped)? {
            Ok(Some(user)) if purpose.kind != AttemptKind::Relink && parked.linked.is_none() => {
                parked.seen = Some(user);
                return Ok(None);
            }
            Ok(_) => {}
            Err(fault) => engine.stop_if_fatal(&fault),
        }
    }
    Err(NotSettled::Because(
        "the invitation was requested, and Graph asked again and again to wait".into(),
    ))
}

/// An attempt that was to settle the row was answered clearly, and not with an invitation.
async fn not_invited(engine: &EngineState, parked: &mut Parked, asked: AnsweredAttempt) -> Settled {
    match &asked.verdict {
        Verdict::Exists { .. } | Verdict::Refused { .. } => {
            let state = match &asked.verdict {
                Verdict::Refused { .. } => PersonState::Refused,
                _ => PersonState::Open,
            };
            let (item, intent) = (&parked.item, asked.intent);
            record_conclusion(
                engine,
                item,
                intent.person,
                Some(intent),
                "answered",
                state,
                None,
            )
            .await;
            let item = PendingGuest {
                guest: parked.item.guest.clone(),
                person: parked.item.person.clone(),
                sponsors: Vec::new(),
                manager: None,
                groups: Vec::new(),
                waits: Vec::new(),
                open: Vec::new(),
                saw: parked.item.saw,
            };
            Ok(conclude::conclude(engine, item, asked).await)
        }
        Verdict::Stop { .. } => Err(NotSettled::Stopped),
        verdict => {
            let why = verdict.fault().map_or("no answer", |fault| fault.title());
            Err(NotSettled::Because(format!(
                "the invitation was requested, and it could not be found out what became of it ({why})"
            )))
        }
    }
}

fn may_ask(engine: &EngineState, parked: &Parked) -> Result<(), NotSettled> {
    if engine.stop.is_raised() {
        return Err(NotSettled::Stopped);
    }
    if parked.made >= ATTEMPTS {
        return Err(NotSettled::Because(
            "the invitation was requested three times, and no answer told what became of it".into(),
        ));
    }
    Ok(())
}

async fn conclusion(
    engine: &EngineState,
    parked: &Parked,
    detail: &str,
    state: PersonState,
    mail: Option<Mail>,
) {
    record_conclusion(
        engine,
        &parked.item,
        parked.person,
        parked.intent,
        detail,
        state,
        mail,
    )
    .await;
}

async fn invited(engine: &EngineState, parked: &Parked, mail: Mail, user_id: String) -> WorkResult {
    let (item, person) = (&parked.item, parked.person);
    let result = row_results::invited_and_settled(&item.guest, mail, parked.request_id.clone());
    conclude::invited(engine, item, person, user_id, Standing::Settled, result).await
}
