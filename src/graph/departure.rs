//! The last check before a request leaves: its body is read only when the connection is open.
//!
//! The stop signal is checked at that moment, so a request that was waiting for a connection when the run stopped is never
//! sent. Not for requests without a body: those only read, and are dropped instead.

use super::connections::Opening;
use crate::pace::{StopSignal, Stopped};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

const WAITING: u8 = 0;
const LEFT: u8 = 1;
const HELD_BACK: u8 = 2;

/// Whether a request has left. This is decided once.
#[derive(Debug, Clone)]
pub(super) struct Departure {
    stop: StopSignal,
    state: Arc<AtomicU8>,
}

impl Departure {
    pub(super) fn new(stop: &StopSignal) -> Self {
        Self {
            stop: stop.clone(),
            state: Arc::new(AtomicU8::new(WAITING)),
        }
    }

    /// Sends the body, unless the run has stopped.
    fn leave(&self) -> bool {
        let next = if self.stop.is_raised() {
            HELD_BACK
        } else {
            LEFT
        };
        match self.state.compare_exchange(WAITING, next, SeqCst, SeqCst) {
            Ok(_) => next == LEFT,
            Err(decided) => decided == LEFT,
        }
    }

    /// Prevents the request from leaving, and says whether that worked.
    pub(super) fn hold_back(&self) -> bool {
        let held = self
            .state
            .compare_exchange(WAITING, HELD_BACK, SeqCst, SeqCst);
        held.is_ok() || held == Err(HELD_BACK)
    }

    pub(super) fn is_held_back(&self) -> bool {
        self.state.load(SeqCst) == HELD_BACK
    }
}

/// A body that is sent only while the run goes on.
pub(super) struct Body {
    bytes: Option<Bytes>,
    departure: Departure,
    /// When the body is read the connection is open, and other requests may use it or open theirs.
    opening: Option<Opening>,
}

impl Body {
    pub(super) fn new(bytes: Vec<u8>, departure: Departure, opening: Option<Opening>) -> Self {
        Self {
            bytes: Some(bytes.into()),
            departure,
            opening,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = HeldBack;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HeldBack>>> {
        if let Some(opening) = self.opening.take() {
            opening.stands();
        }
        let Some(bytes) = self.bytes.take() else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(if self.departure.leave() {
            Ok(Frame::data(bytes))
        } else {
            Err(HeldBack)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, Bytes::len) as u64)
    }
}

/// The run stopped before the body was sent.
#[derive(Debug)]
pub(super) struct HeldBack;

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the run stopped before the request was sent")
    }
}

impl std::error::Error for HeldBack {}

/// Waits for an answer. A read is dropped when the run stops. A request that changes something is waited for if it has left
/// already, and otherwise is not sent.
pub(super) async fn unless_stopped<T>(
    departure: &Departure,
    changes: bool,
    sending: impl Future<Output = T>,
) -> Result<T, Stopped> {
    let stop = departure.stop.clone();
    if !changes {
        return stop.unless_raised(sending).await;
    }
    tokio::pin!(sending);
    if let Ok(answer) = stop.unless_raised(&mut sending).await {
        return if departure.is_held_back() {
            Err(Stopped)
        } else {
            Ok(answer)
        };
    }
    if departure.hold_back() {
        return Err(Stopped);
    }
    Ok(sending.await)
}
