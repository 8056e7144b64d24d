//! What a guest is to get after the invitation, from the row and the ids that were found; and what of it is still owed.
//!
//! Pure functions.

use super::{
    change::{Change, GroupToJoin, Property},
    ended::{Ended, Left},
};
use crate::{
    graph::Sponsor,
    guest::Profile,
    ledger::{FollowUpKey, KnownFollowUp},
    outcome::{FollowUp, FollowUpKind, FollowUpState},
};

/// What a row asks for, with the ids of those whom it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes<'a> {
    pub profile: &'a Profile,
    pub sponsors: &'a [Sponsor],
    pub manager: Option<&'a str>,
    pub groups: &'a [GroupToJoin],
}

/// Everything that a guest is to get, in the order in which it is done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Vec<Change>);

impl Plan {
    pub(crate) fn of(wishes: Wishes<'_>) -> Self {
        let properties = properties(wishes.profile);
        let profile = (!properties.is_empty()).then_some(Change::Profile(properties));
        let sponsors = wishes.sponsors.iter().cloned().map(Change::Sponsor);
        let manager = wishes.manager.map(|id| Change::Manager(id.to_owned()));
        let groups = wishes.groups.iter().cloned().map(Change::Group);
        Self(
            profile
                .into_iter()
                .chain(sponsors)
                .chain(manager)
                .chain(groups)
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is still to be done for a guest.
    pub(crate) fn owed(&self, known: &[KnownFollowUp]) -> Vec<Change> {
        self.0
            .iter()
            .filter_map(|change| change.without(known))
            .collect()
    }

    /// How many of its changes need not be done again.
    pub(crate) fn over(&self, known: &[KnownFollowUp]) -> usize {
        self.0.len() - self.owed(known).len()
    }

    /// What earlier runs left as it is in the tenant.
    pub(crate) fn left(&self, known: &[KnownFollowUp]) -> Vec<(Change, Ended)> {
        let left = |key: &FollowUpKey| {
            let known = known.iter().find(|known| known.key == *key)?;
            let why = Left::from_word(known.code.as_deref());
            (known.state == FollowUpState::Left).then_some(Ended::Left(why))
        };
        let singly = self.0.iter().flat_map(Change::singly);
        singly
            .filter_map(|change| {
                let ended = change.keys().first().and_then(left)?;
                Some((change, ended))
            })
            .collect()
    }
}

fn properties(profile: &Profile) -> Vec<Property> {
    let all = [
        ("companyName", "company", &profile.company),
        ("department", "department", &profile.department),
        ("jobTitle", "job title", &profile.job_title),
        ("givenName", "first name", &profile.first_name),
        ("surname", "last name", &profile.last_name),
        ("usageLocation", "usage location", &profile.usage_location),
    ];
    all.into_iter()
        .filter_map(|(name, called, value)| {
            Some(Property {
                name,
                called,
                value: value.clone()?,
            })
        })
        .collect()
}

/// The word for the results, from what became of the changes of a guest. `over`: made by earlier runs; `stopped`: not
/// reached before the run stopped.
pub(crate) fn overall(
    over: usize,
    ends: &[(FollowUpKind, FollowUpState)],
    stopped: usize,
) -> FollowUp {
    let good = ends
        .iter()
        .filter(|(_, state)| matches!(state, FollowUpState::Done | FollowUpState::Left))
        .count();
    let failed = ends
        .iter()
        .filter(|(kind, state)| state.is_failure(*kind))
        .count();
    if good == ends.len() && stopped == 0 {
        FollowUp::Done
    } else if good + over == 0 && failed + stopped > 0 {
        FollowUp::Failed
    } else {
        FollowUp::Partial
    }
}
