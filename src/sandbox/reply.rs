//! What the practice tenant says: answers, and refusals in Graph's envelope.

use super::call::Call;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, Clone)]
pub enum Body {
    Json(Value),
    Html(&'static str),
    /// As `/$count` answers.
    Plain(String),
    Empty,
}

/// What the network does to an answer on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    #[default]
    Clear,
    /// The connection ends without an answer, after this wait.
    Lost(Duration),
    /// The same, as a reset.
    Reset,
    /// The head and half of the body arrive.
    Cut,
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
    pub way: Way,
    /// Something on the way wrote it: no header of Graph is on it.
    pub forged: bool,
}

impl Reply {
    pub fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            way: Way::Clear,
            forged: false,
        }
    }

    pub fn ok(value: Value) -> Self {
        Self::new(200, Body::Json(value))
    }

    pub fn no_content() -> Self {
        Self::new(204, Body::Empty)
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A refusal: Graph's error envelope before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub details: Vec<Value>,
    /// `WWW-Authenticate`
    pub challenge: Option<String>,
}

pub fn refuse(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal {
        status,
        code,
        message: message.into(),
        details: Vec::new(),
        challenge: None,
    }
}

pub fn bad_request(message: impl Into<String>) -> Refusal {
    refuse(400, "BadRequest", message)
}

pub fn unsupported_query(message: impl Into<String>) -> Refusal {
    refuse(400, "Request_UnsupportedQuery", message)
}

pub fn not_found(id: &str) -> Refusal {
    refuse(
        404,
        "Request_ResourceNotFound",
        format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        ),
    )
}

pub fn no_such_segment(segment: &str) -> Refusal {
    bad_request(format!("Resource not found for the segment '{segment}'."))
}

pub fn method_not_allowed(method: &str) -> Refusal {
    refuse(
        405,
        "Request_BadRequest",
        format!("Specified HTTP method '{method}' is not allowed for the request target."),
    )
}

pub fn denied() -> Refusal {
    refuse(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
}

impl Refusal {
    /// The envelope of the Graph error guide: `error.{code,message,innerError,details}`.
    pub fn into_reply(self, call: &Call, request_id: &str, date: &str) -> Reply {
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": date,
                "request-id": request_id,
                "client-request-id": call.client_request_id.as_deref().unwrap_or(request_id),
            },
        });
        if !self.details.is_empty() {
            error["details"] = Value::Array(self.details);
        }
        let reply = Reply::new(self.status, Body::Json(json!({ "error": error })));
        match self.challenge {
            Some(challenge) => reply.header("www-authenticate", challenge),
            None => reply,
        }
    }
}
