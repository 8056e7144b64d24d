//! The ways to sign in, each made into one credential.
//!
//! Must not choose: which way is meant has been decided, and its values found, by the settings.

use super::{
    catalogue as codes,
    claims::Identity,
    failures::refusal,
    tokens::{CredentialSource, Tokens},
    transport::Authority,
};
use crate::{
    clock::Clock,
    failure::Result,
    graph::{
        fault::Fault,
        http::{self, HttpOptions},
    },
};
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    time::OffsetDateTime,
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, sync::Arc};

/// A way to sign in, with what it needs.
#[derive(Debug, Clone)]
pub enum Method {
    ClientSecret {
        client_id: String,
        secret: SecretString,
    },
    /// The Azure CLI's own sign-in; always a user or app that somebody signed in with `az login`.
    AzureCli,
    /// A token that somebody got elsewhere.
    Token(SecretString),
}

impl Method {
    /// The word in `[auth] method`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "client-secret",
            Self::AzureCli => "azure-cli",
            Self::Token(_) => "token",
        }
    }
}

/// Everything that signing in needs.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub method: Method,
    /// A domain or an id; a given token has its own.
    pub tenant: Option<String>,
    pub authority_url: String,
    /// The Graph base: tokens are asked for it.
    pub graph_url: String,
    pub http: HttpOptions,
    pub clock: Clock,
}

impl SignIn {
    /// The shared refresher. Nothing is sent yet.
    pub fn tokens(self) -> Result<Tokens> {
        let graph = http::base_url(&self.graph_url, "graph_url")?;
        let scope = format!("{}/.default", graph.as_str().trim_end_matches('/'));
        let authority = Authority::new(&self.authority_url, &self.http, self.clock.clone())?;
        Ok(Tokens::new(self.source(authority)?, scope))
    }

    fn source(self, authority: Authority) -> Result<CredentialSource> {
        let tenant = self.tenant.clone();
        Ok(match self.method {
            Method::ClientSecret { client_id, secret } => {
                let tenant = needed(tenant, "a tenant")?;
                anew(move || {
                    let options = ClientSecretCredentialOptions {
                        client_options: authority.client_options(),
                    };
                    let secret = Secret::new(secret.expose_secret().to_owned());
                    ClientSecretCredential::new(&tenant, client_id.clone(), secret, Some(options))
                })
            }
            Method::AzureCli => anew(move || {
                let options = AzureCliCredentialOptions {
                    tenant_id: tenant.clone(),
                    ..AzureCliCredentialOptions::default()
                };
                AzureCliCredential::new(Some(options))
            }),
            Method::Token(token) => {
                let given: Arc<dyn TokenCredential> = Arc::new(GivenToken {
                    token,
                    clock: self.clock,
                });
                Arc::new(move || Ok(given.clone()))
            }
        })
    }
}

/// A credential that is made again for each refresh: those of `azure_identity` cache for themselves.
fn anew<C: TokenCredential + 'static>(
    make: impl Fn() -> azure_core::Result<Arc<C>> + Send + Sync + 'static,
) -> CredentialSource {
    Arc::new(move || match make() {
        Ok(credential) => Ok(credential as Arc<dyn TokenCredential>),
        Err(error) => Err(refusal(codes::SIGN_IN_INCOMPLETE, error.to_string())),
    })
}

fn needed<T>(value: Option<T>, what: &str) -> std::result::Result<T, Fault> {
    value.ok_or_else(|| refusal(codes::SIGN_IN_INCOMPLETE, format!("{what} is needed")))
}

/// A token as it was given, for as long as it lives.
struct GivenToken {
    token: SecretString,
    clock: Clock,
}

#[async_trait]
impl TokenCredential for GivenToken {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.token.expose_secret();
        let now = self.clock.now();
        // A token that does not say when it ends is used until Graph refuses it.
        let left = match Identity::of_token(token).expires {
            Some(expires) => expires.duration_since(now).as_secs(),
            None => 3_600,
        };
        if left <= 0 {
            let over = refusal(codes::TOKEN_OVER, "the token's time is over");
            return Err(azure_core::Error::new(ErrorKind::Credential, over));
        }
        let expires = OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(left);
        Ok(AccessToken::new(Secret::new(token.to_owned()), expires))
    }
}

impl fmt::Debug for GivenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenToken(…)")
    }
}
