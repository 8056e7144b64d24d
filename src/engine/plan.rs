//! What a row needs, from what the sheet says and what the ledger knows. Asks nobody.

use super::{
    Options,
    outcome::{RowResult, ThisRun, Verified},
    telling,
};
use crate::{
    directory::{Sponsors, Unresolved},
    guest::{Guest, RowVerdict, SponsorRef, Understood},
    ledger::{Ask, Person, PersonState, Saw},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

/// A person known as invited is not asked about again for this long.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// A guest on the way through the engine.
#[derive(Debug)]
pub(super) struct Item {
    pub guest: Box<Guest>,
    pub person: Option<Person>,
    /// Object ids.
    pub sponsors: Vec<String>,
    /// Asks whose effect is not known, oldest first.
    pub open: Vec<Ask>,
    /// What the last look-up saw.
    pub saw: Saw,
}

impl Item {
    pub fn mails(&self, options: &Options) -> bool {
        self.guest.send.unwrap_or(options.send)
    }

    pub fn person_id(&self) -> Option<i64> {
        self.person.as_ref().map(|person| person.id)
    }
}

/// The first step of a row.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing is needed: this is its outcome.
    Tell(Box<RowResult>, Option<i64>),
    /// Look the person up by address, then decide.
    Look(Item),
    /// Invited by an earlier run: look by id whether that still holds.
    Confirm(Item),
    /// An earlier ask was never answered: find out what it did.
    Settle(Item, Option<Hold>),
}

/// Kept for as long as a row is being settled, by whoever does that; somebody waits until the last one is gone.
#[derive(Debug)]
pub(super) struct Hold(
    #[expect(dead_code, reason = "it is there to be dropped")] pub mpsc::Sender<()>,
);

pub(super) fn first_step(
    understood: Understood,
    known: impl FnOnce(&Guest) -> (Option<Person>, Vec<Ask>),
    sponsors: &Sponsors,
    options: &Options,
    now: Timestamp,
) -> Step {
    let tell = |result: RowResult| Step::Tell(Box::new(result), None);
    let address = match &understood.verdict {
        RowVerdict::Guest(guest) => Some(&guest.email),
        RowVerdict::Duplicate { email, .. } => Some(email),
        RowVerdict::Invalid => None,
    };
    if !options.selection.takes(
        understood.row,
        address.map(|email| (email.key(), email.domain())),
    ) {
        return tell(telling::not_selected(&understood));
    }
    let RowVerdict::Guest(guest) = understood.verdict else {
        return tell(telling::unusable(&understood));
    };
    let (person, open) = known(&guest);
    let (ids, unresolved) = resolved(&guest, sponsors);
    let item = Item {
        guest,
        person,
        sponsors: ids,
        open,
        saw: Saw::default(),
    };
    // Whoever was asked or invited before does not become somebody of whom nothing is known.
    if let Some((sponsor, why)) = unresolved {
        let guest = &item.guest;
        match item.person.as_ref().map(|person| person.state) {
            Some(PersonState::Asked) if !item.open.is_empty() => {
                let result = telling::unknown_without_sponsor(guest, &sponsor, &why);
                return Step::Tell(Box::new(result), item.person_id());
            }
            Some(PersonState::Invited) => {}
            _ => return tell(telling::sponsor_unresolved(guest, &sponsor, &why)),
        }
    }
    match item.person.as_ref().map(|person| (person.state, person)) {
        Some((PersonState::Asked, _)) if !item.open.is_empty() => Step::Settle(item, None),
        Some((PersonState::Invited, person))
            if fresh(person, now) && (item.sponsors.is_empty() || !sponsors.afterwards()) =>
        {
            let result = telling::invited_before(&item.guest, person, None::<ThisRun>);
            Step::Tell(Box::new(result), item.person_id())
        }
        Some((PersonState::Invited, _)) => Step::Confirm(item),
        Some((PersonState::Refused, person)) if !options.retry_refused => {
            let result = telling::refused_before(&item.guest, person);
            Step::Tell(Box::new(result), item.person_id())
        }
        _ => Step::Look(item),
    }
}

/// The object ids of a guest's sponsors, and the first of them that has none.
fn resolved(guest: &Guest, sponsors: &Sponsors) -> (Vec<String>, Option<(SponsorRef, Unresolved)>) {
    let mut ids: Vec<String> = Vec::with_capacity(guest.sponsors.len());
    let mut unresolved = None;
    for sponsor in &guest.sponsors {
        match sponsors.id(sponsor) {
            // Two names may be one person.
            Ok(id) if ids.iter().any(|known| known.eq_ignore_ascii_case(id)) => {}
            Ok(id) => ids.push(id.to_owned()),
            Err(why) => unresolved = unresolved.or(Some((sponsor.clone(), why))),
        }
    }
    (ids, unresolved)
}

/// Invited within a day, or confirmed within a day, and seen in the directory.
fn fresh(person: &Person, now: Timestamp) -> bool {
    let last = person.verified_at.max(person.invited_at);
    person.verified == Some(Verified::Found)
        && last.is_some_and(|last| now.duration_since(last) < FRESH)
}
