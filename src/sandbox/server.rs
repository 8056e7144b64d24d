//! The practice tenant on a loopback port: start and stop.

use super::{
    exchange::{App, handle},
    fate::Fates,
    journal::Journal,
    people,
    seen::Seen,
    sign_in::SignIns,
    tenant::{Invitations, Names, Tenant},
    throttle::Throttle,
    token::Tokens,
    weather::Weather,
    wire::{Port, Wire},
};
use crate::clock::Clock;
use anyhow::Context;
use axum::Router;
use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

const STOP_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// 0: any free port.
    pub port: u16,
    pub weather: Weather,
    /// Where the tenant keeps what was changed; without it nothing outlives the process.
    pub people_file: Option<PathBuf>,
    /// Synthetic accepted guests `guest-000001@crowd.example` … beside the seeded people.
    pub crowd: u32,
    /// How many requests `/_sandbox/log` remembers; 0 switches it off.
    pub log_capacity: usize,
    pub clock: Clock,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            weather: Weather::default(),
            people_file: None,
            crowd: 0,
            log_capacity: 10_000,
            clock: Clock::system(),
        }
    }
}

/// A running practice tenant. Dropping it ends it.
pub struct Sandbox {
    /// Of Graph and of the authority; Graph's own paths start with `/v1.0`.
    pub url: String,
    pub tenant_id: String,
    pub tenant_name: String,
    pub domain: String,
    pub client_id: String,
    pub client_secret: String,
    /// Of a signed-in user with a mailbox.
    pub user_token: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts on the caller's runtime.
    pub async fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        options.weather.check()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{}", options.port))?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut tenant = tenant(options, url.clone())?;
        let user_token = tenant.issue_user_token(tenant.weather.user_token_lifetime);
        let app = Arc::new(App::new(tenant));

        let service = Router::new()
            .fallback(handle)
            .with_state(app)
            .into_make_service_with_connect_info::<Wire>();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let served = axum::serve(Port(listener), service).with_graceful_shutdown(async move {
                // A dropped sender ends it as well.
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::warn!(%error, "the practice tenant ended");
            }
        });
        Ok(Self {
            url,
            tenant_id: people::TENANT_ID.into(),
            tenant_name: people::TENANT_NAME.into(),
            domain: people::DOMAIN.into(),
            client_id: people::CLIENT_ID.into(),
            client_secret: people::CLIENT_SECRET.into(),
            user_token,
            stop: Some(stop),
            task,
        })
    }

    /// Lets requests under way end, but not for long.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = tokio::time::timeout(STOP_WITHIN, &mut self.task).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn tenant(options: SandboxOptions, url: String) -> anyhow::Result<Tenant> {
    let mut directory = people::organisation(options.crowd, options.clock.now());
    let mut seen = Seen::new(options.log_capacity);
    let mut invitations = Invitations::default();
    let mut journal = None;
    if let Some(path) = &options.people_file {
        let (opened, remembered) = Journal::open(path, &mut directory)?;
        invitations.tickets = remembered.tickets;
        for mail in remembered.mails {
            seen.mailed(mail);
        }
        journal = Some(opened);
    }
    Ok(Tenant {
        names: Names::new(url),
        clock: options.clock,
        directory,
        invitations,
        fates: Fates::new(&options.weather),
        throttle: Throttle::new(&options.weather.throttle),
        weather: options.weather,
        tokens: Tokens::default(),
        sign_ins: SignIns::default(),
        seen,
        journal,
        touched: Vec::new(),
    })
}
