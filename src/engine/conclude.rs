//! How a row ends: its outcome is recorded, or it is handed to whoever finds out what its attempts did.

use super::{
    attempt::AnsweredAttempt, follow_ups::DoneRow, next_action::PendingGuest, owed::with_hint,
    parked::Parked, recorder::CountsAs, row_results, state::EngineState,
};
use crate::{
    directory,
    follow_up::Standing,
    graph::{DirectoryUser, Verdict},
    ledger::{Answered, EventKind, IntentId, PersonState},
    outcome::{Mail, Outcome, RowResult},
};

/// What became of a row that was worked on.
pub(super) enum WorkResult {
    /// The row has its outcome.
    Over,
    /// The row has its outcome: this run invited the guest.
    Invited { person: i64, user_id: String },
    /// It is not known what the row's attempts did.
    Park(Box<Parked>),
}

pub(super) async fn finish_row(
    engine: &EngineState,
    result: RowResult,
    person: Option<i64>,
    counts_as: CountsAs,
) -> WorkResult {
    engine.recorder.row(result, person, counts_as).await;
    WorkResult::Over
}

/// The guest was there before this run: the row is recorded when what is owed has been made, where that was asked for.
pub(super) async fn existing(
    engine: &EngineState,
    item: &PendingGuest,
    user: &DirectoryUser,
    result: RowResult,
    counts_as: CountsAs,
) {
    let is_guest = matches!(
        directory::classify(user),
        Outcome::ExistsPending | Outcome::ExistsAccepted
    );
    let person = item.person_id();
    if !is_guest {
        let untouched = engine.follow_ups.leaves_out(item);
        let result = with_hint(result, untouched.map(str::to_owned));
        return engine.recorder.row(result, person, counts_as).await;
    }
    let row = DoneRow {
        user_id: user.id.clone(),
        person,
        standing: Standing::Existing,
        result,
        counts_as,
    };
    engine.follow_ups.then_tell(item, row).await;
}

/// The run is stopping before anything was asked for this row.
pub(super) async fn not_attempted(
    engine: &EngineState,
    item: &PendingGuest,
    person: Option<i64>,
) -> WorkResult {
    let result = row_results::not_attempted(&item.guest);
    finish_row(engine, result, person, CountsAs::Light).await
}

/// The guest is one whom this run invited: the row is recorded when its follow-ups are done.
pub(super) async fn invited(
    engine: &EngineState,
    item: &PendingGuest,
    person: i64,
    user_id: String,
    standing: Standing,
    result: RowResult,
) -> WorkResult {
    let row = DoneRow {
        user_id: user_id.clone(),
        person: Some(person),
        standing,
        result,
        counts_as: CountsAs::Good,
    };
    engine.follow_ups.then_tell(item, row).await;
    WorkResult::Invited { person, user_id }
}

/// Ends a row, or parks it, for every answer but a good one, which the callers have handled.
pub(super) async fn conclude(
    engine: &EngineState,
    item: PendingGuest,
    asked: AnsweredAttempt,
) -> WorkResult {
    let guest = &item.guest;
    let (result, counts_as) = match &asked.verdict {
        Verdict::Done(_) => return WorkResult::Over,
        Verdict::Unknown { .. } => {
            return WorkResult::Park(Box::new(Parked::after_attempt(item, asked)));
        }
        Verdict::Exists {
            object_id,
            disabled,
            fault,
        } => {
            let read = exists_by_id(engine, &item, object_id.as_deref()).await;
            let result = read.unwrap_or_else(|| {
                row_results::exists_says_graph(guest, object_id.clone(), *disabled, fault)
            });
            (result, CountsAs::Good)
        }
        Verdict::Refused { fault, .. } => (row_results::refused(guest, fault), CountsAs::Bad),
        Verdict::Stop { .. } => (row_results::not_attempted(guest), CountsAs::Light),
        Verdict::NotSent { fault }
        | Verdict::Failed { fault }
        | Verdict::RetryAfter { fault, .. } => (row_results::failed(guest, fault), CountsAs::Bad),
    };
    finish_row(engine, result, Some(asked.intent.person), counts_as).await
}

/// Reads the user whom Graph named, to say what kind of user it is.
async fn exists_by_id(
    engine: &EngineState,
    item: &PendingGuest,
    object_id: Option<&str>,
) -> Option<RowResult> {
    let ids = [object_id?.to_owned()];
    let users = engine.graph.get_by_ids(&ids).await.ok()?;
    let user = users
        .into_iter()
        .find(|user| user.id.eq_ignore_ascii_case(&ids[0]))?;
    debug_assert!(directory::classify(&user) != Outcome::Invited);
    Some(row_results::exists(&item.guest, &user))
}

/// Records what was concluded about attempts without an answer.
pub(super) async fn record_conclusion(
    engine: &EngineState,
    item: &PendingGuest,
    person: i64,
    intent: Option<IntentId>,
    detail: &str,
    state: PersonState,
    mail: Option<Mail>,
) {
    let due = state == PersonState::Invited
        && mail == Some(Mail::None)
        && item.owes_mail(&engine.options);
    let mail = if due { Some(Mail::Due) } else { mail };
    let settled = Answered {
        person,
        intent,
        row: item.guest.row,
        at: engine.clock.now(),
        kind: EventKind::Settled,
        status: None,
        request_id: None,
        detail: Some(detail.to_owned()),
        state,
        mail,
        found: None,
        refusal: None,
    };
    engine.recorder.answered(settled).await;
}
