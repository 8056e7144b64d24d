//! What settings and environment have to offer for signing in; and the screen for a person who does.
//!
//! Decides nothing: which way is meant is `graph::auth`'s to say.

use crate::{
    failure::Result,
    graph::auth::{AppService, AzurePipelines, DeviceCode, Found, GitHubActions, Method, Prompt},
    settings::{Env, Settings, word_of},
    ui,
};
use secrecy::SecretString;
use std::{
    process::{Command, Stdio},
    sync::Arc,
};

pub fn method(settings: &Settings, env: &Env<'_>, person: bool) -> Result<Method> {
    let auth = &settings.auth;
    let found = Found {
        client_id: auth.client_id.as_ref().map(|id| id.value.clone()),
        client_secret: auth
            .client_secret
            .as_ref()
            .map(|secret| secret.value.read(env))
            .transpose()?,
        certificate: auth.certificate.as_ref().map(|path| path.value.clone()),
        token_file: auth
            .federated_token_file
            .as_ref()
            .map(|path| path.value.clone()),
        github: github(env),
        pipelines: pipelines(env),
        app_service: app_service(env),
        access_token: auth
            .access_token
            .as_ref()
            .map(|token| token.value.read(env))
            .transpose()?,
        prompt: person.then(|| Arc::new(Screen) as Arc<dyn Prompt>),
    };
    Ok(found.named(&word_of(&auth.method.value))?)
}

fn secret(env: &Env<'_>, name: &str) -> Option<SecretString> {
    env(name)
        .filter(|value| !value.is_empty())
        .map(SecretString::from)
}

/// `permissions: id-token: write` in a GitHub workflow.
fn github(env: &Env<'_>) -> Option<GitHubActions> {
    Some(GitHubActions {
        url: env("ACTIONS_ID_TOKEN_REQUEST_URL")?,
        token: secret(env, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")?,
    })
}

/// The names are those of the `AzureCLI` and `AzurePowerShell` tasks.
fn pipelines(env: &Env<'_>) -> Option<AzurePipelines> {
    Some(AzurePipelines {
        url: env("SYSTEM_OIDCREQUESTURI")?,
        token: secret(env, "SYSTEM_ACCESSTOKEN")?,
        service_connection: env("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")?,
    })
}

/// App Service, Functions, Container Apps.
fn app_service(env: &Env<'_>) -> Option<AppService> {
    Some(AppService {
        endpoint: env("IDENTITY_ENDPOINT")?,
        header: secret(env, "IDENTITY_HEADER")?,
    })
}

struct Screen;

impl Prompt for Screen {
    fn browse(&self, url: &str) -> bool {
        ui::tell(format!(
            "sign in in the browser that opens; if none does, open\n  {url}"
        ));
        open(url)
    }

    fn show_code(&self, code: &DeviceCode) {
        ui::tell(format!(
            "to sign in, open {} and type the code {}\nit can be used for {}",
            code.url,
            code.user_code,
            ui::text::duration(code.expires_in)
        ));
    }
}

/// The system's own way to open an address.
fn open(url: &str) -> bool {
    let mut command = if cfg!(target_os = "windows") {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else if cfg!(target_os = "macos") {
        Command::new("open")
    } else {
        Command::new("xdg-open")
    };
    command
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
