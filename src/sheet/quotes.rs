//! Checks the quotation marks of a record as it was written, before its cells are read.
//!
//! Must not know what a column means.

use super::Flaw;
use memchr::{memchr, memchr3};

/// What is wrong with the quotation marks of a record; `raw` is the record with the byte that ends it.
pub(super) fn flaw(raw: &[u8], delimiter: u8) -> Option<Flaw> {
    let mut at = 0;
    let mut marked = None;
    while let Some(quote) = memchr(b'"', &raw[at..]).map(|found| at + found) {
        let begins = quote == 0 || raw[quote - 1] == delimiter;
        if !begins {
            let end = cell_end(raw, quote, delimiter);
            if follows_text(raw, quote, end) || holds_delimiter(raw, quote, end, delimiter) {
                return Some(Flaw::TextBesideQuote);
            }
            at = end;
            continue;
        }
        let Some(close) = closing(raw, quote + 1) else {
            break;
        };
        let rest = cell_end(raw, close + 1, delimiter);
        let between = &raw[close + 1..rest];
        at = rest;
        // A blank after a cell is harmless, and an empty pair of quotation marks before a value has a flaw of its own.
        if between.trim_ascii().is_empty() {
            continue;
        }
        if close == quote + 1 {
            marked = Some(Flaw::EmptyQuotes);
            continue;
        }
        let inside = &raw[quote + 1..close];
        return Some(if inside.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            Flaw::SwallowedRows
        } else if inside.ends_with(b"\\") {
            Flaw::BackslashQuote
        } else {
            Flaw::TextBesideQuote
        });
    }
    marked
}

/// The quotation mark that ends a cell; none where the record ends first.
fn closing(raw: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let close = at + memchr(b'"', raw.get(at..)?)?;
        if raw.get(close + 1) != Some(&b'"') {
            return Some(close);
        }
        at = close + 2;
    }
}

/// Where the cell ends that goes on without quotation marks.
fn cell_end(raw: &[u8], from: usize, delimiter: u8) -> usize {
    let from = from.min(raw.len());
    memchr3(delimiter, b'\n', b'\r', &raw[from..]).map_or(raw.len(), |found| from + found)
}

/// Whether a quoted text follows directly on another one, up to the end of the cell: `Anna"Hello"` lacks a delimiter,
/// while `Anna "Annie" Meier` and `5" disk` lack nothing.
fn follows_text(raw: &[u8], quote: usize, end: usize) -> bool {
    let before = raw[quote - 1];
    (before.is_ascii_alphanumeric() || before >= 0x80)
        && end > quote + 2
        && !raw[quote + 1].is_ascii_whitespace()
        && raw[end - 1] == b'"'
        && memchr(b'"', &raw[quote + 1..end]) == Some(end - quote - 2)
}

/// Whether a quotation mark inside a cell opens a text that a later cell closes: `Boots"Light, and warm"` lacks the
/// delimiter before the mark, so the one inside the text divided it. A mark with a blank behind it, as in `5" disk`, opens
/// nothing, and neither does one that is closed in its own cell.
fn holds_delimiter(raw: &[u8], quote: usize, end: usize, delimiter: u8) -> bool {
    let opens = raw
        .get(quote + 1)
        .is_some_and(|next| quote + 1 < end && !next.is_ascii_whitespace());
    // A mark with nothing before it was meant to begin the cell; that is another flaw.
    let begins = raw[..quote]
        .iter()
        .rev()
        .take_while(|byte| **byte != delimiter)
        .all(u8::is_ascii_whitespace);
    if !opens || begins {
        return false;
    }
    let Some(close) = closing(raw, quote + 1).filter(|close| *close > end) else {
        return false;
    };
    // The record may end without a line end.
    let ends_cell = raw
        .get(close + 1)
        .is_none_or(|next| *next == delimiter || matches!(next, b'\n' | b'\r'));
    // A mark that begins a cell opens that cell.
    ends_cell && raw[close - 1] != delimiter
}

/// How many cells of a record stand in quotation marks, from a column on.
pub(super) fn any_quoted_from(raw: &[u8], delimiter: u8, column: usize) -> bool {
    let mut at = 0;
    for index in 0.. {
        let quoted = raw.get(at) == Some(&b'"');
        if quoted && index >= column {
            return true;
        }
        let from = if quoted {
            closing(raw, at + 1).map_or(raw.len(), |close| close + 1)
        } else {
            at
        };
        at = cell_end(raw, from, delimiter) + 1;
        if at >= raw.len() {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_mark_ends_a_cell_or_is_a_flaw() {
        for (record, found) in [
            ("a,\"b\"\n", None),
            ("a,\"b, \"\"c\"\"\"\n", None),
            ("a,\"two\nlines\"\n", None),
            ("a,Anna \"Annie\" Meier\n", None),
            ("a,5\" disk,7\"\n", None),
            ("a,\"b\" ,c\n", None),
            (
                "a,Boots\"Light, and warm\",c\n",
                Some(Flaw::TextBesideQuote),
            ),
            ("a,$7\"Round, 48\"\"\",\"c\"\n", Some(Flaw::TextBesideQuote)),
            ("a,5\"x, 7\" or 9\"\n", None),
            ("a,5\"x,\"b\",c\n", None),
            ("a,5\"x,b\n", None),
            ("a, \"Meier, Anna\"\n", None),
            ("\"\"cy@x.org,Cy\n", Some(Flaw::EmptyQuotes)),
            ("a,\"b\"c,d\n", Some(Flaw::TextBesideQuote)),
            ("a,Anna\"Hello\",d\n", Some(Flaw::TextBesideQuote)),
            ("a,\"Say \\\"hi\\\" please\"\n", Some(Flaw::BackslashQuote)),
            ("a,\"Hello\nb,\"Hi\"\n", Some(Flaw::SwallowedRows)),
            ("a,\"Hello\nb,\"Hi\"", Some(Flaw::SwallowedRows)),
        ] {
            assert_eq!(flaw(record.as_bytes(), b','), found, "{record}");
        }
    }

    #[test]
    fn quoted_cells_are_found_from_a_column_on() {
        let raw = b"\"a,\"\"b\",c,\"d\"\n";
        assert!(any_quoted_from(raw, b',', 0) && any_quoted_from(raw, b',', 2));
        assert!(!any_quoted_from(b"\"a\",b,c\n", b',', 1));
    }
}
