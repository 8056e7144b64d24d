//! `guestlist sandbox`: serve the practice tenant until it is interrupted.

use crate::{
    failure::Failure,
    sandbox::{Sandbox, SandboxOptions, Weather},
    ui,
};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Clone, Default)]
pub struct SandboxCommand {
    /// 0: any free port.
    pub port: u16,
    pub weather: Option<PathBuf>,
    /// Host names that are answered to, beside those of loopback.
    pub hosts: Vec<String>,
    pub people_file: Option<PathBuf>,
    /// Synthetic guests beside the seeded people.
    pub crowd: u32,
    /// Requests that the log remembers; nothing said: 10,000.
    pub log: Option<usize>,
}

pub async fn run(command: SandboxCommand) -> anyhow::Result<()> {
    let mut options = SandboxOptions {
        port: command.port,
        hosts: command.hosts,
        people_file: command.people_file,
        crowd: command.crowd,
        ..SandboxOptions::default()
    };
    if let Some(path) = &command.weather {
        options.weather =
            Weather::read(path).map_err(|error| Failure::usage(format!("{error:#}")))?;
    }
    if let Some(log) = command.log {
        options.log_capacity = log;
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

/// Ctrl-C, or the system's wish that it ends.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut end = signal(SignalKind::terminate())?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended,
            _ = end.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
