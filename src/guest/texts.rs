//! The texts of a row: names of one line, messages of several, and what is wrong with the record as such.
//!
//! Must not shorten or change a text, apart from a line break in a name.

use super::Problem;
use super::catalogue::{
    CONTROL_CHARACTER, EMPTY_EXTRA_CELLS, ERROR_VALUE, FIELD_TOO_LONG, HTML_MESSAGE, LINE_BREAK,
    LONG_MESSAGE, LOOK_ALIKE, MESSAGE_TOO_LONG, NO_HEADING, NOT_COMPUTED, ODD_LETTERS, REPAIRED,
    SWALLOWED_ROWS, TOO_MANY_CELLS, UNQUOTED_MESSAGE,
};
use super::hints;
use super::layout::Layout;
use super::told::Problems;
use crate::sheet::{Field, Flaw, Row};
use std::borrow::Cow;

/// Longer messages are told; much longer ones are not sent. Microsoft publishes no limit.
const LONG: usize = 500;
const TOO_LONG: usize = 2000;

/// What is wrong with the record as such.
pub(super) fn whole_row(layout: &Layout, row: &Row, problems: &mut Problems<'_>) {
    if row.flaw == Some(Flaw::SwallowedRows) {
        let message = "a quotation mark in this row is closed only further down, so rows below it were swallowed";
        problems.add(
            Problem::error(SWALLOWED_ROWS, message)
                .fix("close the quotation mark where the cell ends, or delete it"),
        );
    }
    if row.flaw == Some(Flaw::NotComputed) {
        for column in layout
            .used()
            .filter(|column| row.cell(*column).starts_with('='))
        {
            let problem = Problem::error(
                NOT_COMPUTED,
                "a formula whose result the file does not hold",
            );
            problems.at(
                column,
                problem.fix("open the workbook in a spreadsheet program and save it there"),
            );
        }
    }
    // Written so that it is one pass over plain bytes.
    let suspicious = |byte: u8| {
        (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7F || byte == 0xC2
    };
    if row
        .text()
        .bytes()
        .fold(false, |found, byte| found | suspicious(byte))
    {
        let control = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        for column in 0..row.found() {
            if let Some(c) = row.cell(column).chars().find(control) {
                let problem = Problem::error(
                    CONTROL_CHARACTER,
                    format!("an invisible control character (U+{:04X})", u32::from(c)),
                );
                problems.at(
                    column,
                    problem.fix("type the cell again, or export the sheet again"),
                );
            }
        }
    }
    if row.found() > row.width() {
        beyond_the_header(layout, row, problems);
    }
}

/// Cells that no heading stands above. In a workbook they are where they are; in a text, a delimiter that was meant as
/// a comma may have moved the cells before them.
fn beyond_the_header(layout: &Layout, row: &Row, problems: &mut Problems<'_>) {
    let (found, width) = (row.found(), row.width());
    match row.extra().next() {
        None if sentence_goes_on(layout, row) => {
            let message = format!(
                "the row has {found} cells and the header {width}, and the message seems to go on in the next column"
            );
            if let Some(column) = layout.column(Field::Message) {
                problems.at(
                    column,
                    Problem::error(TOO_MANY_CELLS, message)
                        .fix("put quotation marks around the message"),
                );
            }
        }
        None => {
            let message = format!("the row has {found} cells and the header {width}");
            let problem = Problem::hint(EMPTY_EXTRA_CELLS, message);
            problems.add(problem.fix("look whether its cells stand under the right headings"));
        }
        Some((column, _)) if layout.delimiter.is_none() => {
            let problem = Problem::hint(NO_HEADING, "no heading stands above this cell");
            problems.at(
                column,
                problem.fix("give the column a heading, or delete the cell"),
            );
        }
        Some(_) if joined_message(layout, row).is_some() => {}
        Some((column, _)) => {
            let message = format!(
                "the row has {found} cells and the header {width}, so the cells may stand under wrong headings"
            );
            problems.at(
                column,
                Problem::error(TOO_MANY_CELLS, message)
                    .fix("put quotation marks around the text that holds the delimiter"),
            );
        }
    }
}

/// Whether the cell after the message begins as the rest of a sentence does: with the space behind a comma.
fn sentence_goes_on(layout: &Layout, row: &Row) -> bool {
    let Some((column, _)) = layout.cell(row, Field::Message) else {
        return false;
    };
    let next = row.cell(column + 1);
    !row.quoted && next.starts_with(' ') && !next.trim().is_empty()
}

/// The message put together again, with its column, where the cells beyond the header can only be its rest: it is the
/// last column, and nobody who wrote this row put quotation marks around anything.
pub(super) fn joined_message(layout: &Layout, row: &Row) -> Option<(usize, String)> {
    let delimiter = layout.delimiter?;
    let (column, _) = layout.cell(row, Field::Message)?;
    if row.quoted || column + 1 != row.width() || row.extra().next().is_none() {
        return None;
    }
    let mut joined = row.cell(column).to_owned();
    for extra in column + 1..row.found() {
        joined.push(delimiter);
        joined.push_str(row.cell(extra));
    }
    let end = joined.trim_end().trim_end_matches(delimiter).len();
    joined.truncate(end);
    Some((column, joined.trim().to_owned()))
}

/// What spreadsheet programs show for a formula that cannot be computed.
const ERROR_VALUES: [&str; 8] = [
    "#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!",
];

/// Takes no room and means nothing in a name; joiners do, in emoji and in some scripts.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// The plain marks of right-to-left scripts are left alone.
fn turns_the_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn odd_letters(column: usize, cell: &str, problems: &mut Problems<'_>) {
    if cell.is_ascii() {
        return;
    }
    let what = if cell.contains('\u{FFFD}') {
        "a letter was lost before this sheet was made (U+FFFD)"
    } else if cell.contains(turns_the_direction) {
        "an invisible mark turns the direction of writing"
    } else if hints::read_in_the_wrong_encoding(cell) {
        "these letters look like UTF-8 that was read in another encoding"
    } else {
        return;
    };
    let problem = Problem::hint(ODD_LETTERS, what);
    problems.at(
        column,
        problem.fix("type the text again, or export the sheet again as CSV UTF-8"),
    );
}

/// A text of one line: a name, a title.
pub(super) fn line<'r>(
    layout: &Layout,
    row: &'r Row,
    field: Field,
    longest: usize,
    problems: &mut Problems<'_>,
) -> Option<Cow<'r, str>> {
    let (column, cell) = layout.cell(row, field)?;
    if cell.len() > longest && cell.chars().count() > longest {
        let message = format!("{} characters; Entra takes {longest}", cell.chars().count());
        problems.at(
            column,
            Problem::error(FIELD_TOO_LONG, message).fix("shorten the text"),
        );
    }
    if ERROR_VALUES.contains(&cell) {
        let problem = Problem::error(ERROR_VALUE, "the result of a formula that failed");
        problems.at(column, problem.fix("type what is meant"));
    }
    odd_letters(column, cell, problems);
    if field == Field::DisplayName
        && let Some(c) = hints::stranger(cell)
    {
        let message = format!(
            "`{c}` (U+{:04X}) is a letter of another script than its neighbours",
            u32::from(c)
        );
        problems.at(
            column,
            Problem::hint(LOOK_ALIKE, message).fix("type the name again in one script"),
        );
    }
    if !cell.is_ascii() && cell.contains(invisible) {
        let visible = cell.replace(invisible, "");
        let problem = Problem::warning(REPAIRED, "left out: invisible characters")
            .fix("nothing is to be done; check --fix FILE writes the sheet with the repair made");
        problems.at(column, problem.suggest(visible.as_str()));
        return (!visible.is_empty()).then_some(Cow::Owned(visible));
    }
    if !cell.contains(['\n', '\r']) {
        return Some(Cow::Borrowed(cell));
    }
    let joined = cell
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let problem = Problem::warning(LINE_BREAK, "the line break is read as a space")
        .fix("nothing is to be done");
    problems.at(column, problem.suggest(joined.as_str()));
    Some(Cow::Owned(joined))
}

