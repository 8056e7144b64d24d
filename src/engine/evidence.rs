//! What the directory shows about a row whose attempts have no answer. Reads only.

use super::{
    attempt::{AnsweredAttempt, NotAsked},
    attribution,
    calibration::Made,
    parked::Parked,
    state::{EngineState, Stopped},
};
use crate::{
    graph::{DirectoryUser, Fault, Read, odata, wire::USER_SELECT},
    ledger::PriorLookup,
    outcome::Mail,
    pace::Looks,
};

/// Why a row cannot be settled now.
pub(super) enum NotSettled {
    Stopped,
    /// Nobody could be asked, or the answers did not tell. The sentence goes into the row's hint.
    Because(String),
}

impl From<Stopped> for NotSettled {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<NotAsked> for NotSettled {
    fn from(why: NotAsked) -> Self {
        match why {
            NotAsked::Stopped => Self::Stopped,
            NotAsked::Changed => Self::Because(
                "the invitation was requested, and another run recorded something about this person at the same time"
                    .to_owned(),
            ),
        }
    }
}

impl NotSettled {
    fn not_looked_up(fault: &Fault) -> Self {
        Self::Because(format!(
            "the invitation was requested, and the person cannot be looked up ({})",
            fault.title()
        ))
    }
}

/// Looks the person up until somebody is found or `settle` is over. The last look must have been answered.
pub(super) async fn look(
    engine: &EngineState,
    parked: &mut Parked,
) -> Result<Option<DirectoryUser>, NotSettled> {
    if let Some(user) = parked.seen.take() {
        return Ok(Some(user));
    }
    let settle = engine.options.settle;
    let mut looks = Looks::until(parked.given_up + settle, settle);
    loop {
        if engine.stop.is_raised() {
            return Err(NotSettled::Stopped);
        }
        let last = looks.is_last();
        let lookup_result = engine.find(&parked.item.guest.email).await;
        match lookup_result.ok_or(NotSettled::Stopped)? {
            Ok(Some(user)) => return Ok(Some(user)),
            Ok(None) => {
                parked.item.saw = PriorLookup::NotFound;
                if last {
                    return Ok(None);
                }
            }
            Err(fault) => {
                engine.stop_if_fatal(&fault);
                if last {
                    return Err(NotSettled::not_looked_up(&fault));
                }
            }
        }
        if !looks.wait(engine.stop.signal()).await {
            return Err(NotSettled::Stopped);
        }
    }
}

/// The one look-up that comes before every attempt.
pub(super) async fn look_once(
    engine: &EngineState,
    parked: &mut Parked,
) -> Result<Option<DirectoryUser>, NotSettled> {
    let lookup_result = engine.find(&parked.item.guest.email).await;
    match lookup_result.ok_or(NotSettled::Stopped)? {
        Ok(seen) => {
            parked.item.saw = match &seen {
                Some(_) => PriorLookup::Found,
                None => PriorLookup::NotFound,
            };
            Ok(seen)
        }
        Err(fault) => {
            engine.stop_if_fatal(&fault);
            Err(NotSettled::not_looked_up(&fault))
        }
    }
}

/// When the guest was made, by our clock. The user is read by id, which shows a new user sooner than any filter does,
/// though not at once on every replica. None: it cannot be told.
pub(super) async fn made(
    engine: &EngineState,
    parked: &mut Parked,
    user_id: &str,
) -> Result<Option<Made>, NotSettled> {
    let path = format!("/users/{}?$select={USER_SELECT}", odata::encode(user_id));
    let mut looks = Looks::within(engine.options.settle);
    let created = loop {
        let last = looks.is_last();
        match engine.graph.get::<DirectoryUser>(&path, Read::ONE).await {
            Ok(user) => break user.created_date_time,
            Err(fault) => engine.stop_if_fatal(&fault),
        }
        if last {
            break None;
        }
        if !looks.wait(engine.stop.signal()).await {
            // The user may be readable in the next run.
            return Err(NotSettled::Stopped);
        }
    };
    let Some(created) = created else {
        return Ok(None);
    };
    if !engine.calibration.is_decided() {
        parked.let_others_begin();
        tokio::select! {
            biased;
            () = engine.stop.raised() => return Err(NotSettled::Stopped),
            () = engine.calibration.decided() => {}
        }
    }
    let offset = engine.calibration.offset(&engine.graph).await;
    if engine.calibration.steps() != parked.steps {
        return Ok(None);
    }
    Ok(offset.and_then(|offset| offset.made(created)))
}

/// What is known about the mail of a guest whom one of our attempts made.
pub(super) async fn mail_of(
    engine: &EngineState,
    parked: &mut Parked,
    user_id: &str,
) -> Result<Mail, NotSettled> {
    let made = if attribution::depends_on_time(&parked.asks, engine.silent_first) {
        made(engine, parked, user_id).await?
    } else {
        None
    };
    Ok(attribution::mail_of(
        made,
        &parked.asks,
        engine.silent_first,
    ))
}

/// Whether a 429 that came before this well answered attempt was untrue: the guest had been made before the attempt.
/// Then no further 429 of this run is believed.
pub(super) async fn throttle_was_untrue(
    engine: &EngineState,
    user_id: &str,
    asked: &AnsweredAttempt,
) -> bool {
    let Some(offset) = engine.calibration.offset(&engine.graph).await else {
        return false;
    };
    let users = engine.graph.get_by_ids(&[user_id.to_owned()]).await;
    let created = users
        .ok()
        .and_then(|users| users.into_iter().next()?.created_date_time);
    if engine.calibration.steps() != asked.steps {
        return false;
    }
    let untrue = created
        .and_then(|created| offset.made(created))
        .is_some_and(|made| attribution::is_before(made, &asked.attempt));
    if untrue {
        engine.doubt_throttles();
    }
    untrue
}
