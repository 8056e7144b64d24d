//! The practice tenant: everything behind one lock, and the course of one request to Graph.
//!
//! Must not wait nor write to the network: `server` does that.

use super::{
    call::Call,
    directory::Directory,
    fate::{Fate, Fates},
    journal::Journal,
    kind::Kind,
    people,
    reply::{Body, Refusal, Reply, Way, refuse},
    routes,
    seen::{Entry, Post, Seen},
    sign_in::SignIns,
    throttle::{Cost, Throttle, asked, written},
    token::Tokens,
    weather::{Fault, FaultBody, ThrottleName, Weather},
};
use crate::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// The names that a tenant and its app have.
#[derive(Debug)]
pub struct Names {
    /// Of Graph and of the authority, without a slash at the end.
    pub url: String,
    pub tenant_id: String,
    pub display_name: String,
    pub client_id: String,
    pub client_secret: String,
    pub expired_secret: String,
    pub service_principal: String,
    pub signed_in_user: String,
}

impl Names {
    pub fn new(url: String) -> Self {
        Self {
            url,
            tenant_id: people::TENANT_ID.into(),
            display_name: people::TENANT_NAME.into(),
            client_id: people::CLIENT_ID.into(),
            client_secret: people::CLIENT_SECRET.into(),
            expired_secret: people::EXPIRED_SECRET.into(),
            service_principal: people::stable_id("service principal"),
            signed_in_user: people::stable_id(people::SIGNED_IN),
        }
    }

    /// A tenant can be named by its id or by any of its domains.
    pub fn is_tenant(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.tenant_id) || own_domain(name)
    }

    /// `{graph base}/.default`; the loopback address may be spelled as a name.
    pub fn is_scope(&self, scope: &str) -> bool {
        let base = scope.strip_suffix("/.default").unwrap_or_default();
        base == self.url || base == self.url.replace("127.0.0.1", "localhost")
    }
}

pub fn own_domain(domain: &str) -> bool {
    [people::DOMAIN, people::INITIAL_DOMAIN]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(domain))
}

/// What the invitation service remembers beside the directory.
#[derive(Debug, Default)]
pub struct Invitations {
    /// Ticket of a redeem link -> user id. No link is ever forgotten.
    pub tickets: HashMap<String, String>,
    /// Answered with 201 since the weather was set.
    pub done: u64,
    /// When, in seconds of the clock, for the cap of any 24 hours.
    pub recent: VecDeque<i64>,
    pub blocked: bool,
    /// The newest 201, by the address that it was for: what a swapped answer shows.
    pub newest: Option<(String, Value)>,
}

#[derive(Debug)]
pub struct Tenant {
    pub names: Names,
    pub clock: Clock,
    pub directory: Directory,
    pub invitations: Invitations,
    pub weather: Weather,
    pub fates: Fates,
    pub throttle: Throttle,
    pub tokens: Tokens,
    pub sign_ins: SignIns,
    pub seen: Seen,
    pub journal: Option<Journal>,
    /// Addresses that the current request is about.
    pub touched: Vec<String>,
}

pub fn new_id() -> String {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_le_bytes())
        .into_uuid()
        .to_string()
}

impl Tenant {
    pub fn set_weather(&mut self, weather: Weather) {
        self.fates = Fates::new(&weather);
        self.throttle = Throttle::new(&weather.throttle);
        self.invitations.done = 0;
        self.tokens.challenge = None;
        self.weather = weather;
    }

    /// One request to Graph, from the wire or out of a `$batch`.
    pub fn answer(&mut self, call: &Call) -> Reply {
        let kind = call.kind();
        self.seen.arrived(kind, call.arrived, call.in_batch);
        let touched = std::mem::take(&mut self.touched);
        let body = parsed(call);
        let invited = invited(kind, call, body.as_ref().ok());
        let request_id = new_id();

        let fate = self
            .fates
            .of(&self.weather, kind, invited.map(|(address, _)| address));
        let mut reply = self.course(call, kind, body.as_ref(), fate.as_ref(), &request_id);
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }

        let fault = fate.as_ref().map(|fate| fate.fault);
        if call.in_batch && (reply.way != Way::Clear || reply.forged) {
            // An item of a batch has no connection of its own that could be lost or tampered with.
            reply = unavailable(503, FaultBody::Json, None);
        }
        let wait = reply
            .headers
            .iter()
            .find(|(name, _)| *name == "retry-after")
            .and_then(|(_, text)| asked(text, self.date()));
        let throttled =
            reply.status == 429 || matches!(fault, Some(Fault::Throttled | Fault::ThrottledAfter));
        self.seen.answered(kind, reply.status, throttled, wait);
        if let Some((address, send)) = invited {
            let post = self.post(&reply, fault, send);
            self.seen.posted(address, post);
            self.touched.push(address.to_owned());
        } else if reply.status < 300 {
            for address in &self.touched {
                self.seen.looked_up(address);
            }
        }
        let addresses = std::mem::replace(&mut self.touched, touched);
        if self.seen.wants_log() {
            let entry = Entry {
                ms: self.seen.ms(),
                arrived_ms: self.seen.ms_of(call.arrived),
                kind,
                method: call.method.clone(),
                addresses,
                status: if unanswered(&reply) { 0 } else { reply.status },
                fault,
                in_batch: call.in_batch,
            };
            self.seen.note(entry);
        }
        stamp(reply, call, request_id)
    }

    /// Faults before, the limits, the work, faults after.
    fn course(
        &mut self,
        call: &Call,
        kind: Kind,
        body: Result<&Value, &Refusal>,
        fate: Option<&Fate>,
        request_id: &str,
    ) -> Reply {
        if let Some(reply) = fate.and_then(|fate| self.before(fate, request_id)) {
            return reply;
        }
        let cost = cost(kind, call);
        if let Err(throttled) = self.throttle.admit(cost, call.arrived) {
            let form = self.throttle.retry_after_form();
            let (text, _) = written(form, throttled.retry_after, self.date());
            let name = ThrottleName::TooManyRequests;
            return self.too_many(name, text, throttled.information, request_id);
        }
        let fault = fate.map(|fate| fate.fault);
        let reply = self
            .caller(call.bearer.as_deref())
            .and_then(|caller| routes::dispatch(self, call, &caller, body, fault))
            .unwrap_or_else(|refusal| {
                refusal.into_reply(call, request_id, &self.clock.now().to_string())
            });
        let mut reply = match fate {
            Some(fate) => self.after(fate, reply, request_id),
            None => reply,
        };
        if cost.resource_units > 0 {
            reply = reply.header("x-ms-resource-unit", cost.resource_units.to_string());
            let full = self.throttle.percentage();
            if full >= 0.8 {
                reply = reply.header("x-ms-throttle-limit-percentage", format!("{full:.2}"));
            }
        }
        reply
    }

    fn before(&self, fate: &Fate, request_id: &str) -> Option<Reply> {
        Some(match fate.fault {
            Fault::Throttled => self.too_many(
                fate.throttled_as,
                fate.retry_after.clone(),
                "CPULimitExceeded",
                request_id,
            ),
            Fault::Unavailable => unavailable(fate.status, fate.body, fate.retry_after.clone()),
            Fault::TimedOut => Reply::new(408, Body::Empty),
            Fault::ForgedBefore => forged(fate),
            Fault::LostBefore => {
                let mut reply = Reply::new(500, Body::Empty);
                reply.way = Way::Lost(fate.lost_for);
                reply
            }
            _ => return None,
        })
    }

    fn after(&self, fate: &Fate, mut reply: Reply, request_id: &str) -> Reply {
        match fate.fault {
            Fault::UnavailableAfter => {
                return unavailable(fate.status, fate.body, fate.retry_after.clone());
            }
            Fault::ForgedAfter => return forged(fate),
            Fault::ThrottledAfter => {
                let (name, wait) = (fate.throttled_as, fate.retry_after.clone());
                return self.too_many(name, wait, "CPULimitExceeded", request_id);
            }
            Fault::LostAfter => reply.way = Way::Lost(fate.lost_for),
            Fault::Reset => reply.way = Way::Reset,
            Fault::Cut => reply.way = Way::Cut,
            _ => {}
        }
        reply
    }

    /// What time the `Date` header shows.
    pub fn date(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.weather.clocks.date.into());
        self.clock.now() + ahead
    }

    fn too_many(
        &self,
        name: ThrottleName,
        retry_after: Option<String>,
        information: &'static str,
        request_id: &str,
    ) -> Reply {
        let (status, code, message) = match name {
            ThrottleName::ThrottledTemporarily => (
                400,
                "Request_ThrottledTemporarily",
                "The request was throttled. Retry after the time that is named.",
            ),
            ThrottleName::ActivityLimit => (
                403,
                "activityLimitReached",
                "The application or user has been throttled.",
            ),
            ThrottleName::TooManyRequests | ThrottleName::Mixed => {
                (429, "TooManyRequests", "Please retry again later.")
            }
        };
        let body = json!({"error": {
            "code": code,
            "message": message,
            "innerError": {
                "code": status.to_string(),
                "date": self.clock.now().to_string(),
                "message": "Please retry after",
                "request-id": request_id,
                "status": status.to_string(),
            },
        }});
        let reply = Reply::new(status, Body::Json(body))
            .header(
                "x-ms-throttle-scope",
                format!(
                    "Tenant_Application/ReadWrite/{}/{}",
                    self.names.client_id, self.names.tenant_id
                ),
            )
            .header("x-ms-throttle-information", information);
        match retry_after {
            Some(text) => reply.header("retry-after", text),
            None => reply,
        }
    }

    fn post(&self, reply: &Reply, fault: Option<Fault>, send: bool) -> Post {
        let unanswered = unanswered(reply);
        // A request that was refused for another reason was not spoiled.
        let hollow = reply.status == 201
            && matches!(
                fault,
                Some(Fault::StatusError | Fault::NoUser | Fault::NoLink | Fault::Swapped)
            );
        Post {
            ms: self.seen.ms(),
            send,
            status: if unanswered { 0 } else { reply.status },
            fault,
            conclusive: !(unanswered
                || hollow
                || reply.forged
                || reply.status == 408
                || reply.status >= 500),
            look_ups_before: 0,
        }
    }
}

