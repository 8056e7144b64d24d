//! Users: lists, single ones, sponsors, the deleted.

use super::{
    call::Call,
    filter::Resource,
    matching::{Entity, Field},
    people::INITIAL_DOMAIN,
    query::{Offers, Query, next_link, select},
    reply::{Body, Refusal, Reply, bad_request, denied, not_found, refuse},
    tenant::Tenant,
    token::Caller,
    user::{BASIC_PROPERTIES, DEFAULT_PROPERTIES, User},
    weather::Fault,
};
use serde_json::{Value, json};

pub const READ_ALL: [&str; 5] = [
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.ReadUpdate.All",
];

const WRITE_ALL: [&str; 2] = ["User.ReadWrite.All", "Directory.ReadWrite.All"];

impl Entity for User {
    fn field<'a>(&'a self, name: &str, tenant: &'a str) -> Option<Field<'a>> {
        let text = |text: &'a Option<String>| text.as_deref().map_or(Field::Null, Field::Text);
        Some(match name {
            "id" => Field::Text(&self.id),
            "displayName" => Field::Text(&self.display_name),
            "givenName" => text(&self.given_name),
            "surname" => text(&self.surname),
            "mail" => text(&self.mail),
            "otherMails" => Field::Texts(&self.other_mails),
            "proxyAddresses" => Field::Texts(&self.proxy_addresses),
            "userPrincipalName" => Field::Text(&self.user_principal_name),
            "userType" => Field::Text(&self.user_type),
            "accountEnabled" => Field::Bool(!self.disabled),
            "externalUserState" => text(&self.external_user_state),
            "creationType" => text(&self.creation_type),
            "createdDateTime" => Field::Time(self.created),
            "deletedDateTime" => self.deleted.map_or(Field::Null, Field::Time),
            "companyName" => text(&self.company_name),
            "department" => text(&self.department),
            "jobTitle" => text(&self.job_title),
            "usageLocation" => text(&self.usage_location),
            "preferredLanguage" => text(&self.preferred_language),
            "onPremisesUserPrincipalName" => text(&self.on_premises_user_principal_name),
            "identities" => Field::Identity(tenant, &self.user_principal_name),
            _ => Field::Null,
        })
    }
}

pub fn known(name: &str) -> bool {
    User::default().property(name, "").is_some()
}

/// Applications need the whole; signed-in users may read basic properties with less.
pub fn may_read(caller: &Caller, properties: Option<&[String]>) -> Result<(), Refusal> {
    if caller.has(&READ_ALL) {
        return Ok(());
    }
    let basic = properties.is_none_or(|names| {
        names
            .iter()
            .all(|name| BASIC_PROPERTIES.contains(&name.as_str()))
    });
    if !caller.is_app() && basic && caller.has(&["User.ReadBasic.All"]) {
        return Ok(());
    }
    Err(denied())
}

fn default_properties() -> Vec<String> {
    DEFAULT_PROPERTIES.map(str::to_owned).into()
}

pub fn list(
    tenant: &mut Tenant,
    call: &Call,
    caller: &Caller,
    fault: Option<Fault>,
) -> Result<Reply, Refusal> {
    let query = Query::read(
        call,
        &Offers {
            resource: Resource::User,
            default_page: 100,
            known,
        },
    )?;
    may_read(caller, query.select.as_deref())?;
    if let Some(filter) = &query.filter {
        tenant
            .touched
            .extend(filter.values().into_iter().map(str::to_owned));
    }
    if query.from > 0 && fault == Some(Fault::PageTokenLost) {
        return Err(refuse(
            400,
            "DirectoryPageTokenNotFoundException",
            "The page token was not found.",
        ));
    }
    let (users, next) = page(tenant, &query);
    let properties = query.select.clone().unwrap_or_else(default_properties);
    let shown: Vec<Value> = users
        .iter()
        .map(|user| Value::Object(user.shown(&properties, INITIAL_DOMAIN)))
        .collect();
    let mut body = json!({
        "@odata.context": format!("{}/v1.0/$metadata#users", tenant.names.url),
    });
    if query.count {
        body["@odata.count"] = json!(count_of(tenant, &query));
    }
    if let Some(next) = next {
        body["@odata.nextLink"] = json!(next_link(call, &tenant.names.url, "users", next));
    } else if query.filter.is_none() || query.from > 0 {
        tenant.seen.walked();
    }
    body["value"] = Value::Array(shown);
    Ok(Reply::ok(body))
}

