//! `$batch`: puts the answers of the items together.

use crate::sandbox::messages::reply::{Reply, ReplyBody};
use serde_json::{Map, Value, json};

/// The answer of a batch, with the replies in the given order.
pub(super) fn batch_reply(replies: Vec<(String, Reply)>) -> Reply {
    let responses: Vec<Value> = replies
        .into_iter()
        .map(|(id, reply)| item_response(&id, reply))
        .collect();
    Reply::ok(json!({ "responses": responses }))
}

/// The answer of an item whose dependency failed. The item itself is not processed.
pub(super) fn failed_dependency() -> Reply {
    Reply::new(
        424,
        ReplyBody::Json(json!({"error": {
            "code": "FailedDependency",
            "message": "A request that this request depends on failed.",
        }})),
    )
}

fn item_response(id: &str, reply: Reply) -> Value {
    let mut headers = Map::new();
    for (name, value) in reply.headers {
        headers.insert(capitalized(name), json!(value));
    }
    let body = match reply.body {
        ReplyBody::Json(body) => {
            headers
                .entry("Content-Type")
                .or_insert_with(|| json!("application/json"));
            body
        }
        ReplyBody::Html(html) => {
            headers.insert("Content-Type".into(), json!("text/html"));
            json!(html)
        }
        ReplyBody::Plain(text) => {
            headers.insert("Content-Type".into(), json!("text/plain"));
            json!(text)
        }
        ReplyBody::Empty => Value::Null,
    };
    let mut response = json!({"id": id, "status": reply.status, "headers": headers});
    if !body.is_null() {
        response["body"] = body;
    }
    response
}

/// `retry-after` -> `Retry-After`. Graph writes header names inside a batch so; the case must not matter to a client.
fn capitalized(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect::<Vec<_>>()
        .join("-")
}
