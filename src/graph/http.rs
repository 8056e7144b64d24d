//! One request, one attempt: the only place that knows timeouts, headers, proxies and certificates.
//!
//! Must not retry, pace or judge. Its texts never hold a URL, as URLs hold addresses.

use super::{
    answer::{Answer, Attempt, Ending, http_date, retry_after},
    connections::Connections,
    departure::{Body, Departure, unless_stopped},
    server_text,
};
use crate::{
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    pace::{StopSignal, Stopped},
};
use reqwest::{
    Certificate, Client, Method, StatusCode, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

pub(crate) const USER_AGENT: &str = concat!("guestlist/", env!("CARGO_PKG_VERSION"));

/// As much of a header is read; a challenge may carry claims.
const LONGEST_HEADER: usize = 500;
const LONGEST_CHALLENGE: usize = 8 * 1024;

/// What Graph puts on every answer, and nothing between here and Graph does.
const GRAPH_HEADERS: [&str; 3] = ["request-id", "client-request-id", "x-ms-ags-diagnostic"];

/// Errors of the network are short.
const LONGEST_REASON: usize = 600;

/// An id is a UUID.
pub(super) const LONGEST_ID: usize = 120;

/// The certificates of a whole system are far shorter.
const LONGEST_CA_FILE: u64 = 16 * 1024 * 1024;

/// An error has a code and a sentence.
const LONGEST_ERROR: usize = 256 * 1024;

/// How to reach a server.
#[derive(Debug, Clone)]
pub(crate) struct HttpOptions {
    /// Certificates to trust beside the system's, PEM.
    pub ca_file: Option<PathBuf>,
    pub connect_timeout: Duration,
    pub answer_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(100),
        }
    }
}

/// One request as it goes out.
pub(crate) struct Outgoing<'a> {
    pub method: Method,
    pub url: Url,
    pub token: &'a SecretString,
    pub client_request_id: &'a str,
    /// `ConsistencyLevel: eventual`, which advanced queries need on every page.
    pub advanced: bool,
    pub json: Option<Vec<u8>>,
    /// Whether it changes something there: once sent, its answer is waited for whatever happens.
    pub changes: bool,
    /// Bytes of the answer that are read at most.
    pub limit: usize,
}

/// One server, and how to reach it.
pub(crate) struct Http {
    clock: Clock,
    connections: Connections,
}

impl Http {
    pub(crate) fn new(base: &Url, options: HttpOptions, clock: Clock) -> Result<Self> {
        Ok(Self {
            clock,
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
            return Ok(Attempt::NotConnected(
                "the token holds characters that no header can carry".into(),
            ));
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
                    Attempt::NotConnected(reason(error))
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
            date,
            request_id: text(headers, &HeaderName::from_static("request-id"))
                .map(|id| server_text::clean(&id, LONGEST_ID)),
            has_graph_header: GRAPH_HEADERS.iter().any(|name| headers.contains_key(*name)),
            answered_by: answered_by(headers),
            is_batch_item: false,
            www_authenticate: long_text(headers, &header::WWW_AUTHENTICATE, LONGEST_CHALLENGE),
            body: Vec::new(),
            ending: Ending::Whole,
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

/// A client for one server: https only and the environment's proxies, or loopback without either.
pub(crate) fn client(base: &Url, options: &HttpOptions) -> Result<Client> {
    let loopback = is_loopback(base);
    let builder = || {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(options.connect_timeout)
            .timeout(options.answer_timeout)
            .redirect(redirect::Policy::none())
            .https_only(!loopback)
            // Shorter than servers keep an idle connection, so that it is seldom closed under a request.
            .pool_idle_timeout(Duration::from_secs(45))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(10));
        if loopback {
            builder.no_proxy()
        } else {
            builder
        }
    };
    let own = match &options.ca_file {
        Some(path) => read_certificates(path)?,
        None => Vec::new(),
    };
    let built = if base.scheme() == "http" {
        // No certificate is needed, so a machine without any is no obstacle.
        builder().tls_certs_only([]).build()
    } else if own.is_empty() {
        builder().build()
    } else {
        builder()
            .tls_certs_merge(own.clone())
            .build()
            .or_else(|_| builder().tls_certs_only(own).build())
    };
    built.map_err(|error| {
        Failure::usage(format!("no secure connection can be set up: {}", reason(error)))
            .hint("install the system's CA certificates (package ca-certificates), or name a PEM file with --ca-file")
    })
}

/// A client for services on this machine or its link (metadata, managed identity): plain http, no proxy.
pub(crate) fn local_client() -> Result<Client> {
    Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(20))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .build()
        .map_err(|error| Failure::new(Exit::Unexpected, reason(error)))
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>> {
    let failed = |why: String| {
        Failure::usage(format!(
            "the CA file {} cannot be used: {why}",
            path.display()
        ))
        .hint("--ca-file takes a PEM file with one or more certificates")
    };
    let pem = crate::files::read_given(path, LONGEST_CA_FILE)
        .map_err(|error| failed(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| failed(reason(error)))?;
    if certificates.is_empty() {
        return Err(failed("it holds no certificate".into()));
    }
    Ok(certificates)
}

/// A base address: https, or plain http on loopback. `what` names the setting.
pub(crate) fn base_url(text: &str, what: &str) -> Result<Url> {
    let wrong = |why: &str| Failure::usage(format!("{what} {why}: {text}"));
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| wrong("is not a URL"))?;
    if url.host_str().is_none() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must be a host and perhaps a path"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::usage(format!(
            "{what} must not hold a user name or password"
        )));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(wrong("is plain http, which is accepted for loopback only")
            .hint("use https: a token must not travel in the open")),
        _ => Err(wrong("must begin with https://")),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Whether a status deserves a new connection.
pub(crate) fn wants_new_connection(status: u16) -> bool {
    status == StatusCode::SERVICE_UNAVAILABLE.as_u16()
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Proxies and gateways name themselves in one of these.
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
        .map(|value| value.chars().take(longest).collect())
}

/// The causes of an error in one line, without the URL. Of a failed connection, the innermost alone.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let only_innermost = error.is_connect();
    let mut words = vec![error.to_string()];
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let word = inner.to_string();
        if !words.iter().any(|known| known.contains(&word)) {
            words.push(word);
        }
        cause = inner.source();
    }
    let words = if only_innermost {
        words.pop().unwrap_or_default()
    } else {
        words.join(": ")
    };
    // A certificate's names, and a broken answer's bytes, are the server's.
    server_text::clean(&words, LONGEST_REASON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for fine in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:9",
            "https://graph.microsoft.com/",
        ] {
            assert!(base_url(fine, "graph_url").is_ok(), "{fine}");
        }
        for wrong in [
            "http://graph.microsoft.com",
            "http://127.0.0.1.example",
            "ftp://x",
            "graph",
            "https://u:p@h",
            "https://h/?a=b",
        ] {
            let failure = base_url(wrong, "graph_url").unwrap_err();
            assert_eq!(failure.exit, crate::exit::Exit::Usage, "{wrong}");
            assert!(!failure.what.contains("u:p"), "{wrong}");
        }
    }

    #[test]
    fn a_ca_file_that_is_none_is_named() {
        let options = HttpOptions {
            ca_file: Some("/nonexistent/ca.pem".into()),
            ..HttpOptions::default()
        };
        let failure =
            client(&"https://graph.microsoft.com".parse().unwrap(), &options).unwrap_err();
        assert!(failure.what.contains("/nonexistent/ca.pem"), "{failure}");
    }
}
