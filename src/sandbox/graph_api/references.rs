//! References from one object to another: the sponsors and the manager of a user, and whose sponsor a user is (Microsoft
//! Graph: assign sponsors, assign manager), and how the body of such a request is read.

use crate::sandbox::{
    graph_api::{
        directory_objects::{has_property, object_json},
        odata_reply::{entity, list},
        permissions::{READ_USERS, WRITE_USERS},
        related_objects::related_objects,
        user_update::mastered_on_premises,
        users::visible_user,
    },
    messages::{
        graph_error::{GraphError, access_denied, graph_error, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    odata::query_options::select,
    state::{tenant::TenantState, token_store::Caller},
};
use serde_json::{Map, Value, json};

/// `GET /users/{id}/sponsors`.
pub(super) fn sponsors(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let user = visible_user(tenant, key)?;
    let ids: Vec<&str> = user.sponsors.iter().map(String::as_str).collect();
    related_objects(tenant, request, &ids)
}

/// `GET /users/{id}/sponsors/$ref`.
pub(super) fn sponsor_references(
    tenant: &TenantState,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let user = visible_user(tenant, key)?;
    let value: Vec<Value> = user
        .sponsors
        .iter()
        .filter(|id| object_json(tenant, id, None).is_some())
        .map(|id| json!({"@odata.id": object_url(tenant, id)}))
        .collect();
    Ok(list(tenant, "Collection($ref)", &value))
}

/// `GET /users/{id}/sponsorOf`: the users whose sponsor this user is.
pub(super) fn sponsor_of(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let user = visible_user(tenant, key)?;
    let positions = 0..tenant.directory.end_position();
    let users = positions.filter_map(|position| tenant.directory.at(position));
    let ids: Vec<&str> = users
        .filter(|guest| guest.deleted.is_none() && guest.sponsors.contains(&user.id))
        .map(|guest| guest.id.as_str())
        .collect();
    related_objects(tenant, request, &ids)
}

/// `POST /users/{id}/sponsors/$ref`.
pub(super) fn add_sponsor(
    tenant: &mut TenantState,
    caller: &Caller,
    key: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    caller.needs(&WRITE_USERS)?;
    if tenant.weather.refusals.sponsors {
        return Err(access_denied());
    }
    let mut user = visible_user(tenant, key)?.clone();
    let id = referenced_object(tenant, body, &["users", "groups", "directoryObjects"])?;
    if !user.is_writable() {
        return Err(not_a_valid_reference());
    }
    if user.sponsors.contains(&id) {
        return Err(already_there("sponsors"));
    }
    user.sponsors.push(id);
    tenant.put_user(user);
    Ok(Reply::no_content())
}

/// `DELETE /users/{id}/sponsors/{sponsor}/$ref`.
pub(super) fn remove_sponsor(
    tenant: &mut TenantState,
    caller: &Caller,
    key: &str,
    sponsor: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&WRITE_USERS)?;
    if tenant.weather.refusals.sponsors {
        return Err(access_denied());
    }
    let mut user = visible_user(tenant, key)?.clone();
    let before = user.sponsors.len();
    user.sponsors.retain(|id| !id.eq_ignore_ascii_case(sponsor));
    if user.sponsors.len() == before {
        return Err(not_found(sponsor));
    }
    tenant.put_user(user);
    Ok(Reply::no_content())
}

/// `GET /users/{id}/manager`.
pub(super) fn manager(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let properties = select(request, "microsoft.graph.directoryObject", has_property)?;
    let (_, object) = current_manager(tenant, key, properties.as_deref())?;
    Ok(entity(tenant, "directoryObjects/$entity", object))
}

/// `GET /users/{id}/manager/$ref`.
pub(super) fn manager_reference(
    tenant: &TenantState,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let (id, _) = current_manager(tenant, key, None)?;
    let mut object = Map::new();
    object.insert("@odata.id".into(), json!(object_url(tenant, &id)));
    Ok(entity(tenant, "$ref", object))
}

/// `PUT /users/{id}/manager/$ref`. Replaces the manager.
pub(super) fn set_manager(
    tenant: &mut TenantState,
    caller: &Caller,
    key: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    may_change_managers(tenant, caller)?;
    let mut user = visible_user(tenant, key)?.clone();
    let id = referenced_object(tenant, body, &["users", "directoryObjects"])?;
    if !user.is_writable() || tenant.directory.group(&id).is_some() {
        return Err(not_a_valid_reference());
    }
    if user.is_on_premises() {
        return Err(mastered_on_premises());
    }
    user.manager = Some(id);
    tenant.put_user(user);
    Ok(Reply::no_content())
}

/// `DELETE /users/{id}/manager/$ref`.
pub(super) fn remove_manager(
    tenant: &mut TenantState,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    may_change_managers(tenant, caller)?;
    let mut user = visible_user(tenant, key)?.clone();
    if user.is_on_premises() {
        return Err(mastered_on_premises());
    }
    if user.manager.take().is_none() {
        return Err(not_found("manager"));
    }
    tenant.put_user(user);
    Ok(Reply::no_content())
}

fn may_change_managers(tenant: &TenantState, caller: &Caller) -> Result<(), GraphError> {
    caller.needs(&WRITE_USERS)?;
    if tenant.weather.refusals.managers {
        return Err(access_denied());
    }
    Ok(())
}

/// The manager's id and JSON; 404 where a user has none, or where the manager was deleted.
fn current_manager(
    tenant: &TenantState,
    key: &str,
    properties: Option<&[String]>,
) -> Result<(String, Map<String, Value>), GraphError> {
    let user = visible_user(tenant, key)?;
    user.manager
        .as_ref()
        .and_then(|id| Some((id.clone(), object_json(tenant, id, properties)?)))
        .ok_or_else(|| not_found("manager"))
}

fn object_url(tenant: &TenantState, id: &str) -> String {
    tenant.graph_url(&format!("directoryObjects/{id}"))
}

/// The set and the id of the object that `{"@odata.id": LINK}` names.
pub(super) fn named_object<'a>(
    tenant: &TenantState,
    body: &'a Value,
) -> Option<(&'a str, &'a str)> {
    let object = body.as_object()?;
    if !object.keys().all(|name| name.starts_with("@odata.")) {
        return None;
    }
    linked_object(tenant, object.get("@odata.id")?.as_str()?)
}

