//! One row's outcome in words: which columns it fills, and the plain sentence beside every row that was not
//! newly invited.
//!
//! Must not decide an outcome; it only says what others decided.

use super::catalogue;
use crate::{
    directory,
    directory::Unresolved,
    graph::{DirectoryUser, Fault},
    guest::{EmailAddress, Guest, RowVerdict, SponsorRef, Understood},
    ledger::{Corrected, Person, PersonState},
    outcome::{Mail, Outcome, RowResult, ThisRun},
    problem::{Problem, Severity},
};

pub(super) const RELINKED: &str =
    "is a guest already and has not redeemed yet; a new link was fetched silently";
pub(super) const RELINK_LOST: &str =
    "is a guest already; the answer with the new link was lost, run again to fetch one";
const MAIL_UNKNOWN: &str = "the guest is there and the link is here, but whether the mail left cannot be told, so none is sent by itself; ask the person, or pass the link on yourself";

fn row(guest: &Guest, outcome: Outcome) -> RowResult {
    RowResult {
        display_name: guest.display_name.clone(),
        ..RowResult::new(guest.row, outcome, guest.email.as_str())
    }
}

fn hinted(guest: &Guest, outcome: Outcome, hint: impl Into<String>) -> RowResult {
    RowResult {
        hint: Some(hint.into()),
        ..row(guest, outcome)
    }
}

/// The address of a row, as far as there is one.
fn address(understood: &Understood) -> String {
    match &understood.verdict {
        RowVerdict::Guest(guest) => guest.email.as_str().to_owned(),
        RowVerdict::Duplicate { email, .. } => email.as_str().to_owned(),
        RowVerdict::Invalid => match EmailAddress::parse(&understood.email_text) {
            Ok(email) => email.as_str().to_owned(),
            Err(_) => understood.email_text.clone(),
        },
    }
}

/// Rows that say nothing about a guest: invalid ones and duplicates.
pub(super) fn unusable(understood: &Understood) -> RowResult {
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

/// A corrected copy of the row, out of a to-fix file, is done.
pub(super) fn corrected(understood: &Understood, corrected: &Corrected) -> RowResult {
    let who = corrected.emails.join(" and ");
    RowResult {
        display_name: understood.display_name.clone(),
        hint: Some(if corrected.invited {
            format!("corrected and invited as {who}")
        } else {
            format!("corrected as {who}, and there already; nothing is left to do")
        }),
        ..RowResult::new(understood.row, Outcome::Duplicate, address(understood))
    }
}

pub(super) fn not_selected(understood: &Understood) -> RowResult {
    RowResult {
        display_name: understood.display_name.clone(),
        this_run: Some(ThisRun::NotSelected),
        hint: Some("not selected by --only".into()),
        ..RowResult::new(understood.row, Outcome::NotAttempted, address(understood))
    }
}

pub(super) fn sponsor_unresolved(
    guest: &Guest,
    sponsor: &SponsorRef,
    why: &Unresolved,
) -> RowResult {
    let (outcome, code, error, hint) = match why {
        Unresolved::Nobody => (
            Outcome::Invalid,
            catalogue::SPONSOR_UNKNOWN,
            format!("the sponsor {sponsor} is not in this tenant"),
            "correct the sponsor, or empty the cell: then whoever invites is the sponsor"
                .to_owned(),
        ),
        Unresolved::Several => (
            Outcome::Invalid,
            catalogue::SPONSOR_AMBIGUOUS,
            format!("several objects of this tenant answer to the sponsor {sponsor}"),
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

/// Asked by an earlier run, and not to be asked for now.
pub(super) fn unknown_without_sponsor(
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
            "was asked for by an earlier run without an answer, and cannot be asked for again without its sponsor",
            None,
        )
    }
}

/// A row that a run never told of, because it was killed or its ledger failed; from what the ledger knows of the person.
pub(crate) fn left_behind(understood: &Understood, person: Option<&Person>) -> RowResult {
    let result = match &understood.verdict {
        RowVerdict::Guest(guest) => match person.map(|person| (person.state, person)) {
            Some((PersonState::Invited, person)) => RowResult {
                redemption: person.redemption.clone(),
                mail: person.mail,
                invited_at: person.invited_at,
                verified: person.verified,
                request_id: person.request_id.clone(),
                ..invited_before(guest, person, None)
            },
            Some((PersonState::Asked, _)) => unknown(
                guest,
                "was asked for, and the run ended before the answer was there",
                None,
            ),
            Some((PersonState::Claimed, _)) => claimed(guest),
            _ => not_attempted(guest),
        },
        RowVerdict::Duplicate { .. } | RowVerdict::Invalid => unusable(understood),
    };
    with_link(result, person)
}

/// The link that is known for a person, beside whatever became of the row.
pub(crate) fn with_link(result: RowResult, person: Option<&Person>) -> RowResult {
    let Some(person) = person else { return result };
    let same = |id: &String| {
        let known = person.user_id.as_ref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(id))
    };
    if result.user_id.as_ref().is_some_and(|id| !same(id)) {
        return result;
    }
    RowResult {
        user_id: person.user_id.clone(),
        redeem_url: person.redeem_url.clone(),
        ..result
    }
}

/// A results file says that this person was invited, and nobody like that can be seen yet.
pub(super) fn claimed(guest: &Guest) -> RowResult {
    hinted(
        guest,
        Outcome::Unknown,
        "a results file says that this person was invited, and the guest cannot be found in this tenant yet; nothing was sent, and the next run looks again",
    )
}

/// The same, after a time in which every index has caught up.
pub(super) fn claimed_and_gone(guest: &Guest) -> RowResult {
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
            "the guest was deleted, or the file is another tenant's; --again asks for people like this once more",
        )
    }
}

