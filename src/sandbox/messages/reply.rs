//! A reply of the practice tenant, and the fault that hits it on its way back.

use serde_json::Value;
use std::{borrow::Cow, time::Duration};

#[derive(Debug, Clone)]
pub(crate) enum ReplyBody {
    Json(Value),
    Html(Cow<'static, str>),
    /// Plain text, as `/$count` returns it.
    Plain(String),
    Empty,
}

/// What the network does to a reply on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryFault {
    /// The connection is closed without an answer, after this wait.
    Lost(Duration),
    /// The connection is reset without an answer.
    Reset,
    /// The head and half of the body arrive, then the connection is closed.
    CutShort,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: ReplyBody,
    /// `None`: the whole reply arrives.
    pub delivery_fault: Option<DeliveryFault>,
    /// A proxy or a content filter wrote the reply, so it carries no header of Graph.
    pub forged: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: ReplyBody) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            delivery_fault: None,
            forged: false,
        }
    }

    pub(crate) fn ok(value: Value) -> Self {
        Self::new(200, ReplyBody::Json(value))
    }

    pub(crate) fn no_content() -> Self {
        Self::new(204, ReplyBody::Empty)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub(crate) fn retry_after(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.header("retry-after", text),
            None => self,
        }
    }

    #[must_use]
    pub(crate) fn with_delivery_fault(mut self, fault: DeliveryFault) -> Self {
        self.delivery_fault = Some(fault);
        self
    }

    pub(crate) fn get_header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The status that the client reads, 0 when it reads none or only a part of the reply.
    pub(crate) fn delivered_status(&self) -> u16 {
        if self.delivery_fault.is_none() {
            self.status
        } else {
            0
        }
    }
}
