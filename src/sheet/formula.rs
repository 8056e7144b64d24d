//! Cells that a spreadsheet program would run as a formula: made safe on writing, undone on reading.
//!
//! One apostrophe in front is all, as a person would type it. A cell that looks as if it had been made
//! safe gets one more, so that undoing always gives back what was there.

use std::borrow::Cow;

const MARK: char = '\'';

/// The cell as it may be written.
pub fn make_safe(cell: &str) -> Cow<'_, str> {
    if runs(cell.trim_start_matches(MARK)) {
        Cow::Owned(format!("{MARK}{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell as it was before [`make_safe`].
pub fn undo(cell: &str) -> &str {
    match cell.strip_prefix(MARK) {
        Some(inner) if runs(inner.trim_start_matches(MARK)) => inner,
        _ => cell,
    }
}

/// Whether some spreadsheet program takes the text for a formula. The wide forms are those of East
/// Asian keyboards; a leading tab or line break is skipped by the programs that import it.
fn runs(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_get_an_apostrophe_and_nothing_else_does() {
        for (cell, safe) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+49 170 1", "'+49 170 1"),
            ("  -2", "'  -2"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\t=1"),
            ("\rx", "'\rx"),
            ("'=1", "''=1"),
            ("", ""),
            ("'", "'"),
            ("'quoted'", "'quoted'"),
            ("O'Brien", "O'Brien"),
            ("a@b.org", "a@b.org"),
            ("Zoë-Marie", "Zoë-Marie"),
        ] {
            assert_eq!(make_safe(cell), safe);
            assert_eq!(undo(safe), cell);
        }
    }

    proptest! {
        #[test]
        fn undoing_gives_back_what_was_there(cell in "[ '=+@\t\r\n＝a-]{0,6}|.*") {
            let safe = make_safe(&cell);
            prop_assert!(!runs(&safe), "{safe:?} still runs");
            prop_assert_eq!(undo(&safe), cell.as_str());
        }

        #[test]
        fn a_cell_that_was_never_made_safe_is_only_changed_by_a_marked_formula(cell in "[^'].*") {
            prop_assert_eq!(undo(&cell), cell.as_str());
        }
    }
}
