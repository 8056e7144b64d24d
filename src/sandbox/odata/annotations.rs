//! Annotations in the JSON of a request (OData JSON Format 4.01, 4.6). They say something about an object, and are no
//! properties of it. Graph takes them, and pays attention to `@odata.type` only.

use crate::sandbox::messages::graph_error::{GraphError, bad_request};
use serde_json::{Map, Value};

/// Whether a name is that of an annotation which changes nothing: `@odata.type`, or `otherMails@odata.type`. A
/// `sponsors@odata.bind` is a reference to other objects, and no annotation in this sense.
pub(crate) fn is_annotation(name: &str) -> bool {
    name.split_once('@').is_some_and(|(property, annotation)| {
        annotation == "odata.type" || (property.is_empty() && annotation.starts_with("odata."))
    })
}

/// An error when an object says that it has another type.
pub(crate) fn check_type(object: &Map<String, Value>, edm_type: &str) -> Result<(), GraphError> {
    match object.get("@odata.type") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(name)) if name.strip_prefix('#').unwrap_or(name) == edm_type => Ok(()),
        Some(name) => Err(bad_request(format!(
            "A type named {name} could not be resolved by the model, or is not compatible with the type '{edm_type}'."
        ))),
    }
}
