//! Whoever and whatever a sheet names in the tenant: sponsors, managers and groups. Each is looked up once, before
//! anything is sent.
//!
//! Must not decide what an unusable one means for its row.

use super::{Directory, groups::Groups, managers::Managers, sponsors::Sponsors};
use crate::{
    graph::Fault,
    guest::{Guest, ManagerRef, SponsorRef},
};
use std::collections::HashSet;

/// What a sheet names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub sponsors: HashSet<SponsorRef>,
    pub managers: HashSet<ManagerRef>,
    pub groups: HashSet<String>,
    pub columns: NamedColumns,
}

/// The names of the columns that name them, for messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedColumns {
    pub manager: Option<String>,
    pub groups: Option<String>,
}

impl Wanted {
    pub(crate) fn add(&mut self, guest: &Guest) {
        self.sponsors.extend(guest.sponsors.iter().cloned());
        self.managers.extend(guest.manager.clone());
        for group in &guest.groups {
            if !self.groups.contains(group) {
                self.groups.insert(group.clone());
            }
        }
    }
}

/// What was found of it.
#[derive(Debug, Default)]
pub(crate) struct NamedObjects {
    pub sponsors: Sponsors,
    pub managers: Managers,
    pub groups: Groups,
    pub columns: NamedColumns,
}

impl NamedObjects {
    /// Looks up everything that is wanted. A fault that stops the run is returned; any other fault belongs to the rows
    /// that name the object.
    pub(crate) async fn resolve(directory: &Directory, wanted: Wanted) -> Result<Self, Fault> {
        Ok(Self {
            sponsors: Sponsors::resolve(directory, wanted.sponsors).await?,
            managers: Managers::resolve(directory, wanted.managers).await?,
            groups: Groups::resolve(directory, wanted.groups).await?,
            columns: wanted.columns,
        })
    }
}
