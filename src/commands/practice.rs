//! The practice tenant of `--sandbox`, started for the time of one command.

use crate::{
    exit::Exit,
    failure::{Failure, Result},
    ledger::{Ledger, LedgerError, NewLedger},
    sandbox::{Sandbox, SandboxOptions, Weather},
    settings::Settings,
};
use std::path::Path;

/// The practice tenant, where the settings ask for it. It keeps its people beside the practice ledger, so that the next
/// command finds them again.
pub(super) async fn practice(settings: &Settings) -> Result<Option<Sandbox>> {
    let invite = &settings.invite;
    if !invite.sandbox.value {
        return Ok(None);
    }
    let weather = match &invite.weather {
        Some(file) => {
            Weather::read(&file.value).map_err(|error| Failure::usage(format!("{error:#}")))?
        }
        None => Weather::default(),
    };
    let options = SandboxOptions {
        weather,
        // `guestlist.practice.db` keeps its people in `guestlist.practice.people.jsonl`.
        people_file: Some(invite.ledger.value.with_extension("people.jsonl")),
        ..SandboxOptions::default()
    };
    let started = Sandbox::start(options).await.map_err(Failure::from);
    started.map(Some).map_err(
        |failure| match (failure.exit, holder(&invite.ledger.value)) {
            (Exit::TryAgain, Some(holder)) => Failure {
                what: format!("another command uses the practice tenant of this folder: {holder}"),
                ..failure
            },
            _ => failure,
        },
    )
}

/// The run that has the ledger now.
fn holder(ledger: &Path) -> Option<String> {
    if !Ledger::is_there(ledger) {
        return None;
    }
    let ledger = Ledger::open(ledger, NewLedger::Refused).ok()?;
    match ledger.is_free(jiff::Timestamp::now()) {
        Err(LedgerError::Busy { holder, .. }) => Some(holder),
        _ => None,
    }
}
