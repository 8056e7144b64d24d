//! Attempts of runs that this ledger does not know: a copy of a ledger may be older than the tenant.
//!
//! For a while after the newest run that is known from elsewhere, an unknown run may have asked for anybody. So the
//! ledger is told that it did, and the row is settled like any other attempt without an answer: silently first.

use super::{next_action::PendingGuest, state::EngineState};
use crate::ledger::{AttemptEnd, AttemptKind, Intent, InvitationAttempt, PriorLookup};

/// Whether an unknown run may have asked for this person a moment ago, and whether asking now could mail twice.
pub(super) fn may_have_been_asked(engine: &EngineState, item: &PendingGuest) -> bool {
    item.mails(&engine.options)
        && engine
            .silent_first
            .is_some_and(|silent| engine.clock.now() < silent.until)
}

/// Writes the assumed attempt into the ledger, and gives the row back with it; as it was, if the ledger takes nothing more.
pub(super) async fn assume_asked(
    engine: &EngineState,
    mut item: PendingGuest,
) -> Result<PendingGuest, PendingGuest> {
    let at = engine
        .silent_first
        .map_or_else(|| engine.clock.now(), |silent| silent.since);
    let assumed = Intent {
        row: item.guest.row,
        key: item.guest.email.key().to_owned(),
        email: item.guest.email.as_str().to_owned(),
        kind: AttemptKind::Invite,
        mails: true,
        at,
        saw: PriorLookup::Unknown,
        client_request_id: String::new(),
        redirect_url: None,
        language: None,
        words: None,
        decided_on: item.newest_event(),
        assumed: true,
    };
    if engine.recorder.intent(assumed).await.is_err() {
        return Err(item);
    }
    let person = engine.reader().person(item.guest.email.key());
    let Some(person) = person.ok().flatten() else {
        return Err(item);
    };
    item.person = Some(person);
    item.open = vec![InvitationAttempt {
        kind: AttemptKind::Invite,
        at,
        mails: true,
        saw: PriorLookup::Unknown,
        end: AttemptEnd::Open,
        assumed: true,
    }];
    Ok(item)
}
