//! The client: every request to Graph leaves through here, paced, signed and counted.
//!
//! Reads, and changes that may safely be made twice, are repeated here with patience. The POST that invites
//! is not among them: see `invite`.

use super::{
    answer::{Answer, Attempt},
    auth::{Token, Tokens},
    catalogue,
    cloud::{self, Abilities},
    fault::{Class, Fault},
    http::{self, Http, HttpOptions, Outgoing},
    server_text,
    verdict::{ReadVerdict, judge_read},
    wire::{Organization, Page},
};
use crate::{
    clock::Clock,
    failure::{self, Failure},
    pace::{Pace, TooLong, backoff},
    sheet::Code,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;

/// Attempts of one read when the server or the network is unwell.
const MOST_ATTEMPTS: u32 = 8;
/// And when there is no connection at all.
const MOST_CONNECTS: u32 = 5;
/// And no further attempt after this time.
const LONGEST_TROUBLE: Duration = Duration::from_secs(60);
/// A server that only asks to slow down is obeyed for so long without any progress. Such waits pay nothing
/// from the retry budget: they are the server's own wish, and the gate spaces them.
pub(super) const LONGEST_THROTTLE: Duration = Duration::from_secs(10 * 60);
/// A page of 999 people with all their addresses stays far below this.
const LONGEST_PAGE: usize = 16 * 1024 * 1024;
const NO_SKEW: i64 = i64::MIN;

/// Where Graph is.
#[derive(Debug, Clone)]
pub struct GraphConfig {
    /// Without `/v1.0`; https, or http on loopback.
    pub base_url: String,
    pub http: HttpOptions,
    pub clock: Clock,
    /// What the cloud can do; none: as its host tells.
    pub abilities: Option<Abilities>,
}

/// What a read costs and needs.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// Graph's own unit of cost; most reads with `$select` cost 1.
    pub units: u32,
    /// Whether it is an advanced query (`ConsistencyLevel: eventual`).
    pub advanced: bool,
}

impl Read {
    pub const ONE: Self = Self {
        units: 1,
        advanced: false,
    };
    pub const ADVANCED: Self = Self {
        units: 1,
        advanced: true,
    };
}

/// Requests to Graph so far, tokens not included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    pub total: u64,
    pub throttled: u64,
    pub retried: u64,
}

/// A cheap handle; all of them share connections, token, pace and counts.
#[derive(Clone)]
pub struct Graph(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub base: Url,
    pub abilities: Abilities,
    pub http: Http,
    pub tokens: Tokens,
    pub pace: Pace,
    clock: Clock,
    total: AtomicU64,
    throttled: AtomicU64,
    retried: AtomicU64,
    /// Items in a batch; less than the most after a throttle.
    pub batch_width: AtomicUsize,
    /// Whether this sign-in was refused `getByIds`, so that people are read one by one.
    pub ids_refused: AtomicBool,
    /// Milliseconds by which the server's clock is ahead.
    skew: AtomicI64,
    /// Whether Graph itself has ever answered.
    is_reached: AtomicBool,
}

