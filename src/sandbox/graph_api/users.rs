//! Users: list, count, single users, the signed-in user.

use crate::sandbox::{
    directory::user::{ALL_PROPERTIES, DEFAULT_PROPERTIES, User},
    faults::fault::FaultKind,
    graph_api::{
        expand::Expand,
        odata_reply::entity,
        permissions::{READ_USERS, may_read_users},
    },
    messages::{
        graph_error::{GraphError, bad_request, graph_error, not_found},
        reply::{Reply, ReplyBody},
        request::GraphRequest,
    },
    odata::{
        filter::{Filter, ResourceType},
        query_options::{ListSupport, QueryOptions, check_format, next_link, search, select},
    },
    state::{identity::INITIAL_DOMAIN, tenant::TenantState, token_store::Caller},
};
use serde_json::{Map, Value, json};

/// What a user can be expanded by.
const RELATIONS: [&str; 3] = ["manager", "memberOf", "sponsors"];

/// The properties without `$select`. The beta version answers with all of them.
fn default_properties(request: &GraphRequest) -> Vec<String> {
    if request.version == "beta" {
        let every = ALL_PROPERTIES
            .iter()
            .filter(|name| **name != "signInActivity");
        return every.map(|name| (*name).to_owned()).collect();
    }
    DEFAULT_PROPERTIES.map(str::to_owned).into()
}

/// A user as JSON, with what the request expands.
fn user_json(
    tenant: &TenantState,
    user: &User,
    properties: &[String],
    expand: Option<&Expand>,
) -> Map<String, Value> {
    let mut json = user.to_json(properties, INITIAL_DOMAIN);
    if let Some(expand) = expand {
        let ids: Vec<String> = match expand.property() {
            "manager" => user.manager.iter().cloned().collect(),
            "sponsors" => user.sponsors.clone(),
            _ => user.groups.clone(),
        };
        expand.add(tenant, ids.into_iter(), &mut json);
    }
    json
}

/// `GET /users`.
pub(super) fn list(
    tenant: &mut TenantState,
    request: &GraphRequest,
    caller: &Caller,
    fault: Option<FaultKind>,
) -> Result<Reply, GraphError> {
    let query = QueryOptions::read(
        request,
        &ListSupport {
            resource_type: ResourceType::User,
            default_page: 100,
            has_property: User::has_property,
            sortable: &["displayName", "userPrincipalName"],
            expands: true,
            searches: true,
        },
    )?;
    let expand = Expand::read(request, &RELATIONS, ResourceType::User.edm_type())?;
    may_read_users(caller, query.select.as_deref())?;
    if let Some(filter) = &query.filter {
        tenant
            .request_addresses
            .extend(filter.compared_texts().into_iter().map(str::to_owned));
    }
    if query.start > 0 && fault == Some(FaultKind::PageTokenLost) {
        return Err(graph_error(
            400,
            "DirectoryPageTokenNotFoundException",
            "The page token was not found.",
        ));
    }
    let (users, next) = page(tenant, &query);
    let properties = query
        .select
        .clone()
        .unwrap_or_else(|| default_properties(request));
    let value: Vec<Value> = users
        .iter()
        .map(|user| Value::Object(user_json(tenant, user, &properties, expand.as_ref())))
        .collect();
    let mut body = json!({
        "@odata.context": tenant.graph_url("$metadata#users"),
    });
    if query.count {
        body["@odata.count"] = json!(count_of(tenant, &query));
    }
    if let Some(next) = next {
        body["@odata.nextLink"] = json!(next_link(request, &tenant.graph_url("users"), next));
    } else if query.search.is_none() && (query.filter.is_none() || query.start > 0) {
        tenant.stats.all_users_listed();
    }
    body["value"] = Value::Array(value);
    Ok(Reply::ok(body))
}

/// The users of a page, and the position of the first user of the next page.
fn page<'a>(tenant: &'a TenantState, query: &QueryOptions) -> (Vec<&'a User>, Option<u32>) {
    if !query.order.is_empty() {
        return sorted_page(tenant, query);
    }
    let mut found = Vec::new();
    for position in candidates(tenant, query).filter(|position| *position >= query.start) {
        let Some(user) = listed_user(tenant, query, position) else {
            continue;
        };
        if found.len() == query.top {
            return (found, Some(position));
        }
        found.push(user);
    }
    (found, None)
}

