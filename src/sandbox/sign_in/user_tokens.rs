//! What all flows for people share: the checks of a public client and of the scope, and the tokens.

use crate::sandbox::{
    sign_in::{
        authority_request::parameter,
        state::MAX_ENTRIES,
        token_errors::{TokenError, secret_required, token_error, unknown_resource},
    },
    state::{ids::new_id, tenant::TenantState},
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Checks that the scope is for Graph in this tenant. Returns whether it asks for a refresh token (`offline_access`).
pub(super) fn check_scope(
    tenant: &TenantState,
    form: &HashMap<String, String>,
) -> Result<bool, TokenError> {
    const OPEN_ID: [&str; 4] = ["offline_access", "openid", "profile", "email"];
    let scope = parameter(form, "scope")?;
    for one in scope.split(' ').filter(|one| !OPEN_ID.contains(one)) {
        if !tenant.identity.is_scope(one) {
            let resource = one.trim_end_matches("/.default");
            return Err(unknown_resource(resource, &tenant.identity.display_name));
        }
    }
    Ok(scope.split(' ').any(|one| one == "offline_access"))
}

/// Checks that the app is a public client and sends no secret, or that it is not one and sends a secret
/// (RFC 6749, 2.1).
pub(super) fn check_public_client(
    tenant: &TenantState,
    form: &HashMap<String, String>,
) -> Result<(), TokenError> {
    let has_secret = ["client_secret", "client_assertion"]
        .iter()
        .any(|name| form.contains_key(*name));
    match (tenant.weather.sign_in.public_client, has_secret) {
        (true, true) => Err(token_error(
            401,
            "invalid_client",
            700_025,
            "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        )),
        (false, false) => Err(secret_required()),
        _ => Ok(()),
    }
}

/// `grant_type=refresh_token`. The old refresh token stays valid beside the new one, as in Entra.
pub(super) fn refresh(
    tenant: &mut TenantState,
    form: &HashMap<String, String>,
) -> Result<Value, TokenError> {
    check_public_client(tenant, form)?;
    let wants_refresh_token = check_scope(tenant, form)?;
    let now = tenant.clock.now().as_second();
    match tenant
        .sign_ins
        .refresh_tokens
        .get(parameter(form, "refresh_token")?)
    {
        Some(expires) if now < *expires => Ok(user_tokens(tenant, wants_refresh_token)),
        Some(_) => Err(token_error(
            400,
            "invalid_grant",
            700_082,
            "The refresh token has expired due to inactivity.",
        )),
        None => Err(token_error(
            400,
            "invalid_grant",
            50_173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        )),
    }
}

/// An access token of the signed-in user, with a refresh token if the client asked for one.
pub(super) fn user_tokens(tenant: &mut TenantState, wants_refresh_token: bool) -> Value {
    let lifetime = tenant.weather.token_lifetime;
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": tenant.weather.permissions.user.join(" "),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": tenant.issue_user_token(lifetime),
    });
    if wants_refresh_token {
        let now = tenant.clock.now().as_second();
        let refresh_tokens = &mut tenant.sign_ins.refresh_tokens;
        if refresh_tokens.len() >= MAX_ENTRIES {
            refresh_tokens.retain(|_, expires| *expires > now);
        }
        let token = format!("1.{}{}", new_id(), new_id());
        let expires = now + i64::from(tenant.weather.sign_in.refresh_lifetime);
        answer["refresh_token"] = json!(token);
        refresh_tokens.insert(token, expires);
    }
    answer
}
