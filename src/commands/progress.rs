//! From the engine's totals to what the screen shows while a run goes on.

use crate::{
    engine::RunTotals,
    events,
    outcome::Outcome,
    ui::{Phase, Progress, ProgressMode, ProgressView, Waiting},
};
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle};

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
    rows: u64,
    dry_run: bool,
    mode: ProgressMode,
) -> View {
    let (numbers, seen) = watch::channel(Progress::default());
    let feeding = tokio::spawn(async move {
        loop {
            let progress = progress(&totals.borrow(), rows, dry_run);
            numbers.send_replace(progress);
            tokio::time::sleep(TICK).await;
        }
    });
    View {
        view: ProgressView::start(seen, mode),
        feeding,
    }
}

fn progress(tally: &RunTotals, rows: u64, dry_run: bool) -> Progress {
    let existing = [
        Outcome::ExistsPending,
        Outcome::ExistsAccepted,
        Outcome::ExistsMember,
        Outcome::ExistsDisabled,
        Outcome::ExistsDeleted,
    ];
    let looking_up = events::going_on().looking_up;
    let phase = match () {
        () if dry_run => Phase::Looking,
        () if tally.rows >= rows => Phase::Verifying,
        () if tally.parked > 0 && tally.rows + tally.parked >= rows => Phase::Settling,
        // Nobody can be invited before the first were looked up.
        () if tally.asked == 0 && looking_up > 0 => Phase::Looking,
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
        looking_up,
        waiting: waiting(),
    }
}

/// What is waited for before anything else is sent.
pub(super) fn waiting() -> Option<Waiting> {
    let (why, until) = events::going_on().wait?;
    Some(Waiting { why, until })
}
