//! The client: every request to Graph is paced here, gets its token, is sent and counted.
//!
//! Reads are repeated when they fail for a passing reason, changes only when they were certainly not made. The POST that
//! invites goes its own way: see `invite`.

use super::{
    answer::{Answer, Asker, Attempt},
    auth::{MethodName, Token, Tokens},
    base_url::BaseUrl,
    catalogue,
    cloud::{self, Abilities},
    fault::{Class, Fault},
    http::{self, Http, Outgoing},
    http_client::HttpOptions,
    permissions, server_text, slow_down,
    verdict::{ReadVerdict, judge_read},
    wire::{Organization, Page},
};
use crate::{
    clock::Clock,
    events, failure,
    pace::{Kind, Pace, StopSignal, TooLong, backoff},
    problem::Code,
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

/// The most attempts of one read while the server or the network is in trouble.
const MOST_ATTEMPTS: u32 = 8;
/// The most attempts while there is no connection at all.
const MOST_CONNECTS: u32 = 5;
/// No further attempt is made when the trouble has lasted this long.
const LONGEST_TROUBLE: Duration = Duration::from_secs(60);
/// When a server has only asked to slow down for this long, a request is given up. Such waits take nothing from the retry
/// budget, because the gate delays them.
pub(super) const LONGEST_THROTTLE: Duration = Duration::from_secs(10 * 60);
/// A page of 999 users with all their addresses is far shorter.
const LONGEST_PAGE: usize = 16 * 1024 * 1024;
/// The service takes no more items in one `$batch`.
pub(super) const LARGEST_BATCH: usize = 20;
const NO_SKEW: i64 = i64::MIN;

/// How Graph is reached.
#[derive(Debug, Clone)]
pub(crate) struct GraphConfig {
    pub base_url: BaseUrl,
    pub http: HttpOptions,
    pub clock: Clock,
    /// What the cloud can do. None: this is told from the host.
    pub abilities: Option<Abilities>,
}

/// What a read costs and needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    /// Graph's own unit of cost; most reads with `$select` cost 1.
    pub units: u32,
    /// Whether it is an advanced query (`ConsistencyLevel: eventual`).
    pub advanced: bool,
}

impl Read {
    pub(crate) const ONE: Self = Self {
        units: 1,
        advanced: false,
    };
    pub(crate) const ADVANCED: Self = Self {
        units: 1,
        advanced: true,
    };
}

/// Requests to Graph so far, without those for tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RequestCounts {
    pub total: u64,
    pub throttled: u64,
    pub retried: u64,
}

/// A cheap handle; all handles share the connections, the token, the pace and the counts. Once the run has stopped, nothing
/// is sent through it and all its waits end. A handle may belong to a row of the sheet, which the log then names.
#[derive(Clone)]
pub(crate) struct Graph(pub(super) Arc<Inner>, pub(super) StopSignal, Option<u64>);

pub(super) struct Inner {
    pub base: BaseUrl,
    pub abilities: Abilities,
    pub http: Http,
    pub tokens: Tokens,
    pub pace: Pace,
    /// Where invitations are posted to.
    pub invitations: Url,
    clock: Clock,
    total: AtomicU64,
    throttled: AtomicU64,
    retried: AtomicU64,
    /// How many items a batch has; fewer after a throttle.
    pub batch_width: AtomicUsize,
    /// Whether this sign-in was refused `getByIds`, so that people are read one by one.
    pub ids_refused: AtomicBool,
    /// Milliseconds by which the server's clock is ahead.
    skew: AtomicI64,
    /// Whether Graph itself has ever answered.
    is_reached: AtomicBool,
}

/// A request that may be sent several times.
#[derive(Clone)]
pub(super) struct Call {
    pub method: Method,
    pub url: Url,
    pub json: Option<Vec<u8>>,
    pub read: Read,
    /// Whether it changes something in the tenant.
    pub changes: bool,
}

/// How often a new token may still be asked for because of one request.
pub(super) struct Renewals {
    plain: u32,
    with_claims: u32,
}

impl Default for Renewals {
    fn default() -> Self {
        Self {
            plain: 1,
            with_claims: 2,
        }
    }
}

