//! One row's outcome in words: which columns it fills, and the plain sentence beside every row that was not newly
//! invited.
//!
//! Must not decide an outcome; it only says what others decided.

mod sheet; // what the sheet says

mod named; // whom and what it names in the tenant

mod tenant; // who is in the tenant already

mod attempts; // what this run asked for

mod earlier; // what the ledger knows

pub(super) use attempts::{
    failed, invited, invited_and_settled, invited_perhaps_twice, not_attempted, refused,
    refused_like_domain, throttled_too_often, unknown,
};
pub(super) use earlier::{
    claimed, claimed_and_gone, gone, invited_before, missing, not_reached, refused_before,
    without_address,
};
pub(crate) use earlier::{forgotten, left_behind};
pub(super) use named::{NamedInCell, unknown_without_sponsor, unusable_name, waits_for_name};
pub(super) use sheet::{corrected, not_selected, unusable};
pub(super) use tenant::{
    RELINK_LOST, RELINKED, exists, exists_deleted, exists_says_graph, listed_domain, not_looked_up,
    own_domain, without_nothing, would_invite, would_settle,
};

use crate::{
    graph::Fault,
    guest::{EmailAddress, Guest, RowVerdict, Understood},
    ledger::Person,
    outcome::{Outcome, RowResult},
};

/// Of a mail of our own that is due.
pub(crate) const MAIL_HAS_NOT_LEFT: &str = "the mail with the link has not left yet";
const MAIL_UNKNOWN: &str = "the guest exists and the link is known, but whether the mail left cannot be told, so no other mail is sent; ask the person, or pass the link on yourself";

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

/// The address of a row: as it was understood, or else as it stands in the sheet.
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

/// Adds the link that the ledger knows for a person, unless the row is about another user.
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

/// What Graph said; if it said nothing, what its answer means.
pub(super) fn own_words(fault: &Fault) -> String {
    match fault.status {
        // What a proxy wrote says nothing about the person.
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
