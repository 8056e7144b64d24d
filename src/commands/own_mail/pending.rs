//! Whether people are still pending: asked right before the mails of a run, by the id of each user.
//!
//! A mail is due for hours or days. Meanwhile a guest may have redeemed the invitation, been deleted or been disabled, and
//! the link in the mail would be of no use; or the address has become another user's, who must not get the link. Must not
//! take a refused read for the news that somebody is gone.

use crate::{
    directory::{Directory, confirm_gone, read_states},
    graph::{Class, Fault, Graph},
    guest::EmailAddress,
    ledger::Person,
    outcome::{GuestState, Verified},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// A guest who has not been seen this long after the invitation never was there.
const MAY_APPEAR_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Why somebody is not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotPending {
    /// The mail is not needed any more, for this reason.
    NoMail(&'static str),
    /// The directory does not show the guest yet: the mail stays due.
    NotSeenYet,
}

/// Of people who were invited, those whom a mail with the link does not help now, by the id of the user in small letters.
/// None: this sign-in may not read people, so nobody can tell.
pub(super) async fn not_pending(
    directory: &Directory,
    people: &[(EmailAddress, Person)],
    now: Timestamp,
) -> Result<Option<HashMap<String, NotPending>>, Fault> {
    let mut ids = HashSet::new();
    let ids: Vec<String> = people
        .iter()
        .filter_map(|(_, person)| person.user_id.clone())
        .filter(|id| ids.insert(id.to_ascii_lowercase()))
        .collect();
    let states = match read(directory.graph(), &ids).await {
        Err(fault) if fault.class == Class::Permission => return Ok(None),
        states => states?,
    };
    let mut told = HashMap::new();
    for (_, person) in people {
        let Some(id) = person.user_id.as_ref().map(|id| id.to_ascii_lowercase()) else {
            continue;
        };
        if let Some(why) = judge(person, states.get(&id).copied(), now) {
            told.insert(id, why);
        }
    }
    let pending = people.iter().filter(|(_, person)| {
        let id = person.user_id.as_ref();
        id.is_some_and(|id| !told.contains_key(&id.to_ascii_lowercase()))
    });
    let pending: Vec<&(EmailAddress, Person)> = pending.collect();
    match moved(directory, &pending, now).await {
        Err(fault) if fault.class == Class::Permission => return Ok(None),
        moved => told.extend(moved?),
    }
    Ok(Some(told))
}

/// As many look-ups as one batch takes.
const AT_ONCE: usize = 20;

/// Of pending people, those whose address does not lead to them: the link must not go to another user.
async fn moved(
    directory: &Directory,
    people: &[&(EmailAddress, Person)],
    now: Timestamp,
) -> Result<HashMap<String, NotPending>, Fault> {
    let mut told = HashMap::new();
    for people in people.chunks(AT_ONCE) {
        let addresses: Vec<&EmailAddress> = people.iter().map(|(address, _)| address).collect();
        let found = directory.find(&addresses).await?;
        for ((_, person), found) in people.iter().zip(found) {
            let id = person.user_id.as_deref().unwrap_or_default();
            let why = match found? {
                Some(user) if user.id.eq_ignore_ascii_case(id) => continue,
                Some(_) => NotPending::NoMail(
                    "has an address that belongs to another user now, so the mail with the link was not sent: correct the address on the sheet",
                ),
                None if is_new(person, now) => NotPending::NotSeenYet,
                None => NotPending::NoMail(
                    "has an address that leads to nobody in the directory now, so the mail with the link was not sent: correct the address on the sheet",
                ),
            };
            told.insert(id.to_ascii_lowercase(), why);
        }
    }
    Ok(told)
}

fn is_new(person: &Person, now: Timestamp) -> bool {
    let at = person.invited_at;
    at.is_some_and(|at| now.duration_since(at) < MAY_APPEAR_WITHIN)
}

/// Whoever is missing in the answer for many is asked for again.
async fn read(graph: &Graph, ids: &[String]) -> Result<HashMap<String, GuestState>, Fault> {
    let mut states = read_states(graph, ids).await?;
    let missing: Vec<String> = ids
        .iter()
        .filter(|id| !states.contains_key(&id.to_ascii_lowercase()))
        .cloned()
        .collect();
    if !missing.is_empty() {
        states.extend(confirm_gone(graph, &missing).await?);
    }
    Ok(states
        .into_iter()
        .map(|(id, now)| (id, now.state))
        .collect())
}

fn judge(person: &Person, state: Option<GuestState>, now: Timestamp) -> Option<NotPending> {
    let why = match state {
        Some(GuestState::Pending) => return None,
        Some(GuestState::Accepted) => {
            "has redeemed the invitation since, so no mail with the link is needed"
        }
        Some(GuestState::Disabled) => {
            "was disabled since, so the mail with the link was not sent: once the account is enabled, `guestlist mail` sends it"
        }
        Some(GuestState::SelfService | GuestState::Member) => {
            "is in the directory and was not invited there, so no mail with the link is needed"
        }
        None | Some(GuestState::Gone) => {
            if is_new(person, now) && person.verified != Some(Verified::Found) {
                return Some(NotPending::NotSeenYet);
            }
            "is no longer in the directory, so the mail with the link was not sent: --again invites anew"
        }
        Some(_) => {
            "has a state that the directory does not tell, so the mail with the link was not sent: look at the person, then `guestlist mail` sends it"
        }
    };
    Some(NotPending::NoMail(why))
}
