//! Ctrl-C, SIGTERM and a closed terminal: the first signal lets the requests under way finish, the second one ends the
//! process at once.

use crate::{
    engine::{Stop, StopReason},
    exit::Exit,
    ui,
};
use std::time::Duration;
use tokio::sync::watch;

/// How long an interrupted run waits for the reader of its standard output.
const PATIENCE: Duration = Duration::from_secs(5);

/// `writing` is true while results go to standard output.
pub(super) fn listen(stop: Stop, writing: watch::Receiver<bool>) {
    tokio::spawn(async move {
        let mut signals = Signals::new();
        signals.next().await;
        stop.raise(StopReason::Interrupted);
        ui::tell(
            "stopping when the requests under way are finished; the same signal again ends at once (nothing is lost)",
        );
        tokio::select! {
            () = signals.next() => {}
            () = held_up(writing) => {}
        }
        leave();
    });
}

/// Returns when the reader of standard output reads nothing any more: an interrupted run does not wait for it.
async fn held_up(mut writing: watch::Receiver<bool>) {
    while writing.wait_for(|writing| *writing).await.is_ok() {
        let written = writing.wait_for(|writing| !*writing);
        if tokio::time::timeout(PATIENCE, written).await.is_err() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

#[expect(
    clippy::exit,
    reason = "the second signal means now; the ledger is made for it"
)]
fn leave() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}

#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        // Without a handler the signal ends the process, and nothing is lost.
        Self(
            kinds
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        )
    }

    async fn next(&mut self) {
        let waits = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        if waits.len() == 0 {
            return std::future::pending().await;
        }
        futures_util::future::select_all(waits).await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
