//! `guestlist sandbox`: serves the practice tenant until it is interrupted.

use crate::{
    failure::Failure,
    sandbox::{Sandbox, SandboxOptions, Weather},
    ui,
};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub(crate) struct SandboxCommand {
    /// 0 stands for any free port.
    pub port: u16,
    pub weather: Option<PathBuf>,
    /// Host names that requests may use, in addition to those of loopback.
    pub hosts: Vec<String>,
}

pub(crate) async fn run(command: SandboxCommand) -> anyhow::Result<()> {
    let mut options = SandboxOptions {
        port: command.port,
        hosts: command.hosts,
        ..SandboxOptions::default()
    };
    if let Some(path) = &command.weather {
        options.weather =
            Weather::read(path).map_err(|error| Failure::usage(format!("{error:#}")))?;
    }
    let sandbox = Sandbox::start(options).await?;
    let ready = json!({
        "url": sandbox.url,
        "tenant": sandbox.tenant_id,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "user_token": sandbox.user_token,
    });
    let mut out = ui::Out::stdout();
    out.line(ready.to_string())?;
    out.finish()?;
    interrupted().await?;
    sandbox.stop().await;
    Ok(())
}

/// Waits for Ctrl-C or, on Unix, for SIGTERM.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
