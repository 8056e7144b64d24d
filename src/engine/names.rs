//! Whom and what a row names in the tenant, with the ids that were found before anything was sent.
//!
//! Must not decide whether the row is invited.

use super::{
    owed::Waits,
    row_results::{self, NamedInCell},
};
use crate::{
    directory::{NamedObjects, Sponsors, Unresolved},
    follow_up::GroupToJoin,
    graph::Sponsor,
    guest::{Guest, SponsorRef},
    outcome::{FollowUpKind, RowResult},
};

/// The manager and the groups of a row.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The object id.
    pub manager: Option<String>,
    pub groups: Vec<GroupToJoin>,
    pub unusable: Vec<Unusable>,
}

/// A manager or a group that cannot be used.
#[derive(Debug)]
pub(super) struct Unusable {
    /// The row, where it is not invited because of this.
    pub row: RowResult,
    /// What is said where the guest is there all the same.
    pub waits: Waits,
    /// Only the permission to read it is missing.
    pub waits_for_permission: bool,
}

impl Names {
    pub(super) fn of(guest: &Guest, named: &NamedObjects) -> Self {
        let mut found = Self::default();
        let unusable = |cell: NamedInCell<'_>, kind: FollowUpKind, why: &Unresolved| Unusable {
            row: row_results::unusable_name(guest, cell, &named.columns, why),
            waits: Waits {
                kind,
                sentence: row_results::waits_for_name(cell, why),
            },
            waits_for_permission: matches!(why, Unresolved::NotAllowed { .. }),
        };
        if let Some(manager) = &guest.manager {
            match named.managers.id(manager) {
                Ok(id) => found.manager = Some(id.to_owned()),
                Err(why) => {
                    let cell = NamedInCell::Manager(manager);
                    found
                        .unusable
                        .push(unusable(cell, FollowUpKind::Manager, &why));
                }
            }
        }
        for text in &guest.groups {
            match named.groups.find(text) {
                // Two names may belong to one group.
                Ok(group) if found.groups.iter().any(|known| known.id == group.id) => {}
                Ok(group) => found.groups.push(GroupToJoin {
                    id: group.id.clone(),
                    name: group.name.clone(),
                    is_team: group.is_team,
                }),
                Err(why) => {
                    let cell = NamedInCell::Group(text);
                    found
                        .unusable
                        .push(unusable(cell, FollowUpKind::Group, &why));
                }
            }
        }
        found
    }
}

/// A guest's sponsors with their object ids, and the first sponsor for whom there is none.
pub(super) fn sponsors(
    guest: &Guest,
    sponsors: &Sponsors,
) -> (Vec<Sponsor>, Option<(SponsorRef, Unresolved)>) {
    let mut ids: Vec<Sponsor> = Vec::with_capacity(guest.sponsors.len());
    let mut unresolved = None;
    for sponsor in &guest.sponsors {
        match sponsors.id(sponsor) {
            // Two names may belong to one person.
            Ok(id) if ids.iter().any(|known| known.id().eq_ignore_ascii_case(id)) => {}
            Ok(id) => ids.push(match sponsor {
                SponsorRef::Address(_) => Sponsor::User(id.to_owned()),
                SponsorRef::Group(_) => Sponsor::Group(id.to_owned()),
                SponsorRef::Id(_) => Sponsor::Object(id.to_owned()),
            }),
            Err(why) => unresolved = unresolved.or(Some((sponsor.clone(), why))),
        }
    }
    (ids, unresolved)
}
