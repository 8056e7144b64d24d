//! The JSON around the objects that Graph returns: a single entity or a list.

use crate::sandbox::{
    messages::{
        graph_error::{GraphError, bad_request},
        reply::Reply,
        request::GraphRequest,
    },
    state::tenant::TenantState,
};
use serde_json::{Map, Value, json};

/// One object with its `@odata.context`.
pub(super) fn entity(tenant: &TenantState, context: &str, object: Map<String, Value>) -> Reply {
    let mut body = json!({
        "@odata.context": tenant.graph_url(&format!("$metadata#{context}")),
    });
    if let Some(body) = body.as_object_mut() {
        body.extend(object);
    }
    Reply::ok(body)
}

/// A list without further pages.
pub(super) fn list(tenant: &TenantState, context: &str, value: &[Value]) -> Reply {
    Reply::ok(json!({
        "@odata.context": tenant.graph_url(&format!("$metadata#{context}")),
        "value": value,
    }))
}

/// The properties of an object that `$select` names, or all of them without `$select`.
pub(super) fn selected(
    whole: &Value,
    request: &GraphRequest,
    edm_type: &str,
) -> Result<Map<String, Value>, GraphError> {
    let whole = whole.as_object().cloned().unwrap_or_default();
    let Some(names) = request.option("$select") else {
        return Ok(whole);
    };
    let mut object = Map::new();
    for name in names.split(',').map(str::trim) {
        if name == "*" {
            return Ok(whole);
        }
        let Some(value) = whole.get(name) else {
            return Err(bad_request(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{edm_type}'."
            )));
        };
        object.insert(name.to_owned(), value.clone());
    }
    Ok(object)
}
