//! Opening a sheet: from its first bytes to a header that is understood.
//!
//! Must not read further than it takes to understand the sheet; a workbook is the exception.

use super::{
    Dialect, Flaw, Header, Refused, Row, Rows, SheetOptions, Stretches, address_column,
    bytes::{Bytes, Stamp},
    catalogue::{
        HEADER_QUOTES, HEADER_SWALLOWS, NO_SUCH_TAB, NOT_A_FILE, NOT_TEXT, PERHAPS_UTF8,
        PORTAL_EXAMPLE, UNKNOWN_ENCODING,
    },
    columns,
    encoding::{self, Charset},
    header_detection::{self, Asked, HeadRecord, Reading},
    refuse::{cannot_read, empty, first_row_too_large, no_header, not_text},
    stopped, swallowed_lines,
    workbook::Merged,
};
use crate::problem::{Problem, shorten};
use std::{path::Path, sync::Arc};

/// How much of a sheet is looked at to understand it.
const HEAD: usize = 256 * 1024;

fn read_head(path: &Path) -> Result<(Vec<u8>, bool, Stamp), Refused> {
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() {
            "a folder"
        } else {
            "not a regular file"
        };
        let fix = if metadata.is_dir() {
            "name the sheet inside it"
        } else {
            "pipe it in: `-` as the sheet reads standard input"
        };
        return Err(
            Problem::error(NOT_A_FILE, format!("{} is {kind}", path.display()))
                .fix(fix)
                .into(),
        );
    }
    let (mut bytes, stamp) = Bytes::open(path).map_err(|error| cannot_read(path, &error))?;
    let mut head = Vec::new();
    let mut whole = false;
    while head.len() < HEAD && !whole {
        whole = bytes
            .append(&mut head)
            .map_err(|error| cannot_read(path, &error))?
            == 0;
    }
    if head.iter().all(u8::is_ascii_whitespace) && whole {
        return Err(empty().into());
    }
    Ok((head, whole, stamp))
}

fn asked_encoding(
    options: &SheetOptions,
) -> Result<Option<&'static encoding_rs::Encoding>, Refused> {
    let Some(name) = &options.encoding else {
        return Ok(None);
    };
    encoding::by_name(name).map(Some).ok_or_else(|| {
        Problem::error(
            UNKNOWN_ENCODING,
            format!("there is no encoding called `{name}`"),
        )
        .fix("common names are utf-8, windows-1252, windows-1250, iso-8859-15, shift_jis, utf-16le")
        .into()
    })
}

/// A sheet as it was found.
#[derive(Debug)]
pub(super) struct Opened {
    pub stamp: Stamp,
    pub body: Body,
    pub dialect: Dialect,
    pub header: Header,
    /// What is worth a look; never an error.
    pub hints: Vec<Problem>,
    /// Why nobody can be invited until a person has decided something.
    pub refusals: Vec<Problem>,
    /// Rows below the header that the spreadsheet program does not show.
    pub hidden: Stretches,
    /// Columns that it does not show.
    pub hidden_columns: Vec<usize>,
    /// Cells that it shows as one.
    pub merged: Vec<Merged>,
    /// Addresses that are not read at all: on other sheets of a workbook, in hidden rows that are left out, behind links
    /// of cells that show something else.
    pub left_out: u64,
}

/// Where the rows come from.
#[derive(Debug)]
pub(super) enum Body {
    /// Read from the file each time.
    Text(Charset),
    /// Held in memory, within the bounds of `workbook`.
    Workbook {
        kind: &'static str,
        tab: String,
        rows: Arc<[Row]>,
    },
}

pub(super) fn open(path: &Path, options: &SheetOptions) -> Result<Opened, Refused> {
    let (head, whole, stamp) = read_head(path)?;
    if head.starts_with(b"PK\x03\x04") {
        return super::open_workbook::open(path, stamp, options);
    }
    match not_text(&head) {
        Some(kind) => Err(kind.into()),
        None => open_text(path, &head, whole, stamp, options),
    }
}

fn open_text(
    path: &Path,
    head: &[u8],
    whole: bool,
    stamp: Stamp,
    options: &SheetOptions,
) -> Result<Opened, Refused> {
    if let Some(tab) = &options.sheet {
        let problem = Problem::error(
            NO_SUCH_TAB,
            format!("--sheet {tab}: this is a text file, not a workbook with several sheets"),
        );
        return Err(problem.fix("leave out --sheet").into());
    }
    let asked = asked_encoding(options)?;
    let charset = encoding::charset(head, asked);
    if asked.is_none()
        && charset.bom == 0
        && let Some(utf16) = encoding::looks_like_utf16(head)
    {
        let problem = Problem::error(
            NOT_TEXT,
            "the sheet looks like UTF-16 without a byte order mark",
        );
        return Err(problem
            .fix(format!(
                "say so: --encoding {}",
                utf16.name().to_lowercase()
            ))
            .into());
    }
    let text = encoding::decode_head(head, charset, whole);
    let reading =
        header_detection::read(&text, whole, Asked::of(options)).map_err(|problem| *problem)?;
    let asked_row = options.header_row.is_some();
    let perhaps = || reading.perhaps_header().filter(|_| !asked_row);
    let Some(at) = reading.header.or_else(perhaps) else {
        if let Some(stopped) = &reading.stopped {
            return Err(stopped::problem(stopped, None, charset, path).into());
        }
        // Not even one record fits into the head.
        let stopped = if reading.records.is_empty() && !whole {
            Rows::first_stop(path, charset, reading.delimiter)
                .or_else(|| Some(first_row_too_large()))
        } else {
            None
        };
        return Err(stopped.map_or_else(|| no_header(&reading, options), Refused::from));
    };
    let (mut header, mut hints) = header(&reading, at, options)?;
    header.delimiter = Some(reading.delimiter);
    // Umlauts in UTF-8 can be read as two odd letters each, without an error anywhere.
    if charset.encoding.is_single_byte() && encoding::is_partly_utf8(head) {
        hints.push(
            Problem::hint(
                PERHAPS_UTF8,
                format!(
                    "the sheet looks like UTF-8, and is read as {}",
                    charset.encoding.name()
                ),
            )
            .fix("look at the names below, and leave out --encoding if they are wrong"),
        );
    }
    Ok(Opened {
        stamp,
        body: Body::Text(charset),
        dialect: Dialect {
            delimiter: reading.delimiter,
            evidence: reading.evidence,
            bom: charset.bom > 0,
            line_end: header_detection::line_end(&text),
            sep_line: header_detection::sep_line(&text).is_some(),
        },
        header,
        hints,
        refusals: Vec::new(),
        hidden: Stretches::default(),
        hidden_columns: Vec::new(),
        merged: Vec::new(),
        left_out: 0,
    })
}

pub(super) fn header(
    reading: &Reading,
    at: usize,
    options: &SheetOptions,
) -> Result<(Header, Vec<Problem>), Refused> {
    let HeadRecord {
        row,
        line,
        ref cells,
        ..
    } = reading.records[at];
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

/// The header is checked like any other record: a quotation mark that is not closed in it swallows people.
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
