//! Rows whose outcome follows from what the ledger knows of earlier runs.

use super::{
    MAIL_HAS_NOT_LEFT, MAIL_UNKNOWN,
    attempts::{not_attempted, unknown},
    hinted,
    sheet::unusable,
    with_link,
};
use crate::{
    engine::catalogue,
    guest::{Guest, RowVerdict, Understood},
    ledger::{Person, PersonState},
    outcome::{Mail, Outcome, RowResult, ThisRun},
};
use jiff::Timestamp;

/// Invited by an earlier run.
pub(in crate::engine) fn invited_before(
    guest: &Guest,
    person: &Person,
    this_run: Option<ThisRun>,
) -> RowResult {
    let when = person
        .invited_at
        .map(|at| format!(" on {}", at.strftime("%F")))
        .unwrap_or_default();
    let hint = match person.mail {
        Some(Mail::Unknown) => format!("was invited{when}; {MAIL_UNKNOWN}"),
        Some(Mail::Due) => format!("was invited{when}; {MAIL_HAS_NOT_LEFT}"),
        Some(Mail::Refused) => format!("was invited{when}; the mail with the link was refused"),
        _ => format!("was invited{when} by an earlier run; nothing was sent"),
    };
    RowResult {
        this_run,
        ..hinted(guest, Outcome::Invited, hint)
    }
}

/// Invited more than a day ago, and never found in the directory.
pub(in crate::engine) fn missing(guest: &Guest, person: &Person) -> RowResult {
    RowResult {
        error_code: Some(catalogue::NEVER_APPEARED.to_string()),
        error: Some("Graph confirmed the invitation, but no such guest has appeared in the directory".into()),
        hint: Some("Microsoft confirmed the invitation and created no guest; invite once more with --again, or ask Microsoft support".into()),
        ..invited_before(guest, person, Some(ThisRun::Checked))
    }
}

/// The run stops before it has got to this row: what the ledger knows of the person still holds.
pub(in crate::engine) fn not_reached(guest: &Guest, person: Option<&Person>) -> RowResult {
    match person.map(|person| (person.state, person)) {
        Some((PersonState::Invited, person)) => invited_before(guest, person, None),
        Some((PersonState::Asked, _)) => unknown(
            guest,
            "the invitation was requested, and the run ended before the answer came",
            None,
        ),
        Some((PersonState::Claimed, _)) => claimed(guest),
        _ => not_attempted(guest),
    }
}

/// No longer in the directory, and not among the deleted users either. `deleted`: by a run of `cleanup`.
pub(in crate::engine) fn gone(guest: &Guest, deleted: Option<&(Timestamp, String)>) -> RowResult {
    if let Some((at, run)) = deleted {
        return RowResult {
            error_code: Some(catalogue::GONE.to_string()),
            error: Some(format!(
                "was deleted by `guestlist cleanup` on {} (run {run})",
                at.strftime("%F")
            )),
            this_run: Some(ThisRun::Checked),
            ..hinted(
                guest,
                Outcome::Gone,
                format!(
                    "`guestlist cleanup` deleted this guest on {}; --again invites such people once more",
                    at.strftime("%F")
                ),
            )
        };
    }
    RowResult {
        error_code: Some(catalogue::GONE.to_string()),
        error: Some("was invited by an earlier run and is no longer in the directory".into()),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::Gone,
            "somebody has deleted this guest; --again invites such people once more",
        )
    }
}

/// Somebody who asked to be forgotten. The sheet knows the address; the ledger does not learn it again.
pub(crate) fn forgotten(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::FORGOTTEN.to_string()),
        error: Some("forgotten on request".into()),
        ..hinted(
            guest,
            Outcome::Refused,
            "asked to be forgotten, so nothing is sent; delete the row, or invite the person once more with --again --only and the address",
        )
    }
}

/// A row about somebody who asked to be forgotten, without what the ledger is not to know.
pub(in crate::engine) fn without_address(result: RowResult) -> RowResult {
    let is_forgotten = result.was_forgotten();
    RowResult {
        email: String::new(),
        display_name: None,
        error: if is_forgotten { result.error } else { None },
        ..result
    }
}

pub(in crate::engine) fn refused_before(guest: &Guest, person: &Person) -> RowResult {
    RowResult {
        error_code: person.error_code.clone(),
        error: person.error.clone(),
        request_id: person.request_id.clone(),
        ..hinted(
            guest,
            Outcome::Refused,
            "was refused in an earlier run; change the sponsors, type, redirect or cc of the row and run again, or request it unchanged with --retry-refused",
        )
    }
}

/// A results file says that this person was invited, and no such guest can be found yet.
pub(in crate::engine) fn claimed(guest: &Guest) -> RowResult {
    hinted(
        guest,
        Outcome::Unknown,
        "a results file says that this person was invited, but the guest cannot be found in this tenant yet; nothing was sent, and the next run looks again",
    )
}

/// The same, so long afterwards that the guest would be found.
pub(in crate::engine) fn claimed_and_gone(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::GONE.to_string()),
        error: Some(
            "a results file says that this person was invited, and no such guest is in this tenant"
                .into(),
        ),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::Gone,
            "the guest was deleted, or the file is from another tenant; --again invites such people once more",
        )
    }
}

/// A row for which a run recorded no outcome, because it was killed or its ledger failed. What the ledger knows of the
/// person is shown.
pub(crate) fn left_behind(understood: &Understood, person: Option<&Person>) -> RowResult {
    let result = match &understood.verdict {
        RowVerdict::Guest(guest) => match person {
            Some(person) if person.state == PersonState::Invited => RowResult {
                redemption: person.redemption.clone(),
                mail: person.mail,
                invited_at: person.invited_at,
                verified: person.verified,
                request_id: person.request_id.clone(),
                ..invited_before(guest, person, None)
            },
            person => not_reached(guest, person),
        },
        RowVerdict::Duplicate { .. } | RowVerdict::Invalid => unusable(understood),
    };
    with_link(result, person)
}
