//! Where results and to-fix files go when nobody says: beside the sheet, with names that say what they
//! are, so that a dry run or a practice run never lands on a real one.
//!
//! Must not touch the disk.

use super::workbook::other_form;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunKind {
    /// The sheet is a workbook, whatever its name says.
    pub workbook: bool,
    pub dry_run: bool,
    /// Against the practice tenant.
    pub practice: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    pub results: PathBuf,
    pub to_fix: PathBuf,
}

/// The default paths for a sheet; `-` is standard input, whose files go into the current folder.
pub fn default_paths(sheet: &Path, kind: RunKind) -> Paths {
    let sheet = if sheet == Path::new("-") {
        Path::new("stdin")
    } else {
        sheet
    };
    let infix = match (kind.practice, kind.dry_run) {
        (false, false) => "",
        (false, true) => ".dry-run",
        (true, false) => ".practice",
        (true, true) => ".practice.dry-run",
    };
    let results = if infix.is_empty() { ".results" } else { infix };
    Paths {
        results: beside(sheet, results, kind.workbook),
        to_fix: beside(sheet, &format!("{infix}.to-fix"), kind.workbook),
    }
}

fn beside(sheet: &Path, infix: &str, workbook: bool) -> PathBuf {
    let mut name = OsString::from(sheet.file_stem().unwrap_or_default());
    name.push(infix);
    name.push(".");
    name.push(match sheet.extension() {
        // Workbooks are written in one form.
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
