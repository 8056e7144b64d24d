//! A person in a browser: authorization code with PKCE (RFC 6749, RFC 7636, RFC 8252; Microsoft Entra: OAuth 2.0
//! authorization code flow).

use crate::sandbox::{
    messages::reply::{Reply, ReplyBody},
    sign_in::{
        authority_request::{AuthorityRequest, check_tenant_and_app, parameter},
        pages,
        sign_in_weather::BrowserAction,
        state::{AuthorizationCode, MAX_ENTRIES},
        token_errors::{TokenError, token_error},
        user_tokens::{check_public_client, check_scope, user_tokens},
    },
    state::{ids::new_id, tenant::TenantState},
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

/// Lifetime of an authorization code in seconds.
const CODE_LIFETIME: i64 = 10 * 60;

/// `GET /{tenant}/oauth2/v2.0/authorize`. A browser gets a page on which a person decides, and sends the same request
/// again with `do`. Any other program gets the redirect at the end of the visit; the weather says what the person does.
pub(super) fn authorize(tenant: &mut TenantState, name: &str, request: &AuthorityRequest) -> Reply {
    let query = &request.query;
    // Without a registered redirect URI the error is shown to the person, never sent to that URI (RFC 6749, 4.1.2.1).
    let redirect = match check_tenant_and_app(tenant, name, query)
        .and_then(|()| registered_redirect(tenant, query))
    {
        Ok(redirect) => redirect,
        Err(error) => {
            let now = tenant.sign_in_date();
            let text = error.error_description(&new_id(), &new_id(), &now);
            return pages::ending(tenant, 400, "This sign-in cannot start", &text);
        }
    };
    let outcome = check_authorize_request(tenant, query).and_then(|challenge| {
        let action = match query.get("do").map(String::as_str) {
            Some("decline") => BrowserAction::Decline,
            _ => tenant.weather.sign_in.person,
        };
        match action {
            BrowserAction::Decline => Err(token_error(
                400,
                "access_denied",
                65_004,
                "User declined to consent to access the app.",
            )),
            action => Ok((challenge, action)),
        }
    });
    let mut state = query.get("state").cloned();
    let mut location = redirect;
    match outcome {
        Ok((_, BrowserAction::Never)) => {
            let text = "The weather says that the person closes the window here.";
            return pages::ending(tenant, 200, "The window was closed", text);
        }
        Ok((_, BrowserAction::SignIn)) if request.is_browser && !query.contains_key("do") => {
            let fields: Vec<(&str, &str)> = query
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let action = format!("/{}", request.path.join("/"));
            return pages::consent(tenant, "get", &action, &fields);
        }
        Ok((challenge, action)) => {
            if action == BrowserAction::WrongState {
                state = Some(new_id());
            }
            let code = AuthorizationCode {
                redirect_uri: query.get("redirect_uri").cloned().unwrap_or_default(),
                challenge,
                nonce: query.get("nonce").cloned(),
                expires: tenant.clock.now().as_second() + CODE_LIFETIME,
                used: false,
            };
            let code_text = format!("1.{}", new_id());
            location.query_pairs_mut().append_pair("code", &code_text);
            if tenant.sign_ins.authorization_codes.len() >= MAX_ENTRIES {
                tenant.sign_ins.authorization_codes.clear();
            }
            tenant.sign_ins.authorization_codes.insert(code_text, code);
        }
        Err(error) => {
            let now = tenant.sign_in_date();
            let description = error.error_description(&new_id(), &new_id(), &now);
            location
                .query_pairs_mut()
                .append_pair("error", error.error)
                .append_pair("error_description", &description);
        }
    }
    if let Some(state) = state {
        location.query_pairs_mut().append_pair("state", &state);
    }
    Reply::new(302, ReplyBody::Empty)
        .header("location", String::from(location))
        .header("cache-control", "no-store, no-cache")
}

/// The redirect URI. The app has registered `http://localhost`, which allows any port (RFC 8252, 7.3).
fn registered_redirect(
    tenant: &TenantState,
    query: &HashMap<String, String>,
) -> Result<Url, TokenError> {
    let given = parameter(query, "redirect_uri")?;
    let url = Url::parse(given)
        .ok()
        .filter(|url| {
            url.scheme() == "http"
                && url.host_str() == Some("localhost")
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
        })
        .filter(|_| tenant.weather.sign_in.public_client);
    url.ok_or_else(|| {
        token_error(
            400,
            "invalid_request",
            50_011,
            format!(
                "The redirect URI '{given}' specified in the request does not match the redirect URIs configured for the application '{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.",
                tenant.identity.client_id
            ),
        )
    })
}

/// Checks the response type, the scope and PKCE. Returns the code challenge.
fn check_authorize_request(
    tenant: &TenantState,
    query: &HashMap<String, String>,
) -> Result<String, TokenError> {
    let response_type = parameter(query, "response_type")?;
    if response_type != "code" {
        return Err(token_error(
            400,
            "unsupported_response_type",
            700_054,
            format!("response_type '{response_type}' is not enabled for the application."),
        ));
    }
    check_scope(tenant, query)?;
    let method = query.get("code_challenge_method").map(String::as_str);
    let challenge = query
        .get("code_challenge")
        .filter(|challenge| challenge.len() == 43);
    match (challenge, method) {
        (Some(challenge), Some("S256")) => Ok(challenge.clone()),
        _ => Err(token_error(
            400,
            "invalid_request",
            9_002_325,
            "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
        )),
    }
}

/// `grant_type=authorization_code`.
pub(super) fn redeem_code(
    tenant: &mut TenantState,
    form: &HashMap<String, String>,
) -> Result<Value, TokenError> {
    check_public_client(tenant, form)?;
    let scope = check_scope(tenant, form)?;
    let invalid = |number, why: &str| token_error(400, "invalid_grant", number, why);
    let now = tenant.clock.now().as_second();
    let Some(code) = tenant
        .sign_ins
        .authorization_codes
        .get_mut(parameter(form, "code")?)
    else {
        return Err(invalid(
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        ));
    };
    if code.used {
        return Err(invalid(
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        ));
    }
    code.used = true;
    if now > code.expires {
        return Err(invalid(
            70_008,
            "The provided authorization code or refresh token has expired due to inactivity.",
        ));
    }
    if parameter(form, "redirect_uri")? != code.redirect_uri {
        return Err(invalid(
            500_112,
            "The reply address does not match the reply address provided when requesting Authorization code.",
        ));
    }
    let verifier = parameter(form, "code_verifier")?;
    let has_wrong_length = !(43..=128).contains(&verifier.len());
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    if has_wrong_length || challenge != code.challenge {
        return Err(invalid(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    let nonce = code.nonce.clone();
    Ok(user_tokens(tenant, &scope, nonce.as_deref()))
}
