//! The handle that every sender holds: it waits until a request may be sent, is told what came back, and decides about
//! retries.
//!
//! Requests wait in turn: the one that holds a lock is next, so none is overtaken.

use super::{
    adaptation::Adaptation,
    bucket::Bucket,
    budget::Budget,
    floor::Floor,
    gate::{Gate, TooLong},
    options::PaceOptions,
    stop_signal::StopSignal,
    window::Window,
};
use crate::events::{self, WaitReason};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

#[derive(Clone)]
pub(crate) struct Pace(Arc<Shared>, StopSignal);

/// The kinds of requests that are throttled apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Invitation,
    /// A read, and every change that is not an invitation.
    Read,
    /// An item of a batch.
    BatchItem,
}

struct Shared {
    gate: Gate,
    adaptation: Adaptation,
    budget: Budget,
    invitations: Mutex<Invitations>,
    has_invitation_ceiling: bool,
    /// Invitations and changes count here together.
    writes: Option<Mutex<Window>>,
    reads: Option<Mutex<Window>>,
    /// One for each [`Kind`]: a read that succeeds says nothing about invitations.
    floors: [Floor; 3],
}

struct Invitations {
    bucket: Bucket,
    ceiling: Option<Window>,
}

impl Shared {
    /// Takes one write from the ceiling that all writes share; says whether it had to wait.
    async fn write(&self) -> bool {
        match &self.writes {
            Some(writes) => writes.lock().await.take(1).await,
            None => false,
        }
    }
}

impl Pace {
    pub(crate) fn new(options: &PaceOptions) -> Self {
        let start = Instant::now();
        let (invites, writes) = options.write_windows();
        let reads = Window::new(options.resource_units_per_10s, Duration::from_secs(10));
        // The short window is spent evenly, the long one as it comes: that keeps a server's five-second
        // counter from seeing bursts, and a short run from being slowed by the limit of a long one.
        let even = invites.as_ref().map(Window::even_rate);
        Self(
            Arc::new(Shared {
                gate: Gate::new(start, options.give_up_after),
                adaptation: Adaptation::new(start, options.rate, options.verified, even),
                budget: Budget::new(start),
                has_invitation_ceiling: invites.is_some(),
                invitations: Mutex::new(Invitations {
                    bucket: Bucket::new(start),
                    ceiling: invites,
                }),
                writes: writes.map(Mutex::new),
                reads: reads.map(Mutex::new),
                floors: Default::default(),
            }),
            StopSignal::default(),
        )
    }

    /// The same, with the signal that ends every wait before a request.
    #[must_use]
    pub(crate) fn hearing(self, stop: StopSignal) -> Self {
        Self(self.0, stop)
    }

    /// The signal that ends every wait before a request.
    pub(crate) fn stop(&self) -> &StopSignal {
        &self.1
    }

    /// Waits for the gate, the rate and the ceilings.
    pub(crate) async fn before_invitation(&self) -> Result<(), TooLong> {
        let shared = &*self.0;
        shared.gate.open().await?;
        let mut waited = false;
        if shared.has_invitation_ceiling
            || shared.writes.is_some()
            || shared.adaptation.rate().is_some()
        {
            let mut turn = shared.invitations.lock().await;
            waited = turn.bucket.take(|| shared.adaptation.rate()).await;
            if let Some(ceiling) = &mut turn.ceiling {
                waited |= ceiling.take(1).await;
            }
            waited |= shared.write().await;
            // The turn is kept, so that after a wait requests leave at the rate and not all at once.
            shared.gate.open().await?;
        }
        shared.adaptation.admitted(Instant::now(), waited);
        Ok(())
    }

    /// Waits for the gate and for the read ceiling.
    pub(crate) async fn before_read(&self, resource_units: u32) -> Result<(), TooLong> {
        self.gate().await?;
        if let Some(reads) = &self.0.reads {
            reads.lock().await.take(resource_units).await;
            self.gate().await?;
        }
        Ok(())
    }

    /// Waits for the gate, for the read ceiling, and for the ceiling of writes, which invitations share.
    pub(crate) async fn before_change(&self, resource_units: u32) -> Result<(), TooLong> {
        self.before_read(resource_units).await?;
        if self.0.write().await {
            self.gate().await?;
        }
        Ok(())
    }

    /// Waits for the gate only; called right before a request is sent.
    pub(crate) async fn gate(&self) -> Result<(), TooLong> {
        self.0.gate.open().await
    }

    /// An error if the server asked for a longer wait than a run waits.
    pub(crate) fn gate_opens_in_time(&self) -> Result<(), TooLong> {
        self.0.gate.opens_in_time()
    }

