//! The list of the objects that another one refers to: members, groups, sponsors.

use crate::sandbox::{
    graph_api::directory_objects::{has_property, object_json},
    messages::{graph_error::GraphError, reply::Reply, request::GraphRequest},
    odata::{
        filter::ResourceType,
        query_options::{ListSupport, QueryOptions, next_link},
    },
    state::tenant::TenantState,
};
use serde_json::{Value, json};

/// A page of the objects with these ids. `$select` and `$top` are understood.
pub(super) fn related_objects(
    tenant: &TenantState,
    request: &GraphRequest,
    ids: &[&str],
) -> Result<Reply, GraphError> {
    let query = QueryOptions::read(
        request,
        &ListSupport {
            resource_type: ResourceType::User,
            default_page: 100,
            has_property,
            sortable: &[],
            expands: false,
            searches: false,
        },
    )?;
    let objects: Vec<Value> = ids
        .iter()
        .filter_map(|id| object_json(tenant, id, query.select.as_deref()))
        .map(Value::Object)
        .collect();
    let start = (query.start as usize).min(objects.len());
    let end = objects.len().min(start + query.top);
    let mut body = json!({ "@odata.context": tenant.graph_url("$metadata#directoryObjects") });
    if query.count {
        body["@odata.count"] = json!(objects.len());
    }
    if end < objects.len() {
        let list = tenant.graph_url(&request.path.join("/"));
        body["@odata.nextLink"] = json!(next_link(request, &list, end as u32));
    }
    body["value"] = json!(objects[start..end]);
    Ok(Reply::ok(body))
}
