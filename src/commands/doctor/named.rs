//! Whether the sponsors, managers and groups that the sheet names can be found and used.

use super::{
    super::{connect::Connection, invite::survey::Survey},
    common::{directory, fault},
};
use crate::{
    directory::{NamedObjects, Unresolved},
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
        .map(|one| (one.to_string(), found.sponsors.id(one).map(drop)));
    let managers = wanted
        .managers
        .iter()
        .map(|one| (one.to_string(), found.managers.id(one).map(drop)));
    let groups = wanted
        .groups
        .iter()
        .map(|one| (one.clone(), found.groups.find(one).map(drop)));
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

/// How many that cannot be used are named.
const NAMED: usize = 3;

#[derive(Default)]
struct Counts {
    all: u64,
    absent: Vec<String>,
    ambiguous: Vec<String>,
    /// Addresses of groups, and those who cannot be used.
    unfit: Vec<String>,
    untold: u64,
    permission: Option<&'static str>,
}

impl Counts {
    fn of(found: impl Iterator<Item = (String, Result<(), Unresolved>)>) -> Self {
        let mut counts = Self::default();
        for (name, one) in found {
            counts.all += 1;
            match one {
                Ok(()) => {}
                Err(Unresolved::Nobody) => counts.absent.push(name),
                Err(Unresolved::Several(_)) => counts.ambiguous.push(name),
                Err(Unresolved::GroupAddress(group)) => counts
                    .unfit
                    .push(format!("{name} (a group: write group:{group})")),
                Err(Unresolved::Unfit(_)) => counts.unfit.push(name),
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
        let untold = self.untold;
        let told: Vec<String> = [
            (&self.absent, "not in the tenant"),
            (&self.ambiguous, "not clear, because several could be meant"),
            (&self.unfit, "not to be used like this"),
        ]
        .into_iter()
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, why)| told(names, &of, why))
        .collect();
        if !told.is_empty() {
            return Check::some_rows(name, told.join("; ")).hint(
                "rows that name them are not invited; `guestlist invite SHEET --dry-run` names the rows",
            );
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

/// As "2 of 9 sponsors are not in the tenant (a@contoso.com and b@contoso.com)".
fn told(names: &[String], of: &str, why: &str) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    let are = if names.len() == 1 { "is" } else { "are" };
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = &names[..names.len().min(NAMED)];
    let shown = if more.is_empty() {
        text::list(shown)
    } else {
        shown.join(", ")
    };
    format!("{} of {of} {are} {why} ({shown}{more})", names.len())
}