/// The result of sending a request once.
pub(super) struct Sent {
    pub attempt: Attempt,
    pub at: Instant,
    /// Whether the server asked to slow down, and for longer than a run waits.
    pub too_long: Option<TooLong>,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("base", &self.0.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Graph {
    pub(crate) fn new(config: GraphConfig, tokens: Tokens, pace: Pace) -> failure::Result<Self> {
        let base = config.base_url;
        let stop = pace.stop().clone();
        let inner = Inner {
            invitations: url_of(&base, "/invitations")?,
            http: Http::new(&base, config.http, config.clock.clone())?,
            abilities: config.abilities.unwrap_or_else(|| cloud::abilities(&base)),
            base,
            tokens,
            pace,
            clock: config.clock,
            total: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            batch_width: AtomicUsize::new(LARGEST_BATCH),
            ids_refused: AtomicBool::new(false),
            skew: AtomicI64::new(NO_SKEW),
            is_reached: AtomicBool::new(false),
        };
        Ok(Self(Arc::new(inner), stop, None))
    }

    /// A handle for the requests that are made after the run has stopped.
    #[must_use]
    pub(crate) fn after_the_stop(&self) -> Self {
        Self(self.0.clone(), StopSignal::default(), self.2)
    }

    /// A handle for the requests of one row of the sheet.
    #[must_use]
    pub(crate) fn for_row(&self, row: impl Into<Option<u64>>) -> Self {
        Self(self.0.clone(), self.1.clone(), row.into())
    }

    /// Waits for something that comes before a request or between two, unless the run stops first.
    pub(super) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Fault> {
        Ok(self.1.unless_raised(work).await?)
    }

    /// Reads one resource. `path` begins with `/` and follows the version; its values are encoded (`odata`).
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        read: Read,
    ) -> Result<T, Fault> {
        let answer = self
            .repeat(&self.call(Method::GET, path, None, read)?)
            .await?;
        understood(&answer)
    }

    /// `GET /…/$count`, a bare number.
    pub(crate) async fn count(&self, path: &str) -> Result<u64, Fault> {
        let answer = self
            .repeat(&self.call(Method::GET, path, None, Read::ADVANCED)?)
            .await?;
        let text = String::from_utf8_lossy(&answer.body);
        text.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace())
            .parse()
            .map_err(|_| unreadable(&answer))
    }

    /// The tenant. An app with the least permissions may not see it; that is a fault of class `Permission`.
    pub(crate) async fn organization(&self) -> Result<Organization, Fault> {
        let path = "/organization?$select=id,displayName,verifiedDomains,tenantType";
        let page: Page<Organization> = self.get(path, Read::ONE).await?;
        page.value.into_iter().next().ok_or_else(|| {
            Fault::new(
                catalogue::ANSWER_UNREADABLE,
                Class::Request,
                "no organization in the answer",
            )
        })
    }

    /// Makes a change that may be made twice without harm: setting properties, adding a reference. It is sent until there is
    /// an answer to it; one that does not tell whether it was made is given back, so that the caller can look first. If it
    /// was made before, that is a success.
    pub(crate) async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(), Fault> {
        let call = Call {
            changes: true,
            ..self.call(method, path, body, Read::ONE)?
        };
        match self.repeat(&call).await {
            Err(fault) if fault.class != Class::Already => Err(fault),
            _ => Ok(()),
        }
    }

    /// How the sign-in was made, for the advice on refusals. None: it makes no difference.
    pub(crate) fn method(&self) -> Option<MethodName> {
        self.0.tokens.method()
    }

    pub(crate) fn requests(&self) -> RequestCounts {
        RequestCounts {
            total: self.0.total.load(Relaxed),
            throttled: self.0.throttled.load(Relaxed),
            retried: self.0.retried.load(Relaxed),
        }
    }

    /// How far the server's clock is ahead of ours, to a second; unknown before the first answer.
    pub(crate) fn skew(&self) -> Option<SignedDuration> {
        match self.0.skew.load(Relaxed) {
            NO_SKEW => None,
            millis => Some(SignedDuration::from_millis(millis)),
        }
    }

    /// The time of the server, as its answers show; before the first answer our own time.
    pub(crate) fn server_now(&self) -> Timestamp {
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
        Ok(Call {
            method,
            url: url_of(&self.0.base, path)?,
            json: body.map(|body| body.to_string().into_bytes()),
            read,
            changes: false,
        })
    }

    pub(super) async fn repeat(&self, call: &Call) -> Result<Answer, Fault> {
        Ok(self.repeat_and_time(call).await?.0)
    }

