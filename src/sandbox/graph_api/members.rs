//! The members and the owners of a group: list, add, remove (Microsoft Graph: add members, list members, remove member,
//! list group owners, add group owner, remove group owner).

use crate::sandbox::{
    directory::{
        group::{DirectoryGroup, GroupKind},
        user::User,
    },
    faults::refusals::names,
    graph_api::{
        permissions::{READ_GROUPS, READ_USERS, WRITE_GROUPS, WRITE_MEMBERS},
        references::{
            already_there, existing_object, linked_object, not_a_valid_reference, referenced_object,
        },
        related_objects::related_objects,
        user_update::mastered_on_premises,
        users::visible_user,
    },
    messages::{
        graph_error::{GraphError, access_denied, graph_error, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    state::{tenant::TenantState, token_store::Caller},
};
use serde_json::{Map, Value};

/// The collections of references in a request that creates or updates a group.
pub(super) const BOUND_MEMBERS: &str = "members@odata.bind";
pub(super) const BOUND_OWNERS: &str = "owners@odata.bind";

/// The sets in which a link can name a member or an owner.
const SETS: [&str; 2] = ["users", "directoryObjects"];
const MAX_BOUND: usize = 20;

/// What the message about a full group says.
const FULL: &str = "Unable to perform operation as '250001' would exceed the maximum quota count '250000' for forward-link 'members'.";

/// `GET /groups/{id}/members`, and the same with a cast to `microsoft.graph.user`: all members are users here.
pub(super) fn members(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let members = tenant.directory.members(&group.id);
    let ids: Vec<&str> = members.map(|user| user.id.as_str()).collect();
    related_objects(tenant, request, &ids)
}

/// `GET /users/{id}/memberOf`.
pub(super) fn groups_of(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let user = visible_user(tenant, key)?;
    let ids: Vec<&str> = user.groups.iter().map(String::as_str).collect();
    related_objects(tenant, request, &ids)
}

/// `POST /groups/{id}/members/$ref`.
pub(super) fn add_member(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    let group = changeable_group(tenant, caller, id)?;
    let member = referenced_object(tenant, body, &SETS)?;
    add_members(tenant, &group.id, &[member])?;
    Ok(Reply::no_content())
}

/// The ids in `members@odata.bind` or `owners@odata.bind`: a list of up to 20 links to users.
pub(super) fn bound_users(
    tenant: &TenantState,
    body: &Map<String, Value>,
    name: &str,
) -> Result<Vec<String>, GraphError> {
    let Some(links) = body.get(name) else {
        return Ok(Vec::new());
    };
    let links = links.as_array().ok_or_else(not_a_valid_reference)?;
    if links.len() > MAX_BOUND {
        return Err(graph_error(
            400,
            "Request_BadRequest",
            format!("The request can have at most {MAX_BOUND} references in '{name}'."),
        ));
    }
    links
        .iter()
        .map(|link| {
            let named = link.as_str().and_then(|link| linked_object(tenant, link));
            existing_object(tenant, named.ok_or_else(not_a_valid_reference)?, &SETS)
        })
        .collect()
}

/// Adds users to a group: all of them or, after an error, none.
pub(super) fn add_members(
    tenant: &mut TenantState,
    group: &str,
    members: &[String],
) -> Result<(), GraphError> {
    let group = tenant.directory.group(group).cloned();
    let group = group.ok_or_else(not_a_valid_reference)?;
    let mut users: Vec<User> = Vec::with_capacity(members.len());
    for member in members {
        if users.iter().any(|other| other.id == *member) {
            return Err(already_there("members"));
        }
        users.push(new_member(tenant, &group, member)?);
    }
    for user in users {
        tenant.put_user(user);
    }
    Ok(())
}

/// A user as a member of the group.
fn new_member(
    tenant: &TenantState,
    group: &DirectoryGroup,
    member: &str,
) -> Result<User, GraphError> {
    // Groups inside groups are of no use here.
    let Some(mut user) = tenant.directory.by_id(member).cloned() else {
        return Err(not_a_valid_reference());
    };
    if !user.is_writable() {
        return Err(not_a_valid_reference());
    }
    let refusals = &tenant.weather.refusals;
    if user.is_external() && names(&refusals.groups_without_guests, group) {
        return Err(graph_error(
            403,
            "Authorization_RequestDenied",
            "Guests users are not allowed to join this Unified Group due to policy setting. paramName: Members, paramValue: , objectType: System.Object",
        ));
    }
    if user.groups.contains(&group.id) {
        return Err(already_there("members"));
    }
    if names(&refusals.full_groups, group) {
        return Err(graph_error(403, "Directory_QuotaExceeded", FULL));
    }
    user.groups.push(group.id.clone());
    Ok(user)
}

/// `DELETE /groups/{id}/members/{member}/$ref`.
pub(super) fn remove_member(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
    member: &str,
) -> Result<Reply, GraphError> {
    let group = changeable_group(tenant, caller, id)?;
    let user = tenant.directory.by_id(member);
    let mut user = user
        .filter(|user| user.groups.contains(&group.id))
        .cloned()
        .ok_or_else(|| not_found(member))?;
    user.groups.retain(|id| *id != group.id);
    tenant.put_user(user);
    Ok(Reply::no_content())
}

/// `GET /groups/{id}/owners`, and the same with a cast to `microsoft.graph.user`.
pub(super) fn owners(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let ids: Vec<&str> = group.owners.iter().map(String::as_str).collect();
    related_objects(tenant, request, &ids)
}

/// `POST /groups/{id}/owners/$ref`.
pub(super) fn add_owner(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    caller.needs(&WRITE_GROUPS)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let id = group.id.clone();
    let owner = referenced_object(tenant, body, &SETS)?;
    add_owners(tenant, &id, &[owner])?;
    Ok(Reply::no_content())
}

/// Adds owners to a group: all of them or, after an error, none.
pub(super) fn add_owners(
    tenant: &mut TenantState,
    group: &str,
    owners: &[String],
) -> Result<(), GraphError> {
    let group = tenant.directory.group(group).cloned();
    let mut group = group.ok_or_else(not_a_valid_reference)?;
    for owner in owners {
        let user = tenant.directory.by_id(owner);
        if !user.is_some_and(User::is_writable) {
            return Err(not_a_valid_reference());
        }
        if group.owners.contains(owner) {
            return Err(already_there("owners"));
        }
        group.owners.push(owner.clone());
    }
    tenant.directory.put_group(group);
    Ok(())
}

/// `DELETE /groups/{id}/owners/{owner}/$ref`.
pub(super) fn remove_owner(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
    owner: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&WRITE_GROUPS)?;
    let group = tenant.directory.group(id).cloned();
    let mut group = group.ok_or_else(|| not_found(id))?;
    let before = group.owners.len();
    group.owners.retain(|id| !id.eq_ignore_ascii_case(owner));
    if group.owners.len() == before {
        return Err(not_found(owner));
    }
    tenant.directory.put_group(group);
    Ok(Reply::no_content())
}

/// The group, when the caller may change its members and Graph changes them at all.
pub(super) fn changeable_group(
    tenant: &TenantState,
    caller: &Caller,
    id: &str,
) -> Result<DirectoryGroup, GraphError> {
    caller.needs(&WRITE_MEMBERS)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    if names(&tenant.weather.refusals.groups, group) {
        return Err(access_denied());
    }
    match group.kind {
        // The rule alone decides who is a member.
        GroupKind::Dynamic => Err(access_denied()),
        GroupKind::RoleAssignable if !caller.has(&["RoleManagement.ReadWrite.Directory"]) => {
            Err(access_denied())
        }
        GroupKind::OnPremises => Err(mastered_on_premises()),
        GroupKind::DistributionList | GroupKind::MailEnabledSecurity => Err(graph_error(
            400,
            "Request_BadRequest",
            "Cannot Update a mail-enabled security groups and or distribution list.",
        )),
        _ => Ok(group.clone()),
    }
}
