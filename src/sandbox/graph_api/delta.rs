//! `GET /users/delta`: all users page by page, then a link that leads to what has changed since (Microsoft Graph: user:
//! delta, use delta query to track changes). The guests are among the users.
//!
//! A token holds the place of the page and the numbers of changes: `{start}.{after}.{until}`. A link carries the `$select`
//! and the `$filter` of the first request.

use crate::sandbox::{
    directory::user::{DEFAULT_PROPERTIES, User},
    graph_api::permissions::{READ_USERS, may_read_users},
    messages::{
        graph_error::{GraphError, bad_request, unsupported_query},
        reply::Reply,
        request::GraphRequest,
    },
    odata::{
        filter::{Filter, ResourceType},
        query_options::{check_format, select},
    },
    state::{identity::INITIAL_DOMAIN, tenant::TenantState, token_store::Caller},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 999;
/// The most users that a filter can name.
const MAX_TRACKED: usize = 50;
/// The value of `$deltatoken` that asks for the link alone.
const LATEST: &str = "latest";

/// A part of a walk over the users.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// The position of the first user of the page.
    start: u32,
    /// Users whose newest change has this number or a lower one are left out.
    after: u64,
    /// The next walk begins with the changes after this one.
    until: u64,
}

/// `GET /users/delta`.
pub(super) fn users(
    tenant: &mut TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    let edm_type = ResourceType::User.edm_type();
    let properties = select(request, edm_type, User::has_property)?;
    caller.needs(&READ_USERS)?;
    may_read_users(caller, properties.as_deref())?;
    let top = page_size(request)?;
    let filter = tracked_users(request)?;
    let walk = walk(tenant, request)?;

    let mut properties = properties.unwrap_or_else(|| DEFAULT_PROPERTIES.map(str::to_owned).into());
    if !properties.iter().any(|name| name == "id") {
        properties.push("id".to_owned());
    }
    let mut value = Vec::new();
    let mut next = None;
    for position in tenant.directory.changed_after(walk.after, walk.start) {
        let Some(user) = tenant.directory.at(position) else {
            continue;
        };
        let filter = filter.as_ref();
        if filter.is_some_and(|filter| !filter.matches(user, INITIAL_DOMAIN)) {
            continue;
        }
        let Some(entry) = entry(user, &properties, walk.after) else {
            continue;
        };
        if value.len() == top {
            next = Some(position);
            break;
        }
        value.push(entry);
    }
    let (name, link) = if let Some(start) = next {
        let rest = Walk { start, ..walk };
        ("@odata.nextLink", link(tenant, request, "$skiptoken", rest))
    } else {
        if walk.after > 0 {
            let purged = tenant.directory.purged_after(walk.after);
            value.extend(purged.map(|id| removed(id, "deleted")));
        } else if filter.is_none() {
            tenant.stats.all_users_listed();
        }
        let changes = Walk {
            start: 0,
            after: walk.until,
            until: 0,
        };
        (
            "@odata.deltaLink",
            link(tenant, request, "$deltatoken", changes),
        )
    };
    let mut body = json!({ "@odata.context": tenant.graph_url("$metadata#users") });
    body[name] = json!(link);
    body["value"] = Value::Array(value);
    Ok(Reply::ok(body))
}

/// A user as the list shows the user, or `None` for one whom the list leaves out.
fn entry(user: &User, properties: &[String], after: u64) -> Option<Value> {
    if !user.is_visible_to_filters() {
        return None;
    }
    if user.deleted.is_some() {
        // The first walk knows of nobody who could be removed.
        return (after > 0).then(|| removed(&user.id, "changed"));
    }
    let user = user.as_shown();
    Some(Value::Object(user.to_json(properties, INITIAL_DOMAIN)))
}

/// `changed`: the user can be restored. `deleted`: the user is gone for good.
fn removed(id: &str, reason: &str) -> Value {
    json!({"id": id, "@removed": {"reason": reason}})
}

