//! Users and groups by id: `GET /directoryObjects/{id}` and `POST /directoryObjects/getByIds`.

use crate::sandbox::{
    directory::{
        group::DirectoryGroup,
        user::{DEFAULT_PROPERTIES, User},
    },
    graph_api::{
        odata_reply::{entity, list},
        permissions::READ_USERS,
    },
    messages::{
        graph_error::{GraphError, access_denied, bad_request, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    odata::{annotations::is_annotation, query_options::select},
    state::{identity::INITIAL_DOMAIN, tenant::TenantState, token_store::Caller},
};
use serde_json::{Map, Value, json};

const MAX_IDS: usize = 1_000;

pub(super) fn has_property(name: &str) -> bool {
    User::has_property(name) || DirectoryGroup::has_property(name)
}

/// A user or a group as JSON with its `@odata.type`; `None` when there is no visible object with this id.
pub(super) fn object_json(
    tenant: &TenantState,
    id: &str,
    properties: Option<&[String]>,
) -> Option<Map<String, Value>> {
    let default = DEFAULT_PROPERTIES.map(str::to_owned);
    let (edm_type, fields) = if let Some(group) = tenant.directory.group(id) {
        ("#microsoft.graph.group", group.to_json(properties))
    } else {
        let user = tenant
            .directory
            .by_id(id)
            .filter(|user| user.is_visible_by_id())?
            .as_shown();
        (
            "#microsoft.graph.user",
            user.to_json(properties.unwrap_or(&default), INITIAL_DOMAIN),
        )
    };
    let mut object = Map::new();
    object.insert("@odata.type".into(), json!(edm_type));
    object.extend(fields);
    Some(object)
}

/// `POST /directoryObjects/getByIds`.
pub(super) fn get_by_ids(
    tenant: &mut TenantState,
    request: &GraphRequest,
    caller: &Caller,
    body: &Value,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    if !tenant.weather.get_by_ids_allowed {
        return Err(access_denied());
    }
    let properties = select(request, "microsoft.graph.directoryObject", has_property)?;
    let object = body
        .as_object()
        .ok_or_else(|| bad_request("An object was expected in the request payload."))?;
    if let Some(name) = object
        .keys()
        .find(|name| !["ids", "types"].contains(&name.as_str()) && !is_annotation(name))
    {
        return Err(bad_request(format!(
            "The parameter '{name}' in the request payload is not a valid parameter for the operation 'getByIds'."
        )));
    }
    let ids = string_list(object.get("ids"), "ids")?;
    if ids.is_empty() || ids.len() > MAX_IDS {
        return Err(bad_request(format!(
            "Invalid number of ids specified: {}. Must be between 1 and {MAX_IDS} inclusive.",
            ids.len()
        )));
    }
    if let Some(id) = ids.iter().find(|id| uuid::Uuid::try_parse(id).is_err()) {
        return Err(bad_request(format!("Invalid GUID:{id}")));
    }
    let types = match object.get("types") {
        None | Some(Value::Null) => Vec::new(),
        types => string_list(types, "types")?,
    };
    if let Some(unknown) = types.iter().find(|name| {
        ![
            "user",
            "group",
            "device",
            "directoryObject",
            "servicePrincipal",
            "application",
        ]
        .contains(&name.as_str())
    }) {
        return Err(bad_request(format!("The type '{unknown}' is not known.")));
    }
    let is_wanted = |edm_type: &str| {
        types.is_empty()
            || types
                .iter()
                .any(|name| name == "directoryObject" || edm_type.ends_with(&format!(".{name}")))
    };
    let mut value = Vec::with_capacity(ids.len());
    for id in &ids {
        let id = id.to_ascii_lowercase();
        let object = object_json(tenant, &id, properties.as_deref())
            .filter(|object| object["@odata.type"].as_str().is_some_and(is_wanted));
        value.extend(object.map(Value::Object));
        let addresses = tenant
            .directory
            .by_id(&id)
            .filter(|user| user.is_visible_by_id())
            .map(User::mail_addresses);
        tenant
            .request_addresses
            .extend(addresses.into_iter().flatten());
    }
    Ok(list(tenant, "directoryObjects", &value))
}

/// A parameter that must be a list of strings.
fn string_list(value: Option<&Value>, name: &str) -> Result<Vec<String>, GraphError> {
    value
        .and_then(Value::as_array)
        .and_then(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        })
        .ok_or_else(|| {
            bad_request(format!(
                "The parameter '{name}' must be a collection of strings."
            ))
        })
}

/// `GET /directoryObjects/{id}`.
pub(super) fn get(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_USERS)?;
    let properties = select(request, "microsoft.graph.directoryObject", has_property)?;
    let object = object_json(tenant, id, properties.as_deref()).ok_or_else(|| not_found(id))?;
    Ok(entity(tenant, "directoryObjects/$entity", object))
}
