//! The signal that nothing more is to be sent. It ends every wait before a request.
//!
//! Must not know why the run stops; the engine keeps the reasons.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};
use tokio::sync::watch;

/// A cheap handle; the default one is never raised.
#[derive(Debug, Clone)]
pub struct StopSignal(Arc<watch::Sender<bool>>);

/// The signal was raised first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl Default for StopSignal {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl StopSignal {
    pub fn raise(&self) {
        self.0.send_replace(true);
    }

    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the signal is raised, and never later than other tasks can learn of it.
    pub async fn raised(&self) {
        let mut raised = self.0.subscribe();
        // The sender lives as long as `self`: this cannot fail.
        let mut told = pin!(raised.wait_for(|raised| *raised));
        // Waiters are woken one after the other, so the work of another task may end before this one is woken.
        poll_fn(|cx| {
            if self.is_raised() {
                return Poll::Ready(());
            }
            told.as_mut().poll(cx).map(drop)
        })
        .await;
    }

    /// Does the work, unless the signal is raised first; then the work is dropped.
    pub async fn unless_raised<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            () = self.raised() => Err(Stopped),
            done = work => Ok(done),
        }
    }
}
