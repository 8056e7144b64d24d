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
    wire,
};
use crate::clock::Clock;
use anyhow::Context;
use axum::body::Body;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{convert::Infallible, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};

const STOP_WITHIN: Duration = Duration::from_secs(1);
/// Longer than clients keep an idle connection, so that none is closed under a request.
const IDLE: Duration = Duration::from_secs(75);
/// More wait until another one ends.
const MOST_CONNECTIONS: usize = 1_024;

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
    /// Host names that are answered to, beside those of loopback.
    pub hosts: Vec<String>,
    /// A connection without a whole request head for so long ends.
    pub idle: Duration,
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
            hosts: Vec::new(),
            idle: IDLE,
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
        let (hosts, idle) = (options.hosts.clone(), options.idle);
        let mut tenant = tenant(options, url.clone())?;
        let user_token = tenant.issue_user_token(tenant.weather.user_token_lifetime);
        let app = Arc::new(App::new(tenant, hosts));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, app, idle, stopped));
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

/// Answers until it is stopped, and then what is under way. A dropped sender stops it as well.
async fn serve(
    port: TcpListener,
    app: Arc<App>,
    idle: Duration,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(idle);
    let ending = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let next = async {
            let place = room.clone().acquire_owned().await;
            (place, wire::accept(&port).await)
        };
        let (place, connection) = tokio::select! {
            next = next => next,
            _ = &mut stopped => break,
        };
        let (app, wire) = (app.clone(), connection.wire());
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let (app, wire) = (app.clone(), wire.clone());
            async move { Ok::<_, Infallible>(handle(app, wire, request.map(Body::new)).await) }
        });
        let served = http.serve_connection(TokioIo::new(connection), service);
        let served = ending.watch(served);
        tokio::spawn(async move {
            // A client that left, or an answer that was broken on purpose.
            let _ = served.await;
            drop(place);
        });
    }
    drop(port);
    ending.shutdown().await;
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
