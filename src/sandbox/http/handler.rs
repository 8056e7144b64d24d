//! One HTTP request: reads it, sends it to Graph, to the authority or to the control API, and writes the reply.
//! The latency and the delivery faults of the weather happen here.

use crate::sandbox::{
    control_api,
    graph_api::pipeline,
    http::{access, connection::ConnectionControl},
    messages::{
        reply::{DeliveryFault, Reply, ReplyBody},
        request::{GraphRequest, MAX_BODY, split_target},
        request_kind::RequestKind,
    },
    sign_in::{authority_request::AuthorityRequest, endpoint},
    state::tenant::TenantState,
};
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use jiff::Timestamp;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The base URL of Graph counts against the limit on the length of a URL, in place of the shorter one of this tenant.
const GRAPH_BASE_URL: &str = "https://graph.microsoft.com";

/// What all requests share.
pub(super) struct Service {
    /// `http` or `https`.
    scheme: &'static str,
    hosts: Vec<String>,
    tenant: Mutex<TenantState>,
}

impl Service {
    pub(super) fn new(tenant: TenantState, scheme: &'static str, hosts: Vec<String>) -> Self {
        Self {
            scheme,
            hosts,
            tenant: Mutex::new(tenant),
        }
    }

    /// A poisoned lock means that another request panicked. The tenant goes on with the state as it is.
    fn lock(&self) -> MutexGuard<'_, TenantState> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn date(&self) -> Option<Timestamp> {
        let tenant = self.lock();
        (!tenant.weather.clocks.without_date).then(|| tenant.date())
    }

    fn response(&self, reply: Reply) -> Response {
        let (content_type, body) = match reply.body {
            ReplyBody::Json(value) => (
                Some("application/json; charset=utf-8"),
                serde_json::to_vec(&value).unwrap_or_default(),
            ),
            ReplyBody::Html(html) => (
                Some("text/html; charset=utf-8"),
                html.into_owned().into_bytes(),
            ),
            ReplyBody::Plain(text) => (Some("text/plain"), text.into_bytes()),
            ReplyBody::Empty => (None, Vec::new()),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in reply.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if let Some(content_type) = content_type {
            let value = HeaderValue::from_static(content_type);
            headers.entry(header::CONTENT_TYPE).or_insert(value);
        }
        // The HTTP library would add a missing Date header, so an empty one stands for none.
        let date = match self.date() {
            None => String::new(),
            Some(now) => {
                let seconds = Duration::from_secs(now.as_second().unsigned_abs());
                httpdate::fmt_http_date(std::time::UNIX_EPOCH + seconds)
            }
        };
        if let Ok(date) = HeaderValue::from_str(&date) {
            headers.insert(header::DATE, date);
        }
        let body = if reply.delivery_fault == Some(DeliveryFault::CutShort) {
            headers.insert(header::CONTENT_LENGTH, body.len().into());
            cut_short(body)
        } else {
            Body::from(body)
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        response
    }
}

pub(super) async fn handle(
    service: Arc<Service>,
    connection: ConnectionControl,
    request: Request,
) -> Response {
    let arrived = Instant::now();
    let (parts, body) = request.into_parts();
    let refusal = access::refusal(&parts.method, &parts.uri, &parts.headers, &service.hosts);
    if let Some(refusal) = refusal {
        return service.response(refusal);
    }
    let body = tokio::time::timeout(UPLOAD_TIMEOUT, axum::body::to_bytes(body, MAX_BODY));
    let body = match body.await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return service.response(Reply::new(413, ReplyBody::Empty)),
        Err(_) => return service.response(Reply::new(408, ReplyBody::Empty)),
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", axum::http::uri::PathAndQuery::as_str);
    let (path, query) = split_target(target);
    let method = parts.method.as_str();
    if path.first().is_some_and(|first| first == "_sandbox") {
        let reply = control_api::answer(&mut service.lock(), method, &path[1..], &query, &body);
        return service.response(reply);
    }

    let request = match api_request(service.scheme, &parts, &path, query, arrived, body) {
        Ok(request) => request,
        Err(reply) => return service.response(reply),
    };
    let reply = answer_with_latency(service.clone(), request).await;
    match reply.delivery_fault {
        None | Some(DeliveryFault::CutShort) => {}
        Some(DeliveryFault::Lost(wait)) => {
            tokio::time::sleep(wait).await;
            connection.close();
        }
        Some(DeliveryFault::Reset) => connection.reset(),
    }
    service.response(reply)
}

/// A request to one of the two services that Microsoft has too.
enum ApiRequest {
    Graph(Box<GraphRequest>),
    Authority(Box<AuthorityRequest>),
}

impl ApiRequest {
    fn is_for_token(&self) -> bool {
        matches!(self, Self::Authority(request) if request.is_for_token())
    }

    fn is_for_invitations(&self) -> bool {
        matches!(self, Self::Graph(request) if request.kind() == RequestKind::Invitations)
    }
}

/// The base URL that the client uses: links in answers lead there, as Graph's lead to the host that was asked. `access`
/// has checked that there is one `Host` header.
fn base_url(scheme: &str, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("{scheme}://{host}")
}

/// A path that starts with a version of Graph is for Graph; every other path is for the authority.
fn api_request(
    scheme: &str,
    parts: &Parts,
    path: &[String],
    query: Vec<(String, String)>,
    arrived: Instant,
    body: Bytes,
) -> Result<ApiRequest, Reply> {
    let headers = &parts.headers;
    let base_url = base_url(scheme, headers);
    let method = parts.method.as_str();
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let Some(first) = path.first() else {
        return Err(Reply::new(404, ReplyBody::Empty));
    };
    if first != "v1.0" && first != "beta" {
        return Ok(ApiRequest::Authority(Box::new(AuthorityRequest {
            method: method.to_owned(),
            path: path.to_vec(),
            base_url,
            is_browser: text("accept").is_some_and(|types| types.contains("text/html")),
            query: query.into_iter().collect(),
            form: url::form_urlencoded::parse(&body).into_owned().collect(),
            arrived,
        })));
    }
    let bearer = text("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    Ok(ApiRequest::Graph(Box::new(GraphRequest {
        method: method.to_owned(),
        version: first.clone(),
        path: path[1..].to_vec(),
        base_url,
        query,
        url_length: parts
            .uri
            .path_and_query()
            .map_or(0, |target| target.as_str().len())
            + GRAPH_BASE_URL.len(),
        content_type: text("content-type"),
        content_encoding: text("content-encoding"),
        bearer,
        eventual: text("consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        client_request_id: text("client-request-id"),
        body: body.into(),
        arrived,
        in_batch: false,
    })))
}

