//! The control API, `/_sandbox`: what the practice tenant has counted, and changes while it runs. It is not part of
//! Graph and needs no token.
//!
//! All bodies are JSON and need a `Content-Type` of `application/json` (`application/toml` for TOML). A certificate in PEM is
//! also taken without a `Content-Type`, and with the one that `curl --data-binary` sends. All fields that end in `ms` are milliseconds since the start or the last reset.
//! Errors are `{"error": TEXT}`: 404 for an unknown path, 400 for everything else.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_sandbox` | `{"tenant", "users", "deleted", "mails", "invitations", "invited", "links", "blocked", "ms"}`; `invitations` counts the POSTs, `invited` those that were answered with 201 since the weather was set |
//! | `GET /_sandbox/requests` | `{"kinds": {KIND: {"requests", "in_batch", "throttled", "unavailable", "early"}}, "early": [{"kind", "after_ms", "before_ms"}], "most_tokens_under_way"}`; a request is early when it arrives before the end of a Retry-After for its kind, but not in the first 100 ms, when it can have been on its way; `most_tokens_under_way` is the largest number of token requests at the same time |
//! | `GET /_sandbox/mails[?address=]` | `{"total", "addresses": {ADDRESS: [{"at", "address", "user_id", "language", "words", "words_dropped", "cc"}]}}`; `words` is the custom message |
//! | `GET /_sandbox/own-mails[?address=]` | `{"total", "mails": [{"at", "from", "to", "name", "subject", "content_type", "content", "message_id"}]}`: what `sendMail` sent |
//! | `GET /_sandbox/resets[?id=]` | `{"total", "resets": [{"ms", "user_id", "address", "send", "other_mails"}]}`: the redemptions that were reset, whatever the client was answered |
//! | `GET /_sandbox/deletions` | `{"total", "deletions": [{"ms", "user_id", "address", "state"}], "twice": [ID]}`: the users whom `DELETE` deleted, whatever was answered, with their `externalUserState` right before |
//! | `GET /_sandbox/invitations[?address=]` | `{"total", "addresses": {ADDRESS: [{"ms", "send", "status", "fault", "conclusive", "look_ups_before"}]}, "unchecked": [ADDRESS]}`; status 0: the client got no whole answer; `unchecked`: invited again after an inconclusive answer without a look-up in between |
//! | `GET /_sandbox/follow-ups[?user=ID or address=]` | `{"kinds": {KIND: {"requests", "done", "repeated"}}, "requests": [{"ms", "kind", "user_id", "target", "fields", "status", "done", "repeated", "fault"}]}`: every request that asked to change a guest; kind: `profile`, `manager`, `sponsor`, `group`; `done`: the change was made, whatever the client was told; `repeated`: the same change had been made before, and the client had been told so |
//! | `GET /_sandbox/log[?address=]` | `{"dropped", "entries": [{"ms", "arrived_ms", "kind", "method", "addresses", "status", "fault", "in_batch"}]}` |
//! | `GET /_sandbox/links?url=` | `{"known", "user_id"}` |
//! | `POST /_sandbox/links` | takes `[LINK]`; `{"known": NUMBER, "unknown": [LINK]}` |
//! | `GET /_sandbox/people[?address=]` | `{"people": [USER]}` with all fields; deleted users are included, and at most 1,000 are listed |
//! | `POST /_sandbox/people` | adds `[{"address", "name", "standing"}]`; standing: `member`, `disabled-member`, `pending`, `accepted`, `disabled`, `stateless`, `self-service`, `deleted`; `{"added"}` |
//! | `POST /_sandbox/accept`, `/disable`, `/delete`, `/purge`, `/restore` | takes `{"address"}`, `{"id"}` or `{"link"}`, a redeem link: redeems the invitation, blocks the account, deletes the user so that a restore is possible, deletes the user permanently, restores a deleted user; `{"id"}` |
//! | `GET /_sandbox/groups` | `{"groups": [GROUP]}`, each with its `members` (ids) |
//! | `POST /_sandbox/groups` | adds `[{"name", "mail", "kind"}]`; kind: `security`, `microsoft365`, `team`, `dynamic`, `on-premises`, `role-assignable`, `distribution-list`, `mail-enabled-security`; a group with the same name and mail is replaced; `{"ids"}` |
//! | `POST /_sandbox/remove-group` | takes `{"id"}` |
//! | `POST /_sandbox/role` | takes `{"address"}` or `{"id"}`: gives a role in the directory to a person |
//! | `POST /_sandbox/age?days=` | makes everybody so many days older: creation and redemption move back; `{"aged"}` |
//! | `GET`, `PUT`, `POST /_sandbox/weather` | the weather as JSON; to set it, JSON or TOML; with an empty body nothing goes wrong any more |
//! | `POST /_sandbox/certificate` | registers a certificate in PEM with the app, whatever the weather becomes; `{"thumbprint"}` (SHA-256) |
//! | `GET /_sandbox/device[?user_code=&do=approve or decline]` | what the person does on the other device; `{"devices": [{"user_code", "state", "polls", "early", "slowed"}]}` |
//! | `POST /_sandbox/person?does=` | sets what the person in the browser does: `sign-in`, `decline`, `wrong-state`, `never` |
//! | `POST /_sandbox/revoke` | makes all refresh tokens invalid |
//! | `POST /_sandbox/lift` | lifts the block and removes `block_after` |
//! | `POST /_sandbox/reset` | forgets requests, invitations, mails and the log; people and links stay |

