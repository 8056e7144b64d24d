//! `--rate auto`: after every fifty new guests the run looks whether they are in the directory, and raises the rate when
//! they are.
//!
//! Reads only. Guests who are not found yet are looked for again, and once more at the end of the run.

use super::{state::EngineState, totals::RunTotals, verify::look_by_id};
use crate::{ledger::Reader, pace::VERIFIED_FOR_A_STEP};
use std::time::Duration;
use tokio::sync::watch;

/// If too few of them are found, the next look comes after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Runs beside the workers and never returns by itself.
pub(super) async fn ramp(
    engine: &EngineState,
    run: &str,
    reader: &Reader,
    mut totals: watch::Receiver<RunTotals>,
) {
    let (mut looked_at, mut verified) = (0, reader.verified().unwrap_or_default());
    while engine.pace.is_auto() {
        let missing = VERIFIED_FOR_A_STEP - verified % VERIFIED_FOR_A_STEP;
        let due = |tally: &RunTotals| {
            tally.invited >= looked_at + missing && engine.pace.rising_target().is_some()
        };
        // The sender ends after the workers.
        let Ok(invited) = totals.wait_for(due).await.map(|tally| tally.invited) else {
            break;
        };
        looked_at = invited;
        look_by_id(engine, &engine.graph, run, reader, false).await;
        let seen = verified_so_far(engine, reader).await.unwrap_or(verified);
        if seen / VERIFIED_FOR_A_STEP == verified / VERIFIED_FOR_A_STEP
            && !engine.stop.sleep(LOOK_AGAIN).await
        {
            break;
        }
        verified = seen;
        engine.pace.verified(verified);
        engine
            .worker_limit
            .rate_is(engine.pace.rising_target().unwrap_or(f64::INFINITY));
    }
    std::future::pending::<()>().await;
}

async fn verified_so_far(engine: &EngineState, reader: &Reader) -> crate::ledger::Result<u64> {
    engine.recorder.flush().await;
    reader.verified()
}
