//! Everything that is read beside users: objects by id, groups, the organisation, its domains and policies.

use super::{
    call::Call,
    directory::Group,
    filter::Resource,
    matching::{Entity, Field},
    people::{BLOCKED_DOMAIN, DOMAIN, INITIAL_DOMAIN, TENANT_NAME, stable_id},
    query::{Offers, Query, select},
    reply::{Refusal, Reply, bad_request, denied, not_found},
    tenant::Tenant,
    token::Caller,
    user::DEFAULT_PROPERTIES,
    users::{self, READ_ALL},
};
use serde_json::{Map, Value, json};

const READ_GROUPS: [&str; 7] = [
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Group.ReadBasic.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

const MAX_IDS: usize = 1_000;

impl Entity for Group {
    fn field<'a>(&'a self, name: &str, _tenant: &'a str) -> Option<Field<'a>> {
        Some(match name {
            "id" => Field::Text(&self.id),
            "displayName" => Field::Text(&self.display_name),
            "mail" => self.mail.as_deref().map_or(Field::Null, Field::Text),
            "mailEnabled" => Field::Bool(self.mail.is_some()),
            "securityEnabled" => Field::Bool(!self.unified),
            _ => Field::Null,
        })
    }
}

impl Group {
    fn property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "id" => json!(self.id),
            "displayName" => json!(self.display_name),
            "mail" => json!(self.mail),
            "mailEnabled" => json!(self.mail.is_some()),
            "securityEnabled" => json!(!self.unified),
            "groupTypes" => {
                if self.unified {
                    json!(["Unified"])
                } else {
                    json!([])
                }
            }
            "proxyAddresses" => json!(
                self.mail
                    .iter()
                    .map(|mail| format!("SMTP:{mail}"))
                    .collect::<Vec<_>>()
            ),
            "description"
            | "visibility"
            | "mailNickname"
            | "createdDateTime"
            | "onPremisesSyncEnabled"
            | "membershipRule"
            | "isAssignableToRole" => Value::Null,
            _ => return None,
        })
    }

    fn shown(&self, properties: Option<&[String]>) -> Map<String, Value> {
        let all = [
            "id",
            "displayName",
            "mail",
            "mailEnabled",
            "securityEnabled",
            "groupTypes",
            "proxyAddresses",
        ]
        .map(str::to_owned);
        properties
            .unwrap_or(&all)
            .iter()
            .filter_map(|name| Some((name.clone(), self.property(name)?)))
            .collect()
    }
}

fn group_known(name: &str) -> bool {
    Group::default().property(name).is_some()
}

fn object_known(name: &str) -> bool {
    users::known(name) || group_known(name)
}

/// A user or a group with its type.
pub fn shown(tenant: &Tenant, id: &str, properties: Option<&[String]>) -> Option<Value> {
    let default = DEFAULT_PROPERTIES.map(str::to_owned);
    let (edm, fields) = if let Some(group) = tenant.directory.group(id) {
        ("#microsoft.graph.group", group.shown(properties))
    } else {
        let user = tenant
            .directory
            .by_id(id)
            .filter(|user| user.seen_by_id())?;
        (
            "#microsoft.graph.user",
            user.shown(properties.unwrap_or(&default), INITIAL_DOMAIN),
        )
    };
    let mut object = Map::new();
    object.insert("@odata.type".into(), json!(edm));
    object.extend(fields);
    Some(Value::Object(object))
}