/// The users of a page, and the place of the next one's first.
fn page<'a>(tenant: &'a Tenant, query: &Query) -> (Vec<&'a User>, Option<u32>) {
    let mut found = Vec::new();
    for place in places(tenant, query).filter(|place| *place >= query.from) {
        let Some(user) = matching(tenant, query, place) else {
            continue;
        };
        if found.len() == query.top {
            return (found, Some(place));
        }
        found.push(user);
    }
    (found, None)
}

fn places(tenant: &Tenant, query: &Query) -> Box<dyn Iterator<Item = u32>> {
    let keyed = query
        .filter
        .as_ref()
        .and_then(|filter| filter.places(&tenant.directory));
    match keyed {
        Some(places) => Box::new(places.into_iter()),
        None => Box::new(query.from..tenant.directory.places()),
    }
}

fn matching<'a>(tenant: &'a Tenant, query: &Query, place: u32) -> Option<&'a User> {
    let user = tenant.directory.at(place)?;
    let holds = user.deleted.is_none()
        && user.seen_by_filters()
        && query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.holds(user, INITIAL_DOMAIN));
    holds.then_some(user)
}

fn count_of(tenant: &Tenant, query: &Query) -> usize {
    if query.filter.is_none() {
        return tenant.directory.count();
    }
    places(tenant, query)
        .filter(|place| matching(tenant, query, *place).is_some())
        .count()
}

/// `GET /users/$count`.
pub fn count(tenant: &Tenant, call: &Call, caller: &Caller) -> Result<Reply, Refusal> {
    may_read(caller, None)?;
    if !call.eventual {
        return Err(refuse(
            400,
            "Request_BadRequest",
            "$count is not currently supported.",
        ));
    }
    let query = Query {
        select: None,
        filter: match call.option("$filter") {
            None => None,
            Some(text) => Some(super::filter::Filter::accept(text, Resource::User, true)?),
        },
        top: 1,
        count: true,
        from: 0,
    };
    Ok(Reply::new(
        200,
        Body::Plain(count_of(tenant, &query).to_string()),
    ))
}

/// `GET /users/{id | userPrincipalName}`.
pub fn get(tenant: &mut Tenant, call: &Call, caller: &Caller, key: &str) -> Result<Reply, Refusal> {
    let selected = selected(call)?;
    may_read(caller, selected.as_deref())?;
    let properties = selected.unwrap_or_else(default_properties);
    let user = visible(tenant, key)?;
    let mut body = json!({
        "@odata.context": format!("{}/v1.0/$metadata#users/$entity", tenant.names.url),
    });
    if let Some(object) = body.as_object_mut() {
        object.extend(user.shown(&properties, INITIAL_DOMAIN));
    }
    let addresses = addresses(user);
    tenant.touched.extend(addresses);
    Ok(Reply::ok(body))
}

/// One user takes `$select` and nothing else.
fn selected(call: &Call) -> Result<Option<Vec<String>>, Refusal> {
    for (name, _) in &call.query {
        if name.starts_with('$') && !name.eq_ignore_ascii_case("$select") {
            return Err(bad_request(format!(
                "The query option '{name}' is not supported here."
            )));
        }
    }
    select(call, Resource::User.edm(), known)
}

/// Every address that leads to a user: reading the user looks all of them up.
pub fn addresses(user: &User) -> Vec<String> {
    let mut addresses = user.other_mails.clone();
    addresses.extend(user.mail.clone());
    addresses.dedup();
    addresses
}

fn visible<'a>(tenant: &'a Tenant, key: &str) -> Result<&'a User, Refusal> {
    tenant
        .directory
        .by_id_or_name(key)
        .filter(|user| user.seen_by_id())
        .ok_or_else(|| not_found(key))
}

/// `GET /me`.
pub fn me(tenant: &mut Tenant, call: &Call, caller: &Caller) -> Result<Reply, Refusal> {
    let Some(id) = &caller.user else {
        return Err(bad_request(
            "/me request is only valid with delegated authentication flow.",
        ));
    };
    if !caller.has(&READ_ALL) {
        caller.needs(&["User.Read", "User.ReadWrite", "User.ReadBasic.All"])?;
    }
    let properties = selected(call)?.unwrap_or_else(default_properties);
    let user = visible(tenant, id)?;
    let mut body = json!({
        "@odata.context": format!("{}/v1.0/$metadata#users/$entity", tenant.names.url),
    });
    if let Some(object) = body.as_object_mut() {
        object.extend(user.shown(&properties, INITIAL_DOMAIN));
    }
    Ok(Reply::ok(body))
}

