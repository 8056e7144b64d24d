//! Rows whose outcome follows from the sheet: invalid rows, duplicates, rows that were not selected, and rows whose
//! sponsor cannot be used.

use super::{
    address,
    attempts::{not_attempted, unknown},
    hinted,
};
use crate::{
    directory::{Unresolved, listed},
    engine::catalogue,
    guest::{Guest, RowVerdict, SponsorRef, Understood},
    ledger::Corrected,
    outcome::{Outcome, RowResult, ThisRun},
    problem::{Problem, Severity},
};

/// Rows that are not invited: invalid ones and duplicates.
pub(in crate::engine) fn unusable(understood: &Understood) -> RowResult {
    let mut result = RowResult::new(understood.row, Outcome::Invalid, address(understood));
    result.display_name.clone_from(&understood.display_name);
    if let RowVerdict::Duplicate { of_row, .. } = &understood.verdict {
        result.outcome = Outcome::Duplicate;
        result.hint = Some(format!(
            "the same address as row {of_row}; only that row is invited"
        ));
        return result;
    }
    let errors: Vec<&Problem> = understood
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    let joined = |part: &dyn Fn(&Problem) -> String| {
        let mut parts: Vec<String> = Vec::new();
        for text in errors.iter().map(|problem| part(problem)) {
            if !parts.contains(&text) {
                parts.push(text);
            }
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    };
    result.error_code = joined(&|problem| problem.code.to_string());
    result.error = joined(&|problem| problem.message.clone());
    result.hint = joined(&|problem| problem.fix.clone());
    result
}

/// A corrected copy of the row, from a to-fix file, is done.
pub(in crate::engine) fn corrected(understood: &Understood, corrected: &Corrected) -> RowResult {
    let who = corrected.emails.join(" and ");
    RowResult {
        display_name: understood.display_name.clone(),
        hint: Some(if corrected.invited {
            format!("corrected and invited as {who}")
        } else {
            format!("corrected as {who}, who is in the tenant already; nothing is left to do")
        }),
        ..RowResult::new(understood.row, Outcome::Duplicate, address(understood))
    }
}

pub(in crate::engine) fn not_selected(understood: &Understood) -> RowResult {
    RowResult {
        display_name: understood.display_name.clone(),
        this_run: Some(ThisRun::NotSelected),
        hint: Some("not selected by --only".into()),
        ..RowResult::new(understood.row, Outcome::NotAttempted, address(understood))
    }
}

pub(in crate::engine) fn sponsor_unresolved(
    guest: &Guest,
    sponsor: &SponsorRef,
    why: &Unresolved,
) -> RowResult {
    let (outcome, code, error, hint) = match why {
        Unresolved::Nobody | Unresolved::Unfit(_) => (
            Outcome::Invalid,
            catalogue::SPONSOR_UNKNOWN,
            format!("the sponsor {sponsor} is not in this tenant"),
            "correct the sponsor, or empty the cell; then the person who invites is the sponsor"
                .to_owned(),
        ),
        Unresolved::Several(candidates) => (
            Outcome::Invalid,
            catalogue::SPONSOR_AMBIGUOUS,
            format!(
                "the sponsor {sponsor} could be several users or groups of this tenant: {}",
                listed(candidates)
            ),
            "name the sponsor by object id or user principal name".to_owned(),
        ),
        Unresolved::NotAsked => return not_attempted(guest),
        Unresolved::NotNow(reason) => (
            Outcome::Failed,
            catalogue::SPONSOR_UNREADABLE,
            format!("the sponsor {sponsor} could not be looked up: {reason}"),
            "nothing was sent; the next run looks the sponsor up again".to_owned(),
        ),
        Unresolved::NotAllowed { permission } => (
            Outcome::Failed,
            catalogue::SPONSOR_NOT_ALLOWED,
            format!(
                "the sponsor {sponsor} could not be looked up: the sign-in lacks the permission {permission}"
            ),
            format!(
                "let an administrator grant {permission}, or name the sponsor by object id, which needs no look-up; nothing was sent"
            ),
        ),
    };
    RowResult {
        error_code: Some(code.to_string()),
        error: Some(error),
        ..hinted(guest, outcome, hint)
    }
}

/// An earlier run asked for this person without an answer, and without the sponsor no further attempt can be made.
pub(in crate::engine) fn unknown_without_sponsor(
    guest: &Guest,
    sponsor: &SponsorRef,
    why: &Unresolved,
) -> RowResult {
    let result = sponsor_unresolved(guest, sponsor, why);
    RowResult {
        error_code: result.error_code,
        error: result.error,
        ..unknown(
            guest,
            "an earlier run requested the invitation and got no answer, and without the sponsor it cannot be requested again",
            None,
        )
    }
}
