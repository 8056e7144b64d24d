//! The members of a group: list, add, remove (Microsoft Graph: add members, list members, remove member).

use crate::sandbox::{
    directory::group::{DirectoryGroup, GroupKind},
    faults::refusals::names,
    graph_api::{
        directory_objects::object_json,
        odata_reply::list,
        permissions::{READ_GROUPS, WRITE_MEMBERS},
        references::{already_there, not_a_valid_reference, referenced_object},
        user_update::mastered_on_premises,
    },
    messages::{
        graph_error::{GraphError, access_denied, graph_error, not_found},
        reply::Reply,
    },
    state::{tenant::TenantState, token_store::Caller},
};
use serde_json::Value;

/// What the message about a full group says.
const FULL: &str = "Unable to perform operation as '250001' would exceed the maximum quota count '250000' for forward-link 'members'.";

/// `GET /groups/{id}/members`.
pub(super) fn members(
    tenant: &TenantState,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let value: Vec<Value> = tenant
        .directory
        .members(&group.id)
        .filter_map(|user| object_json(tenant, &user.id, None))
        .map(Value::Object)
        .collect();
    Ok(list(tenant, "directoryObjects", &value))
}

/// `POST /groups/{id}/members/$ref`.
pub(super) fn add_member(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    let group = changeable_group(tenant, caller, id)?;
    let member = referenced_object(tenant, body, &["users", "directoryObjects"])?;
    // Groups inside groups are of no use here.
    let Some(mut user) = tenant.directory.by_id(&member).cloned() else {
        return Err(not_a_valid_reference());
    };
    if !user.is_writable() {
        return Err(not_a_valid_reference());
    }
    let refusals = &tenant.weather.refusals;
    if user.is_external() && names(&refusals.groups_without_guests, &group) {
        return Err(graph_error(
            403,
            "Authorization_RequestDenied",
            "Guests users are not allowed to join this Unified Group due to policy setting. paramName: Members, paramValue: , objectType: System.Object",
        ));
    }
    if user.groups.contains(&group.id) {
        return Err(already_there("members"));
    }
    if names(&refusals.full_groups, &group) {
        return Err(graph_error(403, "Directory_QuotaExceeded", FULL));
    }
    user.groups.push(group.id);
    tenant.put_user(user);
    Ok(Reply::no_content())
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

/// The group, when the caller may change its members and Graph changes them at all.
fn changeable_group(
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
