//! Which permissions of Graph a sheet and these settings need, and what for (Graph: permissions reference).
//!
//! Must not send a request.

use super::{
    super::{
        connect::abilities,
        invite::{follow_up_counts::FollowUpCounts, survey::Survey},
    },
    common::grant,
};
use crate::{
    exit::Exit,
    follow_up::{Permissions, permissions},
    graph::{Identity, IdentityKind, auth::MethodName},
    guest::SponsorRef,
    outcome::FollowUpKind,
    settings::{MailDelivery, Settings},
    ui::Check,
};

/// One permission, and what it is for.
pub(super) struct Need {
    pub permission: &'static str,
    pub why: &'static str,
    /// Whether a run is impossible without it.
    pub must: bool,
}

/// To delete a user (Graph: delete a user).
const DELETIONS: Permissions = Permissions {
    enough: &["User.DeleteRestore.All", "User.ReadWrite.All"],
    least: "User.DeleteRestore.All",
};

/// The verb that a sheet is for, by its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SheetIsFor {
    Invite,
    Reset,
    Cleanup,
}

/// The other addresses of a user.
const ADDRESSES: Permissions = Permissions {
    enough: &["User-Mail.ReadWrite.All"],
    least: "User-Mail.ReadWrite.All",
};

pub(super) struct Needs {
    /// Guests are to redeem again.
    resets: bool,
    /// Guests are to be deleted.
    deletions: bool,
    /// Groups that are named as sponsors.
    sponsor_groups: bool,
    /// Sponsors that this cloud takes only after the invitation.
    sponsors_afterwards: bool,
    /// Sponsors of guests who are there already.
    sponsors_of_existing: bool,
    profiles: bool,
    managers: bool,
    members: bool,
    /// The mailbox from which Graph is to send mails of our own.
    mailbox: Option<String>,
}

impl Needs {
    pub(super) fn of(settings: &Settings, survey: Option<&Survey>, sheet: SheetIsFor) -> Self {
        let inside = abilities(settings).sponsors_in_invitations;
        let sponsors = survey.map(|survey| &survey.wanted.sponsors);
        let asks = |count: fn(&FollowUpCounts) -> u64| {
            survey.is_some_and(|survey| count(&survey.follow_ups) > 0)
        };
        Self {
            resets: sheet == SheetIsFor::Reset,
            deletions: sheet == SheetIsFor::Cleanup,
            sponsor_groups: sponsors.is_some_and(|sponsors| {
                sponsors
                    .iter()
                    .any(|sponsor| matches!(sponsor, SponsorRef::Group(_)))
            }),
            sponsors_afterwards: !inside && sponsors.is_some_and(|sponsors| !sponsors.is_empty()),
            sponsors_of_existing: settings.invite.update_existing.value
                && sponsors.is_some_and(|sponsors| !sponsors.is_empty()),
            profiles: asks(|counts| counts.profiles),
            managers: asks(|counts| counts.managers),
            members: asks(|counts| counts.in_groups),
            mailbox: mailbox(settings),
        }
    }

    /// All permissions; those that are necessary come first.
    pub(super) fn list(&self, identity: &Identity) -> Vec<Need> {
        let need = |permission, why, must| Need {
            permission,
            why,
            must,
        };
        let mut list = vec![
            need("User.Invite.All", "to invite guests", true),
            need(
                "User.Read.All",
                "to see who is in the directory already, who was deleted, and who has redeemed (`status`, `remind`): nobody is mailed twice",
                true,
            ),
        ];
        if self.resets {
            list.push(need(
                ADDRESSES.least,
                "to add the new address of a guest to the others (`reset-redemption`)",
                true,
            ));
            list.push(need(
                permissions(FollowUpKind::Manager).least,
                "to reset the redemption of guests, which User.Invite.All does not allow; a signed-in user also needs the role Helpdesk Administrator or User Administrator",
                true,
            ));
        }
        if self.sponsors_afterwards && !self.resets {
            list.push(need(
                "User.ReadWrite.All",
                "to name sponsors: this cloud takes them only after the invitation",
                true,
            ));
        } else if self.sponsors_of_existing {
            list.push(need(
                "User.ReadWrite.All",
                "to name sponsors of guests who are there already and have none",
                true,
            ));
        }
        if self.managers {
            let why = if self.profiles {
                "to set the manager and the profile of guests (company, department, job title, names, usage location)"
            } else {
                "to set the manager of guests"
            };
            list.push(need(permissions(FollowUpKind::Manager).least, why, true));
        } else if self.profiles {
            list.push(need(
                "User.ReadUpdate.All",
                "to set the profile of guests (company, department, job title, names, usage location); User.ReadWrite.All allows it too",
                true,
            ));
        }
        if self.members {
            list.push(need(
                permissions(FollowUpKind::Group).least,
                "to find the groups of the sheet, and to add guests to them",
                true,
            ));
        }
        if self.sponsor_groups && !self.members {
            list.push(need(
                "GroupMember.Read.All",
                "to find the groups that are named as sponsors",
                true,
            ));
        }
        if let Some(mailbox) = &self.mailbox {
            list.push(need(
                send_permission(identity, mailbox),
                "to send the mail with the link, in our own words",
                true,
            ));
        }
        list.push(need(
            DELETIONS.least,
            if self.deletions {
                "to delete the guests on the list (`cleanup`); a signed-in user also needs the role User Administrator"
            } else {
                "to delete guests who have left (`cleanup`), and for nothing else"
            },
            self.deletions,
        ));
        list.push(need(
            organization(identity.kind),
            "to read the tenant's name and its own domains",
            false,
        ));
        list.push(need(
            "Policy.Read.All",
            "to see before the first mail whether invitations are allowed, and from which domains",
            false,
        ));
        list
    }

