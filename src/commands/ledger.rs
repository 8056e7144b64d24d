//! `guestlist ledger new|backup`: the ledger as a file. `import` and `forget` have files of their own.

use super::{forget, import};
use crate::{
    cli,
    clock::Clock,
    exit::Exit,
    failure::Result,
    files,
    ledger::{Ledger, LedgerError, NewLedger},
    settings::Settings,
    ui,
};

pub(crate) fn run(settings: &Settings, typed: &cli::Ledger, clock: &Clock) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    super::prepare_ledger_folder(settings, false)?;
    match typed {
        cli::Ledger::New { .. } => {
            if files::at(path).is_ok_and(|entry| entry.is_some()) {
                return Err(LedgerError::Present {
                    path: path.display().to_string(),
                }
                .into());
            }
            Ledger::open(path, NewLedger::Allowed)?;
            ui::tell(format!(
                "made {}; the first run binds it to its tenant",
                path.display()
            ));
        }
        cli::Ledger::Backup { file, .. } => {
            Ledger::open(path, NewLedger::Refused)?.backup(file, clock.now())?;
            ui::tell(format!("copied {} to {}", path.display(), file.display()));
        }
        cli::Ledger::Forget {
            addresses,
            older_than,
            export,
            yes,
            ..
        } => {
            let wanted = forget::Wanted {
                addresses,
                older_than: *older_than,
                export: export.as_deref(),
                yes: *yes,
            };
            forget::forget(path, &wanted, settings.invite.sandbox.value, clock)?;
        }
        cli::Ledger::Import { results, .. } => {
            import::import(path, results, settings.invite.sandbox.value, clock)?;
        }
    }
    Ok(Exit::Done)
}