/// Somebody who is there already.
pub(super) fn exists(guest: &Guest, user: &DirectoryUser) -> RowResult {
    let outcome = directory::classify(user);
    let hint = match outcome {
        Outcome::ExistsPending => "is a guest already and has not redeemed yet; nothing was sent",
        Outcome::ExistsDisabled => {
            "has an account that is blocked from signing in; an administrator can unblock it"
        }
        Outcome::ExistsMember if directory::is_type_guest(user) => {
            "is an internal account of this tenant with the type Guest; there is nothing to invite"
        }
        Outcome::ExistsMember => "is an internal user of this tenant; there is nothing to invite",
        _ if user.external_user_state.is_none() => {
            "is a guest already, without a redemption state (for example after a self-service sign-up); there is nothing to do"
        }
        _ => "is a guest already and has redeemed; there is nothing to do",
    };
    RowResult {
        user_id: Some(user.id.clone()),
        redemption: user.external_user_state.clone(),
        this_run: Some(ThisRun::Checked),
        ..hinted(guest, outcome, hint)
    }
}

/// Graph said "already exists" where the look-up had found nobody.
pub(super) fn exists_says_graph(
    guest: &Guest,
    object_id: Option<String>,
    disabled: bool,
    fault: &Fault,
) -> RowResult {
    let (outcome, hint) = if disabled {
        (
            Outcome::ExistsDisabled,
            "has an account that is blocked from signing in; an administrator can unblock it",
        )
    } else {
        (
            Outcome::ExistsMember,
            "is in this tenant already, says Graph; there is nothing to invite",
        )
    };
    RowResult {
        user_id: object_id,
        this_run: Some(ThisRun::Checked),
        request_id: fault.request_id.clone(),
        ..hinted(guest, outcome, hint)
    }
}

pub(super) fn own_domain(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::OWN_DOMAIN.to_string()),
        error: Some(format!(
            "{} is a verified domain of this tenant, and no such user was found",
            guest.email.domain()
        )),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::Refused,
            "people of the tenant's own domains are created as users, not invited; check the address, or the tenant",
        )
    }
}

pub(super) fn listed_domain(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::LISTED_DOMAIN.to_string()),
        error: Some(format!(
            "the tenant takes no guests from {}",
            guest.email.domain()
        )),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::Refused,
            "not asked: the tenant's allow or deny list keeps this domain out; when an administrator has changed it, run again",
        )
    }
}

/// In the directory's bin: asking would leave two guests, or fail.
pub(super) fn exists_deleted(guest: &Guest, user_id: String) -> RowResult {
    RowResult {
        error_code: Some(catalogue::DELETED.to_string()),
        error: Some("a deleted user of this tenant has this address".into()),
        user_id: Some(user_id),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::ExistsDeleted,
            "was deleted here within 30 days; an administrator restores the user, or deletes it for good, then run again",
        )
    }
}

pub(super) fn would_invite(guest: &Guest, mail: Mail) -> RowResult {
    let hint = match mail {
        Mail::Requested => "would be invited, with a mail from Microsoft",
        Mail::Due => "would be invited, with a mail in our own words",
        _ => "would be invited, without a mail",
    };
    RowResult {
        mail: Some(mail),
        this_run: Some(ThisRun::Checked),
        ..hinted(guest, Outcome::WouldInvite, hint)
    }
}

/// A dry run met somebody whose last ask was never answered.
pub(super) fn would_settle(guest: &Guest) -> RowResult {
    hinted(
        guest,
        Outcome::WouldInvite,
        "was asked for in an earlier run that got no answer; the next run finds out first what that ask did",
    )
}

/// Tonight's invitation.
pub(super) fn invited(guest: &Guest, mail: Mail, request_id: Option<String>) -> RowResult {
    RowResult {
        mail: Some(mail),
        this_run: Some(ThisRun::Invited),
        request_id,
        ..row(guest, Outcome::Invited)
    }
}

/// A 429 had not been true.
pub(super) fn invited_perhaps_twice(guest: &Guest, request_id: Option<String>) -> RowResult {
    RowResult {
        hint: Some("is invited; Graph had first asked to wait, although it had performed the request, so two mails may have left".into()),
        ..invited(guest, Mail::Requested, request_id)
    }
}

