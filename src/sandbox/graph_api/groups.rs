//! Groups: list and single.

use crate::sandbox::{
    directory::group::DirectoryGroup,
    graph_api::{odata_reply, permissions::READ_GROUPS},
    messages::{
        graph_error::{GraphError, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    odata::{
        filter::ResourceType,
        query_options::{ListSupport, QueryOptions, select},
    },
    state::{identity::INITIAL_DOMAIN, tenant::TenantState, token_store::Caller},
};
use serde_json::Value;

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
        },
    )?;
    let value: Vec<Value> = tenant
        .directory
        .groups()
        .iter()
        .filter(|group| {
            query
                .filter
                .as_ref()
                .is_none_or(|filter| filter.matches(*group, INITIAL_DOMAIN))
        })
        .take(query.top)
        .map(|group| Value::Object(group.to_json(query.select.as_deref())))
        .collect();
    Ok(odata_reply::list(tenant, "groups", &value))
}

/// `GET /groups/{id}`.
pub(super) fn get(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&READ_GROUPS)?;
    let properties = select(
        request,
        ResourceType::Group.edm_type(),
        DirectoryGroup::has_property,
    )?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let object = group.to_json(properties.as_deref());
    Ok(odata_reply::entity(tenant, "groups/$entity", object))
}
