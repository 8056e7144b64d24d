//! A person signs in: in the browser, or with a code on another device. Afterwards the token is renewed with the refresh
//! token, which is kept in memory only.
//!
//! Must not print or open anything: it asks the prompt that it was given.

use super::{
    browser, catalogue as codes, device_code,
    failures::{as_error, fault_of, refusal},
    sign_in_context::SignInContext,
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
use std::fmt;
use tokio::sync::Mutex;

/// Which way a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Browser,
    DeviceCode,
    /// In the browser, or with a code if no browser can be opened.
    BrowserElseCode,
}

/// A person's sign-in as a credential.
pub(super) struct Person {
    context: SignInContext,
    ask: Ask,
    refresh_token: Mutex<Option<SecretString>>,
}

impl Person {
    pub(super) fn new(context: SignInContext, ask: Ask) -> Self {
        Self {
            context,
            ask,
            refresh_token: Mutex::new(None),
        }
    }

    async fn sign_in(&self, scope: &str) -> Result<Value, Fault> {
        match self.ask {
            Ask::DeviceCode => device_code::sign_in(&self.context, scope).await,
            Ask::Browser => browser::sign_in(&self.context, scope, false).await,
            Ask::BrowserElseCode => match browser::sign_in(&self.context, scope, true).await {
                Err(fault) if fault.code == codes::NO_BROWSER => {
                    device_code::sign_in(&self.context, scope).await
                }
                answer => answer,
            },
        }
    }

    async fn renew(&self, token: &SecretString, scope: &str) -> Result<Value, Fault> {
        let form = [
            ("client_id", self.context.client_id.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose_secret()),
            ("scope", scope),
        ];
        let answer = self
            .context
            .authority
            .post_form(self.context.token_url(), &form)
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
        // A new refresh token replaces the old one; if there is none, the old one stays valid.
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