pub(super) fn message<'r>(
    layout: &Layout,
    row: &'r Row,
    problems: &mut Problems<'_>,
) -> Option<Cow<'r, str>> {
    let (column, cell) = layout.cell(row, Field::Message)?;
    let mut message = Cow::Borrowed(cell);
    if let Some((_, joined)) = joined_message(layout, row) {
        let problem = Problem::warning(
            UNQUOTED_MESSAGE,
            "the message holds the delimiter and has no quotation marks; it was put together again",
        );
        problems.at(
            column,
            problem
                .fix("put quotation marks around the message")
                .suggest(joined.as_str()),
        );
        message = Cow::Owned(joined);
    }
    if message.len() > LONG {
        let length = message.chars().count();
        if length > TOO_LONG {
            problems.at(
                column,
                Problem::error(
                    MESSAGE_TOO_LONG,
                    format!("{length} characters; at most {TOO_LONG} are sent"),
                )
                .fix("shorten the message"),
            );
        } else if length > LONG {
            let problem = Problem::warning(
                LONG_MESSAGE,
                format!("{length} characters; more than {LONG} may be refused"),
            );
            problems.at(column, problem.fix("shorten the message if you can"));
        }
    }
    odd_letters(column, &message, problems);
    if has_tags(&message) {
        problems.at(
            column,
            Problem::hint(
                HTML_MESSAGE,
                "Microsoft shows messages as plain text, tags included",
            )
            .fix("write plain text"),
        );
    }
    Some(message)
}

/// Whether a text has something like an HTML tag in it.
fn has_tags(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let tag = text[at + 1..].trim_start_matches('/');
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(8)
            .collect::<String>()
            .to_ascii_lowercase();
        matches!(
            name.as_str(),
            "a" | "b"
                | "i"
                | "u"
                | "p"
                | "br"
                | "div"
                | "span"
                | "strong"
                | "em"
                | "h1"
                | "h2"
                | "h3"
                | "ul"
                | "ol"
                | "li"
                | "table"
                | "img"
                | "html"
                | "font"
        ) && tag[name.len()..].starts_with(['>', ' ', '/'])
    })
}