mod follow_ups; // what was changed after invitations, and the groups

use crate::sandbox::{
    directory::{
        seed::{AccountStanding, new_person},
        user::User,
    },
    faults::weather::Weather,
    messages::reply::{Reply, ReplyBody},
    sign_in::certificate::AppCertificate,
    state::{identity::guest_principal_name, request_stats::InvitationPost, tenant::TenantState},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const MAX_PEOPLE_LISTED: usize = 1_000;
const MAX_CERTIFICATES: usize = 100;

pub(super) fn answer(
    tenant: &mut TenantState,
    method: &str,
    path: &[String],
    query: &[(String, String)],
    body: &[u8],
) -> Reply {
    let parameter = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let result = match (method, path.as_slice()) {
        ("GET", []) => Ok(overview(tenant)),
        ("GET", ["requests"]) => Ok(json!({
            "kinds": tenant.stats.kinds,
            "early": tenant.stats.early,
            "most_tokens_under_way": tenant.stats.max_token_requests_in_flight,
        })),
        ("GET", ["mails"]) => Ok(mails(tenant, parameter("address"))),
        ("GET", ["own-mails"]) => Ok(own_mails(tenant, parameter("address"))),
        ("GET", ["resets"]) => Ok(resets(tenant, parameter("id"))),
        ("GET", ["deletions"]) => Ok(deletions(tenant)),
        ("GET", ["invitations"]) => Ok(invitations(tenant, parameter("address"))),
        ("GET", ["follow-ups"]) => {
            follow_ups::requests(tenant, parameter("user"), parameter("address"))
        }
        ("GET", ["groups"]) => Ok(follow_ups::groups(tenant)),
        ("POST", ["groups"]) => follow_ups::add_groups(tenant, body),
        ("POST", ["remove-group"]) => follow_ups::remove_group(tenant, body),
        ("GET", ["log"]) => Ok(log(tenant, parameter("address"))),
        ("GET", ["links"]) => link(tenant, parameter("url")),
        ("POST", ["links"]) => links(tenant, body),
        ("GET", ["people"]) => Ok(people(tenant, parameter("address"))),
        ("POST", ["people"]) => add_people(tenant, body),
        ("POST", ["accept" | "disable" | "delete" | "purge" | "restore" | "role"]) => {
            change_person(tenant, path[0], body)
        }
        ("POST", ["age"]) => age_people(tenant, parameter("days")),
        ("GET", ["weather"]) => Ok(json!(tenant.weather)),
        ("PUT" | "POST", ["weather"]) => set_weather(tenant, body),
        ("POST", ["certificate"]) => register_certificate(tenant, body),
        ("GET" | "POST", ["device"]) => device(tenant, parameter("user_code"), parameter("do")),
        ("POST", ["person"]) => set_browser_action(tenant, parameter("does")),
        ("POST", ["revoke"]) => {
            tenant.sign_ins.refresh_tokens.clear();
            Ok(json!({}))
        }
        ("POST", ["lift"]) => {
            tenant.invitations.blocked = false;
            tenant.weather.block_after = None;
            Ok(json!({"blocked": false}))
        }
        ("POST", ["reset"]) => {
            tenant.stats.reset();
            Ok(json!({}))
        }
        _ => {
            return Reply::new(
                404,
                ReplyBody::Json(json!({"error": "/_sandbox has no such path or method"})),
            );
        }
    };
    if let Some(journal) = &mut tenant.journal {
        journal.flush();
    }
    match result {
        Ok(value) => Reply::ok(value),
        Err(error) => Reply::new(400, ReplyBody::Json(json!({"error": error}))),
    }
}

fn overview(tenant: &TenantState) -> Value {
    json!({
        "tenant": {"id": tenant.identity.tenant_id, "name": tenant.identity.display_name},
        "users": tenant.directory.user_count(),
        "deleted": tenant.directory.deleted_users().count(),
        "mails": tenant.stats.mails.values().map(Vec::len).sum::<usize>(),
        "invitations": tenant.stats.posts().map(|(_, posts)| posts.len()).sum::<usize>(),
        "invited": tenant.invitations.accepted,
        "links": tenant.invitations.tickets.len(),
        "blocked": tenant.invitations.blocked,
        "ms": tenant.stats.ms(),
    })
}

fn mails(tenant: &TenantState, address: Option<&str>) -> Value {
    let address = address.map(str::to_lowercase);
    let addresses: Map<String, Value> = tenant
        .stats
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

fn own_mails(tenant: &TenantState, address: Option<&str>) -> Value {
    let is_asked = |to: &str| address.is_none_or(|address| to.eq_ignore_ascii_case(address));
    let mails: Vec<_> = tenant
        .stats
        .own_mails
        .iter()
        .filter(|mail| is_asked(&mail.to))
        .collect();
    json!({"total": mails.len(), "mails": mails})
}

fn resets(tenant: &TenantState, id: Option<&str>) -> Value {
    let resets = tenant.stats.resets.iter();
    let resets: Vec<_> = resets
        .filter(|reset| id.is_none_or(|id| reset.user_id.eq_ignore_ascii_case(id)))
        .collect();
    json!({"total": resets.len(), "resets": resets})
}

fn deletions(tenant: &TenantState) -> Value {
    let deletions = &tenant.stats.deletions;
    let mut times: HashMap<&str, u64> = HashMap::new();
    for deletion in deletions {
        *times.entry(&deletion.user_id).or_default() += 1;
    }
    let twice: Vec<&str> = times
        .into_iter()
        .filter_map(|(id, times)| (times > 1).then_some(id))
        .collect();
    json!({"total": deletions.len(), "deletions": deletions, "twice": twice})
}

fn invitations(tenant: &TenantState, address: Option<&str>) -> Value {
    let mut addresses = Map::new();
    let mut total = 0;
    let mut add = |address: &str, posts: &[InvitationPost]| {
        total += posts.len();
        addresses.insert(address.to_owned(), json!(posts));
    };
    match address {
        Some(address) => add(&address.to_lowercase(), tenant.stats.posts_of(address)),
        None => tenant
            .stats
            .posts()
            .for_each(|(address, posts)| add(address, posts)),
    }
    json!({"total": total, "addresses": addresses, "unchecked": tenant.stats.unchecked()})
}

fn log(tenant: &TenantState, address: Option<&str>) -> Value {
    let entries: Vec<_> = tenant
        .stats
        .log
        .iter()
        .filter(|entry| {
            address.is_none_or(|address| {
                entry
                    .addresses
                    .iter()
                    .any(|of_entry| of_entry.eq_ignore_ascii_case(address))
            })
        })
        .collect();
    json!({"dropped": tenant.stats.log_dropped, "entries": entries})
}

fn link(tenant: &TenantState, url: Option<&str>) -> Result<Value, String> {
    let user = user_of_link(
        tenant,
        url.ok_or("the parameter url is missing: the redeem link")?,
    );
    Ok(json!({"known": user.is_some(), "user_id": user}))
}

fn links(tenant: &TenantState, body: &[u8]) -> Result<Value, String> {
    let links: Vec<String> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let unknown: Vec<&String> = links
        .iter()
        .filter(|link| user_of_link(tenant, link).is_none())
        .collect();
    Ok(json!({"known": links.len() - unknown.len(), "unknown": unknown}))
}

/// The user of a redeem link, found by the ticket in the link.
fn user_of_link<'a>(tenant: &'a TenantState, link: &str) -> Option<&'a str> {
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

fn people(tenant: &TenantState, address: Option<&str>) -> Value {
    let people: Vec<&User> = match address {
        Some(address) => {
            let deleted = tenant
                .directory
                .deleted_users()
                .map(|(_, user)| user)
                .filter(|user| user.address().eq_ignore_ascii_case(address));
            let principal_name = guest_principal_name(address);
            let mut people = tenant
                .directory
                .users_with_address(address, &principal_name);
            people.extend(deleted);
            people
        }
        None => (0..tenant.directory.end_position())
            .filter_map(|position| tenant.directory.at(position))
            .take(MAX_PEOPLE_LISTED)
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
    standing: AccountStanding,
}

fn add_people(tenant: &mut TenantState, body: &[u8]) -> Result<Value, String> {
    let people: Vec<NewPerson> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let now = tenant.clock.now();
    for new in &people {
        let name = new.name.as_deref().unwrap_or(&new.address);
        tenant.put_user(new_person(&new.address, name, new.standing, now));
    }
    Ok(json!({"added": people.len()}))
}

fn age_people(tenant: &mut TenantState, days: Option<&str>) -> Result<Value, String> {
    let days = days.and_then(|days| days.parse::<u16>().ok());
    let days = days.ok_or("the parameter days is missing: a whole number")?;
    let back = |at: Timestamp| {
        at.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
            .map_err(|error| error.to_string())
    };
    let people: Vec<User> = (0..tenant.directory.end_position())
        .filter_map(|position| tenant.directory.at(position).cloned())
        .collect();
    let aged = people.len();
    for mut user in people {
        user.created = back(user.created)?;
        user.external_user_state_changed =
            user.external_user_state_changed.map(back).transpose()?;
        tenant.put_user(user);
    }
    Ok(json!({"aged": aged}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonRef {
    address: Option<String>,
    id: Option<String>,
    link: Option<String>,
}

fn change_person(tenant: &mut TenantState, action: &str, body: &[u8]) -> Result<Value, String> {
    let person: PersonRef = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let of_link = person
        .link
        .as_deref()
        .and_then(|link| user_of_link(tenant, link));
    let found = match (&person.address, person.id.as_deref().or(of_link)) {
        (_, Some(id)) => tenant.directory.by_id(id),
        (Some(address), None) => {
            let principal_name = guest_principal_name(address);
            tenant
                .directory
                .users_with_address(address, &principal_name)
                .first()
                .copied()
        }
        (None, None) => {
            return Err("the body must have an address, an id or a known redeem link".into());
        }
    };
    let deleted = || {
        let is_meant = |user: &&User| match (&person.address, person.id.as_deref().or(of_link)) {
            (_, Some(id)) => user.id.eq_ignore_ascii_case(id),
            (Some(address), None) => user.address().eq_ignore_ascii_case(address),
            (None, None) => false,
        };
        let mut deleted = tenant.directory.deleted_users().map(|(_, user)| user);
        deleted.find(is_meant)
    };
    let found = match action {
        "restore" => deleted(),
        "purge" => found.or_else(deleted),
        _ => found,
    };
    let mut user = found.cloned().ok_or("nobody has this address or id")?;
    let id = user.id.clone();
    let now = tenant.clock.now();
    match action {
        "accept" => {
            user.external_user_state = Some("Accepted".into());
            user.external_user_state_changed = Some(now);
            tenant.put_user(user);
        }
        "disable" => {
            user.disabled = true;
            tenant.put_user(user);
        }
        "role" => {
            user.has_directory_role = true;
            tenant.put_user(user);
        }
        "restore" => {
            user.deleted = None;
            tenant.put_user(user);
        }
        "delete" => {
            user.deleted = Some(now);
            tenant.put_user(user);
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

fn set_weather(tenant: &mut TenantState, body: &[u8]) -> Result<Value, String> {
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

fn register_certificate(tenant: &mut TenantState, body: &[u8]) -> Result<Value, String> {
    let pem = String::from_utf8_lossy(body).into_owned();
    let certificate =
        AppCertificate::of_pem(&pem).ok_or("the body must be a certificate in PEM")?;
    let registered = &mut tenant.sign_ins.certificates;
    if !registered.contains(&pem) {
        if registered.len() == MAX_CERTIFICATES {
            return Err(format!(
                "the app has {MAX_CERTIFICATES} certificates already"
            ));
        }
        registered.push(pem);
    }
    Ok(json!({"thumbprint": certificate.sha256}))
}

fn device(
    tenant: &mut TenantState,
    user_code: Option<&str>,
    action: Option<&str>,
) -> Result<Value, String> {
    let devices = &mut tenant.sign_ins.devices;
    if let (Some(user_code), Some(action)) = (user_code, action) {
        let device = devices
            .iter_mut()
            .find(|device| device.user_code.eq_ignore_ascii_case(user_code));
        device
            .ok_or("no device code has this user_code")?
            .decide(action)?;
    }
    Ok(json!({"devices": devices}))
}

fn set_browser_action(tenant: &mut TenantState, action: Option<&str>) -> Result<Value, String> {
    let action = json!(
        action.ok_or("the parameter does is missing: sign-in, decline, wrong-state or never")?
    );
    tenant.weather.sign_in.person =
        serde_json::from_value(action).map_err(|error| error.to_string())?;
    Ok(json!({}))
}
