//! What all flows for people share: the checks of a public client and of the scope, and the tokens.

use crate::sandbox::{
    sign_in::{
        authority_request::parameter,
        state::{MAX_ENTRIES, UserScope},
        token_errors::{TokenError, secret_required, token_error, unknown_resource},
    },
    state::{identity::GRAPH_APP_ID, ids::new_id, tenant::TenantState},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Checks that the scope is for Graph in this tenant, and reads what it asks for.
pub(super) fn check_scope(
    tenant: &TenantState,
    form: &HashMap<String, String>,
) -> Result<UserScope, TokenError> {
    let mut asked = UserScope::default();
    let mut resource = GRAPH_APP_ID;
    for one in parameter(form, "scope")?.split_whitespace() {
        match one {
            "offline_access" => asked.offline = true,
            "openid" => asked.openid = true,
            "profile" | "email" => {}
            one => {
                resource = tenant.resource_of(one).ok_or_else(|| {
                    let resource = one.trim_end_matches("/.default");
                    unknown_resource(resource, &tenant.identity.display_name)
                })?;
            }
        }
    }
    resource.clone_into(&mut asked.resource);
    Ok(asked)
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
    let scope = check_scope(tenant, form)?;
    let now = tenant.clock.now().as_second();
    match tenant
        .sign_ins
        .refresh_tokens
        .get(parameter(form, "refresh_token")?)
    {
        Some(expires) if now < *expires => Ok(user_tokens(tenant, &scope, None)),
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

/// An access token of the signed-in user, with a refresh token and an ID token if the client asked for them. `nonce`: the
/// one of the authorization request.
pub(super) fn user_tokens(
    tenant: &mut TenantState,
    scope: &UserScope,
    nonce: Option<&str>,
) -> Value {
    let lifetime = tenant.weather.token_lifetime;
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": tenant.weather.permissions.user.join(" "),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": tenant.issue_user_token(&scope.resource, lifetime),
    });
    if scope.offline {
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
    if scope.openid {
        let id = &tenant.identity;
        let who = json!({"uid": id.signed_in_user, "utid": id.tenant_id});
        answer["client_info"] = json!(URL_SAFE_NO_PAD.encode(who.to_string()));
        answer["id_token"] = json!(tenant.id_token(nonce));
    }
    answer
}
