//! The policies of the organization that decide who can be invited.

use crate::sandbox::{
    graph_api::odata_reply::{entity, list, selected},
    messages::{
        graph_error::{GraphError, bad_request, not_found},
        reply::Reply,
        request::GraphRequest,
    },
    state::{
        identity::{BLOCKED_DOMAIN, SEALED_DOMAIN},
        ids::stable_id,
        tenant::TenantState,
        token_store::Caller,
    },
};
use serde_json::{Value, json};

/// `GET /policies/authorizationPolicy`, and `…/authorizationPolicy/authorizationPolicy` of the beta version.
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
    // In the beta version this is a list, and the only policy is a member of it.
    if request.version == "beta" && request.path.len() == 2 {
        let value = [Value::Object(object)];
        return Ok(list(tenant, "policies/authorizationPolicy", &value));
    }
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
        "@odata.context": tenant.graph_url("$metadata#policies/b2bManagementPolicies"),
        "value": [{
            "id": stable_id("b2b policy"),
            "displayName": "B2BManagementPolicy",
            "isOrganizationDefault": true,
            "definition": [definition.to_string()],
        }],
    })))
}

/// `GET /policies/crossTenantAccessPolicy` and its `default`.
pub(super) fn cross_tenant_access(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
) -> Result<Reply, GraphError> {
    caller.needs(&CROSS_TENANT)?;
    let (whole, context) = if request.path.len() == 2 {
        let whole = json!({
            "id": "crossTenantAccessPolicy",
            "displayName": "CrossTenantAccessPolicy",
            "allowedCloudEndpoints": [],
        });
        (whole, "policies/crossTenantAccessPolicy/$entity")
    } else {
        let whole = json!({
            "isServiceDefault": true,
            "inboundTrust": {
                "isMfaAccepted": false,
                "isCompliantDeviceAccepted": false,
                "isHybridAzureADJoinedDeviceAccepted": false,
            },
            "b2bCollaborationInbound": access("allowed"),
            "b2bCollaborationOutbound": access("allowed"),
            "b2bDirectConnectInbound": access("blocked"),
            "b2bDirectConnectOutbound": access("blocked"),
            "tenantRestrictions": null,
            "automaticUserConsentSettings": {"inboundAllowed": false, "outboundAllowed": false},
            "invitationRedemptionIdentityProviderConfiguration": {
                "primaryIdentityProviderPrecedenceOrder": [
                    "externalFederation",
                    "azureActiveDirectory",
                    "socialIdentityProviders",
                ],
                "fallbackIdentityProvider": "defaultConfiguredIdp",
            },
        });
        (whole, "policies/crossTenantAccessPolicy/default/$entity")
    };
    let object = selected(&whole, request, "microsoft.graph.crossTenantAccessPolicy")?;
    Ok(entity(tenant, context, object))
}

/// `GET /policies/crossTenantAccessPolicy/partners`: the tenant of the sealed domain.
pub(super) fn partners(tenant: &TenantState, caller: &Caller) -> Result<Reply, GraphError> {
    caller.needs(&CROSS_TENANT)?;
    let context = "policies/crossTenantAccessPolicy/partners";
    Ok(list(tenant, context, &[sealed_partner()]))
}

/// `GET /policies/crossTenantAccessPolicy/partners/{tenantId}`.
pub(super) fn partner(
    tenant: &TenantState,
    request: &GraphRequest,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&CROSS_TENANT)?;
    let partner = sealed_partner();
    if !partner["tenantId"]
        .as_str()
        .is_some_and(|known| known.eq_ignore_ascii_case(id))
    {
        return Err(not_found(id));
    }
    let edm_type = "microsoft.graph.crossTenantAccessPolicyConfigurationPartner";
    let object = selected(&partner, request, edm_type)?;
    let context = "policies/crossTenantAccessPolicy/partners/$entity";
    Ok(entity(tenant, context, object))
}

/// `GET /tenantRelationships/findTenantInformationByDomainName(domainName='NAME')`. `call` is the last segment.
pub(super) fn tenant_of_domain(
    tenant: &TenantState,
    caller: &Caller,
    call: &str,
) -> Result<Reply, GraphError> {
    caller.needs(&["CrossTenantInformation.ReadBasic.All"])?;
    let domain = call
        .split_once("domainName='")
        .and_then(|(_, rest)| rest.strip_suffix("')"))
        .ok_or_else(|| bad_request("The parameter 'domainName' is missing."))?;
    if !domain.contains('.') {
        return Err(not_found(domain));
    }
    let object = json!({
        "tenantId": tenant_id_of(domain),
        "federationBrandName": null,
        "displayName": domain,
        "defaultDomainName": domain,
    });
    let context = "microsoft.graph.tenantInformation";
    let object = object.as_object().cloned().unwrap_or_default();
    Ok(entity(tenant, context, object))
}

const CROSS_TENANT: [&str; 2] = ["Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"];

/// Other organizations are invented, and each domain is one.
fn tenant_id_of(domain: &str) -> String {
    stable_id(&format!("tenant of {}", domain.to_lowercase()))
}

fn sealed_partner() -> Value {
    json!({
        "tenantId": tenant_id_of(SEALED_DOMAIN),
        "isServiceProvider": null,
        "isInMultiTenantOrganization": false,
        "inboundTrust": null,
        "b2bCollaborationInbound": access("blocked"),
        "b2bCollaborationOutbound": access("blocked"),
        "b2bDirectConnectInbound": null,
        "b2bDirectConnectOutbound": null,
        "tenantRestrictions": null,
        "automaticUserConsentSettings": {"inboundAllowed": null, "outboundAllowed": null},
    })
}

fn access(kind: &str) -> Value {
    let all = |target: &str, target_type: &str| json!({"accessType": kind, "targets": [{"target": target, "targetType": target_type}]});
    json!({
        "usersAndGroups": all("AllUsers", "user"),
        "applications": all("AllApplications", "application"),
    })
}