/// `GET /users/{id}/sponsors`.
pub fn sponsors(tenant: &Tenant, caller: &Caller, key: &str) -> Result<Reply, Refusal> {
    caller.needs(&READ_ALL)?;
    let user = visible(tenant, key)?;
    let value: Vec<Value> = user
        .sponsors
        .iter()
        .filter_map(|id| super::objects::shown(tenant, id, None))
        .collect();
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/v1.0/$metadata#directoryObjects", tenant.names.url),
        "value": value,
    })))
}

/// `POST /users/{id}/sponsors/$ref`.
pub fn add_sponsor(
    tenant: &mut Tenant,
    caller: &Caller,
    key: &str,
    body: &Value,
) -> Result<Reply, Refusal> {
    caller.needs(&WRITE_ALL)?;
    let mut user = visible(tenant, key)?.clone();
    let id = referenced(tenant, body, &["users", "groups", "directoryObjects"])?;
    if user.sponsors.contains(&id) {
        return Err(refuse(
            400,
            "Request_BadRequest",
            "One or more added object references already exist for the following modified properties: 'sponsors'.",
        ));
    }
    user.sponsors.push(id);
    tenant.keep_user(user);
    Ok(Reply::no_content())
}

/// The object that `{"@odata.id": "{graph}/v1.0/users/{id}"}` names.
pub fn referenced(tenant: &Tenant, body: &Value, sets: &[&str]) -> Result<String, Refusal> {
    let malformed = || refuse(400, "Request_BadRequest", "Not a valid reference update");
    let object = body.as_object().ok_or_else(malformed)?;
    let link = object
        .get("@odata.id")
        .filter(|_| object.len() == 1)
        .and_then(Value::as_str)
        .ok_or_else(malformed)?;
    let base = format!("{}/v1.0/", tenant.names.url);
    let (set, id) = link
        .strip_prefix(&base)
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(malformed)?;
    if !sets.contains(&set) {
        return Err(malformed());
    }
    let id = id.to_ascii_lowercase();
    let there = tenant
        .directory
        .by_id(&id)
        .is_some_and(|user| user.seen_by_id() && set != "groups")
        || (tenant.directory.group(&id).is_some() && set != "users");
    if there { Ok(id) } else { Err(not_found(&id)) }
}

/// `GET /directory/deletedItems/microsoft.graph.user`.
pub fn deleted(tenant: &Tenant, call: &Call, caller: &Caller) -> Result<Reply, Refusal> {
    caller.needs(&READ_ALL)?;
    let query = Query::read(
        call,
        &Offers {
            resource: Resource::DeletedUser,
            default_page: 100,
            known,
        },
    )?;
    let mut properties = query.select.clone().unwrap_or_else(|| {
        let mut properties = default_properties();
        properties.push("deletedDateTime".into());
        properties
    });
    properties.dedup();
    let mut rest: Vec<(u32, &User)> = tenant
        .directory
        .deleted()
        .filter(|(place, user)| {
            *place >= query.from
                && query
                    .filter
                    .as_ref()
                    .is_none_or(|filter| filter.holds(*user, INITIAL_DOMAIN))
        })
        .collect();
    rest.sort_by_key(|(place, _)| *place);
    let next = rest.get(query.top).map(|(place, _)| *place);
    let value: Vec<Value> = rest
        .iter()
        .take(query.top)
        .map(|(_, user)| {
            let mut shown = user.shown(&properties, INITIAL_DOMAIN);
            if let Some(name) = shown.get_mut("userPrincipalName") {
                // A deleted user's name is prefixed with the id, without dashes.
                *name = json!(format!(
                    "{}{}",
                    user.id.replace('-', ""),
                    user.user_principal_name
                ));
            }
            Value::Object(shown)
        })
        .collect();
    let mut body = json!({
        "@odata.context": format!("{}/v1.0/$metadata#users", tenant.names.url),
    });
    if let Some(next) = next {
        let path = "directory/deletedItems/microsoft.graph.user";
        body["@odata.nextLink"] = json!(next_link(call, &tenant.names.url, path, next));
    }
    body["value"] = Value::Array(value);
    Ok(Reply::ok(body))
}
