//! Cells that a spreadsheet program would run as a formula are made safe on writing, and restored on reading.
//!
//! Such a cell gets one apostrophe in front, as a person would type it. A cell that already looks safe gets another one,
//! so that reading always gives back the original.
//!
//! Where a program splits a file at another delimiter than ours, pieces of a cell become cells, so that each piece
//! is treated alike. That does not depend on the file's own delimiter: whoever reads it later may not know it.

use std::borrow::Cow;

const MARK: char = '\'';
/// What some program splits at: delimiters, and the line ends inside of cells.
const SPLITS: [char; 6] = [',', ';', '\t', '|', '\n', '\r'];

/// The cell as it may be written.
pub fn make_safe(cell: &str) -> Cow<'_, str> {
    // This runs for every cell that is written, and nearly every cell needs no change.
    let marked = runs(cell.trim_start_matches(MARK));
    let inner = may_split(cell) && pieces(cell).skip(1).any(piece_runs);
    match (marked, inner) {
        (false, false) => Cow::Borrowed(cell),
        (true, false) => Cow::Owned(format!("{MARK}{cell}")),
        (_, true) => {
            let mut safe = String::with_capacity(cell.len() + 8);
            for (at, piece) in pieces(cell).enumerate() {
                if if at == 0 { marked } else { piece_runs(piece) } {
                    safe.push(MARK);
                }
                safe.push_str(piece);
            }
            Cow::Owned(safe)
        }
    }
}

/// The cell as it was before [`make_safe`].
pub fn undo(cell: &str) -> Cow<'_, str> {
    if !cell.contains(MARK) {
        return Cow::Borrowed(cell);
    }
    let was_made_safe = |piece: &str| piece.strip_prefix(MARK).is_some_and(piece_runs);
    let inner = if pieces(cell).skip(1).any(was_made_safe) {
        let mut undone = String::with_capacity(cell.len());
        for (at, piece) in pieces(cell).enumerate() {
            undone.push_str(if at > 0 && was_made_safe(piece) {
                &piece[MARK.len_utf8()..]
            } else {
                piece
            });
        }
        Cow::Owned(undone)
    } else {
        Cow::Borrowed(cell)
    };
    match inner.strip_prefix(MARK) {
        Some(rest) if runs(rest.trim_start_matches(MARK)) => match inner {
            Cow::Borrowed(cell) => Cow::Borrowed(&cell[MARK.len_utf8()..]),
            Cow::Owned(cell) => Cow::Owned(cell[MARK.len_utf8()..].to_owned()),
        },
        _ => inner,
    }
}

/// Whether any of [`SPLITS`] is in the cell. All bytes are looked at, which is quicker than to stop at the first.
fn may_split(cell: &str) -> bool {
    let splits = |byte: u8| matches!(byte, b',' | b';' | b'\t' | b'|' | b'\n' | b'\r');
    cell.bytes().fold(false, |found, byte| found | splits(byte))
}

/// What a cell falls apart into, each piece with what it was split at behind it.
fn pieces(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_inclusive(SPLITS)
}

/// Whether some spreadsheet program takes the text for a formula. A leading tab or line break is skipped by the
/// programs that import it.
fn runs(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || begins_a_formula(text.trim_start())
}

/// The same for a piece, which may have lost its quotation marks.
fn piece_runs(piece: &str) -> bool {
    let piece = piece.trim_start_matches(MARK);
    begins_a_formula(piece.trim_start_matches(|c: char| c == '"' || c.is_whitespace()))
}

/// The wide forms are those of East Asian keyboards.
fn begins_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
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
            ("\t=1", "'\t'=1"),
            ("\rx", "'\rx"),
            ("'=1", "''=1"),
            ("", ""),
            ("'", "'"),
            ("'quoted'", "'quoted'"),
            ("O'Brien", "O'Brien"),
            ("a@b.org", "a@b.org"),
            ("Zoë-Marie", "Zoë-Marie"),
            ("a@x.org; b@x.org", "a@x.org; b@x.org"),
            (
                "Hello, Anna; well-known | fine\nbye",
                "Hello, Anna; well-known | fine\nbye",
            ),
        ] {
            assert_eq!(make_safe(cell), safe);
            assert_eq!(undo(safe), cell);
        }
    }

    #[test]
    fn so_does_what_would_be_a_cell_at_another_delimiter() {
        for (cell, safe) in [
            ("Person;=1+1;x", "Person;'=1+1;x"),
            ("Person;'=1+1", "Person;''=1+1"),
            ("x\t@SUM(1)|+2,-3", "x\t'@SUM(1)|'+2,'-3"),
            ("x; \"=1\"", "x;' \"=1\""),
            ("first\n=cmd|' /C calc'!A0", "first\n'=cmd|' /C calc'!A0"),
            ("=1;=2", "'=1;'=2"),
        ] {
            assert_eq!(make_safe(cell), safe);
            assert_eq!(undo(safe), cell);
        }
    }

    proptest! {
        #[test]
        fn undoing_gives_back_what_was_there(cell in "[ '=+@\t\r\n＝a;,|\"-]{0,9}|.*") {
            let safe = make_safe(&cell);
            prop_assert!(!runs(&safe), "{safe:?} still runs");
            for piece in safe.split(SPLITS).skip(1) {
                let shown = piece.trim_start_matches(|c: char| c == '"' || c.is_whitespace());
                prop_assert!(!begins_a_formula(shown), "{safe:?} still runs where it is split");
            }
            prop_assert_eq!(undo(&safe), cell.as_str());
        }

        #[test]
        fn a_cell_that_was_never_made_safe_is_only_changed_by_a_marked_formula(cell in "[^']*") {
            prop_assert_eq!(undo(&cell), cell.as_str());
        }
    }
}
