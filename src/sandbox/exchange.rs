//! One request off the wire and its answer back on it, with the weather in between.

use super::{
    access,
    call::{Call, take_apart},
    kind::Kind,
    reply::{Body, Reply, Way},
    sign_in::{self, AuthorityCall},
    tenant::{Tenant, travel},
    view,
    wire::Wire,
};
use axum::{
    body::{Body as HttpBody, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use jiff::Timestamp;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const MAX_BODY: usize = 4 * 1024 * 1024;
const LONGEST_UPLOAD: Duration = Duration::from_secs(60);

/// What every request shares.
pub struct App {
    hosts: Vec<String>,
    tenant: Mutex<Tenant>,
}

impl App {
    pub fn new(tenant: Tenant, hosts: Vec<String>) -> Self {
        Self {
            hosts,
            tenant: Mutex::new(tenant),
        }
    }

    /// A poisoned lock means that one request failed; the tenant goes on.
    fn lock(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn date(&self) -> Option<Timestamp> {
        let tenant = self.lock();
        (!tenant.weather.clocks.without_date).then(|| tenant.date())
    }

    fn respond(&self, reply: Reply) -> Response {
        let (content_type, body) = match reply.body {
            Body::Json(value) => (
                Some("application/json; charset=utf-8"),
                serde_json::to_vec(&value).unwrap_or_default(),
            ),
            Body::Html(html) => (Some("text/html"), html.as_bytes().to_vec()),
            Body::Plain(text) => (Some("text/plain"), text.into_bytes()),
            Body::Empty => (None, Vec::new()),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in reply.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        // The server would add a missing one by itself; an empty one tells as little.
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
        let body = if reply.way == Way::Cut {
            headers.insert(header::CONTENT_LENGTH, body.len().into());
            cut(body)
        } else {
            HttpBody::from(body)
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        response
    }
}

pub async fn handle(app: Arc<App>, wire: Wire, request: Request) -> Response {
    let arrived = Instant::now();
    let (parts, body) = request.into_parts();
    if let Some(refusal) = access::refused(&parts.method, &parts.uri, &parts.headers, &app.hosts) {
        return app.respond(refusal);
    }
    let body = tokio::time::timeout(LONGEST_UPLOAD, axum::body::to_bytes(body, MAX_BODY));
    let body = match body.await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return app.respond(Reply::new(413, Body::Empty)),
        Err(_) => return app.respond(Reply::new(408, Body::Empty)),
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", axum::http::uri::PathAndQuery::as_str);
    let (path, query) = take_apart(target);
    let method = parts.method.as_str();
    if path.first().is_some_and(|first| first == "_sandbox") {
        let reply = view::answer(&mut app.lock(), method, &path[1..], &query, &body);
        return app.respond(reply);
    }

    let asked = match ask(
        method,
        &path,
        query,
        &parts.headers,
        target.len(),
        arrived,
        body,
    ) {
        Ok(asked) => asked,
        Err(reply) => return app.respond(reply),
    };
    let reply = travelled(app.clone(), asked).await;
    match reply.way {
        Way::Clear | Way::Cut => {}
        Way::Lost(wait) => {
            tokio::time::sleep(wait).await;
            wire.lose();
        }
        Way::Reset => wire.reset(),
    }
    app.respond(reply)
}

enum Asked {
    Graph(Box<Call>),
    Authority(Box<AuthorityCall>),
}

impl Asked {
    fn for_a_token(&self) -> bool {
        matches!(self, Self::Authority(call) if call.is_for_a_token())
    }

    fn invites(&self) -> bool {
        matches!(self, Self::Graph(call) if call.kind() == Kind::Invitations)
    }
}

fn ask(
    method: &str,
    path: &[String],
    query: Vec<(String, String)>,
    headers: &HeaderMap,
    url_length: usize,
    arrived: Instant,
    body: Bytes,
) -> Result<Asked, Reply> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let Some(first) = path.first() else {
        return Err(Reply::new(404, Body::Empty));
    };
    if first != "v1.0" && first != "beta" {
        return Ok(Asked::Authority(Box::new(AuthorityCall {
            method: method.to_owned(),
            path: path.to_vec(),
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
    Ok(Asked::Graph(Box::new(Call {
        method: method.to_owned(),
        version: first.clone(),
        path: path[1..].to_vec(),
        query,
        // The base belongs to the limit; ours is shorter than Graph's.
        url_length: url_length + "https://graph.microsoft.com".len(),
        content_type: text("content-type"),
        bearer,
        eventual: text("consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        client_request_id: text("client-request-id"),
        body: body.into(),
        arrived,
        in_batch: false,
    })))
}

/// There, the work, and back. What has arrived is done, even when its client is gone by then.
async fn travelled(app: Arc<App>, asked: Asked) -> Reply {
    let (there, back) = travel(&mut app.lock(), asked.invites());
    if asked.for_a_token() {
        app.lock().seen.token_request_began();
    }
    if there.is_zero() {
        return work(&app, &asked);
    }
    let task = tokio::spawn(async move {
        tokio::time::sleep(there).await;
        let reply = work(&app, &asked);
        // A refusal to serve is quick, so that the time it names counts from here.
        if !matches!(reply.status, 429 | 503) {
            tokio::time::sleep(back).await;
        }
        reply
    });
    task.await.unwrap_or_else(|_| Reply::new(500, Body::Empty))
}

fn work(app: &App, asked: &Asked) -> Reply {
    let mut tenant = app.lock();
    match asked {
        Asked::Graph(call) => tenant.answer(call),
        Asked::Authority(authority) => {
            let reply = sign_in::answer(&mut tenant, authority);
            if asked.for_a_token() {
                tenant.seen.token_request_ended();
            }
            reply
        }
    }
}

/// Half of the body, a moment for it to leave, then the end of the connection.
fn cut(mut body: Vec<u8>) -> HttpBody {
    body.truncate(body.len() / 2);
    let half = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(body))]);
    let end = futures_util::stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err::<Bytes, _>(std::io::ErrorKind::ConnectionAborted.into())
    });
    HttpBody::from_stream(futures_util::StreamExt::chain(half, end))
}
