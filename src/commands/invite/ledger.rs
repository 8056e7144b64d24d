//! Opens the ledger of a run.
//!
//! Must not make a new ledger silently if a results file of this sheet lists people whom an earlier ledger knew.

use super::{
    super::{ask, import},
    targets::Targets,
};
use crate::{
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    ledger::{Ledger, LedgerError, NewLedger, UnknownRuns},
    outcome::Outcome,
    own_files::Rehearsal,
    results::{self, RunKind, default_paths},
    settings::{Settings, TenantName},
    ui,
};
use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

pub(super) fn open(
    settings: &Settings,
    typed: &Path,
    targets: &Targets,
    clock: &Clock,
) -> Result<Ledger> {
    let invite = &settings.invite;
    let path = &invite.ledger.value;
    if invite.dry_run.value {
        return Ok(Ledger::rehearsal(path)?);
    }
    let empty = Ledger::is_empty_file(path);
    if (empty || !path.exists())
        && !invite.sandbox.value
        && let Some(results) = results_of(typed, targets, settings)
    {
        return decide(settings, path, &results, clock);
    }
    let unnamed =
        ui::stdin_is_terminal() && !invite.yes.value && !settings.ledger_is_named() && !empty;
    let new = if invite.new_ledger.value || invite.sandbox.value || unnamed {
        NewLedger::Allowed
    } else {
        NewLedger::Refused
    };
    Ledger::open(path, new).map_err(may_be_made)
}

/// What to do where a run must not make a ledger by itself.
fn may_be_made(error: LedgerError) -> Failure {
    let missing = matches!(error, LedgerError::Missing { .. });
    let failure = Failure::from(error);
    if !missing {
        return failure;
    }
    Failure::new(failure.exit, failure.what)
        .hint("if there was one before, find it and name it with --ledger: it knows who has been mailed")
        .hint("for the first run of all, `guestlist ledger new` or --new-ledger makes it")
}

/// There is no ledger, and a results file of this sheet lists people whom an earlier one knew: a person decides.
fn decide(settings: &Settings, path: &Path, results: &Path, clock: &Clock) -> Result<Ledger> {
    let what = format!(
        "{} {}, and {} tells of people who were invited from this sheet: without a ledger they may be mailed again",
        path.display(),
        if path.exists() {
            "is empty"
        } else {
            "does not exist"
        },
        results.display()
    );
    if settings.invite.yes.value || !ask::can_ask() {
        return Err(Failure::usage(what)
            .hint(format!(
                "name the ledger that knows them with --ledger, or rebuild it: `guestlist ledger import {} --ledger {}`",
                results.display(),
                path.display()
            ))
            .hint(format!(
                "if the people are another tenant's, or nobody is to be remembered, move {} away first",
                results.display()
            )));
    }
    ui::tell(ui::text::wrap(&what, 0, 0));
    let question =
        "import it into a new ledger, or start a new one that knows nobody (import/new)?";
    match ask::choose(
        question,
        &[("import", Choice::Import), ("new", Choice::New)],
    )? {
        Some(Choice::Import) => {
            import::import(path, &[results.to_owned()], false, clock)?;
            Ok(Ledger::open(path, NewLedger::Refused)?)
        }
        Some(Choice::New) => Ok(Ledger::open(path, NewLedger::Allowed)?),
        None => Err(Failure::new(
            Exit::Usage,
            "the answer was neither import nor new: nothing was sent",
        )
        .hint("name the ledger that knows these people with --ledger")),
    }
}

#[derive(Clone, Copy)]
enum Choice {
    Import,
    New,
}

/// A results file of this sheet that lists somebody who was invited.
fn results_of(typed: &Path, targets: &Targets, settings: &Settings) -> Option<PathBuf> {
    results_beside(typed, targets).find(|path| path.is_file() && tells_of_people(path, settings))
}

/// Where results of this sheet may be: the files of this run, the default files, and the previous ones of both.
pub(super) fn results_beside(typed: &Path, targets: &Targets) -> impl Iterator<Item = PathBuf> {
    with_previous(&targets.results)
        .into_iter()
        .chain(default_results(typed))
}

/// Where results of a sheet are when nobody named another file.
pub(in crate::commands) fn default_results(sheet: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let default = |workbook| {
        let kind = RunKind {
            workbook,
            ..RunKind::default()
        };
        default_paths(sheet, kind).results
    };
    let (text, workbook) = (default(false), default(true));
    [text, workbook]
        .into_iter()
        .flat_map(|path| with_previous(&path))
}

