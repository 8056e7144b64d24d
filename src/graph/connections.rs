//! Which connections requests go out on: new ones after a 503, and never many where one will do.
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

/// A server that is unwell gets new connections, but not more often than this. It is less than the shortest pause
/// before a retry.
const RENEW_AT_MOST_EVERY: Duration = Duration::from_millis(200);
/// The first request on new connections goes alone, but the others do not wait longer for it than this.
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
/// Where both sides speak HTTP/2, all requests share one connection; but that is known only when it stands, and until
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

    /// Those for the next request.
    pub(super) fn current(&self) -> Arc<Generation> {
        let current = self.get();
        if !current.unwell.load(Relaxed) || current.born.elapsed() < RENEW_AT_MOST_EVERY {
            return current;
        }
        let mut kept = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // A client was built from the same parts before; should it fail now, the old one still serves.
        if Arc::ptr_eq(&kept, &current)
            && let Ok(client) = client(&self.base, &self.options)
        {
            *kept = Arc::new(Generation::new(client));
        }
        kept.clone()
    }

    /// A request that was sent at `sent_at` was answered with 503: what follows goes out on new connections, perhaps to
    /// another server behind the same name. What is under way on the old ones is left alone.
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

    /// Waits for the request that opens the first connection; none when one stands. Some: this is that request.
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