    /// Sends a call until it succeeds, is refused, or is given up. Gives the answer, and when its request was sent.
    pub(super) async fn repeat_and_time(&self, call: &Call) -> Result<(Answer, Instant), Fault> {
        let inner = &*self.0;
        let started = Instant::now();
        let (mut troubles, mut renewals) = (0, Renewals::default());
        let mut trouble_since = None;
        loop {
            if call.changes {
                self.unless_stopped(inner.pace.before_change(call.read.units))
                    .await??;
            } else {
                self.unless_stopped(inner.pace.before_read(call.read.units))
                    .await??;
            }
            let token = self.unless_stopped(inner.tokens.token()).await??;
            let id = Uuid::new_v4().to_string();
            let sent = self
                .send(call, Kind::Read, &token, &id, LONGEST_PAGE)
                .await?;
            let (attempt, sent_at) = (sent.attempt, sent.at);
            let (after, fault) = match judge_read(&attempt) {
                ReadVerdict::Done => {
                    inner.is_reached.store(true, Relaxed);
                    inner.pace.answered(Kind::Read, sent_at);
                    return match attempt {
                        Attempt::Answered(answer) => Ok((answer, sent_at)),
                        Attempt::NotConnected(unreached) => Err(Fault::unreached(&unreached)),
                        Attempt::NoAnswer(why) => {
                            Err(Fault::new(catalogue::NO_ANSWER, Class::Unsettled, why))
                        }
                    };
                }
                ReadVerdict::No { fault } => return Err(fault.with_client_request_id(&id)),
                ReadVerdict::Refresh { fault } => {
                    let fault = fault.with_client_request_id(&id);
                    if !self.renew(&token, &attempt, &mut renewals).await? {
                        return Err(fault);
                    }
                    self.count_retry(kind_of(Kind::Read, call.changes), &fault);
                    continue;
                }
                // Graph has never answered, so the address or the network is probably wrong: that is reported at once.
                ReadVerdict::Again { fault, .. }
                    if fault.is_from_between() && !inner.is_reached.load(Relaxed) =>
                {
                    return Err(fault.with_client_request_id(&id));
                }
                ReadVerdict::Again { fault, .. }
                    if call.changes
                        && matches!(fault.class, Class::Unsettled | Class::NotGraph) =>
                {
                    return Err(fault.with_client_request_id(&id));
                }
                ReadVerdict::Again { after, fault } => (after, fault.with_client_request_id(&id)),
            };
            let asked_to_wait =
                fault.class == Class::Throttled || fault.status == Some(429) || after.is_some();
            if asked_to_wait {
                if let Some(too_long) = sent.too_long {
                    return Err(too_long.into());
                }
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
                let pause = backoff(troubles, fastrand::f64());
                self.unless_stopped(tokio::time::sleep(pause)).await?;
            }
            self.count_retry(kind_of(Kind::Read, call.changes), &fault);
        }
    }

    /// After a 401: whether there is a new token, with which the same request is worth sending again. One new token is asked
    /// for; with the claims of a challenge two, because the first may come from a renewal that had begun without the claims.
    pub(super) async fn renew(
        &self,
        rejected: &Token,
        attempt: &Attempt,
        renewals: &mut Renewals,
    ) -> Result<bool, Fault> {
        let Attempt::Answered(answer) = attempt else {
            return Ok(false);
        };
        let claims = answer.challenge();
        let left = if claims.is_some() {
            &mut renewals.with_claims
        } else {
            &mut renewals.plain
        };
        if *left == 0 {
            return match claims {
                Some(_) => Err(Fault::challenged(answer)),
                None => Ok(false),
            };
        }
        *left -= 1;
        let fresh = self
            .unless_stopped(self.0.tokens.refresh(rejected, claims))
            .await??;
        Ok(!fresh.is(rejected))
    }

