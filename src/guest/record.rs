//! What is wrong with a whole row, and which of its cells belong together.
//!
//! Must not interpret a text, only whether it can be in its cell.

use super::{
    catalogue::{
        CONTROL_CHARACTER, EMPTY_EXTRA_CELLS, NO_HEADING, NOT_COMPUTED, QUOTES_DO_NOT_HOLD,
        REPAIRED, SWALLOWED_ROWS, TEXT_BESIDE_QUOTE, TOO_MANY_CELLS,
    },
    layout::Layout,
    row_problems::RowProblems,
};
use crate::{
    problem::{Problem, shorten},
    sheet::{Field, Flaw, Kinds, Row, swallowed_lines},
};

/// Reports what is wrong with the whole record. Returns whether its cells are under the right headings.
pub(super) fn whole_row(layout: &Layout, row: &Row, problems: &mut RowProblems<'_>) -> bool {
    let believed = match row.flaw {
        Some(flaw) => tell_flaw(flaw, layout, row, problems),
        None => true,
    };
    if row.kinds().has(Kinds::CONTROL) {
        let control = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        for column in 0..row.found() {
            if let Some(c) = row.cell(column).chars().find(control) {
                let what = match c {
                    '\0' => "a NUL character",
                    _ => "an invisible control character",
                };
                let problem = Problem::error(
                    CONTROL_CHARACTER,
                    format!("{what} (U+{:04X})", u32::from(c)),
                );
                problems.at(
                    column,
                    problem.fix("type the cell again, or export the sheet again"),
                );
            }
        }
    }
    if row.kinds().has(Kinds::MARK) {
        if believed && let Some((column, message, fix)) = divided_inside_quotes(layout, row) {
            problems.at(column, Problem::error(QUOTES_DO_NOT_HOLD, message).fix(fix));
            return false;
        }
        for (column, plain) in layout.marked(row) {
            let problem = Problem::warning(REPAIRED, "left out on reading: a text mark")
                .fix(
                    "nothing is to be done; check --fix FILE writes the sheet with the repair made",
                )
                .suggest(plain);
            problems.at(column, problem);
        }
    }
    if believed && row.found() > row.width() {
        beyond_the_header(layout, row, problems);
    }
    believed
}

/// Reports a flaw. Returns whether the cells are still under the right headings.
fn tell_flaw(flaw: Flaw, layout: &Layout, row: &Row, problems: &mut RowProblems<'_>) -> bool {
    match flaw {
        Flaw::SwallowedRows => {
            let column = (0..row.found()).find(|column| row.cell(*column).contains(['\n', '\r']));
            let delimiter = layout
                .delimiter
                .and_then(|c| u8::try_from(c).ok())
                .unwrap_or(b',');
            let lines: Vec<String> = swallowed_lines(row, delimiter)
                .take(3)
                .map(|line| format!("`{}`", shorten(line.trim(), 60)))
                .collect();
            let mut message = "a quotation mark in this row is closed only further down, so rows below it were swallowed".to_owned();
            if !lines.is_empty() {
                message = format!("{message}: {}", lines.join(", "));
            }
            let problem = Problem::error(SWALLOWED_ROWS, message)
                .fix("close the quotation mark where the cell ends, or delete it");
            match column {
                Some(column) => problems.at(column, problem),
                None => problems.add(problem),
            }
            false
        }
        Flaw::TextBesideQuote => {
            let message = "text stands directly beside a quoted text in one cell, so a delimiter or a quotation mark is missing";
            problems.add(Problem::error(TEXT_BESIDE_QUOTE, message).fix(
                "put the delimiter between them; quotation marks that belong to the text are written twice",
            ));
            false
        }
        Flaw::BackslashQuote => {
            let message = "quotation marks inside a cell are written with a backslash here, which ends the cell";
            problems.add(Problem::error(TEXT_BESIDE_QUOTE, message).fix(
                "write them twice instead (\"\"), as spreadsheet programs do when they save a sheet as CSV",
            ));
            false
        }
        Flaw::EmptyQuotes => {
            let message = "left out on reading: an empty pair of quotation marks before a value";
            problems.add(Problem::warning(REPAIRED, message).fix("nothing is to be done"));
            true
        }
        Flaw::NotComputed => {
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
            true
        }
    }
}

/// Reports quotation marks that the format does not know: a delimiter inside them divided the text.
fn divided_inside_quotes(
    layout: &Layout,
    row: &Row,
) -> Option<(usize, &'static str, &'static str)> {
    layout.delimiter?;
    let ends_later = |column: usize, ends: &[char]| {
        (column + 1..row.found()).any(|later| row.cell(later).trim_end().ends_with(ends))
    };
    (0..row.found()).find_map(|column| {
        let cell = row.cell(column);
        let text = cell.trim_start();
        let mut chars = text.chars();
        let (first, rest) = (chars.next()?, chars.as_str());
        let ends: &[char] = match first {
            '"' if text.len() < cell.len() => &['"'],
            '„' | '“' | '”' => &['“', '”'],
            '«' => &['»'],
            '»' => &['«'],
            _ => return None,
        };
        if rest.contains(ends) || !ends_later(column, ends) {
            return None;
        }
        let save = "write plain quotation marks directly after the delimiter, as spreadsheet programs do when they save a sheet as CSV";
        Some(if first == '"' {
            (
                column,
                "a blank stands before the quotation mark, so it holds nothing together, and the delimiter in the text divided it",
                "delete the blank before the quotation mark, or save the sheet from a spreadsheet program as CSV",
            )
        } else {
            (
                column,
                "typographic quotation marks hold nothing together, so the delimiter in the text divided it",
                save,
            )
        })
    })
}

/// Reports cells without a heading. In a text file, a comma inside a text may have moved the cells before them; in a
/// workbook that cannot happen.
fn beyond_the_header(layout: &Layout, row: &Row, problems: &mut RowProblems<'_>) {
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
            let problem = Problem::warning(EMPTY_EXTRA_CELLS, message);
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

/// The message joined again, with its column, if the cells beyond the header can only be its rest: the message is the
/// last column, and the row has no quotation marks.
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
