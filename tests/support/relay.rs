//! A server that answers what it likes, or passes a request on to the practice tenant and changes what comes back.

use super::{
    client::{self, Answered},
    peer::{Peer, Reply, Request},
};
use serde_json::Value;

/// An answer: status, content type, body.
pub(crate) struct Answer(pub u16, pub &'static str, pub String);

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self(status, "application/json", body.to_string())
    }
}

pub(crate) struct Relay {
    pub url: String,
    peer: Peer,
}

impl Relay {
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let peer = Peer::start(move |request, _| {
            let Answer(status, kind, body) = answer(request);
            let headers = [("content-type", kind), ("request-id", "r-1")];
            let headers = headers.map(|(name, value)| (name, value.to_owned()));
            Reply::Http(status, headers.into(), body)
        });
        Self {
            url: peer.url.clone(),
            peer,
        }
    }

    /// In front of a practice tenant, whose JSON is changed on its way back.
    pub(crate) fn before(
        practice: &str,
        change: impl Fn(&Request, &mut u16, &mut Value) + Send + Sync + 'static,
    ) -> Self {
        let practice = practice.to_owned();
        Self::start(move |request| {
            let Answered {
                mut status, body, ..
            } = passed_on(&practice, request);
            match serde_json::from_str::<Value>(&body) {
                Ok(mut value) => {
                    change(request, &mut status, &mut value);
                    Answer::json(status, &value)
                }
                Err(_) => Answer(status, "text/plain", body),
            }
        })
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.peer.received()
    }
}

/// What a practice tenant answers to this request.
pub(crate) fn passed_on(practice: &str, request: &Request) -> Answered {
    let left_out = [
        "host",
        "connection",
        "content-length",
        "accept-encoding",
        "transfer-encoding",
    ];
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !left_out.contains(name))
        .collect();
    let url = format!("{practice}{}", request.path);
    client::ask(&request.method, &url, &headers, &request.body)
}
