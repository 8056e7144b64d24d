//! What the tenant and the token allow. Claims are only hints, so whatever can be read without harm is read.

use super::{
    super::{connect::Connection, invite::refusals::invitations_off},
    common::{fault, grant},
    needs::{self, held},
};
use crate::{
    exit::Exit,
    failure::Result,
    graph::{
        Class, Fault, Graph, Identity, IdentityKind, InvitesFrom, Read, auth::MethodName,
        wire::USER_SELECT,
    },
    settings::Settings,
    ui::{Check, text},
};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

pub(super) fn sign_in(identity: &Identity, method: &str, now: Timestamp) -> Check {
    let who = identity.name.as_deref().unwrap_or("somebody");
    let kind = match identity.kind {
        IdentityKind::AppOnly => "an app by itself",
        IdentityKind::Delegated => "a signed-in user",
        IdentityKind::Unknown => "the token does not say whether a user or an app",
    };
    let left = identity
        .expires
        .and_then(|expires| Duration::try_from(expires.duration_since(now)).ok());
    let expires = left.map_or(String::new(), |left| {
        format!("; the token is good for {}", text::estimate(left))
    });
    Check::pass("sign-in", format!("{who} ({kind}), by {method}{expires}"))
}

pub(super) fn tenant(connection: &Connection, settings: &Settings, meant: Result<()>) -> Check {
    const NAME: &str = "tenant";
    if let Err(failure) = meant {
        return Check::failed(NAME, failure);
    }
    let tenant = &connection.tenant;
    let mut told: Vec<&str> = tenant.name.as_deref().into_iter().collect();
    told.extend(connection.domain.as_deref());
    told.push(&tenant.id);
    let told = told.join(", ");
    match &settings.tenant.id {
        Some(named) => Check::pass(NAME, format!("{told}: the one meant by {named}")),
        None => Check::pass(NAME, told),
    }
}

/// No read would prove that invitations are allowed; only an invitation would.
pub(super) fn may_invite(identity: &Identity, method: Option<MethodName>) -> Check {
    const NAME: &str = "invite";
    const LEAST: &str = "User.Invite.All";
    let more = ["User.ReadWrite.All", "Directory.ReadWrite.All"];
    match (identity.holds(LEAST), held(identity, &more)) {
        (Some(true), _) => Check::pass(NAME, format!("the token holds {LEAST}")),
        (_, Some(true)) => Check::pass(NAME, "the token may write users, which includes inviting")
            .hint(format!(
                "{LEAST} is the permission meant for it; tenants that restrict invitations were seen to insist on it"
            )),
        (Some(false), _) => Check::fail(NAME, Exit::Permission, "the token may not invite guests")
            .permission(LEAST)
            .hint(grant(method, LEAST)),
        (None, _) => Check::cannot_tell(NAME, "the token does not say what it may do").permission(LEAST),
    }
}

/// Tries the reads that a run makes.
pub(super) async fn readable(graph: &Graph) -> Vec<Check> {
    let one = |path: String| async move { graph.get::<Value>(&path, Read::ONE).await };
    let people = one(format!("/users?$top=1&$select={USER_SELECT}")).await;
    let deleted =
        one("/directory/deletedItems/microsoft.graph.user?$top=1&$select=id".to_owned()).await;
    let states = match &people {
        Ok(_) => Some(states_readable(graph.reads_many_at_once().await)),
        Err(_) => None,
    };
    let mut checks = vec![
        match people {
            Ok(_) => Check::pass("read-people", "the people of the tenant can be read"),
            Err(refused) if refused.class == Class::Permission => Check::fail(
                "read-people",
                Exit::Permission,
                "the people of the tenant cannot be read, so nobody can tell who is a guest already",
            )
            .permission("User.Read.All")
            .hint(grant(graph.method(), "User.Read.All")),
            Err(other) => fault("read-people", other),
        },
        match deleted {
            Ok(_) => Check::pass("read-deleted", "deleted people can be read"),
            Err(refused) => unread("read-deleted", "the deleted people", refused, "User.Read.All"),
        },
    ];
    checks.extend(states);
    checks
}

