//! The organization and its domains.

use crate::sandbox::{
    graph_api::{
        odata_reply::{entity, list, selected},
        permissions::READ_DIRECTORY,
    },
    messages::{
        graph_error::{GraphError, access_denied, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    state::{
        identity::{DOMAIN, INITIAL_DOMAIN, TENANT_NAME},
        tenant::TenantState,
        token_store::Caller,
    },
};
use serde_json::{Map, Value, json};

/// `GET /organization`.
pub(super) fn organization(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    let object = organization_json(tenant, request, caller)?;
    Ok(list(tenant, "organization", &[Value::Object(object)]))
}

/// `GET /organization/{id}`.
pub(super) fn one_organization(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    let object = organization_json(tenant, request, caller)?;
    if !id.eq_ignore_ascii_case(&tenant.identity.tenant_id) {
        return Err(not_found(id));
    }
    Ok(entity(tenant, "organization/$entity", object))
}

fn organization_json(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Map<String, Value>, GraphError> {
    if !tenant.weather.organization_readable {
        return Err(access_denied());
    }
    let delegated = !caller.is_app() && caller.has(&["User.Read", "User.ReadWrite"]);
    if !delegated && !caller.has(&READ_DIRECTORY) {
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
        "id": tenant.identity.tenant_id,
        "displayName": TENANT_NAME,
        "countryLetterCode": "DE",
        "verifiedDomains": [domain(DOMAIN, true), domain(INITIAL_DOMAIN, false)],
        "assignedPlans": [],
        "createdDateTime": "2020-02-03T08:00:00Z",
        "preferredLanguage": "en",
        "technicalNotificationMails": [],
        "tenantType": if tenant.weather.external_tenant { "CIAM" } else { "AAD" },
    });
    selected(&whole, request, "microsoft.graph.organization")
}

/// `GET /domains`.
pub(super) fn domains(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    let value = domains_json(request, caller)?;
    let value: Vec<Value> = value
        .into_iter()
        .map(|domain| Value::Object(domain.json))
        .collect();
    Ok(list(tenant, "domains", &value))
}

/// `GET /domains/{name}`.
pub(super) fn domain(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    name: &str,
) -> Result<Reply, GraphError> {
    let found = domains_json(request, caller)?
        .into_iter()
        .find(|domain| domain.name.eq_ignore_ascii_case(name));
    let domain = found.ok_or_else(|| not_found(name))?;
    Ok(entity(tenant, "domains/$entity", domain.json))
}

/// A domain, and what the request selects of it.
struct DomainJson {
    name: String,
    json: Map<String, Value>,
}

fn domains_json(request: &GraphRequest, caller: &Caller) -> Result<Vec<DomainJson>, GraphError> {
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
    [
        domain(DOMAIN, true),
        domain(INITIAL_DOMAIN, false),
        domain("unverified.example", false),
    ]
    .into_iter()
    .map(|whole| {
        let name = whole["id"].as_str().unwrap_or_default().to_owned();
        let json = selected(&whole, request, "microsoft.graph.domain")?;
        Ok(DomainJson { name, json })
    })
    .collect()
}
