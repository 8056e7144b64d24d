//! What is wrong with a row as such, and which of its cells belong together.
//!
//! Must not ask what a text means; only whether it can stand where it stands.

use super::Problem;
use super::catalogue::{
    CONTROL_CHARACTER, EMPTY_EXTRA_CELLS, NO_HEADING, NOT_COMPUTED, SWALLOWED_ROWS, TOO_MANY_CELLS,
};
use super::layout::Layout;
use super::told::Problems;
use crate::sheet::{Field, Flaw, Row};

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
    if row.found() <= row.width() || row.quoted {
        return None;
    }
    let delimiter = layout.delimiter?;
    let (column, _) = layout.cell(row, Field::Message)?;
    if column + 1 != row.width() || row.extra().next().is_none() {
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
