//! Chooses the connections for requests: new ones after a 503, and a single one if both sides speak HTTP/2.
//!
//! Must not send anything.

use super::{
    base_url::BaseUrl,
    http_client::{HttpOptions, client},
};
use crate::failure::Result;
use reqwest::Client;
use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::Instant,
};

/// After a 503 there are new connections, but not more often than this. It is shorter than the shortest pause before a
/// retry.
const RENEW_AT_MOST_EVERY: Duration = Duration::from_millis(200);
/// The first request on new connections is sent alone, but the others wait for it no longer than this.
const LONGEST_OPENING: Duration = Duration::from_secs(2);

/// The connections to one server.
#[derive(Debug)]
pub(super) struct Connections {
    base: BaseUrl,
    options: HttpOptions,
    current: RwLock<Arc<Generation>>,
}

/// Connections that were opened since the last 503.
#[derive(Debug)]
pub(super) struct Generation {
    pub client: Client,
    born: Instant,
    unwell: AtomicBool,
    stands: Arc<AtomicBool>,
    opening: Arc<Mutex<()>>,
}

/// Held by the request that opens the first connection.
///
/// If both sides speak HTTP/2, all requests share one connection. That is known only when the connection is open; until
/// then each request would open one of its own.
#[derive(Debug)]
pub(super) struct Opening {
    stands: Arc<AtomicBool>,
    _alone: OwnedMutexGuard<()>,
}

impl Connections {
    pub(super) fn new(base: &BaseUrl, options: HttpOptions) -> Result<Self> {
        let first = Generation::new(client(base, &options)?);
        Ok(Self {
            base: base.clone(),
            options,
            current: RwLock::new(Arc::new(first)),
        })
    }

    /// The connections for the next request.
    pub(super) fn current(&self) -> Arc<Generation> {
        let current = self.get();
        if !current.unwell.load(Relaxed) || current.born.elapsed() < RENEW_AT_MOST_EVERY {
            return current;
        }
        let mut kept = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // A client was built from the same parts before. If that fails now, the old one is still used.
        if Arc::ptr_eq(&kept, &current)
            && let Ok(client) = client(&self.base, &self.options)
        {
            *kept = Arc::new(Generation::new(client));
        }
        kept.clone()
    }

    /// A request that was sent at `sent_at` was answered with 503. The next requests go out on new connections, perhaps to
    /// another server with the same name. Requests in flight on the old connections are not touched.
    pub(super) fn unwell(&self, sent_at: Instant) {
        let current = self.get();
        if sent_at >= current.born {
            current.unwell.store(true, Relaxed);
        }
    }

    fn get(&self) -> Arc<Generation> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Generation {
    fn new(client: Client) -> Self {
        Self {
            client,
            born: Instant::now(),
            unwell: AtomicBool::new(false),
            stands: Arc::default(),
            opening: Arc::default(),
        }
    }

    /// Waits for the request that opens the first connection. Some: this request is the one. None: a connection is open.
    pub(super) async fn opening(&self) -> Option<Opening> {
        if self.stands.load(Relaxed) {
            return None;
        }
        let alone = tokio::time::timeout(LONGEST_OPENING, self.opening.clone().lock_owned()).await;
        let alone = alone.ok()?;
        (!self.stands.load(Relaxed)).then(|| Opening {
            stands: self.stands.clone(),
            _alone: alone,
        })
    }
}

impl Opening {
    pub(super) fn stands(self) {
        self.stands.store(true, Relaxed);
    }
}