    /// A request that was sent at `sent_at` was throttled: nothing is sent until the wait that the server asked for is over,
    /// and at least for the floor of this kind. For an invitation the rate falls too, once for each burst of refusals.
    pub(crate) fn throttled(
        &self,
        kind: Kind,
        sent_at: Instant,
        retry_after: Option<Duration>,
    ) -> Result<(), TooLong> {
        let least = self.floor(kind).throttled(sent_at);
        if kind == Kind::Invitation {
            let wait = retry_after.unwrap_or_default().max(least);
            self.0.adaptation.throttled(sent_at, wait);
        }
        let why = match retry_after {
            Some(asked) if asked >= least => WaitReason::RetryAfter,
            _ => WaitReason::SlowDown,
        };
        self.close(why, retry_after, least)
    }

    fn close(
        &self,
        why: WaitReason,
        asked: Option<Duration>,
        least: Duration,
    ) -> Result<(), TooLong> {
        let longer = self.0.gate.close(asked, least)?;
        if !longer.is_zero() {
            events::wait(why, asked.unwrap_or_default().max(least), longer);
        }
        Ok(())
    }

    /// The server asked to wait without a throttle: nothing is sent until that is over.
    pub(crate) fn wait_out(&self, retry_after: Duration) -> Result<(), TooLong> {
        self.close(WaitReason::RetryAfter, Some(retry_after), Duration::ZERO)
    }

    /// The same for a wait that an earlier run was asked for.
    pub(crate) fn wait_on(&self, left: Duration) -> Result<(), TooLong> {
        self.close(WaitReason::EarlierRun, Some(left), Duration::ZERO)
    }

    /// Nothing is sent for this long, although the server did not ask for it.
    pub(crate) fn pause(&self, wait: Duration) {
        // The pause is far shorter than the longest wait of a run.
        let _ = self.close(WaitReason::Outage, None, wait);
    }

    /// A request that was sent at `sent_at` succeeded: the retry budget fills, and after an invitation the rate may
    /// grow. The gate stays as it is.
    pub(crate) fn answered(&self, kind: Kind, sent_at: Instant) {
        self.not_throttled(kind, sent_at);
        self.0.budget.succeeded();
        if kind == Kind::Invitation {
            self.0.adaptation.answered(Instant::now());
        }
    }

    /// A request that was sent at `sent_at` was answered, well or not, and not throttled.
    pub(crate) fn not_throttled(&self, kind: Kind, sent_at: Instant) {
        self.floor(kind).answered(sent_at);
    }

    fn floor(&self, kind: Kind) -> &Floor {
        &self.0.floors[kind as usize]
    }

    /// The answer to a request that was sent at `sent_at` says how much of a throttling limit is used.
    pub(crate) fn limit_is_used(&self, used: f64, sent_at: Instant) {
        self.0.adaptation.limit_is_used(used, sent_at);
    }

    /// Whether one more retry may be made; takes it from the budget that all requests share.
    pub(crate) fn retry_allowed(&self) -> bool {
        self.0.budget.pay()
    }

    /// This many invitations are verified altogether: [`Rate::Auto`](super::Rate::Auto) may rise.
    pub(crate) fn verified(&self, total: u64) {
        self.0.adaptation.verified(total);
    }

    /// Whether verified invitations decide about the rate.
    pub(crate) fn is_auto(&self) -> bool {
        self.0.adaptation.is_auto()
    }

    /// What [`Rate::Auto`](super::Rate::Auto) aims at, for as long as further verified invitations raise it.
    pub(crate) fn rising_target(&self) -> Option<f64> {
        self.0.adaptation.rising_target()
    }

    /// Whether no rate and no ceiling holds invitations back, as long as the server does not.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.0.adaptation.target().is_none() && self.0.writes.is_none()
    }

    /// Invitations a second as allowed now; `None` = no limit.
    #[cfg(test)]
    pub(crate) fn current_rate(&self) -> Option<f64> {
        self.0.adaptation.rate()
    }

    /// How long nothing may be sent. None: the gate is open.
    pub(crate) fn closed(&self) -> Option<Duration> {
        self.0.gate.remaining()
    }

    /// What is left of the wait that the server itself asked for.
    pub(crate) fn asked_for(&self) -> Option<Duration> {
        self.0.gate.asked_for()
    }

    /// Returns when the server has asked for a wait.
    pub(crate) async fn asked(&self) {
        self.0.gate.asked().await;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Rate, *};

    #[tokio::test(start_paused = true)]
    async fn invitations_and_changes_share_the_ceiling_of_writes() {
        let pace = Pace::new(&PaceOptions {
            rate: Rate::Max,
            invites_per_5s: 0,
            writes_per_150s: 10,
            resource_units_per_10s: 0,
            ..PaceOptions::default()
        });
        let began = Instant::now();
        for _ in 0..5 {
            pace.before_invitation().await.unwrap();
            pace.before_change(1).await.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(1));
        pace.before_change(1).await.unwrap();
        assert!(began.elapsed() >= Duration::from_secs(150));
        // A read is no write.
        let now = Instant::now();
        pace.before_read(1).await.unwrap();
        assert!(now.elapsed() < Duration::from_secs(1));
    }
}
