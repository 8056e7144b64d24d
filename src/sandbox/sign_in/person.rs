//! A person in a browser: authorization code with PKCE (RFC 6749, 7636, 8252), and the refresh token.

use super::{
    MOST, PersonDoes,
    endpoint::{field, known_app},
    refused::{Refused, needs_secret, no_such_resource, refused},
};
use crate::sandbox::{
    reply::{Body, Reply},
    tenant::{Tenant, new_id},
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

/// Seconds that an authorization code lives.
const CODE_LIFETIME: i64 = 10 * 60;

/// An authorization code.
#[derive(Debug)]
pub struct Code {
    redirect: String,
    challenge: String,
    until: i64,
    used: bool,
}

/// `GET /{tenant}/oauth2/v2.0/authorize`: the person's whole visit, as the weather has it.
pub fn authorize(tenant: &mut Tenant, name: &str, query: &HashMap<String, String>) -> Reply {
    // Nobody is sent to an address that the app has not registered.
    let redirect = match known_app(tenant, name, query).and_then(|()| redirect(tenant, query)) {
        Ok(redirect) => redirect,
        Err(refused) => return page(400, &refused.sentence(&new_id(), &new_id(), "")),
    };
    let asked = asked(tenant, query).and_then(|challenge| match tenant.weather.sign_in.person {
        PersonDoes::Decline => Err(refused(
            400,
            "access_denied",
            65_004,
            "User declined to consent to access the app.",
        )),
        does => Ok((challenge, does)),
    });
    let mut state = query.get("state").cloned();
    let mut there = redirect.clone();
    match asked {
        Ok((_, PersonDoes::Never)) => return page(200, "The window was closed."),
        Ok((challenge, does)) => {
            if does == PersonDoes::WrongState {
                state = Some(new_id());
            }
            let code = Code {
                redirect: query.get("redirect_uri").cloned().unwrap_or_default(),
                challenge,
                until: tenant.clock.now().as_second() + CODE_LIFETIME,
                used: false,
            };
            let name = format!("1.{}", new_id());
            there.query_pairs_mut().append_pair("code", &name);
            if tenant.sign_ins.codes.len() >= MOST {
                tenant.sign_ins.codes.clear();
            }
            tenant.sign_ins.codes.insert(name, code);
        }
        Err(refused) => {
            let now = tenant.clock.now().to_string();
            let sentence = refused.sentence(&new_id(), &new_id(), &now);
            there
                .query_pairs_mut()
                .append_pair("error", refused.error)
                .append_pair("error_description", &sentence);
        }
    }
    if let Some(state) = state {
        there.query_pairs_mut().append_pair("state", &state);
    }
    Reply::new(302, Body::Empty)
        .header("location", String::from(there))
        .header("cache-control", "no-store, no-cache")
}

/// The app has `http://localhost` registered, which is good for any port of it.
fn redirect(tenant: &Tenant, query: &HashMap<String, String>) -> Result<Url, Refused> {
    let given = field(query, "redirect_uri")?;
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
        refused(
            400,
            "invalid_request",
            50_011,
            format!(
                "The redirect URI '{given}' specified in the request does not match the redirect URIs configured for the application '{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.",
                tenant.names.client_id
            ),
        )
    })
}

/// What is asked for must be known; the answer is the code's challenge.
fn asked(tenant: &Tenant, query: &HashMap<String, String>) -> Result<String, Refused> {
    let kind = field(query, "response_type")?;
    if kind != "code" {
        return Err(refused(
            400,
            "unsupported_response_type",
            700_054,
            format!("response_type '{kind}' is not enabled for the application."),
        ));
    }
    scope(tenant, query)?;
    let method = query.get("code_challenge_method").map(String::as_str);
    let challenge = query.get("code_challenge").filter(|it| it.len() == 43);
    match (challenge, method) {
        (Some(challenge), Some("S256")) => Ok(challenge.clone()),
        _ => Err(refused(
            400,
            "invalid_request",
            9_002_325,
            "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
        )),
    }
}

