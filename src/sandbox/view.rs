//! `/_sandbox`: what the practice tenant has seen, and changes to it while it runs. Not part of Graph; no sign-in.
//!
//! All bodies are JSON, and say so in `Content-Type` (TOML and PEM where named: `application/toml`,
//! `application/x-pem-file`); `ms` are milliseconds since the start or the last reset.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_sandbox` | `{"tenant", "users", "deleted", "mails", "invitations", "invited", "links", "blocked", "ms"}`; `invitations` counts POSTs, `invited` those answered 201 since the weather was set |
//! | `GET /_sandbox/requests` | `{"kinds": {KIND: {"requests", "in_batch", "throttled", "unavailable", "early"}}, "early": [{"kind", "after_ms", "before_ms"}], "most_tokens_under_way"}`; early: before a Retry-After of the kind had passed, with 100 ms for those already under way |
//! | `GET /_sandbox/mails[?address=]` | `{"total", "addresses": {ADDRESS: [{"at", "address", "user_id", "language", "words", "words_dropped", "cc"}]}}` |
//! | `GET /_sandbox/invitations[?address=]` | `{"total", "addresses": {ADDRESS: [{"ms", "send", "status", "fault", "conclusive", "look_ups_before"}]}, "unchecked": [ADDRESS]}`; status 0: no answer left; `unchecked`: asked again after an inconclusive answer without a look-up in between |
//! | `GET /_sandbox/log[?address=]` | `{"dropped", "entries": [{"ms", "arrived_ms", "kind", "method", "addresses", "status", "fault", "in_batch"}]}` |
//! | `GET /_sandbox/links?url=` | `{"known", "user_id"}` |
//! | `POST /_sandbox/links` | `[LINK]`; answers `{"known", "unknown": [LINK]}`, the first a number |
//! | `GET /_sandbox/people[?address=]` | `{"people": [USER]}` (all fields, the deleted too; at most 1,000) |
//! | `POST /_sandbox/people` | adds `[{"address", "name", "standing"}]`; standing: `member`, `disabled-member`, `pending`, `accepted`, `disabled`, `stateless`, `deleted`; answers `{"added"}` |
//! | `POST /_sandbox/accept`, `/delete`, `/purge` | `{"address"}` or `{"id"}`: redeems, deletes softly, deletes for good |
//! | `GET`, `PUT`, `POST /_sandbox/weather` | the weather, as JSON or (to set) TOML; an empty body is clear weather |
//! | `POST /_sandbox/certificate` | a certificate in PEM is registered with the app; answers `{"thumbprint"}` (SHA-256) |
//! | `GET /_sandbox/device[?user_code=&do=approve or decline]` | what the person on the other device does; `{"devices": [{"user_code", "state", "polls", "early", "slowed"}]}` |
//! | `POST /_sandbox/person?does=` | what the person in the browser does: `sign-in`, `decline`, `wrong-state`, `never` |
//! | `POST /_sandbox/revoke` | refresh tokens are good no more |
//! | `POST /_sandbox/lift` | lifts the block and `block_after` |
//! | `POST /_sandbox/reset` | forgets requests, invitations, mails and the log; the people stay |

