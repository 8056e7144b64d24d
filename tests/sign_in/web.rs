//! A minimal browser, and a service that answers everything alike.

use crate::support::{
    Answer, Relay, Request,
    client::{self, Answered},
};
use std::collections::HashMap;

pub(super) struct Page {
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
    pub body: String,
}

/// `GET`, as a browser that follows nothing by itself.
pub(super) fn get(url: &str) -> Page {
    exchange("GET", url, "")
}

/// A form is sent, JSON comes back.
pub(super) fn post(url: &str, form: &[(&str, &str)]) -> (u16, serde_json::Value) {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let page = exchange("POST", url, &body);
    (page.status, serde_json::from_str(&page.body).unwrap())
}

fn exchange(method: &str, url: &str, form: &str) -> Page {
    let Answered { status, head, body } = client::ask(method, url, &[], form);
    Page {
        status,
        location: head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("location"))
            .map(|(_, value)| value.to_owned()),
        body,
    }
}

pub(super) fn query(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// A service on loopback that answers everything alike, and keeps what it was asked.
pub(super) struct Service {
    pub url: String,
    relay: Relay,
}

impl Service {
    pub(super) fn start(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        let relay = Relay::start(move |_| Answer(status, "application/json", body.clone()));
        Self {
            url: relay.url.clone(),
            relay,
        }
    }

    /// Every request, with the names of its headers in lower case.
    pub(super) fn asked(&self) -> Vec<String> {
        let asked = self.relay.asked();
        asked.iter().map(text).collect()
    }
}

fn text(request: &Request) -> String {
    let headers: String = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let Request {
        method, path, body, ..
    } = request;
    format!("{method} {path} HTTP/1.1\r\n{headers}\n{body}")
}
