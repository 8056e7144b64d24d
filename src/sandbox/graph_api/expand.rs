//! `$expand` of a user or a group: one related object or list, with `$select` inside (Microsoft Graph: use query
//! parameters to customize responses). Graph answers with at most 20 related objects, and not together with an advanced
//! query.

use crate::sandbox::{
    graph_api::directory_objects::{has_property, object_json},
    messages::{
        graph_error::{GraphError, bad_request, unsupported_query},
        request::GraphRequest,
    },
    odata::query_options::selected_names,
    state::tenant::TenantState,
};
use serde_json::{Map, Value, json};

const MAX_RELATED: usize = 20;

/// What a request expands.
pub(super) struct Expand {
    property: &'static str,
    select: Option<Vec<String>>,
}

impl Expand {
    /// `known`: the relations that the objects have.
    pub(super) fn read(
        request: &GraphRequest,
        known: &[&'static str],
        edm_type: &str,
    ) -> Result<Option<Self>, GraphError> {
        let Some(text) = request.option("$expand") else {
            return Ok(None);
        };
        if request.is_advanced() {
            return Err(unsupported_query(
                "The query option '$expand' cannot be combined with an advanced query.",
            ));
        }
        let (name, options) = match text.split_once('(') {
            None => (text.trim(), ""),
            Some((name, rest)) => (
                name.trim(),
                rest.strip_suffix(')').ok_or_else(|| {
                    bad_request("Parsing OData Select and Expand failed: a parenthesis is missing.")
                })?,
            ),
        };
        let Some(property) = known.iter().find(|known| **known == name) else {
            return Err(bad_request(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{edm_type}'."
            )));
        };
        let mut select = None;
        for option in options.split(';').filter(|option| !option.is_empty()) {
            match option.trim().split_once('=') {
                Some(("$select", names)) => {
                    let edm_type = "microsoft.graph.directoryObject";
                    select = Some(selected_names(names, edm_type, has_property)?);
                }
                // How many managers of managers: here there is one.
                Some(("$levels", _)) => {}
                _ => {
                    return Err(bad_request(format!(
                        "The query option '{option}' is not supported inside '$expand'."
                    )));
                }
            }
        }
        Ok(Some(Self { property, select }))
    }

    /// Adds the objects with these ids to an object, under the name of the relation.
    pub(super) fn add(
        &self,
        tenant: &TenantState,
        ids: impl Iterator<Item = String>,
        to: &mut Map<String, Value>,
    ) {
        let related: Vec<Value> = ids
            .filter_map(|id| object_json(tenant, &id, self.select.as_deref()))
            .take(MAX_RELATED)
            .map(Value::Object)
            .collect();
        if self.property != "manager" {
            to.insert(self.property.to_owned(), json!(related));
        } else if let Some(manager) = related.into_iter().next() {
            // Somebody without a manager has no such property.
            to.insert(self.property.to_owned(), manager);
        }
    }

    pub(super) fn property(&self) -> &str {
        self.property
    }
}
