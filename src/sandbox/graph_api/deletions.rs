//! `DELETE /users/{id}` and one deleted item (Microsoft Graph: delete a user, get deleted item). A deleted user can be
//! restored for 30 days.

use crate::sandbox::{
    directory::user::{DEFAULT_PROPERTIES, User},
    graph_api::{
        odata_reply::entity,
        permissions::{DELETE_USERS, READ_USERS},
    },
    messages::{
        graph_error::{GraphError, access_denied, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    odata::query_options::select,
    state::{
        identity::INITIAL_DOMAIN, request_stats::DeletedUser, tenant::TenantState,
        token_store::Caller,
    },
};
use std::time::Duration;
use tokio::time::Instant;

/// `DELETE /users/{id | userPrincipalName}`.
pub(super) fn delete(
    tenant: &mut TenantState,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&DELETE_USERS)?;
    let user = tenant
        .directory
        .by_id_or_principal_name(key)
        .filter(|user| user.is_visible_by_id())
        .cloned()
        .ok_or_else(|| not_found(key))?;
    if user.has_directory_role {
        // Somebody with a directory role takes an administrator with a higher one.
        return Err(access_denied());
    }
    tenant.stats.deletions.push(DeletedUser {
        ms: tenant.stats.ms(),
        user_id: user.id.clone(),
        address: user.address().to_owned(),
        state: user.external_user_state.clone(),
    });
    if tenant.is_being_deleted(&user.id) {
        // The directory itself knows, although reads still show the user.
        return Err(not_found(key));
    }
    let delay = tenant.weather.replication.deletions_ms;
    tenant.delete_user(user, Instant::now() + Duration::from_millis(delay));
    Ok(Reply::no_content())
}

/// `GET /directory/deletedItems/{id}`.
pub(super) fn deleted_item(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let selected = select(
        request,
        "microsoft.graph.directoryObject",
        User::has_property,
    )?;
    let properties = selected.unwrap_or_else(|| {
        let mut names: Vec<String> = DEFAULT_PROPERTIES.map(str::to_owned).into();
        names.push("deletedDateTime".to_owned());
        names
    });
    let (_, user) = tenant
        .directory
        .deleted_users()
        .find(|(_, user)| user.id.eq_ignore_ascii_case(id))
        .ok_or_else(|| not_found(id))?;
    let json = user.to_json(&properties, INITIAL_DOMAIN);
    Ok(entity(tenant, "directoryObjects/$entity", json))
}