/// The Graph of this tenant, and whether the sign-in can be renewed.
pub fn scope(tenant: &Tenant, form: &HashMap<String, String>) -> Result<bool, Refused> {
    const OPEN_ID: [&str; 4] = ["offline_access", "openid", "profile", "email"];
    let scope = field(form, "scope")?;
    for one in scope.split(' ').filter(|one| !OPEN_ID.contains(one)) {
        if !tenant.names.is_scope(one) {
            let resource = one.trim_end_matches("/.default");
            return Err(no_such_resource(resource, &tenant.names.display_name));
        }
    }
    Ok(scope.split(' ').any(|one| one == "offline_access"))
}

/// An app that people sign in to is public: it has no secret, and must be allowed to have none.
pub fn public(tenant: &Tenant, form: &HashMap<String, String>) -> Result<(), Refused> {
    let has_secret = ["client_secret", "client_assertion"]
        .iter()
        .any(|name| form.contains_key(*name));
    match (tenant.weather.sign_in.public_client, has_secret) {
        (true, true) => Err(refused(
            401,
            "invalid_client",
            700_025,
            "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        )),
        (false, false) => Err(needs_secret()),
        _ => Ok(()),
    }
}

/// `grant_type=authorization_code`.
pub fn by_code(tenant: &mut Tenant, form: &HashMap<String, String>) -> Result<Value, Refused> {
    public(tenant, form)?;
    let renewable = scope(tenant, form)?;
    let invalid = |number, why: &str| refused(400, "invalid_grant", number, why);
    let now = tenant.clock.now().as_second();
    let Some(code) = tenant.sign_ins.codes.get_mut(field(form, "code")?) else {
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
    if now > code.until {
        return Err(invalid(
            70_008,
            "The provided authorization code or refresh token has expired due to inactivity.",
        ));
    }
    if field(form, "redirect_uri")? != code.redirect {
        return Err(invalid(
            500_112,
            "The reply address does not match the reply address provided when requesting Authorization code.",
        ));
    }
    let verifier = field(form, "code_verifier")?;
    let short_or_long = !(43..=128).contains(&verifier.len());
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    if short_or_long || challenge != code.challenge {
        return Err(invalid(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    Ok(user_token(tenant, renewable))
}

/// `grant_type=refresh_token`. As with Entra the old token stays good beside the new one.
pub fn renewed(tenant: &mut Tenant, form: &HashMap<String, String>) -> Result<Value, Refused> {
    public(tenant, form)?;
    let renewable = scope(tenant, form)?;
    let now = tenant.clock.now().as_second();
    match tenant.sign_ins.renewals.get(field(form, "refresh_token")?) {
        Some(until) if now < *until => Ok(user_token(tenant, renewable)),
        Some(_) => Err(refused(
            400,
            "invalid_grant",
            700_082,
            "The refresh token has expired due to inactivity.",
        )),
        None => Err(refused(
            400,
            "invalid_grant",
            50_173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        )),
    }
}

/// A token of the signed-in user, and perhaps one to renew it with.
pub fn user_token(tenant: &mut Tenant, renewable: bool) -> Value {
    let lifetime = tenant.weather.token_lifetime;
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": tenant.weather.permissions.user.join(" "),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": tenant.issue_user_token(lifetime),
    });
    if renewable {
        let now = tenant.clock.now().as_second();
        let renewals = &mut tenant.sign_ins.renewals;
        if renewals.len() >= MOST {
            renewals.retain(|_, until| *until > now);
        }
        let token = format!("1.{}{}", new_id(), new_id());
        let until = now + i64::from(tenant.weather.sign_in.refresh_lifetime);
        answer["refresh_token"] = json!(token);
        renewals.insert(token, until);
    }
    answer
}

/// A page for the person; nobody is sent anywhere.
fn page(status: u16, words: &str) -> Reply {
    Reply::new(status, Body::Plain(words.to_owned()))
}
