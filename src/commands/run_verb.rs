//! How a verb runs that works on a ledger and a tenant: with a runtime, until it has ended or a signal has stopped it, and
//! with its failure as JSON where JSON was asked for.

use super::signals;
use crate::{engine::Stop, exit::Exit, failure::Result, settings::Settings, ui};
use tokio::sync::watch;

/// With `failure_as_json`, settings that are refused are reported like any other failure.
pub(super) fn run_verb(
    settings: Result<Settings>,
    failure_as_json: bool,
    verb: impl AsyncFnOnce(&Settings, Stop) -> Result<Exit>,
) -> Result<Exit> {
    let writing = watch::Sender::default();
    run_writing_verb(settings, failure_as_json, &writing, verb)
}

/// The same for a verb that says by `writing` whether results are going to standard output at this moment.
pub(super) fn run_writing_verb(
    settings: Result<Settings>,
    failure_as_json: bool,
    writing: &watch::Sender<bool>,
    verb: impl AsyncFnOnce(&Settings, Stop) -> Result<Exit>,
) -> Result<Exit> {
    let ended = settings.and_then(|settings| {
        let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
        let ended = runtime.block_on(async {
            let stop = Stop::default();
            signals::listen(stop.clone(), writing.subscribe());
            // The future of a whole verb is too large for the stack.
            Box::pin(verb(&settings, stop)).await
        });
        // Threads that still wait for an answer nobody needs do not hold the process.
        runtime.shutdown_background();
        ended
    });
    if let (Err(failure), true) = (&ended, failure_as_json) {
        ui::failure_as_json(failure)?;
    }
    ended
}
