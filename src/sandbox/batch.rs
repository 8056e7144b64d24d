//! `$batch`: up to 20 requests in one, answered in any order (Graph: JSON batching).

use super::{
    call::{Call, take_apart},
    reply::{Body, Refusal, Reply, bad_request},
    tenant::Tenant,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const MOST: usize = 20;

pub fn answer(tenant: &mut Tenant, call: &Call, body: &Value) -> Result<Reply, Refusal> {
    let items = items(call, body)?;
    let mut statuses: HashMap<String, u16> = HashMap::new();
    let mut responses = Vec::with_capacity(items.len());
    for item in items {
        let failed = item
            .depends_on
            .iter()
            .any(|id| statuses.get(id).is_none_or(|status| *status >= 400));
        let reply = if failed {
            Reply::new(
                424,
                Body::Json(json!({"error": {
                    "code": "FailedDependency",
                    "message": "A request that this request depends on failed.",
                }})),
            )
        } else {
            tenant.answer(&item.call)
        };
        statuses.insert(item.id.to_ascii_lowercase(), reply.status);
        responses.push(response(&item.id, reply));
    }
    tenant.fates.shuffle(&mut responses);
    Ok(Reply::ok(json!({ "responses": responses })))
}

struct Item {
    id: String,
    depends_on: Vec<String>,
    call: Call,
}

/// Everything is checked before anything is done.
fn items(outer: &Call, body: &Value) -> Result<Vec<Item>, Refusal> {
    let object = body
        .as_object()
        .ok_or_else(|| bad_request("Invalid batch payload format."))?;
    let requests = object
        .get("requests")
        .filter(|_| object.len() == 1)
        .and_then(Value::as_array)
        .ok_or_else(|| bad_request("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > MOST {
        return Err(bad_request(format!(
            "Number of batch request steps exceeds the maximum value of {MOST} or is zero."
        )));
    }
    let mut items: Vec<Item> = Vec::with_capacity(requests.len());
    for request in requests {
        let item = item(outer, request)?;
        if items
            .iter()
            .any(|other| other.id.eq_ignore_ascii_case(&item.id))
        {
            return Err(bad_request(format!(
                "Request id '{}' is used more than once in the batch.",
                item.id
            )));
        }
        // Only what comes earlier can be waited for.
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

fn item(outer: &Call, request: &Value) -> Result<Item, Refusal> {
    let request = request
        .as_object()
        .ok_or_else(|| bad_request("Invalid batch payload format."))?;
    let known = ["id", "method", "url", "headers", "body", "dependsOn"];
    if let Some(name) = request.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(bad_request(format!(
            "The property '{name}' is not known in a batch request."
        )));
    }
    let text = |name: &str| {
        request
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| bad_request(format!("A batch request has no '{name}'.")))
    };
    let id = text("id")?;
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
    let headers = headers(request)?;
    let depends_on = match request.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(ids)) => ids
            .iter()
            .map(|id| id.as_str().map(str::to_ascii_lowercase))
            .collect::<Option<_>>()
            .ok_or_else(|| bad_request("The ids in dependsOn must be strings."))?,
        Some(_) => return Err(bad_request("The property dependsOn must be a list.")),
    };
    let body = match request.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) if !headers.contains_key("content-type") => {
            return Err(bad_request(format!(
                "Request '{id}' has a body and no Content-Type header."
            )));
        }
        Some(body) => body.to_string().into_bytes(),
    };
    let (path, query) = take_apart(url);
    let eventual = headers
        .get("consistencylevel")
        .is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    Ok(Item {
        id: id.to_owned(),
        depends_on,
        call: Call {
            method: method.to_owned(),
            version: outer.version.clone(),
            path,
            query,
            url_length: url.len(),
            content_type: headers.get("content-type").cloned(),
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

fn headers(request: &Map<String, Value>) -> Result<HashMap<String, String>, Refusal> {
    match request.get("headers") {
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

fn response(id: &str, reply: Reply) -> Value {
    let mut headers = Map::new();
    for (name, value) in reply.headers {
        headers.insert(spelled(name), json!(value));
    }
    let body = match reply.body {
        Body::Json(body) => {
            headers.insert("Content-Type".into(), json!("application/json"));
            body
        }
        Body::Html(html) => {
            headers.insert("Content-Type".into(), json!("text/html"));
            json!(html)
        }
        Body::Plain(text) => {
            headers.insert("Content-Type".into(), json!("text/plain"));
            json!(text)
        }
        Body::Empty => Value::Null,
    };
    let mut response = json!({"id": id, "status": reply.status, "headers": headers});
    if !body.is_null() {
        response["body"] = body;
    }
    response
}

/// Inside a batch header names come in capitals of words; their case must not matter to a client.
fn spelled(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect::<Vec<_>>()
        .join("-")
}
