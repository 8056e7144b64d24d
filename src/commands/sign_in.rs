//! What the settings and the environment offer for signing in, and the messages for a person who signs in.
//!
//! Must not choose the method: `graph::auth` does.

use crate::{
    children,
    failure::{Failure, Result},
    graph::auth::{
        AppService, AzurePipelines, CredentialInputs, DeviceCode, GitHubActions, Method,
        MethodName, Prompt,
    },
    secrets,
    settings::{Env, Settings},
    ui,
};
use secrecy::SecretString;
use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub(super) fn method(settings: &Settings, env: &Env<'_>, person: bool) -> Result<Method> {
    let auth = &settings.auth;
    let name = auth.method.value;
    let found = CredentialInputs {
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
        prompt: person.then(|| Arc::new(Screen::new(env, name)) as Arc<dyn Prompt>),
    };
    // Nothing was sent yet: what is missing is missing in the settings.
    found.named(name).map_err(|fault| {
        Failure::usage(fault.message.as_str()).hint(format!(
            "{}; or choose another [auth] method",
            what_to_set(name)
        ))
    })
}

/// What to set for each method of signing in.
fn what_to_set(method: MethodName) -> &'static str {
    match method {
        MethodName::ClientSecret => {
            "set AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or client_id and client_secret in [auth]"
        }
        MethodName::Certificate => {
            "set AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH, or client_id and certificate in [auth]"
        }
        MethodName::WorkloadIdentity => {
            "set AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, as Kubernetes does for a pod that is labelled for workload identity"
        }
        MethodName::GitHubActions => {
            "set AZURE_CLIENT_ID, and give the job `permissions: id-token: write`"
        }
        MethodName::AzurePipelines => {
            "set AZURE_CLIENT_ID, run in an AzureCLI task with its service connection, and pass SYSTEM_ACCESSTOKEN: $(System.AccessToken)"
        }
        MethodName::Browser | MethodName::DeviceCode => {
            "set AZURE_CLIENT_ID, or client_id in [auth], and run it where a person can answer"
        }
        MethodName::Auto
        | MethodName::AzureCli
        | MethodName::ManagedIdentity
        | MethodName::Token => "compare [auth] with config.example.toml",
    }
}

/// A hint for a failed sign-in whose method was chosen automatically.
pub(super) fn picked(settings: &Settings, method: MethodName) -> Option<String> {
    let auth = &settings.auth;
    if auth.method.value != MethodName::Auto {
        return None;
    }
    if method != MethodName::AzureCli {
        return Some(format!("[auth] method is auto, and it chose {method}"));
    }
    let lacks_app = auth.client_id.is_none()
        && (auth.client_secret.is_some()
            || auth.certificate.is_some()
            || auth.federated_token_file.is_some());
    Some(if lacks_app {
        "there is something to sign in with as an app, but no client id: set AZURE_CLIENT_ID, or client_id in [auth]".into()
    } else {
        "nothing else to sign in with was found: for an app set AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or a certificate); for a person set AZURE_CLIENT_ID and use a terminal".into()
    })
}

fn secret(env: &Env<'_>, name: &str) -> Option<SecretString> {
    env(name)
        .filter(|value| !value.is_empty())
        .map(SecretString::from)
        .inspect(secrets::remember)
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

struct Screen {
    /// Whether a browser can open a window here.
    display: bool,
    /// Whether a code is shown if no browser opens.
    else_code: bool,
    has_shown_code: AtomicBool,
}

impl Screen {
    fn new(env: &Env<'_>, method: MethodName) -> Self {
        let named = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        Self {
            // Over ssh `xdg-open` starts, but its window is on another screen or nowhere.
            display: cfg!(any(target_os = "windows", target_os = "macos"))
                || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"]
                    .into_iter()
                    .any(named),
            else_code: method == MethodName::Auto,
            has_shown_code: AtomicBool::new(false),
        }
    }
}

impl Prompt for Screen {
    fn browse(&self, url: &str) -> bool {
        let opens = self.display && open(url);
        if opens {
            ui::tell(format!(
                "sign in in the browser that opens; if none does, open\n  {url}\nCtrl-C gives up"
            ));
        } else if !self.else_code {
            ui::tell(format!(
                "to sign in, open this in a browser on this machine\n  {url}\nCtrl-C gives up"
            ));
        }
        opens
    }

    fn show_code(&self, code: &DeviceCode) {
        self.has_shown_code.store(true, Ordering::Relaxed);
        ui::tell(format!(
            "to sign in, open {} and type the code {}\nit can be used for {}; Ctrl-C gives up",
            code.url,
            code.user_code,
            ui::text::duration(code.expires_in)
        ));
    }

    fn has_shown_code(&self) -> bool {
        self.has_shown_code.load(Ordering::Relaxed)
    }
}

/// The system's own way to open an address.
fn open(url: &str) -> bool {
    let mut command = if cfg!(target_os = "windows") {
        let mut command = children::command("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else if cfg!(target_os = "macos") {
        children::command("open")
    } else {
        children::command("xdg-open")
    };
    command
        .arg(url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
