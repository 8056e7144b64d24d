//! Understands the header that was found in the head of a sheet.
//!
//! Must not read the sheet.

use super::{
    Flaw, Header, Refused, Row, SheetOptions, Use, address_column,
    catalogue::{HEADER_QUOTES, HEADER_SWALLOWS, PORTAL_EXAMPLE},
    columns,
    header_detection::{self, HeadRecord, Reading},
    opened::Purpose,
    swallowed_lines,
};
use crate::problem::{Problem, shorten};

pub(super) fn header(
    reading: &Reading,
    at: usize,
    options: &SheetOptions,
    purpose: Purpose,
) -> Result<(Header, Vec<Problem>), Refused> {
    let HeadRecord {
        row,
        line,
        ref cells,
        ..
    } = reading.records[at];
    if purpose == Purpose::ReadBack {
        let header = columns::as_they_stand(cells.clone(), row, line, Use::OwnResult);
        return Ok((header, Vec::new()));
    }
    if purpose == Purpose::Table {
        if let Some(swallowed) = header_swallows(&reading.records[at], reading.delimiter) {
            return Err(swallowed.at(row, line).into());
        }
        let header = columns::as_they_stand(cells.clone(), row, line, Use::Other);
        return Ok((header, Vec::new()));
    }
    let (mut header, mut problems) =
        columns::understand(cells.clone(), row, line, &options.map, &options.ignore);
    if let Some(swallowed) = header_swallows(&reading.records[at], reading.delimiter) {
        problems.insert(0, swallowed.at(row, line));
    } else if reading.records[at].flaw == Some(Flaw::EmptyQuotes) {
        let message = "an empty pair of quotation marks stands before a heading";
        let fix = "delete the quotation marks that do not stand around a whole heading";
        problems.push(
            Problem::warning(HEADER_QUOTES, message)
                .at(row, line)
                .fix(fix),
        );
    }
    if problems.iter().any(Problem::is_error) {
        return Err(Refused { problems });
    }
    let email = address_column::only_proposed(&header);
    for record in header_detection::examples(&reading.records[at..], email) {
        header.examples.push(record.row);
        problems.push(
            Problem::hint(
                PORTAL_EXAMPLE,
                "this row is the template's own example and is left out",
            )
            .at(record.row, record.line)
            .fix("delete it, or leave it there"),
        );
    }
    Ok((header, problems))
}

/// The problem of a header with a quotation mark that is not closed: the rows below would be part of the header.
fn header_swallows(header: &HeadRecord, delimiter: u8) -> Option<Problem> {
    let row = Row::new(
        header.row,
        header.line,
        0,
        header.cells.iter().map(String::as_str),
    );
    let lines: Vec<String> = swallowed_lines(&row, delimiter)
        .take(3)
        .map(|line| format!("`{}`", shorten(line.trim(), 60)))
        .collect();
    let flawed = header.flaw.is_some_and(|flaw| flaw != Flaw::EmptyQuotes);
    if lines.is_empty() && !flawed {
        return None;
    }
    let cell = (0..row.found())
        .map(|column| row.cell(column))
        .find(|cell| cell.contains(['\n', '\r']));
    let message = match cell.map(|cell| cell.lines().next().unwrap_or_default().trim()) {
        Some(name) => format!(
            "the quotation mark before `{}` in the header (line {}) is not closed where the cell ends, so what stands below was taken for a part of the header{}",
            shorten(name, 40),
            header.line,
            if lines.is_empty() {
                String::new()
            } else {
                format!(": {}", lines.join(", "))
            }
        ),
        None => format!(
            "a text stands directly beside a quoted text in the header (line {}), so a delimiter or a quotation mark is missing",
            header.line
        ),
    };
    Some(
        Problem::error(HEADER_SWALLOWS, message)
            .fix("close the quotation mark where the cell ends, or delete it"),
    )
}
