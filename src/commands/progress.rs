//! From the engine's totals to what the screen shows while a run goes on.

use crate::{
    engine::RunTotals,
    outcome::Outcome,
    pace::Pace,
    ui::{Phase, Progress, ProgressMode, ProgressView, Waiting},
};
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle, time::Instant};

/// How often the screen is updated: people do not read faster.
const TICK: Duration = Duration::from_millis(200);

pub(super) struct View {
    view: ProgressView,
    feeding: JoinHandle<()>,
}

impl View {
    pub(super) async fn finish(self) {
        self.feeding.abort();
        self.view.finish().await;
    }
}

pub(super) fn show(
    totals: watch::Receiver<RunTotals>,
    pace: Pace,
    rows: u64,
    dry_run: bool,
    mode: ProgressMode,
) -> View {
    let (numbers, seen) = watch::channel(Progress::default());
    let feeding = tokio::spawn(async move {
        loop {
            let progress = progress(&totals.borrow(), &pace, rows, dry_run);
            numbers.send_replace(progress);
            tokio::time::sleep(TICK).await;
        }
    });
    View {
        view: ProgressView::start(seen, mode),
        feeding,
    }
}

fn progress(tally: &RunTotals, pace: &Pace, rows: u64, dry_run: bool) -> Progress {
    let existing = [
        Outcome::ExistsPending,
        Outcome::ExistsAccepted,
        Outcome::ExistsMember,
        Outcome::ExistsDisabled,
        Outcome::ExistsDeleted,
    ];
    let phase = match () {
        () if dry_run => Phase::Looking,
        () if tally.rows >= rows => Phase::Verifying,
        () if tally.parked > 0 && tally.rows + tally.parked >= rows => Phase::Settling,
        () => Phase::Inviting,
    };
    Progress {
        phase,
        total: Some(rows),
        done: tally.rows,
        invited: tally.of(Outcome::Invited),
        existing: existing.into_iter().map(|outcome| tally.of(outcome)).sum(),
        not_done: tally.not_done(&[]),
        parked: tally.parked,
        waiting: waiting(pace),
    }
}

/// What is waited for before anything else is sent.
pub(super) fn waiting(pace: &Pace) -> Option<Waiting> {
    pace.closed().map(|closed| Waiting {
        until: Instant::now() + closed.left,
        asked: closed.asked,
    })
}
