//! A person signs in: in the browser, or with a code on another device. Afterwards the sign-in renews
//! itself with its refresh token, which is kept in memory only.
//!
//! Must not print or open anything: it asks the [`Prompt`] that it was given.

use super::{
    browser, catalogue as codes, device_code,
    failures::{as_error, fault_of, refusal},
    transport::Authority,
};
use crate::{
    graph::fault::{Class, Fault},
    secrets,
};
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    time::OffsetDateTime,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// A person gets this long to finish in the browser; a device code brings its own time.
pub(super) const LONGEST_SIGN_IN: Duration = Duration::from_secs(5 * 60);

/// How a person is told what to do. Implemented where there is a screen.
pub(crate) trait Prompt: Send + Sync {
    /// Opens the address in a browser, and shows it for those who use another one. False when there is no
    /// browser to open.
    fn browse(&self, url: &str) -> bool;

    /// Shows the code and where to type it.
    fn show_code(&self, code: &DeviceCode);
}

/// What a person needs for signing in on another device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceCode {
    pub user_code: String,
    pub url: String,
    /// Entra's own sentence, in the language of the tenant.
    pub message: String,
    pub expires_in: Duration,
}

/// Which way a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Browser,
    DeviceCode,
    /// The browser; where there is none, the code.
    BrowserElseCode,
}

/// Where and as which app a person signs in.
#[derive(Clone)]
pub(super) struct SignInContext {
    pub authority: Authority,
    /// A domain, an id, or `organizations`.
    pub tenant: String,
    pub client_id: String,
    pub prompt: Arc<dyn Prompt>,
    pub longest: Duration,
}

impl SignInContext {
    pub(super) fn token_url(&self) -> reqwest::Url {
        self.authority
            .url(&format!("{}/oauth2/v2.0/token", self.tenant))
    }

    /// What is asked for: the app's delegated permissions, and a refresh token.
    pub(super) fn scope(resource: &str) -> String {
        format!("{resource} offline_access openid profile")
    }
}

/// A person's sign-in as a credential.
pub(super) struct Person {
    desk: SignInContext,
    ask: Ask,
    refresh_token: Mutex<Option<SecretString>>,
}

impl Person {
    pub(super) fn new(desk: SignInContext, ask: Ask) -> Self {
        Self {
            desk,
            ask,
            refresh_token: Mutex::new(None),
        }
    }

    async fn sign_in(&self, scope: &str) -> Result<Value, Fault> {
        match self.ask {
            Ask::DeviceCode => device_code::sign_in(&self.desk, scope).await,
            Ask::Browser => browser::sign_in(&self.desk, scope, false).await,
            Ask::BrowserElseCode => match browser::sign_in(&self.desk, scope, true).await {
                Err(fault) if fault.code == codes::NO_BROWSER => {
                    device_code::sign_in(&self.desk, scope).await
                }
                answer => answer,
            },
        }
    }

    async fn renew(&self, token: &SecretString, scope: &str) -> Result<Value, Fault> {
        let form = [
            ("client_id", self.desk.client_id.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose_secret()),
            ("scope", scope),
        ];
        let answer = self
            .desk
            .authority
            .post_form(self.desk.token_url(), &form)
            .await;
        answer.map_err(|error| fault_of(&error).fault)
    }
}

#[async_trait]
impl TokenCredential for Person {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let scope = SignInContext::scope(scopes.first().copied().unwrap_or_default());
        let mut remembered = self.refresh_token.lock().await;
        let answer = match &*remembered {
            Some(token) => self.renew(token, &scope).await,
            None => self.sign_in(&scope).await,
        };
        let answer = answer.map_err(|fault| {
            if fault.class == Class::SignIn {
                *remembered = None;
            }
            as_error(fault)
        })?;
        // A rotated token replaces the old one; without a new one the old one stays good.
        if let Some(token) = answer["refresh_token"].as_str() {
            let token = SecretString::from(token);
            secrets::remember(&token);
            *remembered = Some(token);
        }
        access_token(&answer)
            .ok_or_else(|| as_error(refusal(codes::SIGN_IN_REFUSED, "the answer holds no token")))
    }
}

fn access_token(answer: &Value) -> Option<AccessToken> {
    let token = answer["access_token"].as_str()?.to_owned();
    let lives = answer["expires_in"]
        .as_i64()
        .or_else(|| answer["expires_in"].as_str()?.parse().ok())?;
    let expires =
        OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(lives.clamp(0, 86_400));
    Some(AccessToken::new(Secret::new(token), expires))
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("ask", &self.ask)
            .finish_non_exhaustive()
    }
}
