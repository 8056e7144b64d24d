//! Rows whose outcome follows from the attempts of this run.

use super::{MAIL_UNKNOWN, hinted, row, with_fault};
use crate::{
    engine::catalogue,
    graph::Fault,
    guest::Guest,
    outcome::{Mail, Outcome, RowResult, ThisRun},
};

/// Invited by this run.
pub(in crate::engine) fn invited(
    guest: &Guest,
    mail: Mail,
    request_id: Option<String>,
) -> RowResult {
    RowResult {
        mail: Some(mail),
        this_run: Some(ThisRun::Invited),
        request_id,
        ..row(guest, Outcome::Invited)
    }
}

/// Graph had answered 429 to an attempt that it had performed.
pub(in crate::engine) fn invited_perhaps_twice(
    guest: &Guest,
    request_id: Option<String>,
) -> RowResult {
    RowResult {
        hint: Some("is invited; Graph had first asked to wait, although it had performed the request, so two mails may have left".into()),
        ..invited(guest, Mail::Requested, request_id)
    }
}

/// Invited by this run; the answer was lost, and a look-up found the guest.
pub(in crate::engine) fn invited_and_settled(
    guest: &Guest,
    mail: Mail,
    request_id: Option<String>,
) -> RowResult {
    let hint = match mail {
        Mail::Unknown => MAIL_UNKNOWN,
        _ => "is invited; the answer was lost, and a look-up found the guest",
    };
    RowResult {
        hint: Some(hint.into()),
        ..invited(guest, mail, request_id)
    }
}

/// The results show Graph's own words; no other output does.
pub(in crate::engine) fn refused(guest: &Guest, fault: &Fault) -> RowResult {
    with_fault(hinted(guest, Outcome::Refused, fault.advice().fix), fault)
}

/// Another row of the same domain was refused for all of it.
pub(in crate::engine) fn refused_like_domain(guest: &Guest, code: &str, error: &str) -> RowResult {
    RowResult {
        error_code: Some(code.into()),
        error: Some(error.into()),
        ..hinted(
            guest,
            Outcome::Refused,
            format!(
                "not invited: for an earlier row Graph refused the whole domain {}",
                guest.email.domain()
            ),
        )
    }
}

pub(in crate::engine) fn failed(guest: &Guest, fault: &Fault) -> RowResult {
    with_fault(
        hinted(
            guest,
            Outcome::Failed,
            "nothing happened; the next run tries again",
        ),
        fault,
    )
}

/// Graph asked to wait each time this row was sent.
pub(in crate::engine) fn throttled_too_often(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::THROTTLED_TOO_OFTEN.to_string()),
        error: Some("Graph asked again and again to wait".into()),
        ..hinted(
            guest,
            Outcome::Failed,
            "nothing happened; the next run tries again",
        )
    }
}

/// It is not known whether the invitation was performed. `fault` is the answer that left it open.
pub(in crate::engine) fn unknown(guest: &Guest, why: &str, fault: Option<&Fault>) -> RowResult {
    let result = RowResult {
        mail: Some(Mail::Unknown),
        ..hinted(
            guest,
            Outcome::Unknown,
            format!(
                "{why}; the next run first looks the person up, and invites only if nothing happened"
            ),
        )
    };
    match fault {
        Some(fault) => with_fault(result, fault),
        None => result,
    }
}

pub(in crate::engine) fn not_attempted(guest: &Guest) -> RowResult {
    hinted(
        guest,
        Outcome::NotAttempted,
        "the run stopped before this row; the same command continues here",
    )
}