use super::{
    people::{Standing, person},
    reply::{Body, Reply},
    seen::Post,
    sign_in::Certificate,
    tenant::Tenant,
    user::User,
    weather::Weather,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const MOST_PEOPLE: usize = 1_000;

pub fn answer(
    tenant: &mut Tenant,
    method: &str,
    path: &[String],
    query: &[(String, String)],
    body: &[u8],
) -> Reply {
    let asked = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let answered = match (method, path.as_slice()) {
        ("GET", []) => Ok(overview(tenant)),
        ("GET", ["requests"]) => Ok(json!({
            "kinds": tenant.seen.kinds,
            "early": tenant.seen.early,
            "most_tokens_under_way": tenant.seen.most_tokens_under_way,
        })),
        ("GET", ["mails"]) => Ok(mails(tenant, asked("address"))),
        ("GET", ["invitations"]) => Ok(invitations(tenant, asked("address"))),
        ("GET", ["log"]) => Ok(log(tenant, asked("address"))),
        ("GET", ["links"]) => link(tenant, asked("url")),
        ("POST", ["links"]) => links(tenant, body),
        ("GET", ["people"]) => Ok(people(tenant, asked("address"))),
        ("POST", ["people"]) => add_people(tenant, body),
        ("POST", ["accept" | "delete" | "purge"]) => change(tenant, path[0], body),
        ("GET", ["weather"]) => Ok(json!(tenant.weather)),
        ("PUT" | "POST", ["weather"]) => set_weather(tenant, body),
        ("POST", ["certificate"]) => register(tenant, body),
        ("GET" | "POST", ["device"]) => device(tenant, asked("user_code"), asked("do")),
        ("POST", ["person"]) => person_does(tenant, asked("does")),
        ("POST", ["revoke"]) => {
            tenant.sign_ins.renewals.clear();
            Ok(json!({}))
        }
        ("POST", ["lift"]) => {
            tenant.invitations.blocked = false;
            tenant.weather.block_after = None;
            Ok(json!({"blocked": false}))
        }
        ("POST", ["reset"]) => {
            tenant.seen.reset();
            Ok(json!({}))
        }
        _ => return Reply::new(404, Body::Json(json!({"error": "no such view"}))),
    };
    if let Some(journal) = &mut tenant.journal {
        journal.flush();
    }
    match answered {
        Ok(value) => Reply::ok(value),
        Err(error) => Reply::new(400, Body::Json(json!({"error": error}))),
    }
}

fn overview(tenant: &Tenant) -> Value {
    json!({
        "tenant": {"id": tenant.names.tenant_id, "name": tenant.names.display_name},
        "users": tenant.directory.count(),
        "deleted": tenant.directory.deleted().count(),
        "mails": tenant.seen.mails.values().map(Vec::len).sum::<usize>(),
        "invitations": tenant.seen.posts().map(|(_, posts)| posts.len()).sum::<usize>(),
        "invited": tenant.invitations.done,
        "links": tenant.invitations.tickets.len(),
        "blocked": tenant.invitations.blocked,
        "ms": tenant.seen.ms(),
    })
}

fn mails(tenant: &Tenant, address: Option<&str>) -> Value {
    let address = address.map(str::to_lowercase);
    let addresses: Map<String, Value> = tenant
        .seen
        .mails
        .iter()
        .filter(|(of, _)| address.as_ref().is_none_or(|address| *of == address))
        .map(|(of, mails)| (of.clone(), json!(mails)))
        .collect();
    let total: usize = addresses
        .values()
        .filter_map(Value::as_array)
        .map(Vec::len)
        .sum();
    json!({"total": total, "addresses": addresses})
}

fn invitations(tenant: &Tenant, address: Option<&str>) -> Value {
    let mut addresses = Map::new();
    let mut total = 0;
    let mut add = |address: &str, posts: &[Post]| {
        total += posts.len();
        addresses.insert(address.to_owned(), json!(posts));
    };
    match address {
        Some(address) => add(&address.to_lowercase(), tenant.seen.posts_of(address)),
        None => tenant
            .seen
            .posts()
            .for_each(|(address, posts)| add(address, posts)),
    }
    json!({"total": total, "addresses": addresses, "unchecked": tenant.seen.unchecked()})
}

fn log(tenant: &Tenant, address: Option<&str>) -> Value {
    let entries: Vec<_> = tenant
        .seen
        .log
        .iter()
        .filter(|entry| {
            address.is_none_or(|address| {
                entry
                    .addresses
                    .iter()
                    .any(|touched| touched.eq_ignore_ascii_case(address))
            })
        })
        .collect();
    json!({"dropped": tenant.seen.log_dropped, "entries": entries})
}

fn link(tenant: &Tenant, url: Option<&str>) -> Result<Value, String> {
    let user = user_of(tenant, url.ok_or("say which link: ?url=")?);
    Ok(json!({"known": user.is_some(), "user_id": user}))
}

fn links(tenant: &Tenant, body: &[u8]) -> Result<Value, String> {
    let links: Vec<String> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let unknown: Vec<&String> = links
        .iter()
        .filter(|link| user_of(tenant, link).is_none())
        .collect();
    Ok(json!({"known": links.len() - unknown.len(), "unknown": unknown}))
}

/// A link is known by the ticket in it.
fn user_of<'a>(tenant: &'a Tenant, link: &str) -> Option<&'a str> {
    let parameter = |link: &str, name: &str| {
        let (_, query) = link.split_once('?')?;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let inner = parameter(link, "rd").unwrap_or_else(|| link.to_owned());
    let ticket = parameter(&inner, "ticket")?;
    tenant.invitations.tickets.get(&ticket).map(String::as_str)
}

