//! Whether a guest still needs the first mail: asked right before it, by the id of the user and by the address.
//!
//! A mail is due for hours or days. Meanwhile a guest may have redeemed the invitation, been deleted or been disabled, and
//! the link in the mail would be of no use; or the address has become another user's, who must not get the link. Must not
//! take a refused read for the news that somebody is gone.

use crate::{
    directory::Directory,
    engine::{LastLook, last_look},
    graph::{Class, Fault},
    guest::EmailAddress,
    ledger::Person,
    outcome::{GuestState, Verified},
};
use jiff::{SignedDuration, Timestamp};
use std::cell::Cell;

/// A guest who has not been seen this long after the invitation never was there.
const MAY_APPEAR_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Why somebody is not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotPending {
    /// The mail is not needed any more: one word for the ledger, and a sentence for the results.
    NoMail(&'static str, &'static str),
    /// The directory does not show the guest yet: the mail stays due.
    NotSeenYet,
}

/// The looks of one run.
pub(super) struct LastLooks<'a> {
    directory: &'a Directory,
    /// Whether this sign-in was refused to read people, so that nobody can tell.
    refused: Cell<bool>,
}

impl<'a> LastLooks<'a> {
    pub(super) fn new(directory: &'a Directory) -> Self {
        Self {
            directory,
            refused: Cell::new(false),
        }
    }

    /// Whether people were mailed without a look, as this sign-in may not read them.
    pub(super) fn were_refused(&self) -> bool {
        self.refused.get()
    }

    /// Why a guest is not mailed now, if there is a reason. `is_new`: this very run has invited the guest.
    pub(super) async fn look(
        &self,
        address: &EmailAddress,
        person: &Person,
        is_new: bool,
        now: Timestamp,
    ) -> Result<Option<NotPending>, Fault> {
        let Some(user_id) = person.user_id.as_deref() else {
            return Ok(Some(NotPending::NotSeenYet));
        };
        if self.refused.get() {
            return Ok(None);
        }
        match last_look(self.directory, user_id, address).await {
            Ok(seen) => Ok(judge(person, seen, is_new, now)),
            Err(fault) if fault.class == Class::Permission => {
                self.refused.set(true);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

fn judge(person: &Person, seen: LastLook, is_new: bool, now: Timestamp) -> Option<NotPending> {
    let invited_lately = person
        .invited_at
        .is_some_and(|at| now.duration_since(at) < MAY_APPEAR_WITHIN);
    let not_seen_yet = (!is_new).then_some(NotPending::NotSeenYet);
    let (word, why) = match seen {
        LastLook::Pending { .. } => return None,
        LastLook::State(GuestState::Accepted) => (
            "redeemed",
            "has redeemed the invitation since, so no mail with the link is needed",
        ),
        LastLook::State(GuestState::Disabled) => (
            "disabled",
            "was disabled since, so the mail with the link was not sent: once the account is enabled, `guestlist mail` sends it",
        ),
        LastLook::State(GuestState::SelfService | GuestState::Member) => (
            "not-invited",
            "is in the directory and was not invited there, so no mail with the link is needed",
        ),
        LastLook::State(GuestState::Gone | GuestState::NotInvited) => {
            if invited_lately && person.verified != Some(Verified::Found) {
                return not_seen_yet;
            }
            (
                "gone",
                "is no longer in the directory, so the mail with the link was not sent: --again invites anew",
            )
        }
        LastLook::State(GuestState::Unknown | GuestState::Pending) => (
            "state-unknown",
            "has a state that the directory does not tell, so the mail with the link was not sent: look at the person, then `guestlist mail` sends it",
        ),
        LastLook::AddressOfAnother => (
            "address-of-another",
            "has an address that belongs to another user now, so the mail with the link was not sent: correct the address on the sheet",
        ),
        LastLook::AddressOfNobody => {
            if invited_lately {
                return not_seen_yet;
            }
            (
                "address-of-nobody",
                "has an address that leads to nobody in the directory now, so the mail with the link was not sent: correct the address on the sheet",
            )
        }
    };
    Some(NotPending::NoMail(word, why))
}