/// Where earlier runs wrote results, of one sheet or of all, and what was kept of the files before.
pub(in crate::commands) fn results_of_runs(
    ledger: &Ledger,
    sheet: Option<&Path>,
) -> Result<Vec<PathBuf>> {
    let place = match sheet.map(Path::canonicalize) {
        Some(Ok(place)) => Some(place.display().to_string()),
        // Standard input, which no other run has read.
        Some(Err(_)) => return Ok(Vec::new()),
        None => None,
    };
    let named = ledger.reader()?.results_of_runs(place.as_deref())?;
    let files = named.into_iter().flat_map(|named| {
        // A relative path was relative to the folder of that run, and so was the sheet.
        let typed = named.sheet.filter(|sheet| sheet.is_relative());
        let folder = typed.zip(named.sheet_path).and_then(|(typed, lies)| {
            let depth = typed.components().count();
            lies.ancestors().nth(depth).map(Path::to_owned)
        });
        let beside = folder.map(|folder| folder.join(&named.results));
        [Some(named.results), beside].into_iter().flatten()
    });
    Ok(files.flat_map(|path| with_previous(&path)).collect())
}

/// A results file, and what was kept of the one before.
pub(in crate::commands) fn with_previous(results: &Path) -> [PathBuf; 2] {
    [results.to_owned(), results::previous_of(results)]
}

fn tells_of_people(path: &Path, settings: &Settings) -> bool {
    let meant = match settings.tenant.id.as_ref().map(|id| &id.value) {
        Some(TenantName::Id(id)) => Some(id.to_string()),
        _ => None,
    };
    let Ok(rows) = results::read_own(path) else {
        return false;
    };
    for row in rows.map_while(std::result::Result::ok) {
        let rehearsed = |run: &str| !Rehearsal::of_run(run).is_real();
        let elsewhere = |tenant: &String| {
            meant
                .as_ref()
                .is_some_and(|meant| !meant.eq_ignore_ascii_case(tenant))
        };
        if row.run.as_deref().is_some_and(rehearsed)
            || row.outcome == Some(Outcome::WouldInvite)
            || row.tenant_id.as_ref().is_some_and(elsewhere)
        {
            return false;
        }
        if row.outcome == Some(Outcome::Unknown) || row.redeem_url.is_some() {
            return true;
        }
        if row.outcome == Some(Outcome::Invited) && row.user_id.is_some() {
            return true;
        }
    }
    false
}

/// Runs that are named by results and are missing in this ledger. If there are any, the ledger does not know everything that
/// was sent.
pub(in crate::commands) fn unknown_runs(
    ledger: &Ledger,
    results: impl IntoIterator<Item = PathBuf>,
) -> Result<Option<UnknownRuns>> {
    let reader = ledger.reader()?;
    let bound = reader.tenant()?;
    let mut unknown: Option<UnknownRuns> = None;
    for path in results {
        let Some((run, tenant)) = run_of(&path) else {
            continue;
        };
        let elsewhere = bound
            .as_ref()
            .is_some_and(|bound| !bound.id.eq_ignore_ascii_case(&tenant));
        if elsewhere || !Rehearsal::of_run(&run).is_real() || reader.run(&run)?.is_some() {
            continue;
        }
        let Some(began) = began(&run) else { continue };
        // The file is written when a run ends. A copy of it may be newer.
        let written = std::fs::metadata(&path)
            .and_then(|metadata| metadata.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let ended = began.max(Timestamp::try_from(written).unwrap_or(began));
        unknown = Some(
            unknown.map_or(UnknownRuns { began, ended }, |others| UnknownRuns {
                began: others.began.min(began),
                ended: others.ended.max(ended),
            }),
        );
    }
    Ok(unknown)
}

/// The run and the tenant that a results file names: all its rows are of one run.
fn run_of(path: &Path) -> Option<(String, String)> {
    if !path.is_file() {
        return None;
    }
    let row = results::read_own(path).ok()?.next()?.ok()?;
    Some((row.run?, row.tenant_id?))
}

/// When a run began, from its id.
fn began(run: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%d-%H%M%S", run.get(..15)?).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(civil).ok()
}

/// The first line of every run: which ledger, how many people it knows, when it ran last.
pub(in crate::commands) fn announce(ledger: &Ledger, path: &Path, clock: &Clock) -> Result<()> {
    let reader = ledger.reader()?;
    let last_run = reader.last_begun()?;
    let people = reader.people()?;
    let seen = ui::LedgerSeen {
        path,
        people,
        last_run,
        new: ledger.created(),
    };
    ui::tell(ui::text::wrap(&ui::ledger_line(&seen, clock.now()), 0, 7));
    Ok(())
}