/// Waits for the way there, answers, and waits for the way back. A request that has arrived is processed even when its
/// client has closed the connection, so this happens in a task of its own.
async fn answer_with_latency(service: Arc<Service>, request: ApiRequest) -> Reply {
    let (there, back) = latency(&mut service.lock(), request.is_for_invitations());
    if request.is_for_token() {
        service.lock().stats.token_request_began();
    }
    if there.is_zero() {
        return answer(&service, &request);
    }
    let task = tokio::spawn(async move {
        tokio::time::sleep(there).await;
        let reply = answer(&service, &request);
        // Without a way back, the client counts the wait of a Retry-After from the same moment as the limits do.
        if !matches!(reply.status, 429 | 503) {
            tokio::time::sleep(back).await;
        }
        reply
    });
    task.await
        .unwrap_or_else(|_| Reply::new(500, ReplyBody::Empty))
}

/// How long a request travels to the tenant, and its answer back.
fn latency(tenant: &mut TenantState, is_for_invitations: bool) -> (Duration, Duration) {
    let whole = tenant.fault_injector.latency(&tenant.weather);
    let additional = if is_for_invitations {
        Duration::from_millis(tenant.weather.latency.invitations_ms)
    } else {
        Duration::ZERO
    };
    (whole / 2 + additional, whole.saturating_sub(whole / 2))
}

fn answer(service: &Service, request: &ApiRequest) -> Reply {
    let mut tenant = service.lock();
    match request {
        ApiRequest::Graph(request) => pipeline::answer(&mut tenant, request),
        ApiRequest::Authority(authority_request) => {
            let reply = endpoint::answer(&mut tenant, authority_request);
            if request.is_for_token() {
                tenant.stats.token_request_ended();
            }
            reply
        }
    }
}

/// Half of a body, a moment in which it can be sent, then the end of the connection.
fn cut_short(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    let half = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(body))]);
    let end = futures_util::stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err::<Bytes, _>(std::io::ErrorKind::ConnectionAborted.into())
    });
    Body::from_stream(futures_util::StreamExt::chain(half, end))
}