/// The users of a page of a sorted list, and the place in the list of the first user of the next page.
fn sorted_page<'a>(tenant: &'a TenantState, query: &QueryOptions) -> (Vec<&'a User>, Option<u32>) {
    let positions = 0..tenant.directory.end_position();
    let mut users: Vec<&User> = positions
        .filter_map(|position| listed_user(tenant, query, position))
        .collect();
    query.sort(&mut users);
    let end = query.start as usize + query.top;
    let next = (end < users.len()).then_some(end as u32);
    let page = users.into_iter().skip(query.start as usize);
    (page.take(query.top).collect(), next)
}

/// The positions at which users of the list can be.
fn candidates(tenant: &TenantState, query: &QueryOptions) -> Box<dyn Iterator<Item = u32>> {
    let indexed = query
        .filter
        .as_ref()
        .and_then(|filter| filter.indexed_positions(&tenant.directory));
    match indexed {
        Some(candidates) => Box::new(candidates.into_iter()),
        None => Box::new(query.start..tenant.directory.end_position()),
    }
}

/// The user at a position when the list contains the user.
fn listed_user<'a>(
    tenant: &'a TenantState,
    query: &QueryOptions,
    position: u32,
) -> Option<&'a User> {
    let user = tenant.directory.at(position)?.as_shown();
    let is_listed = user.deleted.is_none() && user.is_visible_to_filters() && query.matches(user);
    is_listed.then_some(user)
}

fn count_of(tenant: &TenantState, query: &QueryOptions) -> usize {
    if query.filter.is_none() && query.search.is_none() {
        return tenant.directory.user_count();
    }
    candidates(tenant, query)
        .filter(|position| listed_user(tenant, query, *position).is_some())
        .count()
}

/// `GET /users/$count`.
pub(super) fn count(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    may_read_users(caller, None)?;
    if !request.eventual {
        return Err(graph_error(
            400,
            "Request_BadRequest",
            "$count is not currently supported.",
        ));
    }
    let query = QueryOptions {
        select: None,
        filter: match request.option("$filter") {
            None => None,
            Some(text) => Some(Filter::accept(text, ResourceType::User, true)?),
        },
        search: search(request, ResourceType::User)?,
        top: 1,
        count: true,
        order: Vec::new(),
        start: 0,
    };
    Ok(Reply::new(
        200,
        ReplyBody::Plain(count_of(tenant, &query).to_string()),
    ))
}

/// `GET /users/{id | userPrincipalName}`.
pub(super) fn get(
    tenant: &mut TenantState,
    request: &GraphRequest,
    caller: &Caller,
    key: &str,
) -> Result<Reply, GraphError> {
    let selected = selected(request)?;
    let expand = Expand::read(request, &RELATIONS, ResourceType::User.edm_type())?;
    may_read_users(caller, selected.as_deref())?;
    let properties = selected.unwrap_or_else(|| default_properties(request));
    let user = visible_user(tenant, key)?.as_shown();
    let json = user_json(tenant, user, &properties, expand.as_ref());
    let addresses = user.mail_addresses();
    tenant.request_addresses.extend(addresses);
    Ok(entity(tenant, "users/$entity", json))
}

/// The properties of `$select`. A single user supports `$expand` beside it, and no other query option.
fn selected(request: &GraphRequest) -> Result<Option<Vec<String>>, GraphError> {
    for (name, value) in &request.query {
        match name.to_ascii_lowercase().as_str() {
            "$select" | "$expand" => {}
            "$format" => check_format(value)?,
            name if name.starts_with('$') => {
                return Err(bad_request(format!(
                    "The query option '{name}' is not supported here."
                )));
            }
            _ => {}
        }
    }
    select(request, ResourceType::User.edm_type(), User::has_property)
}

/// The user with this id or principal name, unless replication still hides the user.
pub(super) fn visible_user<'a>(tenant: &'a TenantState, key: &str) -> Result<&'a User, GraphError> {
    tenant
        .directory
        .by_id_or_principal_name(key)
        .filter(|user| user.is_visible_by_id())
        .ok_or_else(|| not_found(key))
}

/// `GET /me`.
pub(super) fn me(
    tenant: &mut TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    let Some(id) = &caller.user else {
        return Err(bad_request(
            "/me request is only valid with delegated authentication flow.",
        ));
    };
    if !caller.has(&READ_USERS) {
        caller.needs(&["User.Read", "User.ReadWrite", "User.ReadBasic.All"])?;
    }
    let properties = selected(request)?.unwrap_or_else(|| default_properties(request));
    let user = visible_user(tenant, id)?;
    let json = user.to_json(&properties, INITIAL_DOMAIN);
    Ok(entity(tenant, "users/$entity", json))
}
