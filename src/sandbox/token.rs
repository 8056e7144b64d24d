//! Access tokens: issued, and what a bearer token is worth.
//!
//! Tokens look like Microsoft's (three base64url parts), but a token is good because it was issued here.

use super::{
    reply::{Refusal, denied, refuse},
    tenant::Tenant,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The signed-in user; nothing for an application.
    pub user: Option<String>,
    pub permissions: Vec<String>,
    /// Unix seconds.
    expires: i64,
    /// The claims that its token was asked for with.
    claims: Option<Value>,
}

impl Caller {
    /// Needs one of these permissions.
    pub fn needs(&self, any: &[&str]) -> Result<(), Refusal> {
        if self.has(any) { Ok(()) } else { Err(denied()) }
    }

    pub fn has(&self, any: &[&str]) -> bool {
        self.permissions
            .iter()
            .any(|permission| any.contains(&permission.as_str()))
    }

    pub fn is_app(&self) -> bool {
        self.user.is_none()
    }
}

#[derive(Debug, Default)]
pub struct Tokens {
    issued: HashMap<String, Arc<Caller>>,
    /// The claims that the token now being issued was asked for with.
    pub claims: Option<Value>,
    /// The claims that tokens are challenged for, once that has begun.
    pub challenge: Option<Value>,
}

/// Expired tokens beyond these are forgotten.
const KEPT: usize = 1_000;

impl Tenant {
    pub fn issue_app_token(&mut self) -> String {
        let lifetime = i64::from(self.weather.token_lifetime);
        let permissions = self.weather.permissions.app.clone();
        let claims = json!({
            "appid": self.names.client_id,
            "app_displayname": "guestlist practice app",
            "idtyp": "app",
            "oid": self.names.service_principal,
            "sub": self.names.service_principal,
            "roles": permissions.clone(),
        });
        self.issue(claims, None, permissions, lifetime)
    }

    /// `lifetime` in seconds.
    pub fn issue_user_token(&mut self, lifetime: u32) -> String {
        let permissions = self.weather.permissions.user.clone();
        let user = self.names.signed_in_user.clone();
        let (upn, name) = self
            .directory
            .by_id(&user)
            .map(|user| (user.user_principal_name.clone(), user.display_name.clone()))
            .unwrap_or_default();
        let claims = json!({
            "appid": self.names.client_id,
            "idtyp": "user",
            "oid": user,
            "sub": user,
            "upn": upn,
            "unique_name": upn,
            "name": name,
            "scp": permissions.join(" "),
        });
        self.issue(claims, Some(user), permissions, lifetime.into())
    }

    fn issue(
        &mut self,
        mut claims: Value,
        user: Option<String>,
        permissions: Vec<String>,
        lifetime: i64,
    ) -> String {
        let now = self.clock.now().as_second();
        claims["aud"] = json!(self.names.url);
        claims["iss"] = json!(format!("https://sts.windows.net/{}/", self.names.tenant_id));
        claims["tid"] = json!(self.names.tenant_id);
        claims["iat"] = json!(now);
        claims["nbf"] = json!(now);
        claims["exp"] = json!(now + lifetime);
        claims["ver"] = json!("1.0");
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "practice"});
        let token = format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
            URL_SAFE_NO_PAD.encode(fastrand::u128(..).to_le_bytes()),
        );
        if self.tokens.issued.len() > KEPT {
            self.tokens
                .issued
                .retain(|_, caller| caller.expires + 600 > now);
        }
        let caller = Caller {
            user,
            permissions,
            expires: now + lifetime,
            claims: self.tokens.claims.clone(),
        };
        self.tokens.issued.insert(token.clone(), Arc::new(caller));
        token
    }

    pub fn caller(&mut self, bearer: Option<&str>) -> Result<Arc<Caller>, Refusal> {
        let invalid = |message: &str| refuse(401, "InvalidAuthenticationToken", message);
        let Some(bearer) = bearer.filter(|bearer| !bearer.is_empty()) else {
            return Err(invalid("Access token is empty."));
        };
        let Some(caller) = self.tokens.issued.get(bearer) else {
            return Err(invalid(if bearer.split('.').count() == 3 {
                "Access token validation failure. Invalid signature."
            } else {
                "IDX14100: JWT is not well formed, there are no dots (.)."
            }));
        };
        if caller.expires <= self.clock.now().as_second() {
            return Err(invalid("Lifetime validation failed, the token is expired."));
        }
        let caller = caller.clone();
        self.challenge(&caller)?;
        Ok(caller)
    }

    /// Continuous access evaluation: a token from before the change is refused, with the claims that a new one needs.
    fn challenge(&mut self, caller: &Caller) -> Result<(), Refusal> {
        let weather = &self.weather.sign_in;
        let begun = weather
            .challenge_after
            .is_some_and(|after| self.invitations.done >= after);
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
        Err(Refusal {
            challenge: Some(format!(
                "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{}\", error=\"insufficient_claims\", claims=\"{claims}\"",
                self.names.url, self.names.client_id
            )),
            ..refuse(
                401,
                "InvalidAuthenticationToken",
                "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
            )
        })
    }
}
