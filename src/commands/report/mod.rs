//! `guestlist report`: a page about a run, or about everybody whom the ledger knows.
//!
//! Must not ask the tenant: the page is made from the ledger, at any time.

mod everybody; // the page about everybody

mod one_run; // the page about a run

use super::{
    results::find,
    status::{
        people::Scope,
        report::{Filter, Wanted, report as count},
    },
};
use crate::{
    cli::{self, RunName},
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    ledger::{Ledger, NewLedger, Reader},
    own_files::{FileKind, REPORT, Rehearsal},
    problem::Entry,
    report::{About, Redemption},
    results::{RunKind, STDOUT, check_target, default_paths, same_place},
    settings::Settings,
    ui,
};
use jiff::Timestamp;
pub(super) use one_run::{facts, write as write_run};
use std::path::{Path, PathBuf};

pub(crate) fn run(settings: &Settings, typed: &cli::Report, clock: &Clock) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    let ledger = Ledger::open(path, NewLedger::Refused)?;
    let of = Source {
        ledger: &ledger,
        path,
        with_links: typed.with_links,
        now: clock.now(),
    };
    let (what, written) = if typed.all {
        let default = with_suffix(path.file_stem().unwrap_or_default().as_ref());
        let target = typed.output.clone().unwrap_or(default);
        check(&target, Path::new(STDOUT), path)?;
        ("everybody".to_owned(), everybody::write(&of, &target)?)
    } else {
        let wanted = typed.run.clone().unwrap_or(RunName::Last);
        let run = find(&ledger, &wanted)?;
        let sheet = run.sheet.as_deref().map_or(Path::new("-"), Path::new);
        let target = match &typed.output {
            Some(target) => target.clone(),
            None => default_paths(sheet, kind_of(&run.id)).report,
        };
        check(&target, sheet, path)?;
        let facts = facts(&ledger.reader()?, &run)?;
        (format!("run {}", run.id), write_run(&of, &facts, &target)?)
    };
    for note in &written.notes {
        ui::tell(note);
    }
    if written.path != Path::new(STDOUT) {
        ui::tell(format!("report about {what}: {}", written.path.display()));
    }
    Ok(Exit::Done)
}

/// Whether a page may be written there.
pub(super) fn check(target: &Path, sheet: &Path, ledger: &Path) -> Result<()> {
    if same_place(target, ledger) {
        return Err(Failure::usage(format!(
            "the report would be written over the ledger, {}",
            ledger.display()
        ))
        .hint("name another file"));
    }
    check_target(target, FileKind::Report, sheet)
}

fn with_suffix(stem: &Path) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(REPORT);
    name.push(".html");
    name.into()
}

fn kind_of(run: &str) -> RunKind {
    let rehearsal = Rehearsal::of_run(run);
    RunKind {
        workbook: false,
        dry_run: rehearsal.dry_run,
        practice: rehearsal.practice,
    }
}

/// What a page is made from.
pub(super) struct Source<'s> {
    pub ledger: &'s Ledger,
    pub path: &'s Path,
    pub with_links: bool,
    pub now: Timestamp,
}

/// A page that was written.
pub(super) struct Written {
    pub path: PathBuf,
    pub notes: Vec<String>,
}

impl Source<'_> {
    fn about(&self, reader: &Reader) -> Result<About> {
        let tenant = reader.tenant()?;
        let ledger = self.path.file_name().unwrap_or_default();
        Ok(About {
            tenant: tenant.map(|tenant| (tenant.name, tenant.id)),
            ledger: ledger.to_string_lossy().into_owned(),
            now: self.now,
            version: env!("CARGO_PKG_VERSION"),
            with_links: self.with_links,
        })
    }

    fn count(&self, reader: &Reader, scope: Scope<'_>) -> Result<ui::StatusShown> {
        let wanted = Wanted {
            file: None,
            all: false,
        };
        Ok(count(reader, scope, Filter::default(), self.now, wanted)?.shown)
    }

    /// `of` is the rest of the command line that reads who has redeemed.
    fn redemption(&self, shown: &ui::StatusShown, of: &str) -> Redemption {
        let sandbox = if shown_in_practice(self.path) {
            " --sandbox"
        } else {
            ""
        };
        Redemption::of(shown, &format!("guestlist status{of}{sandbox}"))
    }
}

/// The practice ledger has its own name, unless another one is given.
fn shown_in_practice(ledger: &Path) -> bool {
    Rehearsal::of_file(ledger).practice
}

/// What is known about a code, in any of the catalogues.
fn entry(code: &str) -> Option<&'static Entry> {
    let mut entries = super::CATALOGUES.iter().flat_map(|entries| entries.iter());
    entries.find(|entry| entry.code == code)
}
