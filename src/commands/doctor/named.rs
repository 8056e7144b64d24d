//! Whether the sponsors, managers and groups that the sheet names can be found and used.

use super::{
    super::{connect::Connection, invite::survey::Survey},
    common::{directory, fault},
};
use crate::{
    directory::{NamedObjects, Unresolved},
    exit::Exit,
    ui::{Check, text},
};
use text::plural;

/// One check for each kind that the sheet names.
pub(super) async fn checks(survey: &Survey, connection: &Connection) -> Vec<Check> {
    let wanted = &survey.wanted;
    let found = match NamedObjects::resolve(&directory(connection), wanted.clone()).await {
        Ok(found) => found,
        Err(other) => return vec![fault("sponsors", other)],
    };
    let sponsors = wanted
        .sponsors
        .iter()
        .map(|one| found.sponsors.id(one).map(drop));
    let managers = wanted
        .managers
        .iter()
        .map(|one| found.managers.id(one).map(drop));
    let groups = wanted
        .groups
        .iter()
        .map(|one| found.groups.find(one).map(drop));
    [
        ("sponsors", "sponsor", Counts::of(sponsors)),
        ("managers", "manager", Counts::of(managers)),
        ("groups", "group", Counts::of(groups)),
    ]
    .into_iter()
    .filter(|(.., counts)| counts.all > 0)
    .map(|(name, what, counts)| counts.check(name, what))
    .collect()
}

#[derive(Default)]
struct Counts {
    all: u64,
    unknown: u64,
    unfit: u64,
    untold: u64,
    permission: Option<&'static str>,
}

impl Counts {
    fn of(found: impl Iterator<Item = Result<(), Unresolved>>) -> Self {
        let mut counts = Self::default();
        for one in found {
            counts.all += 1;
            match one {
                Ok(()) => {}
                Err(Unresolved::Nobody | Unresolved::Several(_)) => counts.unknown += 1,
                Err(Unresolved::Unfit(_)) => counts.unfit += 1,
                Err(Unresolved::NotNow(_) | Unresolved::NotAsked) => counts.untold += 1,
                Err(Unresolved::NotAllowed { permission }) => {
                    counts.untold += 1;
                    counts.permission = Some(permission);
                }
            }
        }
        counts
    }

    fn check(&self, name: &'static str, what: &str) -> Check {
        let of = plural(self.all, what);
        let Self {
            unknown,
            unfit,
            untold,
            ..
        } = *self;
        if unknown + unfit > 0 {
            let mut told = Vec::new();
            if unknown > 0 {
                told.push(format!(
                    "{unknown} of {of} are not in the tenant, or not certain"
                ));
            }
            if unfit > 0 {
                told.push(format!("{unfit} of {of} cannot be used"));
            }
            return Check::fail(name, Exit::SomeRowsNotDone, told.join("; "))
                .hint("rows that name them are not invited; a dry run names the rows");
        }
        if untold == 0 {
            return Check::pass(name, format!("{of} named, and all of them found"));
        }
        let check = Check::cannot_tell(name, format!("{untold} of {of} cannot be looked up"));
        match self.permission {
            Some(permission) if name != "sponsors" => check
                .permission(permission)
                .hint("everybody is invited, and this waits for the permission"),
            Some(permission) => check
                .permission(permission)
                .hint("rows that name them are not invited"),
            None => check.hint("rows that name them are not invited"),
        }
    }
}
