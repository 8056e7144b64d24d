//! The practice tenant on a loopback port: requests taken off the wire, answers put on it, with the weather in between.

use super::{
    call::{Call, percent_decoded, take_apart},
    fate::Fates,
    journal::Journal,
    kind::Kind,
    people,
    reply::{Body, Reply, Way, no_such_segment},
    seen::Seen,
    tenant::{Invitations, Names, Tenant, travel},
    throttle::{Throttle, asked},
    token::Tokens,
    view,
    weather::{Fault, Weather},
    wire::{Port, Wire},
};
use crate::clock::Clock;
use anyhow::Context;
use axum::{
    Router,
    body::{Body as HttpBody, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use std::{
    collections::HashMap,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::Instant};

const MAX_BODY: usize = 4 * 1024 * 1024;
const STOP_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// 0: any free port.
    pub port: u16,
    pub weather: Weather,
    /// Where the tenant keeps what was changed; without it nothing outlives the process.
    pub people_file: Option<PathBuf>,
    /// Synthetic accepted guests `guest-000001@crowd.example` … beside the seeded people.
    pub crowd: u32,
    /// How many requests `/_sandbox/log` remembers; 0 switches it off.
    pub log_capacity: usize,
    pub clock: Clock,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            weather: Weather::default(),
            people_file: None,
            crowd: 0,
            log_capacity: 10_000,
            clock: Clock::system(),
        }
    }
}

/// A running practice tenant. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    /// Of Graph and of the authority; Graph's own paths start with `/v1.0`.
    pub url: String,
    pub tenant_id: String,
    pub tenant_name: String,
    pub domain: String,
    pub client_id: String,
    pub client_secret: String,
    /// Of a signed-in user with a mailbox.
    pub user_token: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

type Shared = Arc<Mutex<Tenant>>;

impl Sandbox {
    /// Starts on the caller's runtime.
    pub async fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        options.weather.check()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{}", options.port))?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut tenant = tenant(options, url.clone())?;
        let user_token = tenant.issue_user_token();
        let shared: Shared = Arc::new(Mutex::new(tenant));

        let service = Router::new()
            .fallback(handle)
            .with_state(shared)
            .into_make_service_with_connect_info::<Wire>();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let served = axum::serve(Port(listener), service).with_graceful_shutdown(async move {
                // A dropped sender ends it as well.
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::warn!(%error, "the practice tenant ended");
            }
        });
        Ok(Self {
            url,
            tenant_id: people::TENANT_ID.into(),
            tenant_name: people::TENANT_NAME.into(),
            domain: people::DOMAIN.into(),
            client_id: people::CLIENT_ID.into(),
            client_secret: people::CLIENT_SECRET.into(),
            user_token,
            stop: Some(stop),
            task,
        })
    }

    /// Lets requests under way end, but not for long.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = tokio::time::timeout(STOP_WITHIN, &mut self.task).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn tenant(options: SandboxOptions, url: String) -> anyhow::Result<Tenant> {
    let mut directory = people::organisation(options.crowd, options.clock.now());
    let mut seen = Seen::new(options.log_capacity);
    let mut invitations = Invitations::default();
    let mut journal = None;
    if let Some(path) = &options.people_file {
        let (opened, remembered) = Journal::open(path, &mut directory)?;
        invitations.tickets = remembered.tickets;
        for mail in remembered.mails {
            seen.mailed(mail);
        }
        journal = Some(opened);
    }
    Ok(Tenant {
        names: Names::new(url),
        clock: options.clock,
        directory,
        invitations,
        fates: Fates::new(&options.weather),
        throttle: Throttle::new(&options.weather.throttle),
        weather: options.weather,
        tokens: Tokens::default(),
        seen,
        journal,
        touched: Vec::new(),
    })
}

