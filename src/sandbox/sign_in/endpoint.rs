//! Which path of the authority leads where, and which grant of the token endpoint.

use super::{
    app, device, discovery, person,
    refused::{Refused, by_weather, missing, no_such_app, no_such_tenant, refused},
};
use crate::sandbox::{
    fate::Fate,
    kind::Kind,
    reply::{Body, Reply, Way, no_such_segment},
    seen::Entry,
    tenant::{Tenant, unavailable},
    throttle::asked,
    weather::Fault,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::time::Instant;

/// A request to the authority, taken apart.
#[derive(Debug)]
pub struct AuthorityCall {
    pub method: String,
    pub path: Vec<String>,
    pub query: HashMap<String, String>,
    pub form: HashMap<String, String>,
    pub arrived: Instant,
}

impl AuthorityCall {
    pub fn is_for_a_token(&self) -> bool {
        self.path.last().is_some_and(|part| part == "token")
    }
}

pub fn answer(tenant: &mut Tenant, call: &AuthorityCall) -> Reply {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("POST", [name, "oauth2", "v2.0", "token"]) => token(tenant, name, call),
        ("POST", [name, "oauth2", "v2.0", "devicecode"]) => {
            replied(tenant, |tenant| device::begin(tenant, name, call))
        }
        ("GET", [name, "oauth2", "v2.0", "authorize"]) => {
            person::authorize(tenant, name, &call.query)
        }
        (_, [_, "oauth2", "v2.0", "token" | "devicecode" | "authorize"]) => {
            Reply::new(405, Body::Empty)
        }
        ("GET", [name, "v2.0", ".well-known", "openid-configuration"]) => {
            discovery::openid_configuration(tenant, name)
        }
        ("GET", ["common", "discovery", "instance"]) => discovery::instance_discovery(tenant),
        _ => {
            let refusal = no_such_segment(path.first().copied().unwrap_or_default());
            let error = json!({"code": refusal.code, "message": refusal.message});
            Reply::new(404, Body::Json(json!({ "error": error })))
        }
    }
}

/// `POST /{tenant}/oauth2/v2.0/token`, with the weather before it.
fn token(tenant: &mut Tenant, name: &str, call: &AuthorityCall) -> Reply {
    tenant.seen.arrived(Kind::Token, call.arrived, false);
    let fate = tenant.fates.of(&tenant.weather, Kind::Token, None);
    let fault = fate.as_ref().map(|fate| fate.fault);
    let reply = match fate {
        Some(fate) => disturbed(fate),
        None => replied(tenant, |tenant| granted(tenant, name, call)),
    };
    let wait = reply
        .headers
        .iter()
        .find(|(name, _)| *name == "retry-after")
        .and_then(|(_, text)| asked(text, tenant.clock.now()));
    let throttled = reply.status == 429;
    tenant
        .seen
        .answered(Kind::Token, reply.status, throttled, wait);
    if tenant.seen.wants_log() {
        let entry = Entry {
            ms: tenant.seen.ms(),
            arrived_ms: tenant.seen.ms_of(call.arrived),
            kind: Kind::Token,
            method: call.method.clone(),
            addresses: Vec::new(),
            status: if reply.way == Way::Clear {
                reply.status
            } else {
                0
            },
            fault,
            in_batch: false,
        };
        tenant.seen.note(entry);
    }
    reply
}

fn disturbed(fate: Fate) -> Reply {
    let way = match fate.fault {
        Fault::LostBefore | Fault::LostAfter | Fault::Cut => Way::Lost(fate.lost_for),
        Fault::Reset => Way::Reset,
        Fault::Throttled => return unavailable(429, fate.body, fate.retry_after),
        _ => return unavailable(fate.status, fate.body, fate.retry_after),
    };
    let mut reply = Reply::new(500, Body::Empty);
    reply.way = way;
    reply
}

fn replied(tenant: &mut Tenant, work: impl FnOnce(&mut Tenant) -> Result<Value, Refused>) -> Reply {
    match work(tenant) {
        Ok(value) => Reply::ok(value).header("cache-control", "no-store, no-cache"),
        Err(refused) => refused.into_reply(&tenant.clock.now().to_string()),
    }
}

fn granted(tenant: &mut Tenant, name: &str, call: &AuthorityCall) -> Result<Value, Refused> {
    let form = &call.form;
    let grant = field(form, "grant_type")?;
    known_app(tenant, name, form)?;
    tenant.tokens.claims = claims(tenant, form)?;
    let granted = by_grant(tenant, name, grant, call);
    tenant.tokens.claims = None;
    granted
}

/// The claims that are asked for: those of the challenge, if there was one.
fn claims(tenant: &Tenant, form: &HashMap<String, String>) -> Result<Option<Value>, Refused> {
    let Some(text) = form.get("claims") else {
        return Ok(None);
    };
    let claims = serde_json::from_str(text).ok().filter(Value::is_object);
    match (claims, &tenant.tokens.challenge) {
        (Some(claims), Some(challenge)) if claims == *challenge => Ok(Some(claims)),
        (Some(claims), None) => Ok(Some(claims)),
        _ => Err(refused(
            400,
            "invalid_request",
            50_148,
            "The claims parameter does not match the claims that were challenged for.",
        )),
    }
}

fn by_grant(
    tenant: &mut Tenant,
    name: &str,
    grant: &str,
    call: &AuthorityCall,
) -> Result<Value, Refused> {
    let form = &call.form;
    match grant {
        "client_credentials" => app::token(tenant, name, form),
        "authorization_code" => person::by_code(tenant, form),
        "refresh_token" => person::renewed(tenant, form),
        device::GRANT => device::poll(tenant, form, call.arrived),
        _ => Err(refused(
            400,
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{grant}'."),
        )),
    }
}

/// The tenant and the app that are named must be here.
pub fn known_app(
    tenant: &Tenant,
    name: &str,
    form: &HashMap<String, String>,
) -> Result<(), Refused> {
    let for_an_app = form
        .get("grant_type")
        .is_some_and(|grant| grant == "client_credentials");
    // People may sign in without saying where they belong.
    let anywhere = ["organizations", "common"]
        .iter()
        .any(|any| name.eq_ignore_ascii_case(any));
    let known = tenant.names.is_tenant(name) || (anywhere && !for_an_app);
    if !known {
        return Err(no_such_tenant(name));
    }
    let client = field(form, "client_id")?;
    if !client.eq_ignore_ascii_case(&tenant.names.client_id) {
        return Err(no_such_app(client, &tenant.names.display_name));
    }
    let refuse = tenant.weather.sign_in.refuse;
    let ordered = refuse.and_then(|number| by_weather(number, client, &tenant.names.url));
    ordered.map_or(Ok(()), Err)
}

pub fn field<'a>(form: &'a HashMap<String, String>, name: &str) -> Result<&'a str, Refused> {
    form.get(name)
        .map(String::as_str)
        .ok_or_else(|| missing(name))
}