/// How `status` and `remind` read who has redeemed: many people in a request, or few.
fn states_readable(many_at_once: std::result::Result<bool, Fault>) -> Check {
    const NAME: &str = "read-states";
    match many_at_once {
        Ok(true) => Check::pass(
            NAME,
            "`status` and `remind` can read a thousand guests in a request",
        ),
        Ok(false) => Check::pass(NAME, "`status` and `remind` can read 20 guests in a request")
            .hint("this sign-in may not read a thousand at once (getByIds): Directory.Read.All would let it, and nothing but speed depends on it"),
        Err(other) => unread(NAME, "many people at once", other, "User.Read.All"),
    }
}

/// The tenant's name and domains. A run goes on without them.
pub(super) fn organization(connection: &Connection) -> Check {
    const NAME: &str = "organization";
    if connection.organization_read {
        return Check::pass(NAME, "the tenant's name and its own domains can be read");
    }
    Check::cannot_tell(NAME, "the tenant's name and its own domains cannot be read")
        .permission(needs::organization(connection.identity.kind))
}

/// A read without which a run goes on.
pub(super) fn unread(
    name: &'static str,
    what: &str,
    refused: Fault,
    permission: &'static str,
) -> Check {
    if refused.class == Class::Permission {
        Check::cannot_tell(name, format!("this sign-in may not read {what}")).permission(permission)
    } else if refused.class.ends_run() {
        fault(name, refused)
    } else {
        Check::cannot_tell(name, format!("{what} could not be read: {refused}"))
    }
}

/// Whether the tenant lets this sign-in invite (Graph: authorizationPolicy).
pub(super) async fn policy(graph: &Graph, identity: &Identity) -> Check {
    const NAME: &str = "policy";
    let invites_from = match graph.invites_from().await {
        Ok(invites_from) => invites_from,
        Err(refused) => return unread(NAME, "who may invite", refused, "Policy.Read.All"),
    };
    let restricted = |who: &str, role: &str| match identity.kind {
        IdentityKind::AppOnly => Check::pass(
            NAME,
            format!("only {who} may invite; an app with User.Invite.All may too"),
        ),
        _ => Check::cannot_tell(NAME, format!("only {who} may invite"))
            .hint(format!("the signed-in user has to be {role}")),
    };
    match invites_from {
        InvitesFrom::Nobody => {
            let off = invitations_off(graph);
            let told = "nobody may invite guests: allowInvitesFrom is none";
            Check {
                message: told.to_owned(),
                ..Check::failed(NAME, off)
            }
        }
        InvitesFrom::AdminsAndGuestInviters => {
            restricted("administrators and guest inviters", "one of them")
        }
        InvitesFrom::AdminsGuestInvitersAndMembers => restricted(
            "administrators, guest inviters and members",
            "a member, not a guest",
        ),
        InvitesFrom::Everyone => Check::pass(NAME, "everybody may invite guests"),
        InvitesFrom::Other(value) => Check::cannot_tell(
            NAME,
            format!("allowInvitesFrom is {value}, which is unknown here"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Finding;

    #[test]
    fn a_claim_tells_who_may_invite_unless_it_is_hidden() {
        let of = |roles: &[&str]| {
            let identity = Identity {
                roles: roles.iter().map(ToString::to_string).collect(),
                ..Identity::default()
            };
            may_invite(&identity, None)
        };
        assert_eq!(of(&["User.Invite.All"]).verdict, Finding::Pass);
        let more = of(&["User.ReadWrite.All"]);
        assert!(more.verdict == Finding::Pass && more.hint.is_some());
        let none = of(&["User.Read.All"]);
        assert_eq!((none.verdict, none.exit), (Finding::Fail, Exit::Permission));
        let hidden = of(&[]);
        assert_eq!(
            (hidden.verdict, hidden.permission),
            (Finding::CannotTell, Some("User.Invite.All"))
        );
    }
}
