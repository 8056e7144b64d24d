//! Rows that name somebody or something of the tenant that cannot be used: a sponsor, a manager, a group.

use super::{
    attempts::{not_attempted, unknown},
    hinted,
};
use crate::{
    directory::{NamedColumns, Unfit, Unresolved, listed},
    engine::catalogue,
    guest::{Guest, ManagerRef, SponsorRef},
    outcome::{Outcome, RowResult},
    problem::Code,
};
use std::fmt;

/// What a cell names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum NamedInCell<'g> {
    Sponsor(&'g SponsorRef),
    Manager(&'g ManagerRef),
    Group(&'g str),
}

impl fmt::Display for NamedInCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sponsor(sponsor) => write!(f, "the sponsor {sponsor}"),
            Self::Manager(manager) => write!(f, "the manager {manager}"),
            Self::Group(group) => write!(f, "the group {group}"),
        }
    }
}

impl NamedInCell<'_> {
    fn unknown(self) -> (Code, String) {
        match self {
            Self::Sponsor(_) => (
                catalogue::SPONSOR_UNKNOWN,
                "correct the sponsor (a group is written as group:NAME), or empty the cell; then the person who invites is the sponsor"
                    .to_owned(),
            ),
            Self::Manager(_) => (
                catalogue::MANAGER_UNKNOWN,
                "correct the manager, or empty the cell".to_owned(),
            ),
            Self::Group(group) => {
                let fix = "correct the name, or name the group by object id";
                (
                    catalogue::GROUP_UNKNOWN,
                    if group.contains(',') {
                        format!("{fix}; several groups are separated by semicolons")
                    } else {
                        fix.to_owned()
                    },
                )
            }
        }
    }

    /// The code, who it could be, and the fix.
    fn ambiguous(self) -> (Code, &'static str, &'static str) {
        match self {
            Self::Sponsor(_) => (
                catalogue::SPONSOR_AMBIGUOUS,
                "several users or groups",
                "name the sponsor by object id or user principal name",
            ),
            Self::Manager(_) => (
                catalogue::MANAGER_AMBIGUOUS,
                "several users",
                "name the manager by object id or user principal name",
            ),
            Self::Group(_) => (
                catalogue::GROUP_AMBIGUOUS,
                "several groups",
                "name the group by object id",
            ),
        }
    }

    fn column(self, columns: &NamedColumns) -> Option<&str> {
        match self {
            Self::Sponsor(_) => None,
            Self::Manager(_) => columns.manager.as_deref(),
            Self::Group(_) => columns.groups.as_deref(),
        }
    }
}

/// Why somebody or something cannot be used, and what to do.
fn unfit(why: Unfit) -> (Code, &'static str, &'static str) {
    const OTHER_GROUP: &str =
        "name a group whose members are assigned in Entra, or leave the group out";
    match why {
        Unfit::Guest => (
            catalogue::MANAGER_IS_GUEST,
            "is a guest of this tenant",
            "name a member of the tenant, or empty the cell",
        ),
        Unfit::Dynamic => (
            catalogue::GROUP_UNFIT,
            "is dynamic: a rule decides who is in it",
            "leave the group out, and see that its rule covers the guest; or name another group",
        ),
        Unfit::OnPremises => (
            catalogue::GROUP_UNFIT,
            "comes from an on-premises directory, which alone can change its members",
            OTHER_GROUP,
        ),
        Unfit::RoleAssignable => (
            catalogue::GROUP_UNFIT,
            "can be given roles in the directory, so that adding a guest would give power",
            OTHER_GROUP,
        ),
        Unfit::DistributionList => (
            catalogue::GROUP_UNFIT,
            "is a distribution list: Exchange keeps its members, not Entra",
            "leave the group out, and add the guest in Exchange; or name another group",
        ),
        Unfit::MailEnabledSecurity => (
            catalogue::GROUP_UNFIT,
            "is a mail-enabled security group: Exchange keeps its members, not Entra",
            "leave the group out, and add the guest in Exchange; or name another group",
        ),
    }
}

