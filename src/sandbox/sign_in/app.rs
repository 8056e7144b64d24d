//! Client credentials: an app shows its secret, or an assertion in place of it.

use super::{
    assertion,
    endpoint::field,
    refused::{Refused, needs_secret, no_such_resource, refused},
};
use crate::sandbox::tenant::Tenant;
use serde_json::{Value, json};
use std::collections::HashMap;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub fn token(
    tenant: &mut Tenant,
    name: &str,
    form: &HashMap<String, String>,
) -> Result<Value, Refused> {
    let scope = field(form, "scope")?;
    if !scope.ends_with("/.default") || scope.contains(' ') {
        return Err(refused(
            400,
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ));
    }
    if !tenant.names.is_scope(scope) {
        let resource = scope.trim_end_matches("/.default");
        return Err(no_such_resource(resource, &tenant.names.display_name));
    }
    match (form.get("client_assertion"), form.get("client_secret")) {
        (Some(shown), _) => {
            let kind = field(form, "client_assertion_type")?;
            if kind != ASSERTION {
                return Err(refused(
                    400,
                    "invalid_request",
                    900_101,
                    format!("The client assertion type '{kind}' is not supported."),
                ));
            }
            assertion::check(tenant, name, shown)?;
        }
        (None, Some(secret)) => check_secret(tenant, secret)?,
        (None, None) => return Err(needs_secret()),
    }
    let token = tenant.issue_app_token();
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": tenant.weather.token_lifetime,
        "ext_expires_in": tenant.weather.token_lifetime,
        "access_token": token,
    }))
}

fn check_secret(tenant: &Tenant, secret: &str) -> Result<(), Refused> {
    let client = &tenant.names.client_id;
    if secret == tenant.names.expired_secret {
        return Err(refused(
            401,
            "invalid_client",
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app."
            ),
        ));
    }
    if secret != tenant.names.client_secret {
        return Err(refused(
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