/// A poisoned lock means that one request failed; the tenant goes on.
pub fn lock(shared: &Shared) -> MutexGuard<'_, Tenant> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn handle(
    State(shared): State<Shared>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let arrived = Instant::now();
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return respond(&shared, Reply::new(413, Body::Empty)).await;
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", axum::http::uri::PathAndQuery::as_str);
    let (path, query) = take_apart(target);
    let method = parts.method.as_str();
    if path.first().is_some_and(|first| first == "_sandbox") {
        let reply = view::answer(&mut lock(&shared), method, &path[1..], &query, &body);
        return respond(&shared, reply).await;
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
        Err(reply) => return respond(&shared, reply).await,
    };
    let reply = travelled(shared.clone(), asked).await;
    match reply.way {
        Way::Clear | Way::Cut => {}
        Way::Lost(wait) => {
            tokio::time::sleep(wait).await;
            wire.lose();
        }
        Way::Reset => wire.reset(),
    }
    respond(&shared, reply).await
}

enum Asked {
    Graph(Box<Call>),
    Authority(Box<Authority>),
}

struct Authority {
    method: String,
    path: Vec<String>,
    form: HashMap<String, String>,
    arrived: Instant,
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
        return Ok(Asked::Authority(Box::new(Authority {
            method: method.to_owned(),
            path: path.to_vec(),
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
async fn travelled(shared: Shared, asked: Asked) -> Reply {
    let (there, back) = travel(&mut lock(&shared));
    if let Asked::Authority(_) = &asked {
        lock(&shared).seen.token_request_began();
    }
    if there.is_zero() {
        return work(&shared, &asked);
    }
    let task = tokio::spawn(async move {
        tokio::time::sleep(there).await;
        let reply = work(&shared, &asked);
        // A refusal to serve is quick, so that the time it names counts from here.
        if !matches!(reply.status, 429 | 503) {
            tokio::time::sleep(back).await;
        }
        reply
    });
    task.await.unwrap_or_else(|_| Reply::new(500, Body::Empty))
}

fn work(shared: &Shared, asked: &Asked) -> Reply {
    let mut tenant = lock(shared);
    match asked {
        Asked::Graph(call) => tenant.answer(call),
        Asked::Authority(authority) => {
            let reply = authority_answer(&mut tenant, authority);
            tenant.seen.token_request_ended();
            reply
        }
    }
}

fn authority_answer(tenant: &mut Tenant, authority: &Authority) -> Reply {
    let path: Vec<&str> = authority.path.iter().map(String::as_str).collect();
    match (authority.method.as_str(), path.as_slice()) {
        ("POST", [name, "oauth2", "v2.0", "token"]) => {
            tenant.seen.arrived(Kind::Token, authority.arrived, false);
            let fate = tenant.fates.of(&tenant.weather, Kind::Token, None);
            let reply = match fate {
                Some(fate) => match fate.fault {
                    Fault::LostBefore | Fault::LostAfter | Fault::Cut => {
                        let mut reply = Reply::new(500, Body::Empty);
                        reply.way = Way::Lost(fate.lost_for);
                        reply
                    }
                    Fault::Reset => {
                        let mut reply = Reply::new(500, Body::Empty);
                        reply.way = Way::Reset;
                        reply
                    }
                    Fault::Throttled => {
                        super::tenant::unavailable(429, fate.body, fate.retry_after)
                    }
                    _ => super::tenant::unavailable(fate.status, fate.body, fate.retry_after),
                },
                None => tenant.token_answer(&percent_decoded(name), &authority.form),
            };
            let wait = reply
                .headers
                .iter()
                .find(|(name, _)| *name == "retry-after")
                .and_then(|(_, text)| asked(text, tenant.clock.now()));
            tenant.seen.answered(Kind::Token, reply.status, wait);
            reply
        }
        (_, [_, "oauth2", "v2.0", "token"]) => Reply::new(405, Body::Empty),
        ("GET", [name, "v2.0", ".well-known", "openid-configuration"]) => {
            tenant.openid_configuration(name)
        }
        ("GET", ["common", "discovery", "instance"]) => tenant.instance_discovery(),
        _ => {
            let first = path.first().copied().unwrap_or_default();
            let refusal = no_such_segment(first);
            Reply::new(
                404,
                Body::Json(serde_json::json!({"error": {
                    "code": refusal.code,
                    "message": refusal.message,
                }})),
            )
        }
    }
}

async fn respond(shared: &Shared, reply: Reply) -> Response {
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
    let now = lock(shared).clock.now();
    let seconds = Duration::from_secs(now.as_second().unsigned_abs());
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + seconds);
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
