//! Where the results and the rows to fix are written, and whether these files may be written at all.

use super::super::report;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    own_files::{FileKind, RESULT_COLUMNS},
    results::{self, RunKind},
    settings::{Settings, Sourced},
    sheet::Sheet,
};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Targets {
    pub results: PathBuf,
    pub to_fix: PathBuf,
    /// A page about the run, where one is wanted.
    pub report: Option<PathBuf>,
}

impl Targets {
    pub(super) fn of(settings: &Settings, typed: &Path, sheet: &Sheet) -> Self {
        let kind = RunKind {
            workbook: sheet.tab().is_some(),
            dry_run: settings.invite.dry_run.value,
            practice: settings.invite.sandbox.value,
        };
        let default = results::default_paths(typed, kind);
        let chosen = |path: &Option<Sourced<PathBuf>>, default| {
            path.as_ref().map_or(default, |path| path.value.clone())
        };
        Self {
            results: chosen(&settings.invite.results, default.results),
            to_fix: chosen(&settings.invite.to_fix, default.to_fix),
            report: settings
                .invite
                .report
                .as_ref()
                .map(|path| path.value.clone()),
        }
    }

    pub(super) fn check(&self, typed: &Path, sheet: &Sheet, ledger: &Path) -> Result<()> {
        let columns = RESULT_COLUMNS.len() + sheet.header().names.len();
        if results::is_workbook(&self.results) && columns > results::WORKBOOK_COLUMNS {
            return Err(Failure::new(
                Exit::SheetRefused,
                format!(
                    "with the results beside them, the sheet's {} columns do not fit into a workbook",
                    sheet.header().names.len()
                ),
            )
            .hint("look for a stray cell far to the right and delete it, or write text: -o results.csv"));
        }
        for (target, flag) in [(&self.results, "-o"), (&self.to_fix, "--to-fix")] {
            if results::same_place(target, ledger) {
                return Err(Failure::usage(format!(
                    "{flag} names the ledger, {}, which would be lost",
                    ledger.display()
                ))
                .hint(format!("name another file with {flag}")));
            }
        }
        results::check_target(&self.results, FileKind::Results, typed)?;
        results::check_target(&self.to_fix, FileKind::ToFix, typed)?;
        if results::same_place(&self.results, &self.to_fix) {
            return Err(
                Failure::usage("results and to-fix rows cannot go into one file")
                    .hint("change -o or --to-fix"),
            );
        }
        if let Some(target) = &self.report {
            if target == Path::new(results::STDOUT) {
                return Err(Failure::usage("--report needs a file").hint(
                    "afterwards, `guestlist report -o -` writes the page to standard output",
                ));
            }
            let others = [&self.results, &self.to_fix];
            if others
                .iter()
                .any(|other| results::same_place(target, other))
            {
                return Err(Failure::usage(
                    "the report and the results or to-fix rows cannot go into one file",
                )
                .hint("change --report"));
            }
            report::check(target, typed, ledger)?;
        }
        Ok(())
    }
}
