//! A wait that Graph asked for outlives the process: the ledger remembers until when no request may be sent.

use crate::{
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    ledger::Ledger,
    pace::Pace,
    ui,
};
use jiff::SignedDuration;
use std::time::Duration;

/// Longer waits are never stored, so a longer one was stored while the clock was wrong.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Closes the gate for the rest of the wait and says so. Refuses to start if the rest is longer than a run waits.
pub(in crate::commands) fn wait_on(ledger: &Ledger, pace: &Pace, clock: &Clock) -> Result<()> {
    let Some(until) = ledger.reader()?.wait_until()? else {
        return Ok(());
    };
    let left = until.duration_since(clock.now());
    if left > LONGEST {
        return Ok(());
    }
    let Ok(left) = Duration::try_from(left) else {
        return Ok(()); // The wait is over.
    };
    let asked = format!(
        "Graph asked an earlier run to wait until {}",
        until.strftime("%F %T UTC")
    );
    pace.wait_on(left).map_err(|_| {
        Failure::new(Exit::TryAgain, asked.clone())
            .hint("nothing was sent; run the same command after that")
    })?;
    ui::tell(format!("{asked}; this run waits too"));
    Ok(())
}

/// Stores a wait that was asked for before the run began. If the ledger cannot be written, the run reports it later.
pub(in crate::commands) fn keep(ledger: &Ledger, pace: &Pace, clock: &Clock) {
    let left = pace
        .asked_for()
        .and_then(|left| SignedDuration::try_from(left).ok());
    let Some(until) = left.and_then(|left| clock.now().checked_add(left).ok()) else {
        return;
    };
    if let Err(error) = ledger
        .writer(None)
        .and_then(|writer| writer.wait_until(until))
    {
        tracing::warn!(%error, "the wait that Graph asked for could not be kept");
    }
}