/// One call, as often as it takes.
#[derive(Clone)]
pub(super) struct Call {
    pub method: Method,
    pub url: Url,
    pub json: Option<Vec<u8>>,
    pub read: Read,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("base", &self.0.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Graph {
    pub fn new(config: GraphConfig, tokens: Tokens, pace: Pace) -> failure::Result<Self> {
        let base = http::base_url(&config.base_url, "graph_url")?;
        if base.path().trim_end_matches('/').ends_with("/v1.0") {
            return Err(
                Failure::usage(format!("graph_url must not end in /v1.0: {base}"))
                    .hint("give the host only, for example https://graph.microsoft.com"),
            );
        }
        Ok(Self(Arc::new(Inner {
            http: Http::new(&base, config.http, config.clock.clone())?,
            abilities: config.abilities.unwrap_or_else(|| cloud::abilities(&base)),
            base,
            tokens,
            pace,
            clock: config.clock,
            total: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            batch_width: AtomicUsize::new(super::batch::MOST_ITEMS),
            ids_refused: AtomicBool::new(false),
            skew: AtomicI64::new(NO_SKEW),
            is_reached: AtomicBool::new(false),
        })))
    }

    /// Reads one thing. `path` begins with `/` and comes after the version, its values encoded (`odata`).
    pub async fn get<T: DeserializeOwned>(&self, path: &str, read: Read) -> Result<T, Fault> {
        let answer = self
            .repeat(&self.call(Method::GET, path, None, read)?)
            .await?;
        understood(&answer)
    }

    /// `GET /…/$count`, a bare number.
    pub async fn count(&self, path: &str) -> Result<u64, Fault> {
        let answer = self
            .repeat(&self.call(Method::GET, path, None, Read::ADVANCED)?)
            .await?;
        let text = String::from_utf8_lossy(&answer.body);
        text.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace())
            .parse()
            .map_err(|_| unreadable(&answer))
    }

    /// The tenant. An app with the least permissions may not see it; that is a fault of class `Permission`.
    pub async fn organization(&self) -> Result<Organization, Fault> {
        let path = "/organization?$select=id,displayName,verifiedDomains";
        let page: Page<Organization> = self.get(path, Read::ONE).await?;
        page.value.into_iter().next().ok_or_else(|| {
            Fault::new(
                catalogue::ANSWER_UNREADABLE,
                Class::Request,
                "no organization in the answer",
            )
        })
    }

    /// A change that may be made twice without harm: setting properties, adding a reference. What is so
    /// already is a success.
    pub async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(), Fault> {
        match self
            .repeat(&self.call(method, path, body, Read::ONE)?)
            .await
        {
            Ok(_) => Ok(()),
            Err(fault) if fault.class == Class::Already => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The address of a directory object, for `@odata.id`; its host must be that of the cloud.
    pub fn object_url(&self, id: &str) -> String {
        format!(
            "{}/v1.0/directoryObjects/{id}",
            self.0.base.as_str().trim_end_matches('/')
        )
    }

    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub fn requests(&self) -> RequestCounts {
        RequestCounts {
            total: self.0.total.load(Relaxed),
            throttled: self.0.throttled.load(Relaxed),
            retried: self.0.retried.load(Relaxed),
        }
    }

    /// How far the server's clock is ahead of ours, to a second; unknown before the first answer.
    pub fn skew(&self) -> Option<SignedDuration> {
        match self.0.skew.load(Relaxed) {
            NO_SKEW => None,
            millis => Some(SignedDuration::from_millis(millis)),
        }
    }

    /// What time it is at the server, as far as its answers tell; before the first one, our own time.
    pub fn server_now(&self) -> Timestamp {
        let now = self.0.clock.now();
        self.skew()
            .and_then(|skew| now.checked_add(skew).ok())
            .unwrap_or(now)
    }

    pub(super) fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        read: Read,
    ) -> Result<Call, Fault> {
        let base = self.0.base.as_str().trim_end_matches('/');
        let version = if path.starts_with("/beta/") {
            ""
        } else {
            "/v1.0"
        };
        let url = Url::parse(&format!("{base}{version}{path}"))
            .map_err(|_| Fault::new(catalogue::BAD_QUERY, Class::Request, "the path is no URL"))?;
        Ok(Call {
            method,
            url,
            json: body.map(|body| body.to_string().into_bytes()),
            read,
        })
    }

    /// Sends a call until it succeeds, is refused, or patience ends.
    pub(super) async fn repeat(&self, call: &Call) -> Result<Answer, Fault> {
        let inner = &*self.0;
        let started = Instant::now();
        let (mut troubles, mut refreshed) = (0, false);
        let mut trouble_since = None;
        loop {
            inner
                .pace
                .before_read(call.read.units)
                .await
                .map_err(too_long)?;
            let token = inner.tokens.token().await?;
            let id = Uuid::new_v4().to_string();
            let (attempt, sent_at) = self.send(call, &token, &id, LONGEST_PAGE).await?;
            let (after, fault) = match judge_read(&attempt) {
                ReadVerdict::Done => {
                    inner.is_reached.store(true, Relaxed);
                    inner.pace.read_answered();
                    return match attempt {
                        Attempt::Answered(answer) => Ok(answer),
                        Attempt::NotConnected(why) | Attempt::NoAnswer(why) => {
                            Err(Fault::new(catalogue::NO_ANSWER, Class::Unsettled, why))
                        }
                    };
                }
                ReadVerdict::No { fault } => return Err(fault.with_client_request_id(&id)),
                ReadVerdict::Refresh { fault } if refreshed => {
                    return Err(fault.with_client_request_id(&id));
                }
                ReadVerdict::Refresh { fault } => {
                    refreshed = true;
                    let fresh = inner.tokens.refresh(&token).await?;
                    if fresh.is(&token) {
                        return Err(fault.with_client_request_id(&id));
                    }
                    inner.retried.fetch_add(1, Relaxed);
                    continue;
                }
                // Nothing says that Graph is there at all: whoever runs the command is to know at once.
                ReadVerdict::Again { fault, .. }
                    if fault.is_from_between() && !inner.is_reached.load(Relaxed) =>
                {
                    return Err(fault.with_client_request_id(&id));
                }
                ReadVerdict::Again { after, fault } => (after, fault.with_client_request_id(&id)),
            };
            let asked_to_wait =
                fault.class == Class::Throttled || fault.status == Some(429) || after.is_some();
            if asked_to_wait {
                inner.pace.wait_out(after).map_err(too_long)?;
                if started.elapsed() >= LONGEST_THROTTLE {
                    return Err(fault);
                }
            } else {
                troubles += 1;
                let since = *trouble_since.get_or_insert(sent_at);
                let most = if fault.class == Class::NotSent {
                    MOST_CONNECTS
                } else {
                    MOST_ATTEMPTS
                };
                let patient = troubles < most && since.elapsed() < LONGEST_TROUBLE;
                if !patient || !inner.pace.retry_allowed() {
                    return Err(fault);
                }
                tokio::time::sleep(backoff(troubles, fastrand::f64())).await;
            }
            inner.retried.fetch_add(1, Relaxed);
        }
    }

    /// Sends once, when the gate is open, and learns what every answer teaches: the server's clock, a
    /// need for a new connection, the counts.
    pub(super) async fn send(
        &self,
        call: &Call,
        token: &Token,
        client_request_id: &str,
        limit: usize,
    ) -> Result<(Attempt, Instant), Fault> {
        let inner = &*self.0;
        inner.pace.gate().await.map_err(too_long)?;
        let sent_at = Instant::now();
        inner.total.fetch_add(1, Relaxed);
        let attempt = inner
            .http
            .send(Outgoing {
                method: call.method.clone(),
                url: call.url.clone(),
                token: token.secret(),
                client_request_id,
                advanced: call.read.advanced,
                json: call.json.clone(),
                limit,
            })
            .await;
        if let Attempt::Answered(answer) = &attempt {
            if let Some(date) = answer.date {
                let ahead = date.duration_since(inner.clock.now()).as_millis();
                inner.skew.store(i64::try_from(ahead).unwrap_or(0), Relaxed);
            }
            if answer.has_graph_header {
                inner.is_reached.store(true, Relaxed);
            }
            if answer.status == 429 {
                inner.throttled.fetch_add(1, Relaxed);
            }
            if http::wants_new_connection(answer.status) {
                inner.http.renew(sent_at);
            }
        }
        Ok((attempt, sent_at))
    }

    pub(super) fn count_throttled_items(&self, items: usize) {
        self.0.throttled.fetch_add(items as u64, Relaxed);
    }

    pub(super) fn count_retry(&self) {
        self.0.retried.fetch_add(1, Relaxed);
    }
}

pub(super) fn understood<T: DeserializeOwned>(answer: &Answer) -> Result<T, Fault> {
    server_text::from_json(&answer.body).map_err(|_| unreadable(answer))
}

fn unreadable(answer: &Answer) -> Fault {
    const CODE: Code = catalogue::ANSWER_UNREADABLE;
    Fault::new(CODE, Class::Request, "the answer cannot be understood").with_answer(answer, None)
}

/// The server asks for a longer wait than a run sits through: the run ends, and continues later.
pub(super) fn too_long(wait: TooLong) -> Fault {
    Fault::new(catalogue::THROTTLED, Class::Throttled, wait.to_string())
}