    /// Sends a request once, when the gate is open and the run goes on. From every answer it takes the server's clock, whether
    /// new connections are needed, whether to slow down, and the counts.
    pub(super) async fn send(
        &self,
        call: &Call,
        kind: Kind,
        token: &Token,
        client_request_id: &str,
        limit: usize,
    ) -> Result<Sent, Fault> {
        let inner = &*self.0;
        self.unless_stopped(inner.pace.gate()).await??;
        let at = Instant::now();
        let outgoing = Outgoing {
            method: call.method.clone(),
            url: call.url.clone(),
            token: token.secret(),
            client_request_id,
            advanced: call.read.advanced,
            json: call.json.clone(),
            changes: call.changes,
            limit,
        };
        inner.total.fetch_add(1, Relaxed);
        // Boxed, because every future that sends a request contains it.
        let Ok(mut attempt) = Box::pin(inner.http.send(outgoing, &self.1)).await else {
            inner.total.fetch_sub(1, Relaxed);
            return Err(Fault::run_stopped());
        };
        self.log(
            call,
            kind_of(kind, call.changes),
            client_request_id,
            &attempt,
            at,
        );
        let mut too_long = None;
        if let Attempt::Answered(answer) = &mut attempt {
            answer.asker = self.asker(&call.method, call.url.path());
            if let Some(date) = answer.date {
                let ahead = date.duration_since(inner.clock.now()).as_millis();
                inner.skew.store(i64::try_from(ahead).unwrap_or(0), Relaxed);
            }
            if answer.has_graph_header {
                inner.is_reached.store(true, Relaxed);
                if let Some(used) = answer.limit_used {
                    inner.pace.limit_is_used(used, at);
                }
            }
            let what = kind_of(kind, call.changes);
            too_long = self
                .close_gate(answer, kind, what, client_request_id, at)
                .err();
            if http::wants_new_connection(answer.status) {
                inner.http.unwell(at);
            }
        }
        Ok(Sent {
            attempt,
            at,
            too_long,
        })
    }

    /// Who asks, and for what, for the advice on a refusal.
    pub(super) fn asker(&self, method: &Method, path: &str) -> Asker {
        Asker {
            method: self.method(),
            permission: permissions::least(method, path),
        }
    }

    fn log(&self, call: &Call, what: &str, id: &str, attempt: &Attempt, at: Instant) {
        if !tracing::enabled!(target: events::EVENTS, tracing::Level::DEBUG) {
            return;
        }
        let answer = match attempt {
            Attempt::Answered(answer) => Some(answer),
            Attempt::NotConnected(_) | Attempt::NoAnswer(_) => None,
        };
        let sent = events::Sent {
            request: what,
            row: self.2,
            status: answer.map(|answer| answer.status),
            request_id: answer.and_then(|answer| answer.request_id.as_deref()),
            client_request_id: Some(id),
            code: None,
        };
        events::request(&sent, call.method.as_str(), call.url.path(), at.elapsed());
    }

    /// Closes the gate if an answer asks for that. `what` was asked for, under this id.
    pub(super) fn close_gate(
        &self,
        answer: &Answer,
        kind: Kind,
        what: &str,
        client_request_id: &str,
        sent_at: Instant,
    ) -> Result<(), TooLong> {
        if slow_down::is_throttle(answer) {
            self.0.throttled.fetch_add(1, Relaxed);
            let sent = events::Sent {
                request: what,
                row: self.2,
                status: Some(answer.status),
                request_id: answer.request_id.as_deref(),
                client_request_id: Some(client_request_id).filter(|id| !id.is_empty()),
                code: None,
            };
            events::throttled(&sent, answer.retry_after);
        }
        slow_down::close_gate(&self.0.pace, answer, kind, sent_at)
    }

    /// The same request leaves again, because of this fault.
    pub(super) fn count_retry(&self, what: &str, fault: &Fault) {
        self.0.retried.fetch_add(1, Relaxed);
        events::retry(&fault.sent(what, self.2));
    }
}

/// In the word of the log.
fn kind_of(kind: Kind, changes: bool) -> &'static str {
    match kind {
        Kind::Invitation => "invitation",
        Kind::Read if changes => "change",
        Kind::Read => "read",
        Kind::BatchItem => "batch-item",
    }
}

/// `path` comes after the version.
fn url_of(base: &BaseUrl, path: &str) -> Result<Url, Fault> {
    let version = if path.starts_with("/beta/") {
        ""
    } else {
        "/v1.0"
    };
    Url::parse(&format!("{base}{version}{path}"))
        .map_err(|_| Fault::new(catalogue::BAD_QUERY, Class::Request, "the path is no URL"))
}

pub(super) fn understood<T: DeserializeOwned>(answer: &Answer) -> Result<T, Fault> {
    server_text::from_json(&answer.body).map_err(|_| unreadable(answer))
}

fn unreadable(answer: &Answer) -> Fault {
    const CODE: Code = catalogue::ANSWER_UNREADABLE;
    Fault::new(CODE, Class::Request, "the answer cannot be understood").with_answer(answer, None)
}
