//! Rows whose outcome follows from what is in the tenant: people who are there already, domains that the tenant does not
//! invite, and what a dry run says.

use super::{hinted, with_fault};
use crate::{
    directory::{self, FoundBy},
    engine::catalogue,
    graph::{DirectoryUser, Fault},
    guest::Guest,
    outcome::{Mail, Outcome, RowResult, ThisRun},
};
use jiff::Timestamp;

pub(in crate::engine) const RELINKED: &str =
    "is a guest already and has not redeemed yet; a new link was fetched silently";

/// Of a guest whom the directory has without a mail address.
pub(in crate::engine) const NO_MAIL: &str = "the directory has no mail address for this guest, as a rule because a contact or another object of the tenant has the same address, so mail to the guest through groups does not arrive; an administrator can delete the contact";

pub(in crate::engine) const RELINK_LOST: &str =
    "is a guest already; the answer with the new link was lost, run again to fetch one";

/// The same hint for somebody for whom something was done after all.
pub(in crate::engine) fn without_nothing(hint: &str) -> String {
    let nothing = ["; there is nothing to do", "; nothing was sent"];
    let kept = nothing
        .iter()
        .find_map(|nothing| hint.strip_suffix(nothing));
    kept.unwrap_or(hint).to_owned()
}

/// Somebody who is in the tenant already.
pub(in crate::engine) fn exists(guest: &Guest, user: &DirectoryUser) -> RowResult {
    let outcome = directory::classify(user);
    let hint = match outcome {
        Outcome::ExistsPending => "is a guest already and has not redeemed yet; nothing was sent",
        Outcome::ExistsDisabled => {
            "has an account that is blocked from signing in; an administrator can unblock it"
        }
        Outcome::ExistsMember if directory::is_type_guest(user) => {
            "is an internal account of this tenant with the type Guest, which was created here and not invited; there is nothing to invite"
        }
        Outcome::ExistsMember => "is an internal user of this tenant; there is nothing to invite",
        _ if user.external_user_state.is_none() => match user.creation_type.as_deref() {
            Some("SelfServiceSignUp") => {
                "is a guest already, who signed up without an invitation (self-service); there is nothing to do"
            }
            Some("EmailVerified") => {
                "is a guest already, who signed up without an invitation and proved the address by mail; there is nothing to do"
            }
            _ => {
                "is a guest already, without a redemption state (older than invitations have one); there is nothing to do"
            }
        },
        _ => "is a guest already and has redeemed; there is nothing to do",
    };
    RowResult {
        user_id: Some(user.id.clone()),
        redemption: user.external_user_state.clone(),
        this_run: Some(ThisRun::Checked),
        ..hinted(guest, outcome, known_as(guest, user, hint))
    }
}

/// The hint, with how the person was found where that was not by the mail address.
fn known_as(guest: &Guest, user: &DirectoryUser, hint: &str) -> String {
    match directory::found_by(user, &guest.email) {
        None | Some(FoundBy::Mail) => hint.to_owned(),
        Some(_) if user.mail.is_none() => {
            if user.external_user_state.is_some() {
                format!("{hint}; {NO_MAIL}")
            } else {
                hint.to_owned()
            }
        }
        Some(found_by) => format!(
            "{hint}; found under another address than its mail address: {}",
            match found_by {
                FoundBy::OtherMails => "one of otherMails",
                FoundBy::ProxyAddresses => "one of proxyAddresses",
                FoundBy::Mail | FoundBy::Name => "the one that it was invited or signs in with",
            }
        ),
    }
}

/// Graph said "already exists" where the look-up had found nobody.
pub(in crate::engine) fn exists_says_graph(
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
            "is in this tenant already, as Graph says; there is nothing to invite",
        )
    };
    RowResult {
        user_id: object_id,
        this_run: Some(ThisRun::Checked),
        request_id: fault.request_id.clone(),
        ..hinted(guest, outcome, hint)
    }
}

pub(in crate::engine) fn own_domain(guest: &Guest) -> RowResult {
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

pub(in crate::engine) fn listed_domain(guest: &Guest) -> RowResult {
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
            "not invited: the tenant's allow or deny list excludes this domain; run again when an administrator has changed it",
        )
    }
}

/// A deleted user that can still be restored: an invitation would fail, or leave two guests. `deleted`: by a run of
/// `cleanup`.
pub(in crate::engine) fn exists_deleted(
    guest: &Guest,
    user_id: String,
    deleted: Option<&(Timestamp, String)>,
) -> RowResult {
    if let Some((at, run)) = deleted {
        return RowResult {
            error_code: Some(catalogue::DELETED.to_string()),
            error: Some(format!(
                "was deleted by `guestlist cleanup` on {} (run {run})",
                at.strftime("%F")
            )),
            user_id: Some(user_id),
            this_run: Some(ThisRun::Checked),
            ..hinted(
                guest,
                Outcome::ExistsDeleted,
                format!(
                    "`guestlist cleanup` deleted this guest on {}; let an administrator restore the user within 30 days of the deletion, or delete it permanently and run again with --again",
                    at.strftime("%F")
                ),
            )
        };
    }
    RowResult {
        error_code: Some(catalogue::DELETED.to_string()),
        error: Some("a deleted user of this tenant has this address".into()),
        user_id: Some(user_id),
        this_run: Some(ThisRun::Checked),
        ..hinted(
            guest,
            Outcome::ExistsDeleted,
            "was deleted in this tenant within the last 30 days; let an administrator restore the user or delete it permanently, then run again",
        )
    }
}

pub(in crate::engine) fn would_invite(guest: &Guest, mail: Mail) -> RowResult {
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

/// A dry run, and an earlier run got no answer for this person.
pub(in crate::engine) fn would_settle(guest: &Guest) -> RowResult {
    hinted(
        guest,
        Outcome::WouldInvite,
        "an earlier run requested the invitation and got no answer; a real run first finds out what became of it",
    )
}

/// The person could not be looked up, so no invitation was requested.
pub(in crate::engine) fn not_looked_up(guest: &Guest, fault: &Fault) -> RowResult {
    with_fault(
        hinted(
            guest,
            Outcome::Failed,
            "could not be looked up, so nothing was sent; the next run tries again",
        ),
        fault,
    )
}
