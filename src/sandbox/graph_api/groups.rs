//! Groups: list, read, create, update, delete (Microsoft Graph: group resource type).

use crate::sandbox::{
    directory::group::{ALL_PROPERTIES, DirectoryGroup, GroupKind},
    graph_api::{
        expand::Expand,
        members::{BOUND_MEMBERS, BOUND_OWNERS, add_members, add_owners, bound_users},
        odata_reply::entity,
        permissions::{READ_GROUPS, WRITE_GROUPS},
    },
    messages::{
        graph_error::{GraphError, bad_request, graph_error, not_found},
        reply::{Reply, ReplyBody},
        request::GraphRequest,
    },
    odata::{
        annotations::{check_type, is_annotation},
        filter::{Filter, ResourceType},
        query_options::{ListSupport, QueryOptions, next_link, search, select},
    },
    state::{
        identity::{DOMAIN, INITIAL_DOMAIN},
        ids::new_id,
        tenant::TenantState,
        token_store::Caller,
    },
};
use serde_json::{Map, Value, json};

const TYPE: &str = "microsoft.graph.group";

/// `GET /groups`.
pub(super) fn list(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    let query = QueryOptions::read(
        request,
        &ListSupport {
            resource_type: ResourceType::Group,
            default_page: 100,
            has_property: DirectoryGroup::has_property,
            sortable: &["displayName"],
            expands: true,
            searches: true,
        },
    )?;
    let expand = Expand::read(request, &["members"], TYPE)?;
    let mut groups: Vec<&DirectoryGroup> = tenant.directory.groups().iter().collect();
    groups.retain(|group| query.matches(*group));
    query.sort(&mut groups);
    let count = groups.len();
    let start = query.start as usize;
    let value: Vec<Value> = groups
        .into_iter()
        .skip(start)
        .take(query.top)
        .map(|group| {
            let mut json = group.to_json(query.select.as_deref());
            if let Some(expand) = &expand {
                expand.add(tenant, member_ids(tenant, group), &mut json);
            }
            Value::Object(json)
        })
        .collect();
    let end = start + value.len();
    let mut body = json!({ "@odata.context": tenant.graph_url("$metadata#groups") });
    if query.count {
        body["@odata.count"] = json!(count);
    }
    if end < count {
        let link = next_link(request, &tenant.graph_url("groups"), end as u32);
        body["@odata.nextLink"] = json!(link);
    }
    body["value"] = Value::Array(value);
    Ok(Reply::ok(body))
}

fn member_ids(tenant: &TenantState, group: &DirectoryGroup) -> impl Iterator<Item = String> {
    let members = tenant.directory.members(&group.id);
    let ids: Vec<String> = members.map(|user| user.id.clone()).collect();
    ids.into_iter()
}

/// `GET /groups/$count`.
pub(super) fn count(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    if !request.eventual {
        return Err(graph_error(
            400,
            "Request_BadRequest",
            "$count is not currently supported.",
        ));
    }
    let filter = request
        .option("$filter")
        .map(|text| Filter::accept(text, ResourceType::Group, true))
        .transpose()?;
    let search = search(request, ResourceType::Group)?;
    let groups = tenant.directory.groups().iter();
    let count = groups
        .filter(|group| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.matches(*group, INITIAL_DOMAIN))
                && search.as_ref().is_none_or(|search| search.matches(*group))
        })
        .count();
    Ok(Reply::new(200, ReplyBody::Plain(count.to_string())))
}

/// `GET /groups/{id}`.
pub(super) fn get(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    let expand = Expand::read(request, &["members"], TYPE)?;
    let properties = select(request, TYPE, DirectoryGroup::has_property)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let mut object = group.to_json(properties.as_deref());
    if let Some(expand) = expand {
        expand.add(tenant, member_ids(tenant, group), &mut object);
    }
    Ok(entity(tenant, "groups/$entity", object))
}

