//! The handle that everybody who sends holds: may I go, this came back, may I try again.
//!
//! Waits are taken in turn: whoever holds a lock is next, so nobody is overtaken and nobody races.

use super::adaptation::Adaptation;
use super::backoff::backoff;
use super::bucket::Bucket;
use super::budget::Budget;
use super::gate::{Gate, TooLong};
use super::options::PaceOptions;
use super::window::Window;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

#[derive(Clone)]
pub struct Pace(Arc<Shared>);

struct Shared {
    gate: Gate,
    adaptation: Adaptation,
    budget: Budget,
    invitations: Mutex<Invitations>,
    has_invitation_ceilings: bool,
    reads: Option<Mutex<Window>>,
    /// Throttles since the last success, for servers that do not say how long to wait. A read that succeeds says
    /// nothing about invitations.
    throttles_in_a_row: AtomicU32,
    read_throttles_in_a_row: AtomicU32,
}

struct Invitations {
    bucket: Bucket,
    ceilings: Vec<Window>,
}

impl Pace {
    pub fn new(options: &PaceOptions) -> Self {
        let start = Instant::now();
        let invites = Window::new(options.invites_per_5s, Duration::from_secs(5));
        let writes = Window::new(options.writes_per_150s, Duration::from_secs(150));
        let reads = Window::new(options.resource_units_per_10s, Duration::from_secs(10));
        // The short window is spent evenly, the long one as it comes: that keeps a server's five-second
        // counter from seeing bursts, and a short run from being slowed by what a long one may not do.
        let even = invites.as_ref().map(Window::even_rate);
        let ceilings: Vec<Window> = [invites, writes].into_iter().flatten().collect();
        Self(Arc::new(Shared {
            gate: Gate::new(start, options.give_up_after),
            adaptation: Adaptation::new(start, options.rate, even),
            budget: Budget::new(start),
            has_invitation_ceilings: !ceilings.is_empty(),
            invitations: Mutex::new(Invitations {
                bucket: Bucket::new(start),
                ceilings,
            }),
            reads: reads.map(Mutex::new),
            throttles_in_a_row: AtomicU32::new(0),
            read_throttles_in_a_row: AtomicU32::new(0),
        }))
    }

    /// Waits for the gate, the rate and the ceilings.
    pub async fn before_invitation(&self) -> Result<(), TooLong> {
        let shared = &*self.0;
        shared.gate.open().await?;
        let mut waited = false;
        if shared.has_invitation_ceilings || shared.adaptation.rate().is_some() {
            let mut turn = shared.invitations.lock().await;
            waited = turn.bucket.take(|| shared.adaptation.rate()).await;
            for ceiling in &mut turn.ceilings {
                waited |= ceiling.take(1).await;
            }
            // Still in turn, so that the gate lets people out at the rate and not all at once.
            shared.gate.open().await?;
        }
        shared.adaptation.admitted(waited);
        Ok(())
    }

    /// Waits for the gate and for the read ceiling.
    pub async fn before_read(&self, resource_units: u32) -> Result<(), TooLong> {
        self.gate().await?;
        if let Some(reads) = &self.0.reads {
            reads.lock().await.take(resource_units).await;
            self.gate().await?;
        }
        Ok(())
    }

    /// Only the gate: to be called right before sending.
    pub async fn gate(&self) -> Result<(), TooLong> {
        self.0.gate.open().await
    }

    /// A request that was sent at `sent_at` was throttled: nobody sends until `retry_after` is over (a
    /// growing wait when the server did not say), and the rate falls, once per burst of refusals.
    pub fn throttled(
        &self,
        sent_at: Instant,
        retry_after: Option<Duration>,
    ) -> Result<(), TooLong> {
        let wait = wait_asked_for(retry_after, &self.0.throttles_in_a_row);
        self.0.adaptation.throttled(sent_at, wait);
        self.0.gate.close(wait)
    }

    /// The server asked for patience about something else than invitations, a read or its own health: nobody sends
    /// until that is over, and the rate of invitations stays as it is.
    pub fn wait_out(&self, retry_after: Option<Duration>) -> Result<(), TooLong> {
        let wait = wait_asked_for(retry_after, &self.0.read_throttles_in_a_row);
        self.0.gate.close(wait)
    }

    /// An invitation succeeded: the rate may grow and the retry budget fills. The gate stays as it is.
    pub fn answered(&self) {
        let shared = &*self.0;
        over(&shared.throttles_in_a_row);
        shared.budget.succeeded();
        shared.adaptation.answered();
    }

    /// A read succeeded: the retry budget fills.
    pub fn read_answered(&self) {
        over(&self.0.read_throttles_in_a_row);
        self.0.budget.succeeded();
    }

    /// Whether one more retry may be made; pays for it from the budget that all share.
    pub fn retry_allowed(&self) -> bool {
        self.0.budget.pay()
    }

    /// A new target for [`Rate::Auto`](super::Rate::Auto); other rates keep theirs.
    pub fn set_target(&self, per_second: f64) {
        self.0.adaptation.set_target(per_second);
    }

    /// Invitations a second as allowed now; `None` = no limit.
    pub fn current_rate(&self) -> Option<f64> {
        self.0.adaptation.rate()
    }

    /// How long nobody may send, when the gate is closed.
    pub fn closed_for(&self) -> Option<Duration> {
        self.0.gate.remaining()
    }
}

/// One wait for all needs no jitter: nobody else is to be kept apart.
fn wait_asked_for(retry_after: Option<Duration>, in_a_row: &AtomicU32) -> Duration {
    let before = in_a_row.fetch_add(1, Ordering::Relaxed);
    retry_after.unwrap_or_else(|| backoff(before.saturating_add(1), 1.0))
}

fn over(in_a_row: &AtomicU32) {
    if in_a_row.load(Ordering::Relaxed) > 0 {
        in_a_row.store(0, Ordering::Relaxed);
    }
}
