//! Issues access tokens, and checks the bearer token of a request.
//!
//! A token has the form of a Microsoft token (a JWT of three base64url parts), but its signature is random: a token is
//! valid because the store knows it.

use crate::sandbox::{
    messages::graph_error::{GraphError, graph_error},
    state::{tenant::TenantState, token_store::Caller},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::sync::Arc;

impl TenantState {
    pub(crate) fn issue_app_token(&mut self, resource: &str) -> String {
        let lifetime = i64::from(self.weather.token_lifetime);
        let permissions = self.weather.permissions.app.clone();
        let claims = json!({
            "appid": self.identity.client_id,
            "app_displayname": "guestlist practice app",
            "idtyp": "app",
            "oid": self.identity.service_principal,
            "sub": self.identity.service_principal,
            "roles": permissions.clone(),
        });
        self.issue(resource, claims, None, permissions, lifetime)
    }

    /// `lifetime` is in seconds.
    pub(crate) fn issue_user_token(&mut self, resource: &str, lifetime: u32) -> String {
        let permissions = self.weather.permissions.user.clone();
        let user = self.identity.signed_in_user.clone();
        let (upn, name) = self
            .directory
            .by_id(&user)
            .map(|user| (user.user_principal_name.clone(), user.display_name.clone()))
            .unwrap_or_default();
        let claims = json!({
            "appid": self.identity.client_id,
            "idtyp": "user",
            "oid": user,
            "sub": user,
            "upn": upn,
            "unique_name": upn,
            "name": name,
            "scp": permissions.join(" "),
        });
        self.issue(resource, claims, Some(user), permissions, lifetime.into())
    }

    /// Who has signed in, for the app itself. `nonce`: the one of the authorization request.
    pub(crate) fn id_token(&self, nonce: Option<&str>) -> String {
        let id = &self.identity;
        let user = self.directory.by_id(&id.signed_in_user);
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "aud": id.client_id,
            "iss": format!("{}/{}/v2.0", self.asked_at.base_url, id.tenant_id),
            "iat": now,
            "nbf": now,
            "exp": now + i64::from(self.weather.token_lifetime),
            "name": user.map(|user| &user.display_name),
            "oid": id.signed_in_user,
            "preferred_username": user.map(|user| &user.user_principal_name),
            "sub": id.signed_in_user,
            "tid": id.tenant_id,
            "ver": "2.0",
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        jwt(&claims)
    }

    fn issue(
        &mut self,
        resource: &str,
        mut claims: Value,
        user: Option<String>,
        permissions: Vec<String>,
        lifetime: i64,
    ) -> String {
        let now = self.clock.now().as_second();
        claims["aud"] = json!(resource);
        claims["iss"] = json!(format!(
            "https://sts.windows.net/{}/",
            self.identity.tenant_id
        ));
        claims["tid"] = json!(self.identity.tenant_id);
        claims["iat"] = json!(now);
        claims["nbf"] = json!(now);
        claims["exp"] = json!(now + lifetime);
        claims["ver"] = json!("1.0");
        let token = jwt(&claims);
        let caller = Caller {
            user,
            permissions,
            expires: now + lifetime,
            claims: self.tokens.requested_claims.clone(),
        };
        self.tokens.add(token.clone(), caller, now);
        token
    }

    /// The caller whom a bearer token belongs to, or the 401 that Graph answers with.
    pub(crate) fn authenticate(&mut self, bearer: Option<&str>) -> Result<Arc<Caller>, GraphError> {
        let invalid = |message: &str| graph_error(401, "InvalidAuthenticationToken", message);
        let Some(bearer) = bearer.filter(|bearer| !bearer.is_empty()) else {
            return Err(invalid("Access token is empty."));
        };
        let Some(caller) = self.tokens.caller(bearer).cloned() else {
            return Err(invalid(if bearer.split('.').count() == 3 {
                "Access token validation failure. Invalid signature."
            } else {
                "IDX14100: JWT is not well formed, there are no dots (.)."
            }));
        };
        if caller.expires <= self.clock.now().as_second() {
            return Err(invalid("Lifetime validation failed, the token is expired."));
        }
        self.challenge(&caller)?;
        Ok(caller)
    }

    /// Continuous access evaluation (Microsoft Entra: claims challenges). Once it has begun, a token that was issued
    /// earlier gets a 401 with the claims that the client must ask for in its next token request.
    fn challenge(&mut self, caller: &Caller) -> Result<(), GraphError> {
        let weather = &self.weather.sign_in;
        let begun = weather
            .challenge_after
            .is_some_and(|after| self.invitations.accepted >= after);
        if !begun {
            return Ok(());
        }
        let now = self.clock.now().as_second();
        let challenge = self.tokens.challenge.get_or_insert_with(
            || json!({"access_token": {"nbf": {"essential": true, "value": now.to_string()}}}),
        );
        if caller.claims.as_ref() == Some(challenge) && !weather.challenge_for_ever {
            return Ok(());
        }
        let claims = STANDARD.encode(challenge.to_string());
        Err(GraphError {
            challenge: Some(format!(
                "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{}\", error=\"insufficient_claims\", claims=\"{claims}\"",
                self.identity.url, self.identity.client_id
            )),
            ..graph_error(
                401,
                "InvalidAuthenticationToken",
                "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
            )
        })
    }
}

/// A token with these claims, and a random signature.
fn jwt(claims: &Value) -> String {
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "practice"});
    format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string()),
        URL_SAFE_NO_PAD.encode(fastrand::u128(..).to_le_bytes()),
    )
}
