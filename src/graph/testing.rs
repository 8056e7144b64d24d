//! Graph as the unit tests put it up: a server that answers as it is told, a client for it, and a credential.

#[path = "../../tests/support/peer.rs"]
mod peer; // the server, which the integration tests use too

use super::{
    BaseUrl, Graph, GraphConfig, Tokens, auth::CredentialSource, http_client::HttpOptions,
};
use crate::{
    clock::Clock,
    pace::{Pace, PaceOptions, Rate, StopSignal},
};
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    time::{Duration as Span, OffsetDateTime},
};
use peer::Peer;
pub(crate) use peer::{Reply, Request as Received};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

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
    peer: Peer,
}

impl Server {
    /// `answer` gets the request and how many came before it.
    #[expect(clippy::unused_async, reason = "it belongs to the runtime of its test")]
    pub(crate) async fn start(
        answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let peer = Peer::start(answer);
        Self {
            url: peer.url.clone(),
            peer,
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.peer.received()
    }

    pub(crate) fn graph(&self) -> Graph {
        self.graph_with(&Credential::new("t", 3_600))
    }

    pub(crate) fn graph_with(&self, credential: &Credential) -> Graph {
        self.graph_stopped_by(credential, &StopSignal::default())
    }

    pub(crate) fn graph_paced(&self, pace: Pace) -> Graph {
        self.graph_by(&Credential::new("t", 3_600), &StopSignal::default(), pace)
    }

    pub(crate) fn graph_stopped_by(&self, credential: &Credential, stop: &StopSignal) -> Graph {
        self.graph_by(credential, stop, quick_pace())
    }

    fn graph_by(&self, credential: &Credential, stop: &StopSignal, pace: Pace) -> Graph {
        let config = GraphConfig {
            base_url: BaseUrl::graph(&self.url).unwrap(),
            http: HttpOptions {
                answer_timeout: Duration::from_secs(4),
                ..HttpOptions::default()
            },
            clock: Clock::system(),
            abilities: None,
        };
        let tokens = credential.tokens().hearing(stop.clone());
        Graph::new(config, tokens, pace.hearing(stop.clone())).unwrap()
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