fn people(tenant: &Tenant, address: Option<&str>) -> Value {
    let people: Vec<&User> = match address {
        Some(address) => {
            let deleted = tenant
                .directory
                .deleted()
                .map(|(_, user)| user)
                .filter(|user| user.address().eq_ignore_ascii_case(address));
            let name = super::people::guest_name(address);
            let mut people = tenant.directory.holders(address, &name);
            people.extend(deleted);
            people
        }
        None => (0..tenant.directory.places())
            .filter_map(|place| tenant.directory.at(place))
            .take(MOST_PEOPLE)
            .collect(),
    };
    json!({"people": people})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    address: String,
    name: Option<String>,
    #[serde(default)]
    standing: Standing,
}

fn add_people(tenant: &mut Tenant, body: &[u8]) -> Result<Value, String> {
    let people: Vec<NewPerson> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let now = tenant.clock.now();
    for new in &people {
        let name = new.name.as_deref().unwrap_or(&new.address);
        tenant.keep_user(person(&new.address, name, new.standing, now));
    }
    Ok(json!({"added": people.len()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whom {
    address: Option<String>,
    id: Option<String>,
}

fn change(tenant: &mut Tenant, how: &str, body: &[u8]) -> Result<Value, String> {
    let whom: Whom = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let found = match (&whom.address, &whom.id) {
        (_, Some(id)) => tenant.directory.by_id(id),
        (Some(address), None) => {
            let name = super::people::guest_name(address);
            tenant.directory.holders(address, &name).first().copied()
        }
        (None, None) => return Err("say whom: address or id".into()),
    };
    let mut user = found.cloned().ok_or("nobody is there by this name")?;
    let id = user.id.clone();
    let now = tenant.clock.now();
    match how {
        "accept" => {
            user.external_user_state = Some("Accepted".into());
            user.external_user_state_changed = Some(now);
            tenant.keep_user(user);
        }
        "delete" => {
            user.deleted = Some(now);
            tenant.keep_user(user);
        }
        _ => {
            if let Some(journal) = &mut tenant.journal {
                journal.purged(&id);
            }
            tenant.directory.purge(&id);
        }
    }
    Ok(json!({"id": id}))
}

fn set_weather(tenant: &mut Tenant, body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let weather = if text.trim_start().starts_with('{') {
        let weather: Weather = serde_json::from_str(text).map_err(|error| error.to_string())?;
        weather.check().map_err(|error| error.to_string())?;
        weather
    } else {
        Weather::from_toml(text).map_err(|error| error.to_string())?
    };
    tenant.set_weather(weather);
    Ok(json!(tenant.weather))
}

fn register(tenant: &mut Tenant, body: &[u8]) -> Result<Value, String> {
    let pem = String::from_utf8_lossy(body).into_owned();
    let certificate = Certificate::of_pem(&pem).ok_or("this is no certificate in PEM")?;
    tenant.weather.sign_in.certificates.push(pem);
    Ok(json!({"thumbprint": certificate.sha256}))
}

fn device(
    tenant: &mut Tenant,
    user_code: Option<&str>,
    does: Option<&str>,
) -> Result<Value, String> {
    let devices = &mut tenant.sign_ins.devices;
    if let (Some(user_code), Some(does)) = (user_code, does) {
        let device = devices
            .iter_mut()
            .find(|device| device.user_code.eq_ignore_ascii_case(user_code));
        device
            .ok_or("no device waits for this code")?
            .decide(does)?;
    }
    Ok(json!({"devices": devices}))
}

fn person_does(tenant: &mut Tenant, does: Option<&str>) -> Result<Value, String> {
    let does = json!(does.ok_or("say what: ?does=")?);
    tenant.weather.sign_in.person =
        serde_json::from_value(does).map_err(|error| error.to_string())?;
    Ok(json!({}))
}
