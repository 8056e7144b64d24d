//! Whether the ledger may be older than its tenant: then it does not know whom others have mailed meanwhile.

use super::{
    invite::ledger::{default_results, results_of_runs, unknown_runs, with_previous},
    session::Session,
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long nobody is mailed again after an import or from a restored ledger.
pub(super) const AFTER_AN_IMPORT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Nobody is mailed from a restored ledger, or beside results of a run that it does not know, before a week is over.
/// `mails` and `mailed` say what is meant: reminders, reminded.
pub(super) fn refuse_older_ledger(
    session: &Session<'_>,
    sheet: Option<&Path>,
    mails: &str,
    mailed: &str,
) -> Result<()> {
    if session.settings.invite.sandbox.value {
        return Ok(());
    }
    let now = session.clock.now();
    let unknown = unknown_runs(&session.ledger, results(session, sheet)?)?;
    let Some(restored_at) = session.ledger.restored_at(unknown, now)? else {
        return Ok(());
    };
    let wait = AFTER_AN_IMPORT.max(session.settings.remind.every.value.0);
    let until = SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| restored_at.checked_add(wait).ok());
    let Some(until) = until.filter(|until| *until > now) else {
        return Ok(());
    };
    let failure = Failure::new(
        Exit::TryAgain,
        format!(
            "this ledger may be older than its tenant, and {mails} that it does not know of may have been sent: nobody is {mailed} before {}",
            until.strftime("%F %T UTC")
        ),
    );
    let failure = match unknown {
        Some(_) => failure.hint(
            "results beside a sheet name a run that this ledger does not know: name the ledger of that run with --ledger, if it is still there",
        ),
        None => failure,
    };
    Err(failure.hint("nothing was sent; run the same command after that"))
}

/// When the ledger came into use, where it may be older than its tenant: it is a copy, or results beside a sheet name a
/// run that it does not know.
pub(super) fn since(session: &Session<'_>, sheet: Option<&Path>) -> Result<Option<Timestamp>> {
    if session.settings.invite.sandbox.value {
        return Ok(None);
    }
    let unknown = unknown_runs(&session.ledger, results(session, sheet)?)?;
    Ok(session.ledger.restored_at(unknown, session.clock.now())?)
}

/// Where results may name a run that the ledger does not know: beside this sheet, or beside every sheet of the ledger, and
/// wherever runs of theirs wrote results.
fn results(session: &Session<'_>, sheet: Option<&Path>) -> Result<Vec<PathBuf>> {
    let of_runs = results_of_runs(&session.ledger, sheet)?;
    let sheets = match sheet {
        Some(sheet) => vec![sheet.to_owned()],
        None => session.ledger.reader()?.sheet_paths()?,
    };
    let chosen = session.settings.invite.results.as_ref();
    let chosen = chosen
        .into_iter()
        .flat_map(|path| with_previous(&path.value));
    Ok(sheets
        .iter()
        .flat_map(|sheet| default_results(sheet))
        .chain(chosen)
        .chain(of_runs)
        .collect())
}
