//! The texts of a row: names of one line, messages of several.
//!
//! Must not shorten or change a text, apart from what is invisible in a name.

use super::{
    catalogue::{
        ERROR_VALUE, FIELD_TOO_LONG, HTML_MESSAGE, LINE_BREAK, LONG_MESSAGE, LOOK_ALIKE,
        MESSAGE_TOO_LONG, ODD_LETTERS, REPAIRED, UNQUOTED_MESSAGE,
    },
    hints,
    layout::Layout,
    record::joined_message,
    row_problems::RowProblems,
};
use crate::{
    problem::Problem,
    sheet::{Field, Kinds, Row},
};
use std::borrow::Cow;

/// Longer messages get a warning, and much longer ones are refused. Microsoft publishes no limit.
const LONG: usize = 500;
pub(crate) const TOO_LONG: usize = 2000;

/// What spreadsheet programs show for a formula that cannot be computed.
const ERROR_VALUES: [&str; 8] = [
    "#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!",
];

/// Invisible characters that mean nothing in a name. Joiners are kept, because emoji and some scripts need them.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// The plain marks of right-to-left scripts are allowed.
fn turns_the_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn odd_letters(column: usize, cell: &str, problems: &mut RowProblems<'_>) {
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
    problems: &mut RowProblems<'_>,
) -> Option<Cow<'r, str>> {
    let (column, cell) = layout.cell(row, field)?;
    if cell.len() > longest && cell.chars().count() > longest {
        let message = format!("{} characters; Entra takes {longest}", cell.chars().count());
        problems.at(
            column,
            Problem::error(FIELD_TOO_LONG, message).fix("shorten the text"),
        );
    }
    if cell.starts_with('#') && ERROR_VALUES.contains(&cell) {
        let problem = Problem::error(ERROR_VALUE, "the result of a formula that failed");
        problems.at(column, problem.fix("type what is meant"));
    }
    let mut text = Cow::Borrowed(cell);
    // Most names are plain letters and need no further check.
    if !cell.is_ascii() {
        odd_letters(column, cell, problems);
        if field == Field::DisplayName
            && let Some(c) = hints::mixed_script_char(cell)
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
        if cell.contains(invisible) {
            text = Cow::Owned(cell.replace(invisible, ""));
            let problem = Problem::warning(REPAIRED, "left out on reading: invisible characters")
                .fix(
                    "nothing is to be done; check --fix FILE writes the sheet with the repair made",
                );
            problems.at(column, problem.suggest(text.as_ref()));
            if text.trim().is_empty() {
                return None;
            }
        }
    }
    if !row.kinds().has(Kinds::LINE_END) || !text.contains(['\n', '\r']) {
        return Some(text);
    }
    let joined = text
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
    problems: &mut RowProblems<'_>,
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
    if !message.is_ascii() {
        odd_letters(column, &message, problems);
    }
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
