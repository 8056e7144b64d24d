//! Deleted users: delete, list, read one, restore, delete permanently (Microsoft Graph: delete a user; list, get, restore
//! and permanently delete deleted items). A deleted user can be restored for 30 days.

use crate::sandbox::{
    directory::user::{DEFAULT_PROPERTIES, User},
    graph_api::{
        odata_reply::{entity, list},
        permissions::{DELETE_USERS, READ_GROUPS, READ_USERS},
    },
    messages::{
        graph_error::{GraphError, access_denied, graph_error, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    odata::{
        filter::ResourceType,
        query_options::{ListSupport, QueryOptions, next_link, select},
    },
    state::{
        identity::INITIAL_DOMAIN, request_stats::DeletedUser, tenant::TenantState,
        token_store::Caller,
    },
};
use serde_json::{Map, Value, json};
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

/// `GET /directory/deletedItems/microsoft.graph.user`.
pub(super) fn deleted_users(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let query = QueryOptions::read(
        request,
        &ListSupport {
            resource_type: ResourceType::DeletedUser,
            default_page: 100,
            has_property: User::has_property,
            sortable: &["deletedDateTime", "displayName", "userPrincipalName"],
            expands: false,
            searches: false,
        },
    )?;
    let properties = query.select.clone().unwrap_or_else(default_properties);
    let mut all: Vec<(u32, &User)> = tenant
        .directory
        .deleted_users()
        .filter(|(_, user)| {
            let filter = query.filter.as_ref();
            filter.is_none_or(|filter| filter.matches(*user, INITIAL_DOMAIN))
        })
        .collect();
    all.sort_by_key(|(position, _)| *position);
    let mut users: Vec<&User> = all.iter().map(|(_, user)| *user).collect();
    query.sort(&mut users);
    let count = users.len();
    let start = query.start as usize;
    let value: Vec<Value> = users
        .into_iter()
        .skip(start)
        .take(query.top)
        .map(|user| Value::Object(deleted_json(user, &properties)))
        .collect();
    let end = start + value.len();
    let mut body = json!({ "@odata.context": tenant.graph_url("$metadata#users") });
    if query.count {
        body["@odata.count"] = json!(count);
    }
    if end < count {
        let path = tenant.graph_url("directory/deletedItems/microsoft.graph.user");
        body["@odata.nextLink"] = json!(next_link(request, &path, end as u32));
    }
    body["value"] = Value::Array(value);
    Ok(Reply::ok(body))
}

/// `GET /directory/deletedItems/microsoft.graph.group`. Groups are deleted for good here, so that there are none.
pub(super) fn deleted_groups(tenant: &TenantState, caller: &Caller) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    Ok(list(tenant, "groups", &[]))
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
    let properties = selected.unwrap_or_else(default_properties);
    let user = deleted_user(tenant, id)?;
    let mut object = Map::new();
    object.insert("@odata.type".into(), json!("#microsoft.graph.user"));
    object.extend(deleted_json(user, &properties));
    Ok(entity(tenant, "directoryObjects/$entity", object))
}

/// `POST /directory/deletedItems/{id}/restore`. Refused while somebody else has an address of the user.
pub(super) fn restore(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&DELETE_USERS)?;
    let mut user = deleted_user(tenant, id)?.clone();
    let held = tenant
        .directory
        .by_id_or_principal_name(&user.user_principal_name)
        .is_some();
    if held {
        let message =
            "Another object with the same value for property userPrincipalName already exists.";
        let mut error = graph_error(400, "Request_BadRequest", message);
        error.details = vec![json!({
            "code": "ObjectConflict",
            "message": message,
            "target": "userPrincipalName",
        })];
        return Err(error);
    }
    user.deleted = None;
    let mut object = Map::new();
    object.insert("@odata.type".into(), json!("#microsoft.graph.user"));
    object.extend(user.to_json(&DEFAULT_PROPERTIES.map(str::to_owned), INITIAL_DOMAIN));
    tenant.put_user(user);
    Ok(entity(tenant, "directoryObjects/$entity", object))
}

/// `DELETE /directory/deletedItems/{id}`: for good.
pub(super) fn purge(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&DELETE_USERS)?;
    let id = deleted_user(tenant, id)?.id.clone();
    if let Some(journal) = &mut tenant.journal {
        journal.purged(&id);
    }
    tenant.directory.purge(&id);
    Ok(Reply::no_content())
}

fn deleted_user<'a>(tenant: &'a TenantState, id: &str) -> Result<&'a User, GraphError> {
    tenant
        .directory
        .deleted_users()
        .map(|(_, user)| user)
        .find(|user| user.id.eq_ignore_ascii_case(id))
        .ok_or_else(|| not_found(id))
}

fn default_properties() -> Vec<String> {
    let mut names: Vec<String> = DEFAULT_PROPERTIES.map(str::to_owned).into();
    names.push("deletedDateTime".to_owned());
    names
}

/// Entra puts the id without dashes before the principal name of a deleted user.
fn deleted_json(user: &User, properties: &[String]) -> Map<String, Value> {
    let mut json = user.to_json(properties, INITIAL_DOMAIN);
    if let Some(principal_name) = json.get_mut("userPrincipalName") {
        let id = user.id.replace('-', "");
        *principal_name = json!(format!("{id}{}", user.user_principal_name));
    }
    json
}