    /// Checks of the token's claims, where no read would prove the permission.
    pub(super) fn claimed(&self, identity: &Identity, method: Option<MethodName>) -> Vec<Check> {
        let mut checks = Vec::new();
        if self.resets {
            for (name, what, permissions) in [
                (
                    "add-addresses",
                    "add the new addresses of guests",
                    ADDRESSES,
                ),
                (
                    "reset",
                    "reset the redemption of guests",
                    permissions(FollowUpKind::Manager),
                ),
            ] {
                let told = format!("the token may not {what}: nobody can be reset");
                let missing = Check::fail(name, Exit::Permission, told);
                let pass = format!("the token may {what}");
                let pass = match identity.kind {
                    IdentityKind::AppOnly => {
                        format!("{pass}, but not of those who have a role in the directory")
                    }
                    _ => pass,
                };
                checks.push(claim(identity, method, missing, &pass, permissions));
            }
        }
        if self.deletions {
            let missing = Check::fail(
                "delete",
                Exit::Permission,
                "the token may not delete guests: nobody on the list is deleted",
            );
            let pass = "the token may delete guests; whether it may delete one who has a role in the directory shows only then";
            checks.push(claim(identity, method, missing, pass, DELETIONS));
        }
        if self.sponsors_afterwards {
            let missing = Check::fail(
                "add-sponsors",
                Exit::SomeRowsNotDone,
                "the token may not add sponsors, and this cloud takes none inside invitations",
            );
            let pass = "the token may add sponsors after the invitation";
            checks.push(claim(
                identity,
                method,
                missing,
                pass,
                permissions(FollowUpKind::Sponsor),
            ));
        }
        let kinds = [
            (self.profiles, "set-profile", FollowUpKind::Profile),
            (self.managers, "set-manager", FollowUpKind::Manager),
            (self.members, "add-to-groups", FollowUpKind::Group),
        ];
        for (_, name, kind) in kinds.into_iter().filter(|(asked, ..)| *asked) {
            let what = match kind {
                FollowUpKind::Profile => "set the profile of guests",
                FollowUpKind::Group => "add guests to groups",
                _ => "set the manager of guests",
            };
            let missing = Check::fail(
                name,
                Exit::SomeRowsNotDone,
                format!("the token may not {what}: everybody is invited, and this waits"),
            );
            let missing = if kind == FollowUpKind::Profile {
                // A profile that waits for its permission leaves no row undone.
                Check::warn(name, missing.message)
            } else {
                missing
            };
            checks.push(claim(
                identity,
                method,
                missing,
                &format!("the token may {what}"),
                permissions(kind),
            ));
        }
        checks
    }
}

fn claim(
    identity: &Identity,
    method: Option<MethodName>,
    missing: Check,
    pass: &str,
    permissions: Permissions,
) -> Check {
    let name = missing.name;
    match held(identity, permissions.enough) {
        Some(true) => Check::pass(name, pass),
        Some(false) => missing
            .permission(permissions.least)
            .hint(grant(method, permissions.least)),
        None => Check::cannot_tell(name, "the token does not say what it may do")
            .permission(permissions.least),
    }
}

/// The mailbox from which Graph is to send mails of our own, where the settings ask for them.
pub(super) fn mailbox(settings: &Settings) -> Option<String> {
    let message = &settings.message;
    let from = message.from.as_ref()?;
    (message.delivery.value == MailDelivery::Graph).then(|| from.value.address.as_str().to_owned())
}

/// The permission to send from a mailbox. A user needs another one for a mailbox that is not the user's own.
pub(super) fn send_permission(identity: &Identity, mailbox: &str) -> &'static str {
    let name = identity.name.as_deref().filter(|name| name.contains('@'));
    let is_own = name.is_none_or(|name| name.eq_ignore_ascii_case(mailbox));
    if identity.kind == IdentityKind::Delegated && !is_own {
        "Mail.Send.Shared"
    } else {
        "Mail.Send"
    }
}

/// The permission to read the tenant's name and domains; a user has it with every sign-in.
pub(super) fn organization(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Delegated => "User.Read",
        IdentityKind::AppOnly | IdentityKind::Unknown => "Organization.Read.All",
    }
}

/// Whether a token claims one of these permissions. None if it hides its claims.
pub(in crate::commands) fn held(identity: &Identity, any: &[&str]) -> Option<bool> {
    any.iter()
        .map(|permission| identity.holds(permission))
        .reduce(|one, other| Some(one? || other?))
        .flatten()
}
