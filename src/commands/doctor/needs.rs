//! Which permissions of Graph a sheet and these settings need, and what for (Graph: permissions reference).
//!
//! Must not send a request.

use super::{
    super::{connect::abilities, invite::survey::Survey},
    common::GRANT,
};
use crate::{
    exit::Exit,
    graph::{Identity, IdentityKind},
    guest::SponsorRef,
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

pub(super) struct Needs {
    groups: bool,
    /// Sponsors that this cloud takes only after the invitation.
    sponsors_afterwards: bool,
    /// The mailbox from which Graph is to send mails of our own.
    mailbox: Option<String>,
}

impl Needs {
    pub(super) fn of(settings: &Settings, survey: Option<&Survey>) -> Self {
        let inside = abilities(settings).sponsors_in_invitations;
        let sponsors = survey.map(|survey| &survey.sponsors);
        Self {
            groups: sponsors.is_some_and(|sponsors| {
                sponsors
                    .iter()
                    .any(|sponsor| matches!(sponsor, SponsorRef::Group(_)))
            }),
            sponsors_afterwards: !inside && sponsors.is_some_and(|sponsors| !sponsors.is_empty()),
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
        if self.sponsors_afterwards {
            list.push(need(
                "User.ReadWrite.All",
                "to name sponsors: this cloud takes them only after the invitation",
                true,
            ));
        }
        if self.groups {
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

    /// A check of the token's claims, where no read would prove the permission.
    pub(super) fn claimed(&self, identity: &Identity) -> Option<Check> {
        const NAME: &str = "add-sponsors";
        const NEED: &str = "User.ReadWrite.All";
        if !self.sponsors_afterwards {
            return None;
        }
        Some(match held(identity, &[NEED, "Directory.ReadWrite.All"]) {
            Some(true) => Check::pass(NAME, "the token may add sponsors after the invitation"),
            Some(false) => Check::fail(
                NAME,
                Exit::SomeRowsNotDone,
                "the token may not add sponsors, and this cloud takes none inside invitations",
            )
            .permission(NEED)
            .hint(GRANT),
            None => {
                Check::cannot_tell(NAME, "the token does not say what it may do").permission(NEED)
            }
        })
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
pub(super) fn held(identity: &Identity, any: &[&str]) -> Option<bool> {
    any.iter()
        .map(|permission| identity.holds(permission))
        .reduce(|one, other| Some(one? || other?))
        .flatten()
}
