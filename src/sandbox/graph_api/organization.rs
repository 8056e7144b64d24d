//! The organization, its domains and its policies.

use crate::sandbox::{
    graph_api::{
        odata_reply::{entity, list, selected},
        permissions::READ_DIRECTORY,
    },
    messages::{
        graph_error::{GraphError, access_denied},
        reply::Reply,
        request::GraphRequest,
    },
    state::{
        identity::{BLOCKED_DOMAIN, DOMAIN, INITIAL_DOMAIN, TENANT_NAME},
        ids::stable_id,
        tenant::TenantState,
        token_store::Caller,
    },
};
use serde_json::{Value, json};

/// `GET /organization`.
pub(super) fn organization(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
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
    Ok(list(
        tenant,
        "organization",
        &[Value::Object(selected(
            &whole,
            request,
            "microsoft.graph.organization",
        )?)],
    ))
}

/// `GET /domains`.
pub(super) fn domains(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
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
    .map(|whole| selected(&whole, request, "microsoft.graph.domain").map(Value::Object))
    .collect::<Result<Vec<_>, _>>()?;
    Ok(list(tenant, "domains", &value))
}

/// `GET /policies/authorizationPolicy`.
pub(super) fn authorization_policy(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
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
    let object = selected(&whole, request, "microsoft.graph.authorizationPolicy")?;
    Ok(entity(
        tenant,
        "policies/authorizationPolicy/$entity",
        object,
    ))
}

/// `GET /beta/policies/b2bManagementPolicies`: the domains that are allowed and blocked, as JSON inside a string.
pub(super) fn b2b_policies(tenant: &TenantState, caller: &Caller) -> Result<Reply, GraphError> {
    caller.needs(&["Policy.Read.All"])?;
    let definition = json!({"B2BManagementPolicy": {
        "InvitationsAllowedAndBlockedDomainsPolicy": {"AllowedDomains": [], "BlockedDomains": [BLOCKED_DOMAIN]},
        "AutoRedeemPolicy": {"AdminConsentedForUsersIntoTenantIds": [], "NoAADConsentForUsersFromTenantsIds": []},
    }});
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/beta/$metadata#policies/b2bManagementPolicies", tenant.identity.url),
        "value": [{
            "id": stable_id("b2b policy"),
            "displayName": "B2BManagementPolicy",
            "isOrganizationDefault": true,
            "definition": [definition.to_string()],
        }],
    })))
}
