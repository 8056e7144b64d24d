//! The default paths of results and to-fix files: beside the sheet. The names of dry runs and practice runs differ, so
//! that they never replace the results of a real run.
//!
//! Must not read or write the disk.

use super::workbook::other_form;
use crate::own_files::{DRY_RUN, LEAVERS, PRACTICE, REPORT, RESULTS, TO_FIX};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RunKind {
    /// The sheet is a workbook, whatever its name says.
    pub workbook: bool,
    pub dry_run: bool,
    /// Against the practice tenant.
    pub practice: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    pub results: PathBuf,
    pub to_fix: PathBuf,
    /// Who left the sheet.
    pub leavers: PathBuf,
    /// The page about the run.
    pub report: PathBuf,
}

/// The default paths for a sheet; `-` is standard input, whose files go into the current folder.
pub(crate) fn default_paths(sheet: &Path, kind: RunKind) -> Paths {
    let sheet = if sheet == Path::new("-") {
        Path::new("stdin")
    } else {
        sheet
    };
    let practice = if kind.practice { PRACTICE } else { "" };
    let dry_run = if kind.dry_run { DRY_RUN } else { "" };
    let infix = format!("{practice}{dry_run}");
    let results = if infix.is_empty() { RESULTS } else { &infix };
    let stem = sheet.file_stem().unwrap_or_default();
    let to_fix = next_to_fix(&stem.to_string_lossy())
        .map_or_else(|| with(stem, &format!("{infix}{TO_FIX}")), OsString::from);
    Paths {
        results: beside(sheet, with(stem, results), kind.workbook),
        to_fix: beside(sheet, to_fix, kind.workbook),
        leavers: beside(
            sheet,
            with(stem, &format!("{infix}{LEAVERS}")),
            kind.workbook,
        ),
        report: sheet.with_file_name(with(stem, &format!("{infix}{REPORT}.html"))),
    }
}

/// The to-fix file of a to-fix file: `guests.to-fix-2.csv`.
fn next_to_fix(stem: &str) -> Option<String> {
    let at = stem.rfind(TO_FIX)?;
    let (before, after) = (&stem[..at], &stem[at + TO_FIX.len()..]);
    let number: u32 = match after.strip_prefix('-') {
        Some(number) => number.parse().ok()?,
        None if after.is_empty() => 1,
        None => return None,
    };
    Some(format!("{before}{TO_FIX}-{}", number.checked_add(1)?))
}

fn with(stem: &OsStr, more: &str) -> OsString {
    let mut name = stem.to_owned();
    name.push(more);
    name
}

fn beside(sheet: &Path, mut name: OsString, workbook: bool) -> PathBuf {
    name.push(".");
    name.push(match sheet.extension() {
        // Every workbook is written as XLSX.
        _ if workbook || other_form(sheet).is_some() => "xlsx".as_ref(),
        Some(extension) => extension,
        None => "csv".as_ref(),
    });
    sheet.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sheet: &str, dry_run: bool, practice: bool) -> (String, String) {
        let kind = RunKind {
            workbook: false,
            dry_run,
            practice,
        };
        let paths = default_paths(Path::new(sheet), kind);
        (
            paths.results.display().to_string(),
            paths.to_fix.display().to_string(),
        )
    }

    #[test]
    fn every_kind_of_run_has_its_own_files() {
        let own = |results: &str, to_fix: &str| (results.to_owned(), to_fix.to_owned());
        assert_eq!(
            names("in/guests.csv", false, false),
            own("in/guests.results.csv", "in/guests.to-fix.csv")
        );
        assert_eq!(
            names("guests.csv", true, false),
            own("guests.dry-run.csv", "guests.dry-run.to-fix.csv")
        );
        assert_eq!(
            names("guests.csv", false, true),
            own("guests.practice.csv", "guests.practice.to-fix.csv")
        );
        assert_eq!(
            names("guests.csv", true, true),
            own(
                "guests.practice.dry-run.csv",
                "guests.practice.dry-run.to-fix.csv"
            )
        );
    }

    #[test]
    fn a_to_fix_file_has_a_next_one() {
        let to_fix = |sheet: &str, practice| names(sheet, false, practice).1;
        assert_eq!(to_fix("guests.to-fix.csv", false), "guests.to-fix-2.csv");
        assert_eq!(to_fix("guests.to-fix-2.csv", false), "guests.to-fix-3.csv");
        assert_eq!(
            to_fix("guests.to-fix-x.csv", false),
            "guests.to-fix-x.to-fix.csv"
        );
        assert_eq!(
            to_fix("guests.practice.to-fix.csv", true),
            "guests.practice.to-fix-2.csv"
        );
        assert_eq!(
            names("guests.to-fix.csv", false, false).0,
            "guests.to-fix.results.csv"
        );
    }

    #[test]
    fn odd_sheet_names_work() {
        assert_eq!(names("-", false, false).0, "stdin.results.csv");
        assert_eq!(names("guests", false, false).0, "guests.results.csv");
        assert_eq!(names("a.b.TXT", false, false).0, "a.b.results.TXT");
        assert_eq!(names("a.XLSM", false, false).0, "a.results.xlsx");
        let workbook = RunKind {
            workbook: true,
            ..RunKind::default()
        };
        let paths = default_paths(Path::new("-"), workbook);
        assert_eq!(paths.to_fix, Path::new("stdin.to-fix.xlsx"));
    }
}
