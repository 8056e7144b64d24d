//! The managed identity of a machine: from App Service (and Functions, Container Apps) or from the metadata service of a
//! virtual machine.
//!
//! Both speak plain http on the machine itself, never across a network; a proxy is never used.

use super::{
    catalogue as codes,
    failures::{as_error, busy, refusal},
    transport::Authority,
};
use crate::{
    failure::{Failure, Result},
    graph::{
        base_url::is_loopback,
        fault::{Class, Fault},
        http_client,
    },
};
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    time::OffsetDateTime,
};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::fmt;

/// The metadata service of a virtual machine; link-local, the same everywhere.
const IMDS: &str = "http://169.254.169.254";

/// `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
#[derive(Debug, Clone)]
pub(crate) struct AppService {
    pub endpoint: String,
    pub header: SecretString,
}

/// The machine's identity, as a credential.
pub(super) struct ManagedIdentity {
    client: reqwest::Client,
    authority: Authority,
    app_service: Option<AppService>,
    /// Of a user-assigned identity.
    client_id: Option<String>,
    imds: String,
}

impl ManagedIdentity {
    pub(super) fn new(
        authority: Authority,
        app_service: Option<AppService>,
        client_id: Option<String>,
    ) -> Result<Self> {
        if let Some(service) = &app_service
            && !Url::parse(&service.endpoint).is_ok_and(|url| is_on_this_machine(&url))
        {
            return Err(Failure::usage("IDENTITY_ENDPOINT does not point to this machine")
                .hint("it is set by App Service; a managed identity is never asked for across a network"));
        }
        Ok(Self {
            client: http_client::local_client()?,
            authority,
            app_service,
            client_id,
            imds: IMDS.into(),
        })
    }

    #[cfg(test)]
    pub(super) fn with_imds(mut self, url: &str) -> Self {
        url.clone_into(&mut self.imds);
        self
    }

    fn request(&self, resource: &str) -> std::result::Result<RequestBuilder, Fault> {
        let wrong = || {
            refusal(
                codes::NO_MANAGED_IDENTITY,
                "the identity endpoint is not a URL",
            )
        };
        let (address, version) = match &self.app_service {
            Some(service) => (service.endpoint.clone(), "2019-08-01"),
            None => (
                format!("{}/metadata/identity/oauth2/token", self.imds),
                "2018-02-01",
            ),
        };
        let mut url = Url::parse(&address).map_err(|_| wrong())?;
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", resource);
        if let Some(id) = &self.client_id {
            url.query_pairs_mut().append_pair("client_id", id);
        }
        let request = self.client.get(url);
        Ok(match &self.app_service {
            Some(service) => request.header("X-IDENTITY-HEADER", service.header.expose_secret()),
            None => request.header("Metadata", "true"),
        })
    }
}

#[async_trait]
impl TokenCredential for ManagedIdentity {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let resource = scopes
            .first()
            .copied()
            .unwrap_or_default()
            .trim_end_matches("/.default");
        let request = self.request(resource).map_err(as_error)?;
        let answer = self
            .authority
            .get_json(request)
            .await
            .map_err(|error| as_error(explained(&error)))?;
        token(&answer).ok_or_else(|| {
            as_error(refusal(
                codes::NO_MANAGED_IDENTITY,
                "the answer holds no token",
            ))
        })
    }
}

/// What went wrong: no endpoint at all, an identity that is not assigned, or trouble that passes.
fn explained(error: &azure_core::Error) -> Fault {
    let trouble = super::failures::fault_of(error);
    let fault = trouble.fault;
    match fault.status {
        // With these the metadata service asks to try again later (Azure: IMDS retry guidance).
        Some(404 | 410 | 429 | 500..=599) => busy(codes::NO_MANAGED_IDENTITY, &fault.message),
        Some(_) => refusal(codes::NO_MANAGED_IDENTITY, &fault.message),
        None if fault.class == Class::SignInLater && fault.code == codes::SIGN_IN_UNREACHABLE => {
            refusal(codes::NO_MANAGED_IDENTITY, &fault.message)
        }
        None => fault,
    }
}

/// `expires_on` is seconds since 1970, as text or number.
fn token(answer: &Value) -> Option<AccessToken> {
    let number = |name: &str| {
        answer[name]
            .as_i64()
            .or_else(|| answer[name].as_str()?.parse().ok())
    };
    let expires = match number("expires_on") {
        Some(at) => OffsetDateTime::from_unix_timestamp(at).ok()?,
        None => {
            OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(number("expires_in")?)
        }
    };
    Some(AccessToken::new(
        Secret::new(answer["access_token"].as_str()?.to_owned()),
        expires,
    ))
}

fn is_on_this_machine(url: &Url) -> bool {
    is_loopback(url) || matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_link_local())
}

impl fmt::Debug for ManagedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedIdentity")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