/// `POST /groups`: a security group or a Microsoft 365 group, with or without members.
pub(super) fn create(
    tenant: &mut TenantState,
    caller: &Caller,
    body: &Value,
) -> Result<Reply, GraphError> {
    caller.needs(&WRITE_GROUPS)?;
    let object = group_object(body)?;
    let required = |name: &str| {
        let value = object.get(name).filter(|value| !value.is_null());
        value.ok_or_else(|| {
            bad_request(format!(
                "A value is required for property '{name}' of resource 'Group'."
            ))
        })
    };
    let name = required("displayName")?.as_str().unwrap_or_default();
    let nickname = required("mailNickname")?.as_str().unwrap_or_default();
    let mail_enabled = required("mailEnabled")? == &json!(true);
    required("securityEnabled")?;
    let unified = object
        .get("groupTypes")
        .and_then(Value::as_array)
        .is_some_and(|types| types.contains(&json!("Unified")));
    if mail_enabled && !unified {
        return Err(graph_error(
            400,
            "Request_BadRequest",
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.",
        ));
    }
    let kind = if unified {
        GroupKind::Microsoft365
    } else {
        GroupKind::Security
    };
    let mail = unified.then(|| format!("{nickname}@{DOMAIN}"));
    let mut group = DirectoryGroup::new(new_id(), name, mail.as_deref(), kind);
    group.mail_nickname = Some(nickname.to_owned());
    group.description = object
        .get("description")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let members = bound_users(tenant, &object, BOUND_MEMBERS)?;
    let owners = bound_users(tenant, &object, BOUND_OWNERS)?;
    let id = group.id.clone();
    let json = group.to_json(None);
    tenant.directory.put_group(group);
    add_members(tenant, &id, &members)?;
    add_owners(tenant, &id, &owners)?;
    let created = entity(tenant, "groups/$entity", json);
    Ok(Reply {
        status: 201,
        ..created
    })
}

/// `PATCH /groups/{id}`: the name, the description, and up to 20 new members and owners, all or none.
pub(super) fn update(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    let object = group_object(body)?;
    if object.contains_key(BOUND_MEMBERS) {
        let id = super::members::changeable_group(tenant, caller, id)?.id;
        let members = bound_users(tenant, &object, BOUND_MEMBERS)?;
        add_members(tenant, &id, &members)?;
    }
    if object.contains_key(BOUND_OWNERS) {
        caller.needs(&WRITE_GROUPS)?;
        let found = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
        let id = found.id.clone();
        let owners = bound_users(tenant, &object, BOUND_OWNERS)?;
        add_owners(tenant, &id, &owners)?;
    }
    let text = |name: &str| {
        object
            .get(name)
            .map(|value| value.as_str().map(str::to_owned))
    };
    let (name, description) = (text("displayName"), text("description"));
    if name.is_some() || description.is_some() {
        caller.needs(&WRITE_GROUPS)?;
        let found = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
        let mut group = found.clone();
        if let Some(name) = name.flatten() {
            group.display_name = name;
        }
        if let Some(description) = description {
            group.description = description;
        }
        tenant.directory.put_group(group);
    }
    Ok(Reply::no_content())
}

/// `DELETE /groups/{id}`.
pub(super) fn delete(
    tenant: &mut TenantState,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&WRITE_GROUPS)?;
    if tenant.directory.remove_group(id) {
        Ok(Reply::no_content())
    } else {
        Err(not_found(id))
    }
}

/// The body of a request that creates or updates a group. Graph takes the names of properties without regard to case:
/// CLI for Microsoft 365 sends `mailNickName`.
fn group_object(body: &Value) -> Result<Map<String, Value>, GraphError> {
    let object = body
        .as_object()
        .ok_or_else(|| bad_request("An object was expected in the request payload."))?;
    let object: Map<String, Value> = object
        .iter()
        .map(|(name, value)| {
            let known = ALL_PROPERTIES
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name));
            (
                known.map_or_else(|| name.clone(), |known| (*known).to_owned()),
                value.clone(),
            )
        })
        .collect();
    check_type(&object, TYPE)?;
    let is_known = |name: &str| {
        DirectoryGroup::has_property(name)
            || is_annotation(name)
            || [BOUND_MEMBERS, BOUND_OWNERS].contains(&name)
    };
    if let Some(name) = object.keys().find(|name| !is_known(name)) {
        return Err(bad_request(format!(
            "The property '{name}' does not exist on type '{TYPE}'. Make sure to only use property names that are defined by the type."
        )));
    }
    Ok(object)
}