/// Where the request begins, by its token.
fn walk(tenant: &TenantState, request: &GraphRequest) -> Result<Walk, GraphError> {
    let skip = request.option("$skiptoken");
    let delta = request.option("$deltatoken");
    let newest = newest_shown(tenant);
    let invalid = || bad_request("The specified page token value is invalid.");
    match (skip, delta) {
        (None, None) => Ok(Walk {
            start: 0,
            after: 0,
            until: newest,
        }),
        (None, Some(LATEST)) => Ok(Walk {
            start: tenant.directory.end_position(),
            after: newest,
            until: newest,
        }),
        (Some(token), None) => numbers(token).ok_or_else(invalid),
        (None, Some(token)) => {
            let walk = numbers(token).ok_or_else(invalid)?;
            Ok(Walk {
                until: newest,
                ..walk
            })
        }
        (Some(_), Some(_)) => Err(invalid()),
    }
}

/// The number of the newest change after which nothing is hidden by replication: what is hidden belongs to the next walk.
fn newest_shown(tenant: &TenantState) -> u64 {
    let directory = &tenant.directory;
    let hidden = (0..directory.end_position()).filter(|position| {
        let user = directory.at(*position);
        user.is_some_and(|user| {
            !user.is_visible_to_filters() || !std::ptr::eq(user.as_shown(), user)
        })
    });
    let first_hidden = hidden.map(|position| directory.change_at(position)).min();
    first_hidden.map_or(directory.newest_change(), |change| change - 1)
}

fn numbers(token: &str) -> Option<Walk> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let mut parts = text.splitn(3, '.');
    Some(Walk {
        start: parts.next()?.parse().ok()?,
        after: parts.next()?.parse().ok()?,
        until: parts.next()?.parse().ok()?,
    })
}

fn link(tenant: &TenantState, request: &GraphRequest, name: &str, walk: Walk) -> String {
    let Walk {
        start,
        after,
        until,
    } = walk;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in &request.query {
        if !key.to_ascii_lowercase().ends_with("token") {
            query.append_pair(key, value);
        }
    }
    query.append_pair(
        name,
        &URL_SAFE_NO_PAD.encode(format!("{start}.{after}.{until}")),
    );
    // A dollar sign needs no escape, and Graph writes none.
    let query = query.finish().replace("%24", "$");
    tenant.graph_url(&format!("users/delta?{query}"))
}

fn page_size(request: &GraphRequest) -> Result<usize, GraphError> {
    for (name, value) in &request.query {
        match name.to_ascii_lowercase().as_str() {
            "$select" | "$filter" | "$top" | "$skiptoken" | "$deltatoken" => {}
            "$format" => check_format(value)?,
            name if name.starts_with('$') => {
                return Err(unsupported_query(format!(
                    "The query option '{name}' is not supported by a delta query of users."
                )));
            }
            _ => {}
        }
    }
    let Some(text) = request.option("$top") else {
        return Ok(DEFAULT_PAGE);
    };
    text.parse()
        .ok()
        .filter(|top| (1..=MAX_PAGE).contains(top))
        .ok_or_else(|| {
            unsupported_query(format!(
                "Invalid page size specified: '{text}'. Must be between 1 and {MAX_PAGE} inclusive."
            ))
        })
}

/// The only filter of a delta query: `id eq '…'`, and several of them with `or`.
fn tracked_users(request: &GraphRequest) -> Result<Option<Filter>, GraphError> {
    let Some(text) = request.option("$filter") else {
        return Ok(None);
    };
    let clauses: Vec<&str> = text.split(" or ").map(str::trim).collect();
    let by_id = clauses
        .iter()
        .all(|clause| clause.starts_with("id eq '") && !clause.contains(" and "));
    if !by_id || clauses.len() > MAX_TRACKED {
        return Err(unsupported_query(
            "A delta query of users supports '$filter' only with 'id eq', for at most 50 users.",
        ));
    }
    // An advanced query has no limit of 15 clauses.
    Filter::accept(text, ResourceType::User, true).map(Some)
}
