//! The practice tenant of `--sandbox`, started for the time of one command.

use crate::{
    failure::{Failure, Result},
    sandbox::{Sandbox, SandboxOptions, Weather},
    settings::Settings,
};

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
    Ok(Some(Sandbox::start(options).await?))
}
