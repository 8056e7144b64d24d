//! A small HTTP server for tests: it answers as told, also with what no decent server would send.

use super::{Graph, GraphConfig, Tokens, auth::CredentialSource, http::HttpOptions};
use crate::{
    clock::Clock,
    pace::{Pace, PaceOptions, Rate, StopSignal},
};
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    time::{Duration as Span, OffsetDateTime},
};
use serde_json::Value;
use std::{
    fmt::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub at: Instant,
    /// Which connection it came on.
    pub connection: u32,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

pub(crate) enum Reply {
    /// Status, header lines, body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// These bytes, then the connection ends.
    Raw(String),
    /// The connection ends without a word.
    HangUp,
    /// Nothing for this long.
    Silence(Duration),
}

pub(crate) fn json(status: u16, body: &str) -> Reply {
    Reply::Http(
        status,
        vec![("Content-Type", "application/json".into())],
        body.into(),
    )
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"error": {"code": code, "message": message, "innerError": {"request-id": "inner-1"}}});
    json(status, &body.to_string())
}

pub(crate) fn with(reply: Reply, name: &'static str, value: impl Into<String>) -> Reply {
    match reply {
        Reply::Http(status, mut headers, body) => {
            headers.push((name, value.into()));
            Reply::Http(status, headers, body)
        }
        other => other,
    }
}

#[derive(Clone)]
pub(crate) struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// `answer` gets the request and how many came before it.
    pub(crate) async fn start(
        answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let server = Self {
            url,
            received: received.clone(),
        };
        let answer = Arc::new(answer);
        let connections = AtomicU32::new(0);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, connection, answer.clone(), received.clone()));
            }
        });
        server
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn graph(&self) -> Graph {
        self.graph_with(&Credential::new("t", 3_600))
    }

    pub(crate) fn graph_with(&self, credential: &Credential) -> Graph {
        self.graph_stopped_by(credential, &StopSignal::default())
    }

    pub(crate) fn graph_stopped_by(&self, credential: &Credential, stop: &StopSignal) -> Graph {
        let config = GraphConfig {
            base_url: self.url.clone(),
            http: HttpOptions {
                answer_timeout: Duration::from_secs(4),
                ..HttpOptions::default()
            },
            clock: Clock::system(),
            abilities: None,
        };
        let tokens = credential.tokens().hearing(stop.clone());
        Graph::new(config, tokens, quick_pace().hearing(stop.clone())).unwrap()
    }
}

pub(crate) fn quick_pace() -> Pace {
    Pace::new(&PaceOptions {
        rate: Rate::Max,
        verified: 0,
        invites_per_5s: 0,
        writes_per_150s: 0,
        resource_units_per_10s: 0,
        give_up_after: Duration::from_secs(600),
    })
}

async fn serve(
    mut stream: TcpStream,
    connection: u32,
    answer: Arc<impl Fn(&Received, usize) -> Reply>,
    log: Arc<Mutex<Vec<Received>>>,
) {
    while let Some(request) = read(&mut stream, connection).await {
        let before = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        match answer(&request, before) {
            Reply::Http(status, headers, body) => {
                let mut head = format!(
                    "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n",
                    body.len()
                );
                for (name, value) in headers {
                    write!(head, "{name}: {value}\r\n").unwrap();
                }
                let whole = format!("{head}\r\n{body}");
                if stream.write_all(whole.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(bytes.as_bytes()).await;
                return;
            }
            Reply::HangUp => return,
            Reply::Silence(time) => tokio::time::sleep(time).await,
        }
    }
}

async fn read(stream: &mut TcpStream, connection: u32) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let mut first = lines.next()?.split(' ');
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let received = Received {
                method: first.next()?.to_owned(),
                path: first.next()?.to_owned(),
                body: body.to_owned(),
                at: Instant::now(),
                connection,
                headers,
            };
            let length: usize = received
                .header("content-length")
                .map_or(0, |value| value.parse().unwrap());
            if body.len() >= length {
                return Some(received);
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// A credential that counts: its tokens are `t-0`, `t-1`, …, and it can fail as told.
#[derive(Clone)]
pub(crate) struct Credential {
    pub name: String,
    pub lives: i64,
    pub asked: Arc<AtomicU32>,
    pub at_once: Arc<AtomicU32>,
    pub most_at_once: Arc<AtomicU32>,
    pub fails: Arc<dyn Fn(u32) -> Option<azure_core::Error> + Send + Sync>,
    pub takes: Duration,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential")
    }
}

impl Credential {
    pub(crate) fn new(name: &str, lives: i64) -> Self {
        Self {
            name: name.into(),
            lives,
            asked: Arc::default(),
            at_once: Arc::default(),
            most_at_once: Arc::default(),
            fails: Arc::new(|_| None),
            takes: Duration::ZERO,
        }
    }

    pub(crate) fn tokens(&self) -> Tokens {
        let credential = self.clone();
        let source: CredentialSource = Arc::new(move || Ok(Arc::new(credential.clone())));
        Tokens::new(source, "https://graph.example/.default")
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenCredential for Credential {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        match (self.fails)(count) {
            Some(error) => Err(error),
            None => Ok(AccessToken::new(
                Secret::new(format!("{}-{count}", self.name)),
                OffsetDateTime::now_utc() + Span::seconds(self.lives),
            )),
        }
    }
}