/// `POST /directoryObjects/getByIds`.
pub fn get_by_ids(
    tenant: &mut Tenant,
    call: &Call,
    caller: &Caller,
    body: &Value,
) -> Result<Reply, Refusal> {
    if !caller.has(&READ_ALL) {
        return Err(denied());
    }
    let properties = select(call, "microsoft.graph.directoryObject", object_known)?;
    let object = body
        .as_object()
        .ok_or_else(|| bad_request("An object was expected in the request payload."))?;
    if let Some(name) = object
        .keys()
        .find(|name| *name != "ids" && *name != "types")
    {
        return Err(bad_request(format!(
            "The parameter '{name}' in the request payload is not a valid parameter for the operation 'getByIds'."
        )));
    }
    let ids = texts(object.get("ids"), "ids")?;
    if ids.is_empty() || ids.len() > MAX_IDS {
        return Err(bad_request(format!(
            "Invalid number of ids specified: {}. Must be between 1 and {MAX_IDS} inclusive.",
            ids.len()
        )));
    }
    if let Some(id) = ids.iter().find(|id| uuid::Uuid::try_parse(id).is_err()) {
        return Err(bad_request(format!("Invalid GUID:{id}")));
    }
    let types = match object.get("types") {
        None | Some(Value::Null) => Vec::new(),
        types => texts(types, "types")?,
    };
    if let Some(unknown) = types.iter().find(|name| {
        ![
            "user",
            "group",
            "device",
            "directoryObject",
            "servicePrincipal",
            "application",
        ]
        .contains(&name.as_str())
    }) {
        return Err(bad_request(format!("The type '{unknown}' is not known.")));
    }
    let wanted = |edm: &str| {
        types.is_empty()
            || types
                .iter()
                .any(|name| name == "directoryObject" || edm.ends_with(&format!(".{name}")))
    };
    let mut value = Vec::with_capacity(ids.len());
    for id in &ids {
        let id = id.to_ascii_lowercase();
        let object = shown(tenant, &id, properties.as_deref());
        value.extend(object.filter(|object| object["@odata.type"].as_str().is_some_and(wanted)));
        let addresses = tenant
            .directory
            .by_id(&id)
            .filter(|user| user.seen_by_id())
            .map(users::addresses);
        tenant.touched.extend(addresses.into_iter().flatten());
    }
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/v1.0/$metadata#directoryObjects", tenant.names.url),
        "value": value,
    })))
}

fn texts(value: Option<&Value>, name: &str) -> Result<Vec<String>, Refusal> {
    value
        .and_then(Value::as_array)
        .and_then(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        })
        .ok_or_else(|| {
            bad_request(format!(
                "The parameter '{name}' must be a collection of strings."
            ))
        })
}

