//! Graph's errors: the envelope, and those that several endpoints return (Microsoft Graph: error responses).

use crate::sandbox::messages::{
    reply::{Reply, ReplyBody},
    request::GraphRequest,
};
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub details: Vec<Value>,
    /// The `WWW-Authenticate` header.
    pub challenge: Option<String>,
}

pub(crate) fn graph_error(
    status: u16,
    code: &'static str,
    message: impl Into<String>,
) -> GraphError {
    GraphError {
        status,
        code,
        message: message.into(),
        details: Vec::new(),
        challenge: None,
    }
}

pub(crate) fn bad_request(message: impl Into<String>) -> GraphError {
    graph_error(400, "BadRequest", message)
}

pub(crate) fn unsupported_query(message: impl Into<String>) -> GraphError {
    graph_error(400, "Request_UnsupportedQuery", message)
}

pub(crate) fn not_found(id: &str) -> GraphError {
    graph_error(
        404,
        "Request_ResourceNotFound",
        format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        ),
    )
}

pub(crate) fn no_such_segment(segment: &str) -> GraphError {
    bad_request(format!("Resource not found for the segment '{segment}'."))
}

pub(crate) fn method_not_allowed(method: &str) -> GraphError {
    graph_error(
        405,
        "Request_BadRequest",
        format!("Specified HTTP method '{method}' is not allowed for the request target."),
    )
}

pub(crate) fn access_denied() -> GraphError {
    graph_error(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
}

impl GraphError {
    /// The reply with the envelope `{"error": {"code", "message", "innerError", "details"}}`.
    pub(crate) fn into_reply(self, request: &GraphRequest, request_id: &str, date: &str) -> Reply {
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": date,
                "request-id": request_id,
                "client-request-id": request.client_request_id.as_deref().unwrap_or(request_id),
            },
        });
        if !self.details.is_empty() {
            error["details"] = Value::Array(self.details);
        }
        let reply = Reply::new(self.status, ReplyBody::Json(json!({ "error": error })));
        match self.challenge {
            Some(challenge) => reply.header("www-authenticate", challenge),
            None => reply,
        }
    }
}
