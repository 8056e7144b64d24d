//! A piece of a row as a person would recognise it, with the place of one cell in it.
//!
//! Must not show characters that a terminal would act on: invisible ones are spelled out.

use crate::{sheet::Row, visible::is_hidden};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One line of text, and which columns of it are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub text: String,
    pub from: usize,
    pub to: usize,
}

/// The longest part of one cell that is shown.
const MAX_CELL: usize = 48;

/// The row around a cell, in at most `width` columns.
pub(super) fn excerpt(row: &Row, column: usize, delimiter: u8, width: usize) -> Excerpt {
    let cell = show_cell(row.cell(column), delimiter, MAX_CELL.min(width));
    let cell_width = cell.width();
    let room = width.saturating_sub(cell_width + 2);
    let after: Vec<String> = (column + 1..row.found().max(row.width()))
        .map(|later| show_delimiter(delimiter) + &show_cell(row.cell(later), delimiter, MAX_CELL))
        .collect();
    // The cells before this one tell whose row it is. Those after it get at least a third of the width.
    let wanted: usize = after.iter().map(|cell| cell.width()).sum();
    let room_before = room - wanted.min(room / 3);
    let mut before = String::new();
    for earlier in (0..column).rev() {
        let next = show_cell(row.cell(earlier), delimiter, MAX_CELL)
            + &show_delimiter(delimiter)
            + &before;
        if next.width() > room_before {
            before.insert(0, '…');
            break;
        }
        before = next;
    }
    let from = before.width();
    let mut text = before + &cell;
    for next in after {
        if text.width() + next.width() + 1 > width {
            text.push('…');
            break;
        }
        text.push_str(&next);
    }
    Excerpt {
        text,
        from,
        // An empty cell is marked by one column.
        to: from + cell_width.max(1),
    }
}

fn show_delimiter(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "  ".to_owned(),
        other => char::from(other).to_string(),
    }
}

/// A cell as it stands in the file, in one line.
fn show_cell(cell: &str, delimiter: u8, max: usize) -> String {
    let quoted = cell.contains([char::from(delimiter), '"', '\n', '\r']);
    let mut shown = String::new();
    let mut width = 0;
    let mut cut = false;
    for c in cell.replace("\r\n", "\n").chars() {
        let piece = show_char(c);
        let more = piece.width();
        if width + more + 1 > max {
            cut = true;
            break;
        }
        width += more;
        shown.push_str(&piece);
    }
    if cut {
        shown.push('…');
    }
    match (quoted, cut) {
        (false, _) => shown,
        (true, false) => format!("\"{shown}\""),
        (true, true) => format!("\"{shown}"),
    }
}

/// A character, or the spelling of one that cannot be seen.
fn show_char(c: char) -> String {
    match c {
        '\n' | '\r' => "⏎".to_owned(),
        '"' => "\"\"".to_owned(),
        '\t' => "→".to_owned(),
        ' ' | '\u{200D}' | '\u{FE0F}' => c.to_string(),
        _ if is_hidden(c)
            || c.is_whitespace()
            || c.width().unwrap_or(0) == 0 && !is_combining(c) =>
        {
            format!("<U+{:04X}>", u32::from(c))
        }
        _ => c.to_string(),
    }
}

/// Combining marks, which belong to the letter before them.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05C7}' | '\u{064B}'..='\u{065F}' | '\u{0900}'..='\u{0DFF}' | '\u{0E31}'..='\u{0E4E}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cells: &[&str], column: usize, width: usize) -> [String; 2] {
        let row = Row::new(2, 2, cells.len(), cells.iter().copied());
        let excerpt = excerpt(&row, column, b',', width);
        assert!(excerpt.text.width() <= width, "{}", excerpt.text);
        let carets = " ".repeat(excerpt.from) + &"^".repeat(excerpt.to - excerpt.from);
        [excerpt.text, carets]
    }

    #[test]
    fn the_caret_stands_under_the_cell() {
        assert_eq!(
            shown(&["Anna", "a@", "Fabrikam"], 1, 72),
            ["Anna,a@,Fabrikam", "     ^^"]
        );
        assert_eq!(shown(&["山田", "a@", ""], 1, 72), ["山田,a@,", "     ^^"]);
        assert_eq!(shown(&["Anna", "", "x"], 1, 72), ["Anna,,x", "     ^"]);
    }

    #[test]
    fn what_is_invisible_is_spelled_out() {
        assert_eq!(
            shown(&["a\u{200B}@x\u{A0}", "two\r\nlines, \u{1b}[31m"], 0, 72)[0],
            "a<U+200B>@x<U+00A0>,\"two⏎lines, <U+001B>[31m\""
        );
    }

    #[test]
    fn a_long_row_is_cut_on_both_sides() {
        let [text, carets] = shown(
            &[&"x".repeat(300), &"y".repeat(30), "a@", &"z".repeat(300)],
            2,
            60,
        );
        assert_eq!(text, format!("…{},a@…", "y".repeat(30)));
        assert_eq!(carets, format!("{}^^", " ".repeat(32)));
    }
}