/// Tonight's invitation, found out by looking because its answer had been lost.
pub(super) fn invited_and_settled(
    guest: &Guest,
    mail: Mail,
    request_id: Option<String>,
) -> RowResult {
    let hint = match mail {
        Mail::Unknown => MAIL_UNKNOWN,
        _ => "is invited; the answer was lost and has been settled by looking",
    };
    RowResult {
        hint: Some(hint.into()),
        ..invited(guest, mail, request_id)
    }
}

/// Invited by an earlier run.
pub(super) fn invited_before(
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
        Some(Mail::Due) => format!("was invited{when}; the mail with the link has not left yet"),
        Some(Mail::Refused) => format!("was invited{when}; the mail with the link was refused"),
        _ => format!("was invited{when} by an earlier run; nothing was sent"),
    };
    RowResult {
        this_run,
        ..hinted(guest, Outcome::Invited, hint)
    }
}

/// Invited more than a day ago and never seen in the directory.
pub(super) fn missing(guest: &Guest, person: &Person) -> RowResult {
    RowResult {
        error_code: Some(catalogue::NEVER_APPEARED.to_string()),
        error: Some("Graph confirmed the invitation, but no such guest has appeared in the directory".into()),
        hint: Some("Microsoft answered 201 and made nobody; ask again with --again, or ask Microsoft support".into()),
        ..invited_before(guest, person, Some(ThisRun::Checked))
    }
}

pub(super) fn gone(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::GONE.to_string()),
        error: Some("was invited by an earlier run and is no longer in the directory".into()),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::Gone,
            "somebody has deleted this guest; --again asks for people like this once more",
        )
    }
}

pub(super) fn refused_before(guest: &Guest, person: &Person) -> RowResult {
    RowResult {
        error_code: person.error_code.clone(),
        error: person.error.clone(),
        request_id: person.request_id.clone(),
        ..hinted(
            guest,
            Outcome::Refused,
            "was refused in an earlier run; correct its sponsors, type, redirect or cc and run again, or ask again as it is with --retry-refused",
        )
    }
}

/// Graph's own words belong into the results, and nowhere else.
pub(super) fn refused(guest: &Guest, fault: &Fault) -> RowResult {
    with_fault(hinted(guest, Outcome::Refused, fault.entry().fix), fault)
}

/// Another row of the same domain was refused for all of it.
pub(super) fn refused_like_domain(guest: &Guest, code: &str, error: &str) -> RowResult {
    RowResult {
        error_code: Some(code.into()),
        error: Some(error.into()),
        ..hinted(
            guest,
            Outcome::Refused,
            format!(
                "not asked: Graph refused {} as a whole for an earlier row",
                guest.email.domain()
            ),
        )
    }
}

pub(super) fn failed(guest: &Guest, fault: &Fault) -> RowResult {
    with_fault(
        hinted(
            guest,
            Outcome::Failed,
            "nothing happened; the next run tries again",
        ),
        fault,
    )
}

/// The person could not be looked up, so nothing was asked.
pub(super) fn not_looked_up(guest: &Guest, fault: &Fault) -> RowResult {
    with_fault(
        hinted(
            guest,
            Outcome::Failed,
            "could not be looked up, so nothing was asked; the next run tries again",
        ),
        fault,
    )
}

/// Every time it was this row's turn, Graph asked to wait.
pub(super) fn throttled_too_often(guest: &Guest) -> RowResult {
    RowResult {
        error_code: Some(catalogue::THROTTLED_TOO_OFTEN.to_string()),
        error: Some("Graph asked to wait, again and again".into()),
        ..hinted(
            guest,
            Outcome::Failed,
            "nothing happened; the next run tries again",
        )
    }
}

/// `fault`: the answer that did not tell.
pub(super) fn unknown(guest: &Guest, why: &str, fault: Option<&Fault>) -> RowResult {
    let result = RowResult {
        mail: Some(Mail::Unknown),
        ..hinted(
            guest,
            Outcome::Unknown,
            format!("{why}; the next run looks first and asks only if nothing happened"),
        )
    };
    match fault {
        Some(fault) => with_fault(result, fault),
        None => result,
    }
}

pub(super) fn not_attempted(guest: &Guest) -> RowResult {
    hinted(
        guest,
        Outcome::NotAttempted,
        "the run stopped before this row; the same command continues here",
    )
}

/// What Graph said, or what it means where it said nothing.
pub(super) fn own_words(fault: &Fault) -> String {
    match fault.status {
        // The words of a proxy's page tell nothing about the person.
        Some(status) if fault.is_from_between() => format!("{} (HTTP {status})", fault.title()),
        _ if fault.message.is_empty() => fault.title().to_owned(),
        _ => fault.message.clone(),
    }
}

fn with_fault(result: RowResult, fault: &Fault) -> RowResult {
    RowResult {
        error_code: Some(fault.code.to_string()),
        error: Some(own_words(fault)),
        request_id: fault.request_id.clone(),
        ..result
    }
}
