//! How `azure_identity` reaches the token endpoint: through our own client, with bounded answers.
//!
//! There are two reasons. The crate's own client fails on machines without certificates; ours was built before, with an
//! error that can be read. And the crate refuses an authority with plain http, as the practice tenant on loopback has: it
//! is given an https authority that cannot exist, and the request is sent to the real one here.

use crate::{
    clock::Clock,
    failure::Result,
    graph::{
        answer::{http_date, retry_after},
        base_url::BaseUrl,
        class::Class,
        envelope::Envelope,
        fault::Fault,
        http_client::{self, HttpOptions, Proxy, reason, unreached},
        server_text,
    },
    problem::Code,
};
use async_trait::async_trait;
use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    error::ErrorKind,
    http::{
        AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, Transport, Url,
        headers::{HeaderName, HeaderValue, Headers},
        request::Body,
    },
};
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};

use super::{aadsts, catalogue as codes, challenge::ClaimsToSend, token_answer::readable_token};

/// The longest answer that is read; tokens with many groups have about 20 KB.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// An error of the sign-in service is looked for in so much of an answer of another form.
const LONGEST_QUOTE: usize = 64 * 1024;
/// A name that never exists (RFC 2606); only `azure_identity` gets it.
const STAND_IN: &str = "https://authority.invalid";

/// The sign-in service: its address, and the client that reaches it.
#[derive(Clone)]
pub(crate) struct Authority {
    base: BaseUrl,
    /// Sent with every request for a token while they are set.
    pub claims: ClaimsToSend,
    client: reqwest::Client,
    clock: Clock,
    proxy: Option<Proxy>,
}

/// What the token endpoint answered when it was not a token.
#[derive(Clone, Default)]
pub(crate) struct EntraAnswer {
    pub status: u16,
    pub error: String,
    pub description: String,
    /// AADSTS numbers.
    pub numbers: Vec<u32>,
    pub correlation_id: Option<String>,
    pub retry_after: Option<Duration>,
    /// Whether something other than the sign-in service wrote it.
    pub is_from_between: bool,
}

/// What came back, whoever wrote it.
struct Received {
    status: u16,
    headers: Headers,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

type Exchanged = std::result::Result<(u16, Headers, Vec<u8>), azure_core::Error>;

/// Who wrote an answer. The status does not show it, because proxies and filters use any status.
enum Author {
    /// It has the form of the sign-in service's answers.
    Entra(Says),
    /// It begins like JSON and breaks off.
    Unclear,
    /// Something between here and the sign-in service: a page, nothing, or JSON of another kind.
    Between,
}

enum Says {
    Yes,
    No,
}

impl Author {
    fn of(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return if quotes_entra(body) {
                Self::Entra(Says::No)
            } else if body.trim_ascii_start().starts_with(b"{") {
                Self::Unclear
            } else {
                Self::Between
            };
        };
        let has = |name: &str| value[name].as_str().is_some_and(|text| !text.is_empty());
        if has("error") {
            Self::Entra(Says::No)
        } else if ["access_token", "device_code", "issuer"]
            .into_iter()
            .any(has)
        {
            Self::Entra(Says::Yes)
        } else if quotes_entra(body) {
            Self::Entra(Says::No)
        } else {
            Self::Between
        }
    }
}

/// Whether an answer of another form, such as that of a gateway, holds an error of the sign-in service.
fn quotes_entra(body: &[u8]) -> bool {
    let begin = &body[..body.len().min(LONGEST_QUOTE)];
    !aadsts::numbers(&String::from_utf8_lossy(begin)).is_empty()
}

impl Received {
    /// The parts of a success; anything else is a refusal.
    fn accepted(&self) -> Exchanged {
        if (200..300).contains(&self.status) {
            Ok((self.status, self.headers.clone(), self.body.clone()))
        } else {
            Err(self.refusal())
        }
    }

    fn refusal(&self) -> azure_core::Error {
        refused(self.answer())
    }

    fn answer(&self) -> EntraAnswer {
        EntraAnswer {
            retry_after: self.retry_after,
            ..EntraAnswer::parse(self.status, &self.body)
        }
    }
}

impl Authority {
    pub(crate) fn new(base: BaseUrl, options: &HttpOptions, clock: Clock) -> Result<Self> {
        let client = http_client::client(&base, options)?;
        Ok(Self {
            base,
            claims: ClaimsToSend::default(),
            client,
            clock,
            proxy: options.proxy.clone(),
        })
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Options for a credential of `azure_identity`. Retries are ours (`tokens`).
    pub(crate) fn client_options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        STAND_IN.clone_into(&mut cloud.authority_host);
        ClientOptions {
            transport: Some(Transport::new(Arc::new(self.clone()))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        }
    }

    /// The URL of a path at the authority.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.base.join(path)
    }

