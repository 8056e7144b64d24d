//! The files that this program writes about a sheet: which columns they have, what they are called, and how they are
//! recognised when they are given to it again.
//!
//! Must not read or write them.

use std::path::Path;

/// The first columns of a results file; the sheet's own columns come after them.
pub const RESULT_COLUMNS: [&str; 18] = [
    "row",
    "outcome",
    "email",
    "display_name",
    "hint",
    "redeem_url",
    "redemption",
    "mail",
    "error_code",
    "error",
    "invited_at",
    "this_run",
    "verified",
    "follow_up",
    "user_id",
    "tenant_id",
    "run",
    "request_id",
];
/// The last columns of a to-fix file.
pub(crate) const TO_FIX_COLUMNS: [&str; 4] = ["_row", "_code", "_problem", "_fix"];
/// The columns of a list of guests who have come or not, in their order.
pub(crate) const STATUS_COLUMNS: [&str; 13] = [
    "email",
    "state",
    "since",
    "invited_at",
    "pending_days",
    "mail",
    "reminders",
    "last_mail",
    "sponsors",
    "note",
    "user_id",
    "read_at",
    "row",
];
/// The columns of a list of those who left a sheet, in their order.
pub(crate) const LEAVERS_COLUMNS: [&str; 10] = [
    "email",
    "state",
    "elsewhere",
    "last_ask",
    "sponsors",
    "note",
    "user_id",
    "tenant_id",
    "sheet",
    "run",
];
/// The columns of a list of those who were deleted or left, in their order.
pub(crate) const CLEANUP_COLUMNS: [&str; 6] =
    ["email", "deletion", "why", "last_ask", "user_id", "row"];
/// What a page of ours says near its beginning.
pub(crate) const REPORT_MARK: &str = r#"<meta name="generator" content="guestlist report">"#;
/// The page in words of a results workbook. It is no sheet of guests.
pub(crate) const SUMMARY_TAB: &str = "Summary";
/// A sheet's own column whose name collides with one of the results is written with this before it.
pub const SHEET_PREFIX: &str = "sheet_";

/// In the names of files; before the extension.
pub(crate) const RESULTS: &str = ".results";
pub(crate) const TO_FIX: &str = ".to-fix";
pub(crate) const LEAVERS: &str = ".leavers";
pub(crate) const REPORT: &str = ".report";
pub(crate) const DRY_RUN: &str = ".dry-run";
pub(crate) const PRACTICE: &str = ".practice";

/// Which of our files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Results,
    ToFix,
    /// The state of guests.
    Status,
    /// Those who left a sheet.
    Leavers,
    /// Those who were deleted or left.
    Cleanup,
    /// A page about a run.
    Report,
}

impl FileKind {
    /// By the header row of a file; none for a file that this program did not write.
    ///
    /// The first four columns of a file are the same in every version. A person may have deleted others.
    pub(crate) fn of(names: &[impl AsRef<str>]) -> Option<Self> {
        let same = |names: &[_], ours: &[&str]| {
            let names = names
                .iter()
                .map(|name: &_| AsRef::<str>::as_ref(name).trim());
            names.eq(ours.iter().copied())
        };
        let first = names.get(..4)?;
        let last = &names[names.len() - TO_FIX_COLUMNS.len()..];
        if same(first, &RESULT_COLUMNS[..4]) {
            Some(Self::Results)
        } else if same(last, &TO_FIX_COLUMNS) {
            Some(Self::ToFix)
        } else if same(first, &STATUS_COLUMNS[..4]) {
            Some(Self::Status)
        } else if same(first, &LEAVERS_COLUMNS[..4]) {
            Some(Self::Leavers)
        } else if same(first, &CLEANUP_COLUMNS[..4]) {
            Some(Self::Cleanup)
        } else {
            None
        }
    }
}

/// How many of the first columns of a results file are ours; 0 for any other file. No column of the sheet's own has the
/// name of one of ours there, because such names were written with [`SHEET_PREFIX`].
pub(crate) fn result_columns(names: &[String]) -> usize {
    if FileKind::of(names) != Some(FileKind::Results) {
        return 0;
    }
    let ours = |name: &&String| RESULT_COLUMNS.contains(&name.trim());
    names.iter().take_while(ours).count()
}

/// The columns of a to-fix file, which a person may have moved: `_row`, `_code` and `_problem`.
pub(crate) fn to_fix_columns(names: &[String]) -> Option<[usize; 3]> {
    let column = |ours: &str| names.iter().position(|name| name.trim() == ours);
    let [row, code, problem, _] = TO_FIX_COLUMNS.map(column);
    Some([row?, code?, problem?])
}

/// Whether a run, or a file about it, invited nobody into the tenant that is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rehearsal {
    pub dry_run: bool,
    pub practice: bool,
}

impl Rehearsal {
    /// By the id of the run, which stands on every row of its results.
    pub(crate) fn of_run(id: &str) -> Self {
        let (rest, dry_run) = match id.strip_suffix("-dry-run") {
            Some(rest) => (rest, true),
            None => (id, false),
        };
        Self {
            dry_run,
            practice: rest.ends_with("-practice"),
        }
    }

    /// By the name of a file, as it is chosen by default.
    pub(crate) fn of_file(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let has = |part: &str| name.contains(&format!("{part}."));
        Self {
            dry_run: has(DRY_RUN),
            practice: has(PRACTICE),
        }
    }

    /// The id of a run with what [`Self::of_run`] reads again.
    pub(crate) fn mark(self, id: &str) -> String {
        let practice = if self.practice { "-practice" } else { "" };
        let dry_run = if self.dry_run { "-dry-run" } else { "" };
        format!("{id}{practice}{dry_run}")
    }

    pub(crate) fn is_real(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split('|').map(str::to_owned).collect()
    }

    #[test]
    fn our_files_are_recognised_by_their_columns() {
        let all = names(&RESULT_COLUMNS.join("|"));
        assert_eq!(FileKind::of(&all), Some(FileKind::Results));
        assert_eq!(result_columns(&all), RESULT_COLUMNS.len());
        // A person has deleted columns of ours, and the sheet has an address column of its own.
        let fewer = names("row|outcome|email| display_name |redeem_url|sheet_email|Company");
        assert_eq!(
            (FileKind::of(&fewer), result_columns(&fewer)),
            (Some(FileKind::Results), 5)
        );
        let to_fix = names("Mail|Name|_row|_code|_problem|_fix");
        assert_eq!(
            (FileKind::of(&to_fix), result_columns(&to_fix)),
            (Some(FileKind::ToFix), 0)
        );
        assert_eq!(to_fix_columns(&to_fix), Some([2, 3, 4]));
        for other in ["email", "row|outcome|email", "row|name|email|outcome|_row"] {
            assert_eq!(FileKind::of(&names(other)), None, "{other}");
        }
    }

    #[test]
    fn a_rehearsal_is_recognised_by_its_run_and_by_its_file() {
        for (dry_run, practice) in [(false, false), (true, false), (false, true), (true, true)] {
            let rehearsal = Rehearsal { dry_run, practice };
            assert_eq!(
                Rehearsal::of_run(&rehearsal.mark("20260101-000000-ab")),
                rehearsal
            );
            assert_eq!(rehearsal.is_real(), !dry_run && !practice);
        }
        let file = |name| Rehearsal::of_file(Path::new(name));
        assert!(file("in/guests.results.csv").is_real());
        assert!(file("in/guests.dry-run.csv").dry_run);
        let both = file("guests.practice.dry-run.to-fix.xlsx");
        assert!(both.dry_run && both.practice);
    }
}
