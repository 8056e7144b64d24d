//! One request, sent once, and its answer: the only place that knows the headers of both.
//!
//! Must not retry, pace or judge. Its texts never hold a URL, because URLs hold addresses.

use super::{
    answer::{Answer, Asker, Attempt, Ending, http_date, limit_used, retry_after},
    base_url::BaseUrl,
    connections::Connections,
    departure::{Body, Departure, unless_stopped},
    http_client::{HttpOptions, Proxy, reason, unreached},
    server_text,
};
use crate::{
    clock::Clock,
    failure::Result,
    pace::{StopSignal, Stopped},
};
use reqwest::{
    Method, StatusCode, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

/// Headers are cut to this length; a challenge is longer, because it may carry claims.
const LONGEST_HEADER: usize = 500;
const LONGEST_CHALLENGE: usize = 8 * 1024;

/// How much of a throttling limit is used.
const LIMIT_USED: &str = "x-ms-throttle-limit-percentage";

/// Headers that are on every answer of Graph, and on no answer of a proxy.
const GRAPH_HEADERS: [&str; 3] = ["request-id", "client-request-id", "x-ms-ags-diagnostic"];

/// An id is a UUID; a longer one is cut.
pub(super) const LONGEST_ID: usize = 120;

/// An error is short; a longer one is cut.
const LONGEST_ERROR: usize = 256 * 1024;

/// A request that is to be sent.
pub(crate) struct Outgoing<'a> {
    pub method: Method,
    pub url: Url,
    pub token: &'a SecretString,
    pub client_request_id: &'a str,
    /// `ConsistencyLevel: eventual`, which advanced queries need on every page.
    pub advanced: bool,
    pub json: Option<Vec<u8>>,
    /// Whether it changes something in the tenant. Once it is sent, its answer is waited for even if the run stops.
    pub changes: bool,
    /// The most bytes of the answer that are read.
    pub limit: usize,
}

/// The connections to one server.
pub(crate) struct Http {
    clock: Clock,
    connections: Connections,
    proxy: Option<Proxy>,
}

impl Http {
    pub(crate) fn new(base: &BaseUrl, options: HttpOptions, clock: Clock) -> Result<Self> {
        Ok(Self {
            clock,
            proxy: options.proxy.clone(),
            connections: Connections::new(base, options)?,
        })
    }

    /// Sends a request and reads its answer, unless the run stops before the request has left.
    pub(crate) async fn send(
        &self,
        outgoing: Outgoing<'_>,
        stop: &StopSignal,
    ) -> std::result::Result<Attempt, Stopped> {
        let Some(bearer) = bearer(outgoing.token) else {
            let why = "the token holds characters that no header can carry";
            return Ok(Attempt::NotConnected(why.to_owned().into()));
        };
        let connections = self.connections.current();
        let mut opening = stop.unless_raised(connections.opening()).await?;
        let departure = Departure::new(stop);
        let mut request = connections
            .client
            .request(outgoing.method, outgoing.url)
            .header(header::AUTHORIZATION, bearer)
            .header(header::ACCEPT, "application/json")
            .header("client-request-id", outgoing.client_request_id)
            .header("x-ms-throttle-priority", "low");
        if outgoing.advanced {
            request = request.header("ConsistencyLevel", "eventual");
        }
        if let Some(json) = outgoing.json {
            let body = Body::new(json, departure.clone(), opening.take());
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(reqwest::Body::wrap(body));
        }
        let sending = async {
            match request.send().await {
                Ok(response) => {
                    if let Some(opening) = opening {
                        opening.stands();
                    }
                    Attempt::Answered(self.receive(response, outgoing.limit).await)
                }
                Err(error) if error.is_connect() || error.is_builder() => {
                    Attempt::NotConnected(unreached(error, self.proxy.as_ref()))
                }
                Err(error) => Attempt::NoAnswer(reason(error)),
            }
        };
        unless_stopped(&departure, outgoing.changes, sending).await
    }

    async fn receive(&self, mut response: reqwest::Response, limit: usize) -> Answer {
        let headers = response.headers();
        let date = text(headers, &header::DATE).and_then(|date| http_date(&date));
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: text(headers, &header::RETRY_AFTER)
                .and_then(|value| retry_after(&value, date, self.clock.now())),
            limit_used: text(headers, &HeaderName::from_static(LIMIT_USED))
                .and_then(|value| limit_used(&value)),
            date,
            request_id: text(headers, &HeaderName::from_static("request-id"))
                .map(|id| server_text::clean(&id, LONGEST_ID)),
            has_graph_header: GRAPH_HEADERS.iter().any(|name| headers.contains_key(*name)),
            answered_by: answered_by(headers),
            is_batch_item: false,
            www_authenticate: long_text(headers, &header::WWW_AUTHENTICATE, LONGEST_CHALLENGE),
            body: Vec::new(),
            ending: Ending::Whole,
            asker: Asker::default(),
        };
        let limit = if response.status().is_success() {
            limit
        } else {
            limit.min(LONGEST_ERROR)
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if answer.body.len() + chunk.len() > limit => {
                    answer
                        .body
                        .extend_from_slice(&chunk[..limit - answer.body.len()]);
                    answer.ending = Ending::TooLong;
                    return answer;
                }
                Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
                Ok(None) => return answer,
                Err(error) => {
                    answer.ending = Ending::Cut(reason(error));
                    return answer;
                }
            }
        }
    }

    /// After a 503 the next request goes out on a new connection.
    pub(crate) fn unwell(&self, sent_at: Instant) {
        self.connections.unwell(sent_at);
    }
}

/// Whether the next request after this status should use a new connection.
pub(crate) fn wants_new_connection(status: u16) -> bool {
    status == StatusCode::SERVICE_UNAVAILABLE.as_u16()
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The names that proxies and gateways give themselves in headers.
fn answered_by(headers: &HeaderMap) -> Option<String> {
    let named = [("Server", header::SERVER), ("Via", header::VIA)];
    let named: Vec<String> = named
        .iter()
        .filter_map(|(name, header)| {
            let value = server_text::clean(&text(headers, header)?, LONGEST_ID);
            (!value.is_empty()).then(|| format!("{name}: {value}"))
        })
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    long_text(headers, name, LONGEST_HEADER)
}

fn long_text(headers: &HeaderMap, name: &HeaderName, longest: usize) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        // Such a text is plain ASCII.
        .map(|value| value.get(..longest).unwrap_or(value).to_owned())
}
