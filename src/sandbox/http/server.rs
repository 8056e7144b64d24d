//! Starts and stops the practice tenant on a loopback port.

use crate::{
    clock::Clock,
    sandbox::{
        directory::seed::seed_directory,
        faults::{fault_injector::FaultInjector, throttle::Throttle, weather::Weather},
        http::{
            connection::{self, BreakableConnection},
            handler::{Service, handle},
            tls,
        },
        sign_in::state::SignInState,
        state::{
            identity::{CLIENT_ID, CLIENT_SECRET, TENANT_ID, TenantIdentity},
            journal::Journal,
            request_stats::RequestStats,
            tenant::{AskedAt, InvitationRecord, TenantState},
            token_store::TokenStore,
        },
    },
};
use anyhow::Context;
use axum::body::Body;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use std::{convert::Infallible, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// How long `stop` waits for requests that are in flight.
const STOP_WITHIN: Duration = Duration::from_secs(1);
/// Longer than clients keep an idle connection, so that the server does not close one while a request is on its way.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Further connections wait until another one ends.
const MAX_CONNECTIONS: usize = 1_024;

#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// 0 stands for any free port.
    pub port: u16,
    pub weather: Weather,
    /// The file that keeps the changes; without it they are lost when the process ends.
    pub people_file: Option<PathBuf>,
    /// Number of synthetic accepted guests, `guest-000001@crowd.example` and so on, in addition to the seeded people.
    pub synthetic_guests: u32,
    /// Number of requests in `/_sandbox/log`; 0 switches the log off.
    pub log_capacity: usize,
    /// Host names that requests may use, in addition to those of loopback.
    pub hosts: Vec<String>,
    /// Whether connections use TLS, with a certificate that is made at the start.
    pub tls: bool,
    /// A connection is closed when it brings no whole request head within this time.
    pub idle_timeout: Duration,
    pub clock: Clock,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            weather: Weather::default(),
            people_file: None,
            synthetic_guests: 0,
            log_capacity: 10_000,
            hosts: Vec::new(),
            tls: false,
            idle_timeout: IDLE_TIMEOUT,
            clock: Clock::system(),
        }
    }
}

/// A running practice tenant. When it is dropped, it stops at once.
pub struct Sandbox {
    /// The base URL of Graph and of the authority, without a path.
    pub url: String,
    pub tenant_id: String,
    pub client_id: String,
    pub client_secret: String,
    /// An access token of a signed-in user who has a mailbox.
    pub user_token: String,
    /// With TLS: the certificate of the authority that clients are to trust, in PEM.
    pub authority_certificate: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts on the runtime of the caller.
    pub async fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        options.weather.check()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{}", options.port))?;
        let tls = if options.tls {
            Some(tls::new(&options.hosts, options.clock.now())?)
        } else {
            None
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        let (hosts, idle_timeout) = (options.hosts.clone(), options.idle_timeout);
        let mut tenant = new_tenant(options, url.clone())?;
        let user_token = tenant.issue_user_token(&url, tenant.weather.user_token_lifetime);
        let service = Arc::new(Service::new(tenant, scheme, hosts));
        let (stop, stopped) = oneshot::channel::<()>();
        let (acceptor, authority_certificate) =
            tls.map(|tls| (tls.acceptor, tls.authority)).unzip();
        let task = tokio::spawn(serve(listener, service, acceptor, idle_timeout, stopped));
        Ok(Self {
            url,
            tenant_id: TENANT_ID.into(),
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            user_token,
            authority_certificate,
            stop: Some(stop),
            task,
        })
    }

    /// Stops after the requests that are in flight have ended, or after `STOP_WITHIN`.
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

/// Answers requests until `stopped` is sent or its sender is dropped, and then those that are in flight.
async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    tls: Option<TlsAcceptor>,
    idle_timeout: Duration,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(idle_timeout);
    let shutdown = GracefulShutdown::new();
    let free_connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let next = async {
            let permit = free_connections.clone().acquire_owned().await;
            (permit, connection::accept(&listener).await)
        };
        let (permit, connection) = tokio::select! {
            next = next => next,
            _ = &mut stopped => break,
        };
        let (service, http, tls) = (service.clone(), http.clone(), tls.clone());
        let watcher = shutdown.watcher();
        tokio::spawn(async move {
            serve_connection(connection, service, tls, &http, watcher).await;
            drop(permit);
        });
    }
    drop(listener);
    shutdown.shutdown().await;
}

/// Answers the requests of one connection. An error means that the client is gone, that it wanted no TLS or other TLS,
/// or that the connection was broken on purpose.
async fn serve_connection(
    connection: BreakableConnection,
    service: Arc<Service>,
    tls: Option<TlsAcceptor>,
    http: &http1::Builder,
    watcher: Watcher,
) {
    let control = connection.control();
    let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (service, control) = (service.clone(), control.clone());
        async move { Ok::<_, Infallible>(handle(service, control, request.map(Body::new)).await) }
    });
    let Some(tls) = tls else {
        let served = http.serve_connection(TokioIo::new(connection), answer);
        let _ = watcher.watch(served).await;
        return;
    };
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(connection));
    if let Ok(Ok(connection)) = handshake.await {
        let served = http.serve_connection(TokioIo::new(connection), answer);
        let _ = watcher.watch(served).await;
    }
}

/// The state that the tenant starts with.
fn new_tenant(options: SandboxOptions, url: String) -> anyhow::Result<TenantState> {
    let mut directory = seed_directory(options.synthetic_guests, options.clock.now());
    let mut stats = RequestStats::new(options.log_capacity);
    let mut invitations = InvitationRecord::default();
    let mut journal = None;
    if let Some(path) = &options.people_file {
        let (opened, contents) = Journal::open(path, &mut directory)?;
        invitations.tickets = contents.tickets;
        for mail in contents.mails {
            stats.add_mail(mail);
        }
        journal = Some(opened);
    }
    Ok(TenantState {
        identity: TenantIdentity::new(url),
        clock: options.clock,
        directory,
        invitations,
        fault_injector: FaultInjector::new(&options.weather),
        throttle: Throttle::new(&options.weather.throttle),
        weather: options.weather,
        tokens: TokenStore::default(),
        sign_ins: SignInState::default(),
        stats,
        journal,
        asked_at: AskedAt::default(),
        request_addresses: Vec::new(),
        request_done: false,
        being_deleted: Vec::new(),
    })
}
