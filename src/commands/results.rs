//! `guestlist results`: write the results of a run again, from the ledger.
//!
//! Must not fail because of the sheet: what the ledger knows is written in any case.

use super::{files, reading_choices, sheet_options::rules};
use crate::{
    cli::RunName,
    exit::Exit,
    failure::{Failure, Result},
    ledger::{Ledger, NewLedger, RunRecord},
    own_files::FileKind,
    results::{RunKind, STDOUT, check_target, default_paths, read_own},
    settings::Settings,
    sheet::Sheet,
    ui::{self, text::printable_line},
};
use std::path::Path;

pub(crate) fn run(settings: &Settings, wanted: &RunName, quiet: bool) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    let ledger = Ledger::open(path, NewLedger::Refused)?;
    let run = find(&ledger, wanted)?;
    let sheet_path = run.sheet.as_deref().map(Path::new);
    let chosen = reading_choices::of_run(settings, &run.id, run.reading.as_deref());
    let sheet = sheet_path.map(|path| Sheet::open(path, &chosen.options));
    let (sheet, unread) = match sheet {
        None => (None, None),
        Some(Ok(sheet)) => (Some(sheet), None),
        Some(Err(refused)) => (None, Some(Failure::from(refused))),
    };
    let kind = RunKind {
        workbook: sheet.as_ref().is_some_and(|sheet| sheet.tab().is_some()),
        dry_run: false,
        practice: settings.invite.sandbox.value,
    };
    let default = default_paths(sheet_path.unwrap_or(Path::new("-")), kind).results;
    let target = settings
        .invite
        .results
        .as_ref()
        .map_or(default, |path| path.value.clone());
    check_target(
        &target,
        FileKind::Results,
        sheet_path.unwrap_or(Path::new("-")),
    )?;
    not_over_newer_results(&ledger, &run, &target)?;
    let links = settings.invite.links.value;
    let which = files::Run {
        id: &run.id,
        incomplete: run.ended_at.is_none(),
        by_address: false,
        unwritten: &[],
        rules: &rules(settings),
    };
    let written = files::write(&ledger, which, sheet.as_ref(), &target, None, links)?;
    if run.ended_at.is_none() {
        ui::tell(
            "this run was killed, or is still under way: run the same command again to finish it",
        );
    }
    for note in &written.notes {
        ui::tell(note);
    }
    if let Some(why) = unread.or(written.without_sheet) {
        ui::tell(format!(
            "the sheet's own columns are left out, because the sheet could not be read: {}",
            why.what
        ));
        for hint in &why.hints {
            ui::tell(format!("  {hint}"));
        }
    }
    if written.results != Path::new(STDOUT) && !quiet {
        ui::tell(format!(
            "results of run {}: {}",
            run.id,
            written.results.display()
        ));
    }
    Ok(Exit::Done)
}

/// Results of a newer run may hold links that this run did not have yet: they are not replaced by older ones.
fn not_over_newer_results(ledger: &Ledger, run: &RunRecord, target: &Path) -> Result<()> {
    let Ok(rows) = read_own(target) else {
        return Ok(());
    };
    let Some(there) = rows.flatten().find_map(|row| row.run) else {
        return Ok(());
    };
    match ledger.reader()?.run(&there)? {
        Some(newer) if newer.id != run.id && newer.started_at > run.started_at => {
            Err(Failure::usage(format!(
                "{} holds the results of a newer run ({there}), which may have links that run {} did not have yet",
                target.display(),
                run.id
            ))
            .hint("name another file with -o, or leave --run away for the results of the last run"))
        }
        _ => Ok(()),
    }
}

/// The ledger keeps the rows of invitations only: where the results of a reset are, and how to have them again.
fn of_a_reset(run: &RunRecord) -> Option<Failure> {
    let sheet = run
        .sheet
        .as_ref()
        .filter(|_| run.verb == "reset-redemption")?;
    let report = run.report.as_deref().unwrap_or_default();
    let report: serde_json::Value = serde_json::from_str(report).unwrap_or_default();
    let place = report["results"].as_str().map_or_else(String::new, |file| {
        format!("; they were written to {}", printable_line(file))
    });
    Some(
        Failure::usage(format!(
            "run {} is one of `reset-redemption`, whose results are not written from the ledger{place}",
            run.id
        ))
        .hint(format!(
            "`guestlist reset-redemption {}` writes them again, with the links, and resets nobody a second time",
            printable_line(sheet)
        ))
        .hint("leave --run away for the last run of `invite`, or see `guestlist runs`"),
    )
}

pub(super) fn find(ledger: &Ledger, wanted: &RunName) -> Result<RunRecord> {
    let reader = ledger.reader()?;
    let found = match wanted {
        RunName::Last => reader.last_invitation_run()?,
        RunName::Id(id) => reader.run(id)?,
    };
    if let Some(other) = found.as_ref().filter(|run| run.verb != "invite") {
        if let Some(failure) = of_a_reset(other) {
            return Err(failure);
        }
        return Err(Failure::usage(format!(
            "run {} is one of `{}`, which tells nothing about the rows of a sheet",
            other.id, other.verb
        ))
        .hint("leave --run away for the last run that did, or see `guestlist runs`"));
    }
    found.ok_or_else(|| match wanted {
        RunName::Last => Failure::usage(format!(
            "the ledger {} knows no run of `guestlist invite` yet, so there are no results to write",
            ledger.shown()
        ))
        .hint("invite from a sheet first: `guestlist invite SHEET` writes the results when it ends")
        .hint("if there was a run, it used another ledger: name that one with --ledger"),
        RunName::Id(id) => Failure::usage(format!("the ledger {} knows no run {id}", ledger.shown()))
            .hint("`guestlist runs` lists the runs that it knows"),
    })
}
