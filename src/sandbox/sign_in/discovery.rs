//! What the tenant publishes about itself (OpenID Connect Discovery 1.0).

use crate::sandbox::{
    messages::reply::Reply, sign_in::token_errors::unknown_tenant, state::tenant::TenantState,
};
use serde_json::json;

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) fn openid_configuration(tenant: &TenantState, name: &str) -> Reply {
    if !tenant.identity.is_tenant(name) {
        return unknown_tenant(name).into_reply(&tenant.sign_in_date());
    }
    let (url, id) = (&tenant.asked_at.base_url, &tenant.identity.tenant_id);
    Reply::ok(json!({
        "token_endpoint": format!("{url}/{id}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{url}/{id}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": format!("{url}/{id}/v2.0"),
        "authorization_endpoint": format!("{url}/{id}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{url}/{id}/oauth2/v2.0/devicecode"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": url.split_once("://").map_or("", |(_, host)| host),
    }))
}

/// `GET /common/discovery/instance`. There are no other authorities, so the metadata is empty.
pub(super) fn instance_discovery(tenant: &TenantState) -> Reply {
    let (url, id) = (&tenant.asked_at.base_url, &tenant.identity.tenant_id);
    Reply::ok(json!({
        "tenant_discovery_endpoint": format!("{url}/{id}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [],
    }))
}
