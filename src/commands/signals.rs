//! Ctrl-C, SIGTERM, a closed terminal: the first finishes what is under way, the second leaves at once.

use crate::{
    engine::{Stop, StopReason},
    exit::Exit,
    ui,
};
use std::time::Duration;
use tokio::sync::watch;

/// How long an interrupted run waits for whoever reads its standard output.
const PATIENCE: Duration = Duration::from_secs(5);

/// `writing` is true while results go to standard output.
pub(super) fn listen(stop: Stop, writing: watch::Receiver<bool>) {
    tokio::spawn(async move {
        let mut signals = Signals::new();
        signals.next().await;
        stop.raise(StopReason::Interrupted);
        ui::tell(
            "stopping: what is under way is finished; once more to leave at once (nothing is lost)",
        );
        tokio::select! {
            () = signals.next() => {}
            () = held_up(writing) => {}
        }
        leave();
    });
}

/// Returns when the reader of standard output takes nothing: it must not hold an interrupted run.
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
        // Where a handler cannot be set the system's own way remains: the process ends, and nothing is lost.
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
            std::future::pending().await
        }
    }
}