    /// Posts a form. Gives the JSON of a success; an error holds the parsed answer.
    pub(crate) async fn post_form(
        &self,
        url: Url,
        form: &[(&str, &str)],
    ) -> std::result::Result<Value, azure_core::Error> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let body = self.with_claims(&url, body);
        let request = self
            .client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body);
        let (_, _, body) = self.ask(request).await?;
        server_text::from_json(&body).map_err(|_| unreadable())
    }

    /// Gets a JSON document of the sign-in service.
    pub(crate) async fn get_own_json(
        &self,
        url: Url,
    ) -> std::result::Result<Value, azure_core::Error> {
        let (_, _, body) = self.ask(self.client.get(url)).await?;
        server_text::from_json(&body).map_err(|_| unreadable())
    }

    /// Gets a JSON document of another service, whose refusals have a form of their own.
    pub(crate) async fn get_json(
        &self,
        request: reqwest::RequestBuilder,
    ) -> std::result::Result<Value, azure_core::Error> {
        let received = self.exchange(request).await?;
        let (_, _, body) = received.accepted()?;
        server_text::from_json(&body).map_err(|_| unreadable())
    }

    /// Sends a request to the sign-in service, and accepts only answers that have its form.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Exchanged {
        let received = self.exchange(request).await?;
        match Author::of(&received.body) {
            Author::Entra(Says::Yes) => {
                let (status, headers, body) = received.accepted()?;
                let body = readable_token(body).ok_or_else(unreadable)?;
                Ok((status, headers, body))
            }
            Author::Entra(Says::No) => Err(received.refusal()),
            Author::Unclear => {
                received.accepted()?;
                Err(unreadable())
            }
            Author::Between => Err(refused(EntraAnswer {
                is_from_between: true,
                ..received.answer()
            })),
        }
    }

    async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
    ) -> std::result::Result<Received, azure_core::Error> {
        let mut response = request.send().await.map_err(|error| self.unsent(error))?;
        let status = response.status().as_u16();
        let mut headers = Headers::new();
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                headers.insert(
                    HeaderName::from(name.as_str().to_owned()),
                    HeaderValue::from(value.to_owned()),
                );
            }
        }
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let date = header("date").and_then(|date| http_date(&date));
        let after =
            header("retry-after").and_then(|value| retry_after(&value, date, self.clock.now()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(unreadable());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Received {
            status,
            headers,
            retry_after: after,
            body,
        })
    }

    fn unsent(&self, error: reqwest::Error) -> azure_core::Error {
        if !error.is_connect() {
            return network(error);
        }
        let unreached = unreached(error, self.proxy.as_ref());
        let fault = match unreached.class {
            Class::NotSent => busy(codes::SIGN_IN_UNREACHABLE, &unreached.why),
            _ => Fault::unreached(&unreached),
        };
        azure_core::Error::new(ErrorKind::Credential, fault)
    }

    /// A form for the token endpoint, with the claims that are to be sent.
    fn with_claims(&self, url: &Url, form: String) -> String {
        match self.claims.get() {
            Some(claims) if url.path().ends_with("/oauth2/v2.0/token") => {
                url::form_urlencoded::Serializer::new(form)
                    .append_pair("claims", claims.json())
                    .finish()
            }
            _ => form,
        }
    }

    /// The real URL for one at the stand-in; URLs of other hosts (managed identity) are not changed.
    fn turned(&self, url: &Url) -> Url {
        if url.as_str().starts_with(STAND_IN) {
            let mut real = self.url(url.path());
            real.set_query(url.query());
            real
        } else {
            url.clone()
        }
    }
}

#[async_trait]
impl HttpClient for Authority {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let method = reqwest::Method::from_bytes(request.method().as_ref().as_bytes())
            .map_err(|_| unreadable())?;
        let mut outgoing = self.client.request(method, self.turned(request.url()));
        // The User-Agent is our own, and claims change the length of the form.
        let ours = |name: &HeaderName| {
            ["user-agent", "content-length"]
                .iter()
                .any(|own| name.as_str().eq_ignore_ascii_case(own))
        };
        for (name, value) in request.headers().iter().filter(|(name, _)| !ours(name)) {
            outgoing = outgoing.header(name.as_str(), value.as_str());
        }
        if let Body::Bytes(bytes) = request.body() {
            let form = String::from_utf8_lossy(bytes).into_owned();
            outgoing = outgoing.body(self.with_claims(request.url(), form));
        }
        let (status, headers, body) = self.ask(outgoing).await?;
        Ok(AsyncRawResponse::from_bytes(status.into(), headers, body))
    }
}

impl EntraAnswer {
    pub(crate) fn parse(status: u16, body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let envelope = Envelope::parse(body);
        let mut numbers: Vec<u32> = value["error_codes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|number| u32::try_from(number.as_u64()?).ok())
            .collect();
        if numbers.is_empty() {
            numbers = aadsts::numbers(&envelope.message);
        }
        Self {
            status,
            error: envelope.code,
            description: server_text::bounded_text(said(&envelope.message).as_bytes(), 600),
            numbers,
            correlation_id: value["correlation_id"]
                .as_str()
                .map(|id| server_text::clean(id, 80)),
            retry_after: None,
            is_from_between: false,
        }
    }
}

/// What Entra says without its ids, which are kept separately; they follow in the same line or in new lines.
fn said(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    let end = line.find(" Trace ID: ").unwrap_or(line.len());
    line[..end].trim_end()
}

impl fmt::Display for EntraAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HTTP {} {} {}",
            self.status, self.error, self.description
        )
    }
}

impl fmt::Debug for EntraAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for EntraAnswer {}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.base)
    }
}

fn refused(answer: EntraAnswer) -> azure_core::Error {
    azure_core::Error::with_error(ErrorKind::Credential, answer, "the sign-in service refused")
}

fn network(error: reqwest::Error) -> azure_core::Error {
    let fault = busy(codes::SIGN_IN_BUSY, &reason(error));
    azure_core::Error::new(ErrorKind::Credential, fault)
}

/// Trouble that passes.
fn busy(code: Code, why: &str) -> Fault {
    Fault::new(code, Class::SignInLater, why)
}

fn unreadable() -> azure_core::Error {
    azure_core::Error::new(
        ErrorKind::Credential,
        busy(codes::SIGN_IN_BUSY, "the answer cannot be understood"),
    )
}