/// The set and the id of the object that `{base URL}/{version}/{set}/{id}` leads to.
pub(super) fn linked_object<'a>(tenant: &TenantState, link: &'a str) -> Option<(&'a str, &'a str)> {
    let path = tenant.path_in_graph(link)?;
    path.strip_prefix("v1.0/")
        .or_else(|| path.strip_prefix("beta/"))?
        .split_once('/')
}

/// The id of the object that the body refers to, which must be there.
pub(super) fn referenced_object(
    tenant: &TenantState,
    body: &Value,
    sets: &[&str],
) -> Result<String, GraphError> {
    let named = named_object(tenant, body).ok_or_else(not_a_valid_reference)?;
    existing_object(tenant, named, sets)
}

/// The id of an object that a link names, which must be there.
pub(super) fn existing_object(
    tenant: &TenantState,
    (set, id): (&str, &str),
    sets: &[&str],
) -> Result<String, GraphError> {
    if !sets.contains(&set) {
        return Err(not_a_valid_reference());
    }
    let id = id.to_ascii_lowercase();
    let exists = tenant
        .directory
        .by_id(&id)
        .is_some_and(|user| user.is_visible_by_id() && set != "groups")
        || (tenant.directory.group(&id).is_some() && set != "users");
    if exists { Ok(id) } else { Err(not_found(&id)) }
}

/// A malformed reference, and one to or from an object that not every replica knows yet.
pub(super) fn not_a_valid_reference() -> GraphError {
    graph_error(400, "Request_BadRequest", "Not a valid reference update")
}

pub(super) fn already_there(property: &str) -> GraphError {
    graph_error(
        400,
        "Request_BadRequest",
        format!(
            "One or more added object references already exist for the following modified properties: '{property}'."
        ),
    )
}
