//! Client credentials: an app signs in with a secret or with an assertion (RFC 6749, 4.4; Microsoft Entra: OAuth 2.0 client
//! credentials flow).

use crate::sandbox::{
    sign_in::{
        assertion,
        authority_request::parameter,
        token_errors::{TokenError, secret_required, token_error, unknown_resource},
    },
    state::tenant::TenantState,
};
use serde_json::{Value, json};
use std::collections::HashMap;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) fn token(
    tenant: &mut TenantState,
    name: &str,
    form: &HashMap<String, String>,
) -> Result<Value, TokenError> {
    let scope = parameter(form, "scope")?;
    if !scope.ends_with("/.default") || scope.contains(' ') {
        return Err(token_error(
            400,
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ));
    }
    let Some(resource) = tenant.resource_of(scope) else {
        let resource = scope.trim_end_matches("/.default");
        return Err(unknown_resource(resource, &tenant.identity.display_name));
    };
    let resource = resource.to_owned();
    match (form.get("client_assertion"), form.get("client_secret")) {
        (Some(assertion), _) => {
            let assertion_type = parameter(form, "client_assertion_type")?;
            if assertion_type != ASSERTION_TYPE {
                return Err(token_error(
                    400,
                    "invalid_request",
                    900_101,
                    format!("The client assertion type '{assertion_type}' is not supported."),
                ));
            }
            assertion::check(tenant, name, assertion)?;
        }
        (None, Some(secret)) => check_secret(tenant, secret)?,
        (None, None) => return Err(secret_required()),
    }
    let token = tenant.issue_app_token(&resource);
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": tenant.weather.token_lifetime,
        "ext_expires_in": tenant.weather.token_lifetime,
        "access_token": token,
    }))
}

fn check_secret(tenant: &TenantState, secret: &str) -> Result<(), TokenError> {
    let client = &tenant.identity.client_id;
    if secret == tenant.identity.expired_secret {
        return Err(token_error(
            401,
            "invalid_client",
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app."
            ),
        ));
    }
    if secret != tenant.identity.client_secret {
        return Err(token_error(
            401,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."
            ),
        ));
    }
    Ok(())
}
