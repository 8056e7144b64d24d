//! `$batch`: takes the requests out of the body, and refuses a body that Graph refuses (Microsoft Graph: combine multiple
//! HTTP requests using JSON batching).

use crate::sandbox::messages::{
    graph_error::{GraphError, bad_request},
    request::{GraphRequest, split_target},
};
use serde_json::{Map, Value};
use std::collections::HashMap;

const MAX_ITEMS: usize = 20;

/// One request of a batch.
pub(super) struct BatchItem {
    pub id: String,
    /// The ids of the items that must succeed first, in lower case.
    pub depends_on: Vec<String>,
    pub request: GraphRequest,
}

/// All items of a batch. A single invalid item makes the whole batch invalid, before any item is processed.
pub(super) fn batch_items(
    outer: &GraphRequest,
    body: &Value,
) -> Result<Vec<BatchItem>, GraphError> {
    let object = body
        .as_object()
        .ok_or_else(|| bad_request("Invalid batch payload format."))?;
    let requests = object
        .get("requests")
        .filter(|_| object.len() == 1)
        .and_then(Value::as_array)
        .ok_or_else(|| bad_request("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > MAX_ITEMS {
        return Err(bad_request(format!(
            "Number of batch request steps exceeds the maximum value of {MAX_ITEMS} or is zero."
        )));
    }
    let mut items: Vec<BatchItem> = Vec::with_capacity(requests.len());
    for json in requests {
        let item = batch_item(outer, json)?;
        if items
            .iter()
            .any(|other| other.id.eq_ignore_ascii_case(&item.id))
        {
            return Err(bad_request(format!(
                "Request id '{}' is used more than once in the batch.",
                item.id
            )));
        }
        // An item can only depend on items before it.
        if let Some(missing) = item
            .depends_on
            .iter()
            .find(|id| !items.iter().any(|other| other.id.eq_ignore_ascii_case(id)))
        {
            return Err(bad_request(format!(
                "Request '{}' depends on '{missing}', which does not come before it.",
                item.id
            )));
        }
        items.push(item);
    }
    Ok(items)
}

fn batch_item(outer: &GraphRequest, json: &Value) -> Result<BatchItem, GraphError> {
    let json = json
        .as_object()
        .ok_or_else(|| bad_request("Invalid batch payload format."))?;
    // Graph ignores further keys, such as the `depends_on` of Microsoft's client for Python.
    let text = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| bad_request(format!("A batch request has no '{name}'.")))
    };
    // CLI for Microsoft 365 numbers its items; the answer has the number as a text.
    let number = json.get("id").filter(|id| id.is_u64());
    let number = number.map(ToString::to_string);
    let id = match &number {
        Some(number) => number,
        None => text("id")?,
    };
    let method = text("method")?;
    if !["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method) {
        return Err(bad_request(format!("The method '{method}' is not known.")));
    }
    let url = text("url")?;
    if url.contains("://") || url.starts_with("//") {
        return Err(bad_request(format!(
            "The url '{url}' of a batch request must be relative."
        )));
    }
    let headers = item_headers(json)?;
    let depends_on = match json.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(ids)) => ids
            .iter()
            .map(|id| id.as_str().map(str::to_ascii_lowercase))
            .collect::<Option<_>>()
            .ok_or_else(|| bad_request("The ids in dependsOn must be strings."))?,
        Some(_) => return Err(bad_request("The property dependsOn must be a list.")),
    };
    let body = match json.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) if !headers.contains_key("content-type") => {
            return Err(bad_request(format!(
                "Request '{id}' has a body and no Content-Type header."
            )));
        }
        Some(body) => body.to_string().into_bytes(),
    };
    let (path, query) = split_target(url);
    let eventual = headers
        .get("consistencylevel")
        .is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    Ok(BatchItem {
        id: id.to_owned(),
        depends_on,
        request: GraphRequest {
            method: method.to_owned(),
            version: outer.version.clone(),
            base_url: outer.base_url.clone(),
            path,
            query,
            url_length: url.len(),
            content_type: headers.get("content-type").cloned(),
            content_encoding: None,
            bearer: outer.bearer.clone(),
            eventual,
            client_request_id: headers
                .get("client-request-id")
                .or(outer.client_request_id.as_ref())
                .cloned(),
            body,
            arrived: outer.arrived,
            in_batch: true,
        },
    })
}

/// The headers of an item, their names in lower case.
fn item_headers(json: &Map<String, Value>) -> Result<HashMap<String, String>, GraphError> {
    match json.get("headers") {
        None | Some(Value::Null) => Ok(HashMap::new()),
        Some(Value::Object(headers)) => headers
            .iter()
            .map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(|| bad_request("The headers of a batch request must be strings.")),
        Some(_) => Err(bad_request(
            "The headers of a batch request must be an object.",
        )),
    }
}