/// `GET /directoryObjects/{id}`.
pub fn directory_object(
    tenant: &Tenant,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Refusal> {
    caller.needs(&READ_ALL)?;
    let properties = select(call, "microsoft.graph.directoryObject", object_known)?;
    let object = shown(tenant, id, properties.as_deref()).ok_or_else(|| not_found(id))?;
    Ok(Reply::ok(with_context(
        tenant,
        "directoryObjects/$entity",
        object,
    )))
}

pub fn groups(tenant: &Tenant, call: &Call, caller: &Caller) -> Result<Reply, Refusal> {
    caller.needs(&READ_GROUPS)?;
    let query = Query::read(
        call,
        &Offers {
            resource: Resource::Group,
            default_page: 100,
            known: group_known,
        },
    )?;
    let value: Vec<Value> = tenant
        .directory
        .groups()
        .iter()
        .filter(|group| {
            query
                .filter
                .as_ref()
                .is_none_or(|filter| filter.holds(*group, INITIAL_DOMAIN))
        })
        .take(query.top)
        .map(|group| Value::Object(group.shown(query.select.as_deref())))
        .collect();
    Ok(list(tenant, "groups", &value))
}

pub fn group(tenant: &Tenant, call: &Call, caller: &Caller, id: &str) -> Result<Reply, Refusal> {
    caller.needs(&READ_GROUPS)?;
    let properties = select(call, Resource::Group.edm(), group_known)?;
    let group = tenant.directory.group(id).ok_or_else(|| not_found(id))?;
    let object = Value::Object(group.shown(properties.as_deref()));
    Ok(Reply::ok(with_context(tenant, "groups/$entity", object)))
}

pub fn organization(tenant: &Tenant, call: &Call, caller: &Caller) -> Result<Reply, Refusal> {
    if !tenant.weather.organization_readable {
        return Err(denied());
    }
    let delegated = !caller.is_app() && caller.has(&["User.Read", "User.ReadWrite"]);
    if !delegated && !caller.has(&READ_ALL[2..4]) {
        caller.needs(&["Organization.Read.All", "Organization.ReadWrite.All"])?;
    }
    let domain = |name: &str, default: bool| {
        json!({
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": default,
            "isInitial": !default,
            "name": name,
            "type": "Managed",
        })
    };
    let whole = json!({
        "id": tenant.names.tenant_id,
        "displayName": TENANT_NAME,
        "countryLetterCode": "DE",
        "verifiedDomains": [domain(DOMAIN, true), domain(INITIAL_DOMAIN, false)],
        "assignedPlans": [],
        "createdDateTime": "2020-02-03T08:00:00Z",
        "preferredLanguage": "en",
        "technicalNotificationMails": [],
        "tenantType": "AAD",
    });
    Ok(list(
        tenant,
        "organization",
        &[chosen(whole, call, "microsoft.graph.organization")?],
    ))
}

pub fn domains(tenant: &Tenant, call: &Call, caller: &Caller) -> Result<Reply, Refusal> {
    caller.needs(&[
        "Domain.Read.All",
        "Domain.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ])?;
    let domain = |name: &str, default: bool| {
        json!({
            "id": name,
            "authenticationType": "Managed",
            "isAdminManaged": true,
            "isDefault": default,
            "isInitial": name == INITIAL_DOMAIN,
            "isVerified": name != "unverified.example",
            "isRoot": true,
            "supportedServices": ["Email"],
        })
    };
    let value = [
        domain(DOMAIN, true),
        domain(INITIAL_DOMAIN, false),
        domain("unverified.example", false),
    ]
    .into_iter()
    .map(|whole| chosen(whole, call, "microsoft.graph.domain"))
    .collect::<Result<Vec<_>, _>>()?;
    Ok(list(tenant, "domains", &value))
}

pub fn authorization_policy(
    tenant: &Tenant,
    call: &Call,
    caller: &Caller,
) -> Result<Reply, Refusal> {
    caller.needs(&["Policy.Read.All", "Policy.ReadWrite.Authorization"])?;
    let whole = json!({
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "allowInvitesFrom": tenant.weather.allow_invites_from,
        "allowedToSignUpEmailBasedSubscriptions": true,
        "allowEmailVerifiedUsersToJoinOrganization": false,
        "blockMsolPowerShell": false,
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    });
    let object = chosen(whole, call, "microsoft.graph.authorizationPolicy")?;
    Ok(Reply::ok(with_context(
        tenant,
        "policies/authorizationPolicy/$entity",
        object,
    )))
}

/// `GET /beta/policies/b2bManagementPolicies`: the allow and deny list, JSON inside a string.
pub fn b2b_policies(tenant: &Tenant, caller: &Caller) -> Result<Reply, Refusal> {
    caller.needs(&["Policy.Read.All"])?;
    let definition = json!({"B2BManagementPolicy": {
        "InvitationsAllowedAndBlockedDomainsPolicy": {"AllowedDomains": [], "BlockedDomains": [BLOCKED_DOMAIN]},
        "AutoRedeemPolicy": {"AdminConsentedForUsersIntoTenantIds": [], "NoAADConsentForUsersFromTenantsIds": []},
    }});
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/beta/$metadata#policies/b2bManagementPolicies", tenant.names.url),
        "value": [{
            "id": stable_id("b2b policy"),
            "displayName": "B2BManagementPolicy",
            "isOrganizationDefault": true,
            "definition": [definition.to_string()],
        }],
    })))
}

/// What `$select` leaves of an object.
fn chosen(whole: Value, call: &Call, edm: &str) -> Result<Value, Refusal> {
    let (Some(names), Value::Object(whole)) = (call.option("$select"), &whole) else {
        return Ok(whole);
    };
    let mut object = Map::new();
    for name in names.split(',').map(str::trim) {
        let Some(value) = whole.get(name) else {
            return Err(bad_request(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{edm}'."
            )));
        };
        object.insert(name.to_owned(), value.clone());
    }
    Ok(Value::Object(object))
}

fn with_context(tenant: &Tenant, what: &str, object: Value) -> Value {
    let mut body = json!({
        "@odata.context": format!("{}/v1.0/$metadata#{what}", tenant.names.url),
    });
    if let (Some(body), Value::Object(object)) = (body.as_object_mut(), object) {
        body.extend(object);
    }
    body
}

fn list(tenant: &Tenant, what: &str, value: &[Value]) -> Reply {
    Reply::ok(json!({
        "@odata.context": format!("{}/v1.0/$metadata#{what}", tenant.names.url),
        "value": value,
    }))
}