/// The row of a guest who cannot be invited as the row says.
pub(in crate::engine) fn unusable_name(
    guest: &Guest,
    named: NamedInCell<'_>,
    columns: &NamedColumns,
    why: &Unresolved,
) -> RowResult {
    let (outcome, code, error, hint) = match why {
        Unresolved::Nobody => {
            let (code, fix) = named.unknown();
            let error = format!("{named} is not in this tenant");
            (Outcome::Invalid, code, error, fix)
        }
        Unresolved::Several(candidates) => {
            let (code, who, fix) = named.ambiguous();
            let error = format!(
                "{named} could be {who} of this tenant: {}",
                listed(candidates)
            );
            (Outcome::Invalid, code, error, fix.to_owned())
        }
        Unresolved::GroupAddress(group) => (
            Outcome::Invalid,
            catalogue::SPONSOR_IS_GROUP,
            format!("{named} is the mail address of the group {group}"),
            format!("write group:{group} to name the group as the sponsor"),
        ),
        Unresolved::Unfit(why) => {
            let (code, what, fix) = unfit(*why);
            (
                Outcome::Invalid,
                code,
                format!("{named} {what}"),
                fix.to_owned(),
            )
        }
        Unresolved::NotAsked => return not_attempted(guest),
        Unresolved::NotNow(reason) => (
            Outcome::Failed,
            catalogue::SPONSOR_UNREADABLE,
            format!("{named} could not be looked up: {reason}"),
            format!("nothing was sent; the next run looks {named} up again"),
        ),
        Unresolved::NotAllowed { permission } => (
            Outcome::Failed,
            catalogue::SPONSOR_NOT_ALLOWED,
            format!(
                "{named} could not be looked up: the sign-in lacks the permission {permission}"
            ),
            format!(
                "let an administrator grant {permission}, or name the object id, which needs no look-up; nothing was sent"
            ),
        ),
    };
    let error = match named.column(columns) {
        Some(column) => format!("column `{column}`: {error}"),
        None => error,
    };
    RowResult {
        error_code: Some(code.to_string()),
        error: Some(error),
        ..hinted(guest, outcome, hint)
    }
}

/// What is said of it where the guest is there, or is invited all the same.
pub(in crate::engine) fn waits_for_name(named: NamedInCell<'_>, why: &Unresolved) -> String {
    match why {
        Unresolved::Nobody => format!("{named} is not in this tenant; {}", named.unknown().1),
        Unresolved::Several(candidates) => {
            let (_, who, fix) = named.ambiguous();
            format!("{named} could be {who}: {}; {fix}", listed(candidates))
        }
        Unresolved::GroupAddress(group) => {
            format!("{named} is the mail address of the group {group}; write group:{group}")
        }
        Unresolved::Unfit(why) => {
            let (_, what, fix) = unfit(*why);
            format!("{named} {what}; {fix}")
        }
        Unresolved::NotAsked => format!("{named} was not looked up; the same command goes on"),
        Unresolved::NotNow(reason) => {
            format!("{named} could not be looked up: {reason}; the same command tries again")
        }
        Unresolved::NotAllowed { permission } => format!(
            "{named} could not be looked up: the sign-in lacks the permission {permission}; when an administrator has granted it, the same command goes on"
        ),
    }
}

/// An earlier run asked for this person without an answer, and without the sponsor no further attempt can be made.
pub(in crate::engine) fn unknown_without_sponsor(
    guest: &Guest,
    sponsor: &SponsorRef,
    columns: &NamedColumns,
    why: &Unresolved,
) -> RowResult {
    let result = unusable_name(guest, NamedInCell::Sponsor(sponsor), columns, why);
    RowResult {
        error_code: result.error_code,
        error: result.error,
        ..unknown(
            guest,
            "an earlier run requested the invitation and got no answer, and without the sponsor it cannot be requested again",
            None,
        )
    }
}
