//! `guestlist sandbox`: serves the practice tenant until it is interrupted.
//!
//! Programs read one line of JSON, people read what to do next. Must not write a private key: with `--tls` only the
//! certificate of the authority goes into a file, in a private folder that is removed at the end.

use crate::{
    failure::Failure,
    files::Scratch,
    sandbox::{Sandbox, SandboxOptions, Weather},
    ui,
};
use serde_json::json;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

#[derive(Debug, Clone)]
pub(crate) struct SandboxCommand {
    /// 0 stands for any free port.
    pub port: u16,
    pub weather: Option<PathBuf>,
    /// Host names that requests may use, in addition to those of loopback.
    pub hosts: Vec<String>,
    pub tls: bool,
    /// The line of JSON even on a terminal.
    pub json: bool,
}

pub(crate) async fn run(command: SandboxCommand) -> anyhow::Result<()> {
    let mut options = SandboxOptions {
        port: command.port,
        hosts: command.hosts,
        tls: command.tls,
        ..SandboxOptions::default()
    };
    if let Some(path) = &command.weather {
        options.weather =
            Weather::read(path).map_err(|error| Failure::usage(format!("{error:#}")))?;
    }
    // Before anything is printed: whoever has read it may press Ctrl-C at once.
    let interrupted = interruption()?;
    let sandbox = Sandbox::start(options).await?;
    let scratch = match &sandbox.authority_certificate {
        Some(_) => Some(Scratch::new()?),
        None => None,
    };
    let authority = scratch.as_ref().map(Scratch::practice_authority);
    if let (Some(path), Some(pem)) = (&authority, &sandbox.authority_certificate) {
        crate::files::create_own(path)?.write_all(pem.as_bytes())?;
    }
    let ready = if ui::stdout_is_terminal() && !command.json {
        next_steps(&sandbox, authority.as_deref(), Shell::of_this_system())
    } else {
        ready_line(&sandbox, authority.as_deref())
    };
    let mut out = ui::Out::stdout();
    out.line(ready)?;
    out.finish()?;
    interrupted.await?;
    sandbox.stop().await;
    drop(scratch);
    Ok(())
}

fn ready_line(sandbox: &Sandbox, authority: Option<&Path>) -> String {
    let mut ready = json!({
        "url": sandbox.url,
        "tenant": sandbox.tenant_id,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "user_token": sandbox.user_token,
    });
    if let Some(path) = authority {
        ready["ca_file"] = json!(path);
    }
    ready.to_string()
}

/// How a variable of the environment is set.
#[derive(Debug, Clone, Copy)]
enum Shell {
    Posix,
    PowerShell,
}

impl Shell {
    fn of_this_system() -> Self {
        if cfg!(windows) {
            Self::PowerShell
        } else {
            Self::Posix
        }
    }

    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Posix => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::PowerShell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
        }
    }
}

/// What a person can paste into another window, and what to do there.
fn next_steps(sandbox: &Sandbox, authority: Option<&Path>, shell: Shell) -> String {
    let url = sandbox.url.as_str();
    let mut lines = vec![
        format!(
            "The practice tenant is at {url} until you press Ctrl-C. Nothing leaves this machine."
        ),
        String::new(),
        "Paste this into another window, to sign in as the app of the practice tenant:".to_owned(),
        String::new(),
        shell.set("AZURE_TENANT_ID", &sandbox.tenant_id),
        shell.set("AZURE_CLIENT_ID", &sandbox.client_id),
        shell.set("AZURE_CLIENT_SECRET", &sandbox.client_secret),
        shell.set("AZURE_AUTHORITY_HOST", url),
        shell.set("GUESTLIST_TENANT_ID", &sandbox.tenant_id),
        shell.set("GUESTLIST_TENANT_GRAPH_URL", url),
        shell.set("GUESTLIST_TENANT_AUTHORITY_URL", url),
    ];
    match authority {
        Some(path) => {
            let path = path.display().to_string();
            for name in [
                "GUESTLIST_TENANT_CA_FILE",
                "NODE_EXTRA_CA_CERTS",
                "REQUESTS_CA_BUNDLE",
                "SSL_CERT_FILE",
            ] {
                lines.push(shell.set(name, &path));
            }
        }
        None => lines.extend([
            String::new(),
            "Microsoft's own clients sign in over https only; for them, start it again with --tls."
                .to_owned(),
        ]),
    }
    lines.extend([
        String::new(),
        "Then there:".to_owned(),
        "  guestlist doctor".to_owned(),
        "  guestlist invite SHEET --ledger practice.db --new-ledger".to_owned(),
        format!("  {}", curl(authority, &format!("{url}/_sandbox/mails"))),
        String::new(),
        format!("Scripts and Microsoft's clients use {url}/v1.0 in place of https://graph.microsoft.com/v1.0,"),
        format!("and {url} in place of https://login.microsoftonline.com. The scope stays"),
        "https://graph.microsoft.com/.default.".to_owned(),
        String::new(),
        "To sign in as a person with a mailbox instead, set a token, which is valid for a day:".to_owned(),
        String::new(),
        shell.set("GUESTLIST_ACCESS_TOKEN", &sandbox.user_token),
    ]);
    lines.join("\n")
}

/// Shows which mails were sent, and to whom.
fn curl(authority: Option<&Path>, url: &str) -> String {
    match authority {
        Some(path) => format!("curl --cacert '{}' {url}", path.display()),
        None => format!("curl {url}"),
    }
}

/// Listens for Ctrl-C and, on Unix, for SIGTERM from now on. What it returns waits for one of them.
#[cfg(unix)]
fn interruption() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn interruption() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
