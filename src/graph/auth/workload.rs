//! Workloads that sign in with a token of their own platform: a file (Kubernetes), GitHub Actions, Azure Pipelines. Each
//! renewal gets a new one, because they are valid for minutes only.
//!
//! Must not read the environment: where to ask is passed in.

use super::{
    catalogue as codes,
    failures::{as_error, busy, fault_of, refusal},
    transport::Authority,
};
use crate::{
    files,
    graph::fault::{Class, Fault},
    secrets,
};
use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What Entra expects such a token to be for.
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The longest token of a platform; a JWT is far shorter.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
#[derive(Debug, Clone)]
pub(crate) struct GitHubActions {
    pub url: String,
    pub token: SecretString,
}

/// `SYSTEM_OIDCREQUESTURI`, `SYSTEM_ACCESSTOKEN`, and the service connection's id.
#[derive(Debug, Clone)]
pub(crate) struct AzurePipelines {
    pub url: String,
    pub token: SecretString,
    pub service_connection: String,
}

/// Where a workload's own token comes from.
#[derive(Debug, Clone)]
pub(crate) enum Workload {
    File(PathBuf),
    GitHubActions(GitHubActions),
    AzurePipelines(AzurePipelines),
}

#[derive(Debug)]
pub(super) struct WorkloadAssertion {
    pub workload: Workload,
    pub authority: Authority,
}

#[async_trait]
impl ClientAssertion for WorkloadAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let token = self.token().await.map_err(as_error)?;
        secrets::remember(&token);
        Ok(token.expose_secret().to_owned())
    }
}

impl WorkloadAssertion {
    async fn token(&self) -> Result<SecretString, Fault> {
        match &self.workload {
            Workload::File(path) => read(path),
            Workload::GitHubActions(github) => {
                let mut url = parsed(&github.url)?;
                url.query_pairs_mut().append_pair("audience", AUDIENCE);
                let request = self
                    .authority
                    .client()
                    .get(url)
                    .bearer_auth(github.token.expose_secret());
                self.ask(request, "value").await
            }
            Workload::AzurePipelines(pipelines) => {
                let mut url = parsed(&pipelines.url)?;
                url.query_pairs_mut()
                    .append_pair("api-version", "7.1")
                    .append_pair("serviceConnectionId", &pipelines.service_connection);
                let request = self
                    .authority
                    .client()
                    .post(url)
                    .bearer_auth(pipelines.token.expose_secret())
                    // Without this header a missing right is answered by a redirect to a sign-in page.
                    .header("X-TFS-FedAuthRedirect", "Suppress")
                    .header("content-length", "0");
                self.ask(request, "oidcToken").await
            }
        }
    }

    async fn ask(
        &self,
        request: reqwest::RequestBuilder,
        field: &str,
    ) -> Result<SecretString, Fault> {
        let answer: Value = self.authority.get_json(request).await.map_err(|error| {
            let fault = fault_of(&error).fault;
            let code = codes::NO_WORKLOAD_TOKEN;
            match fault.class {
                Class::SignInLater => busy(code, &fault.message),
                _ => refusal(
                    code,
                    format!("HTTP {}: {}", fault.status.unwrap_or(0), fault.message),
                ),
            }
        })?;
        match answer[field].as_str() {
            Some(token) if !token.is_empty() => Ok(token.into()),
            _ => Err(refusal(
                codes::NO_WORKLOAD_TOKEN,
                format!("the answer has no `{field}`"),
            )),
        }
    }
}

fn read(path: &Path) -> Result<SecretString, Fault> {
    let missing = |why: String| {
        refusal(
            codes::NO_WORKLOAD_TOKEN,
            format!("{}: {why}", path.display()),
        )
    };
    let token =
        files::read_given_text(path, LONGEST_TOKEN).map_err(|error| missing(error.to_string()))?;
    match token.trim() {
        "" => Err(missing("it is empty".into())),
        token => Ok(token.into()),
    }
}

fn parsed(url: &str) -> Result<Url, Fault> {
    Url::parse(url)
        .map_err(|_| refusal(codes::NO_WORKLOAD_TOKEN, "the address to ask is not a URL"))
}
