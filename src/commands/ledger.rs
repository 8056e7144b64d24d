//! `guestlist ledger new|backup`: the ledger as a file. `import` and `forget` have files of their own.

use super::{forget, import};
use crate::{
    cli,
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    files,
    ledger::{Ledger, NewLedger},
    settings::Settings,
    ui,
};
use std::path::Path;

pub(crate) fn run(settings: &Settings, typed: &cli::Ledger, clock: &Clock) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    super::prepare_ledger_folder(settings, false)?;
    match typed {
        cli::Ledger::New { .. } => {
            if files::at(path).is_ok_and(|entry| entry.is_some()) {
                return Err(already_there(path));
            }
            Ledger::open(path, NewLedger::Allowed)?;
            ui::tell(format!(
                "made {}; the first run binds it to its tenant",
                path.display()
            ));
        }
        cli::Ledger::Backup { file, .. } => {
            if file == Path::new("-") {
                return Err(
                    Failure::usage("a copy of the ledger cannot go to standard output")
                        .hint("give the name of a new file: `guestlist ledger backup FILE`"),
                );
            }
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

/// `ledger new` on a path where something stands.
fn already_there(path: &Path) -> Failure {
    let name = path.display();
    if Ledger::is_there(path) {
        Failure::usage(format!(
            "the ledger {name} exists already, and was left as it is"
        ))
        .hint("use it as it is: it remembers who was invited, so that nobody is mailed twice")
        .hint(
            "for another tenant make one under another name: `guestlist ledger new --ledger FILE`",
        )
    } else {
        Failure::usage(format!(
            "{name} exists already and is not a ledger; it was left as it is"
        ))
        .hint("name a new file: `guestlist ledger new --ledger FILE`")
    }
}