/// The headers that every answer of Graph carries.
fn stamp(reply: Reply, call: &Call, request_id: String) -> Reply {
    if reply.forged {
        return reply;
    }
    let echoed = call.client_request_id.as_ref().unwrap_or(&request_id);
    let reply = reply.header("client-request-id", echoed.clone());
    if call.in_batch {
        return reply;
    }
    reply
        .header("request-id", request_id)
        .header(
            "x-ms-ags-diagnostic",
            r#"{"ServerInfo":{"DataCenter":"Practice","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"SANDBOX"}}"#,
        )
        .header("odata-version", "4.0")
}

fn unanswered(reply: &Reply) -> bool {
    reply.way != Way::Clear
}

/// The body as JSON; Graph's own words when it is none.
fn parsed(call: &Call) -> Result<Value, Refusal> {
    let unreadable = || {
        refuse(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )
    };
    let json = call.content_type.as_deref().is_some_and(|content_type| {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    });
    if !json || call.body.is_empty() {
        return Err(unreadable());
    }
    serde_json::from_slice(&call.body).map_err(|_| unreadable())
}

/// Whom a POST to `/invitations` is for, and whether it asks for a mail.
fn invited<'a>(kind: Kind, call: &Call, body: Option<&'a Value>) -> Option<(&'a str, bool)> {
    let body = body.filter(|_| kind == Kind::Invitations && call.method == "POST")?;
    let address = body["invitedUserEmailAddress"].as_str()?;
    let send = body["sendInvitationMessage"].as_bool().unwrap_or(false);
    Some((address, send))
}

/// Resource units and writes (Graph: throttling limits, identity and access).
fn cost(kind: Kind, call: &Call) -> Cost {
    let select = call.option("$select").is_some();
    let few = call
        .option("$top")
        .and_then(|top| top.parse::<u32>().ok())
        .is_some_and(|top| top < 20);
    let base = match kind {
        Kind::Batch => return Cost::default(),
        Kind::GetByIds => {
            return Cost {
                resource_units: if select { 2 } else { 5 },
                ..Cost::default()
            };
        }
        _ if call.method != "GET" => {
            return Cost {
                resource_units: 1,
                writes: 1,
                invitations: u32::from(kind == Kind::Invitations),
            };
        }
        Kind::Users | Kind::User => 2,
        _ => 1,
    };
    let saved = u32::from(select) + u32::from(few);
    let expanded = u32::from(call.option("$expand").is_some());
    Cost {
        resource_units: (base + expanded).saturating_sub(saved).max(1),
        ..Cost::default()
    }
}

/// What a proxy, a content filter or a portal writes; the JSON has no `request-id`, and its form changes.
fn forged(fate: &Fate) -> Reply {
    let body = match fate.body {
        FaultBody::Html => Body::Html(
            "<html><head><title>Web filter</title></head><body><h1>This request was stopped by your organisation</h1></body></html>",
        ),
        FaultBody::Empty => Body::Empty,
        FaultBody::Block => Body::Html(
            "<html><body>The server said: Invitations are blocked for this directory due to suspicious activity.</body></html>",
        ),
        _ => Body::Json(match fate.status % 3 {
            0 => {
                json!({"error": {"code": "PolicyDenied", "message": "Stopped by the web filter."}})
            }
            1 => {
                json!({"error": "policy_denied", "error_description": "Stopped by the web filter."})
            }
            _ => json!({"status": fate.status, "message": "Stopped by the web filter."}),
        }),
    };
    let mut reply = Reply::new(fate.status, body);
    reply.forged = true;
    match fate.retry_after.clone() {
        Some(text) => reply.header("retry-after", text),
        None => reply,
    }
}

pub fn unavailable(status: u16, body: FaultBody, retry_after: Option<String>) -> Reply {
    let (code, message) = match status {
        500 => ("InternalServerError", "An internal server error occurred."),
        502 => ("BadGateway", "Bad gateway."),
        504 => ("GatewayTimeout", "The gateway did not answer in time."),
        _ => ("ServiceUnavailable", "The service is unavailable."),
    };
    let body = match body {
        FaultBody::Html => Body::Html(
            "<html><head><title>Service Unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>",
        ),
        FaultBody::Empty => Body::Empty,
        _ => Body::Json(json!({"error": {"code": code, "message": message, "innerError": {}}})),
    };
    let reply = Reply::new(status, body);
    match retry_after {
        Some(text) => reply.header("retry-after", text),
        None => reply,
    }
}

/// How long a request travels, there and back.
pub fn travel(tenant: &mut Tenant, invites: bool) -> (Duration, Duration) {
    let all = tenant.fates.latency(&tenant.weather);
    let waits = if invites {
        Duration::from_millis(tenant.weather.latency.invitations_ms)
    } else {
        Duration::ZERO
    };
    (all / 2 + waits, all.saturating_sub(all / 2))
}
