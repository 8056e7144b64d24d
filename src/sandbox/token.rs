//! The token endpoint, and what a bearer token is worth.
//!
//! Tokens look like Microsoft's (three base64url parts), but a token is good because it was issued here.

use super::{
    reply::{Body, Refusal, Reply, denied, refuse},
    tenant::Tenant,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
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
pub struct Tokens(HashMap<String, Arc<Caller>>);

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

    pub fn issue_user_token(&mut self) -> String {
        let lifetime = i64::from(self.weather.user_token_lifetime);
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
        self.issue(claims, Some(user), permissions, lifetime)
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
        if self.tokens.0.len() > KEPT {
            self.tokens.0.retain(|_, caller| caller.expires + 600 > now);
        }
        let caller = Caller {
            user,
            permissions,
            expires: now + lifetime,
        };
        self.tokens.0.insert(token.clone(), Arc::new(caller));
        token
    }

    pub fn caller(&self, bearer: Option<&str>) -> Result<Arc<Caller>, Refusal> {
        let invalid = |message: &str| refuse(401, "InvalidAuthenticationToken", message);
        let Some(bearer) = bearer.filter(|bearer| !bearer.is_empty()) else {
            return Err(invalid("Access token is empty."));
        };
        let Some(caller) = self.tokens.0.get(bearer) else {
            return Err(invalid(if bearer.split('.').count() == 3 {
                "Access token validation failure. Invalid signature."
            } else {
                "IDX14100: JWT is not well formed, there are no dots (.)."
            }));
        };
        if caller.expires <= self.clock.now().as_second() {
            return Err(invalid("Lifetime validation failed, the token is expired."));
        }
        Ok(caller.clone())
    }

    /// `POST /{tenant}/oauth2/v2.0/token`.
    pub fn token_answer(&mut self, tenant: &str, form: &HashMap<String, String>) -> Reply {
        match self.token_or_error(tenant, form) {
            Ok(token) => Reply::ok(json!({
                "token_type": "Bearer",
                "expires_in": self.weather.token_lifetime,
                "ext_expires_in": self.weather.token_lifetime,
                "access_token": token,
            }))
            .header("cache-control", "no-store, no-cache"),
            Err(error) => error.reply(&self.clock.now().to_string()),
        }
    }

    fn token_or_error(
        &mut self,
        tenant: &str,
        form: &HashMap<String, String>,
    ) -> Result<String, TokenError> {
        if !self.names.is_tenant(tenant) {
            return Err(no_such_tenant(tenant));
        }
        let field = |name: &str| {
            form.get(name).map(String::as_str).ok_or_else(|| {
                TokenError::new(
                    400,
                    "invalid_request",
                    900_144,
                    format!("The request body must contain the following parameter: '{name}'."),
                )
            })
        };
        let grant = field("grant_type")?;
        let client = field("client_id")?;
        if !client.eq_ignore_ascii_case(&self.names.client_id) {
            return Err(TokenError::new(
                400,
                "unauthorized_client",
                700_016,
                format!(
                    "Application with identifier '{client}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
                    self.names.display_name
                ),
            ));
        }
        if grant != "client_credentials" {
            return Err(TokenError::new(
                400,
                "unsupported_grant_type",
                70_003,
                format!("The app requested an unsupported grant type '{grant}'."),
            ));
        }
        let scope = field("scope")?;
        if !scope.ends_with("/.default") || scope.contains(' ') {
            return Err(TokenError::new(
                400,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
                ),
            ));
        }
        if !self.names.is_scope(scope) {
            return Err(TokenError::new(
                400,
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {} was not found in the tenant named {}.",
                    scope.trim_end_matches("/.default"),
                    self.names.display_name
                ),
            ));
        }
        let Some(secret) = form.get("client_secret") else {
            return Err(TokenError::new(
                401,
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".into(),
            ));
        };
        if *secret == self.names.expired_secret {
            return Err(TokenError::new(
                401,
                "invalid_client",
                7_000_222,
                format!(
                    "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app."
                ),
            ));
        }
        if *secret != self.names.client_secret {
            return Err(TokenError::new(
                401,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."
                ),
            ));
        }
        Ok(self.issue_app_token())
    }

    /// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
    pub fn openid_configuration(&self, tenant: &str) -> Reply {
        if !self.names.is_tenant(tenant) {
            return no_such_tenant(tenant).reply(&self.clock.now().to_string());
        }
        let (url, id) = (&self.names.url, &self.names.tenant_id);
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
            "msgraph_host": url.trim_start_matches("http://"),
        }))
    }

    /// `GET /common/discovery/instance`: every authority is its own metadata here.
    pub fn instance_discovery(&self) -> Reply {
        let (url, id) = (&self.names.url, &self.names.tenant_id);
        Reply::ok(json!({
            "tenant_discovery_endpoint": format!("{url}/{id}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [],
        }))
    }
}

/// The body of the token endpoint's errors; its `error_description` starts with the AADSTS code.
struct TokenError {
    status: u16,
    error: &'static str,
    code: u32,
    description: String,
}

impl TokenError {
    fn new(status: u16, error: &'static str, code: u32, description: String) -> Self {
        Self {
            status,
            error,
            code,
            description,
        }
    }

    fn reply(self, now: &str) -> Reply {
        let trace = super::tenant::new_id();
        let correlation = super::tenant::new_id();
        Reply::new(
            self.status,
            Body::Json(json!({
                "error": self.error,
                "error_description": format!(
                    "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
                    self.code, self.description
                ),
                "error_codes": [self.code],
                "timestamp": now,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
            })),
        )
        .header("cache-control", "no-store, no-cache")
    }
}

fn no_such_tenant(tenant: &str) -> TokenError {
    TokenError::new(
        400,
        "invalid_request",
        90_002,
        format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        ),
    )
}
