//! Opening a sheet: from its first bytes to a header that is understood.
//!
//! Must not read further than it takes to understand the sheet; a workbook is the exception.

use super::bytes::{Bytes, Stamp};
use super::catalogue::{
    HIDDEN_ROWS, HIDDEN_SKIPPED, NO_SUCH_TAB, NOT_A_FILE, NOT_TEXT, PERHAPS_UTF8, PORTAL_EXAMPLE,
    UNKNOWN_ENCODING, WHICH_TAB,
};
use super::encoding::{self, Charset};
use super::find::{self, Asked, HeadRecord, Reading};
use super::refuse::{cannot_read, empty, first_row_too_large, no_header, not_text};
use super::workbook::{self, Tab};
use super::{
    Dialect, Field, Header, Hidden, LineEnd, Problem, Refused, Row, Rows, SheetOptions, columns,
    nearest, own_files, stopped,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

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
    /// Rows below the header that the spreadsheet program does not show.
    pub hidden: u64,
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
        return open_workbook(path, stamp, options);
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
    let reading = find::read(&text, whole, Asked::of(options)).map_err(|problem| *problem)?;
    let Some(at) = reading.header else {
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
            line_end: find::line_end(&text),
            sep_line: find::sep_line(&text).is_some(),
        },
        header,
        hints,
        hidden: 0,
    })
}

fn header(
    reading: &Reading,
    at: usize,
    options: &SheetOptions,
) -> Result<(Header, Vec<Problem>), Refused> {
    let HeadRecord {
        row,
        line,
        ref cells,
    } = reading.records[at];
    let (mut header, mut problems) = columns::understand(cells.clone(), row, line, &options.map);
    if problems.iter().any(Problem::is_error) {
        return Err(Refused { problems });
    }
    for record in find::examples(&reading.records[at..], header.column_of(Field::Email)) {
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

fn open_workbook(path: &Path, stamp: Stamp, options: &SheetOptions) -> Result<Opened, Refused> {
    let book = workbook::read(path)?;
    let (tab, reading) = choose(book.tabs, options)?;
    let Some(at) = reading.header else {
        return Err(no_header(&reading, options));
    };
    let (header, mut hints) = header(&reading, at, options)?;
    let below = tab
        .rows
        .iter()
        .filter(|held| header.has_below(held.row.number));
    let hidden: Vec<u64> = below
        .filter(|held| held.hidden && !held.row.is_blank())
        .map(|held| held.row.number)
        .collect();
    if !hidden.is_empty() && options.hidden.is_none() {
        let problem = Problem::error(
            HIDDEN_ROWS,
            format!(
                "{} hidden in the workbook, by a filter or by hand: {}",
                rows_are(hidden.len()),
                stretches(&hidden)
            ),
        );
        return Err(problem
            .fix("say what is meant: --hidden include or --hidden skip")
            .into());
    }
    let skip = options.hidden == Some(Hidden::Skip);
    if skip && !hidden.is_empty() {
        hints.push(
            Problem::hint(
                HIDDEN_SKIPPED,
                format!(
                    "{} hidden and left out: {}",
                    rows_are(hidden.len()),
                    stretches(&hidden)
                ),
            )
            .fix("take them along with --hidden include"),
        );
    }
    let linked = header.column_of(Field::Email);
    let kept = tab.rows.into_iter().filter(|held| !(skip && held.hidden));
    let rows: Arc<[Row]> = kept
        .map(|held| with_link(held.row, linked, &tab.links))
        .collect();
    Ok(Opened {
        stamp,
        body: Body::Workbook {
            kind: book.kind,
            tab: tab.name,
            rows,
        },
        dialect: Dialect {
            delimiter: reading.delimiter,
            evidence: reading.evidence,
            bom: true,
            line_end: LineEnd::CrLf,
            sep_line: false,
        },
        header,
        hints,
        hidden: hidden.len() as u64,
    })
}

fn rows_are(count: usize) -> String {
    if count == 1 {
        "1 row is".to_owned()
    } else {
        format!("{count} rows are")
    }
}

/// Row numbers in ascending order, as a person would say them: `3, 5–9`; the first few of them.
fn stretches(rows: &[u64]) -> String {
    const MOST: usize = 8;
    let runs: Vec<&[u64]> = rows.chunk_by(|row, next| row + 1 == *next).collect();
    let told = runs.iter().take(MOST).map(|run| match run {
        [first, .., last] => format!("{first}–{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    });
    let told = told.collect::<Vec<_>>().join(", ");
    if runs.len() > MOST {
        told + " …"
    } else {
        told
    }
}

/// The tab that is meant: the one that was named, or the only visible one with an address column.
fn choose(tabs: Vec<Tab>, options: &SheetOptions) -> Result<(Tab, Reading), Refused> {
    let read = |tab: &Tab| find::in_rows(tab.rows.iter().map(|held| &held.row), Asked::of(options));
    let names: Vec<String> = tabs.iter().map(|tab| tab.name.clone()).collect();
    let ours = |tab: &Tab| {
        let first = find::in_rows(
            tab.rows.iter().map(|held| &held.row).take(1),
            Asked::default(),
        );
        first
            .records
            .first()
            .is_some_and(|first| own_files::is_ours(&first.cells))
    };
    let wanted = options.sheet.as_ref();
    if let Some(wanted) = wanted.filter(|_| !matches!(&tabs[..], [only] if ours(only))) {
        let same = |tab: &Tab| tab.name.trim().to_lowercase() == wanted.trim().to_lowercase();
        return match tabs.into_iter().find(same) {
            Some(tab) => {
                let reading = read(&tab);
                Ok((tab, reading))
            }
            None => Err(no_such_tab(wanted, &names).into()),
        };
    }
    let filled = tabs
        .into_iter()
        .filter(|tab| tab.visible && !tab.rows.is_empty());
    let mut read: Vec<(Tab, Reading)> = filled
        .map(|tab| {
            let reading = read(&tab);
            (tab, reading)
        })
        .collect();
    let with_header: Vec<usize> = (0..read.len())
        .filter(|at| read[*at].1.header.is_some())
        .collect();
    match with_header[..] {
        [_, _, ..] => {
            let names: Vec<String> = with_header
                .iter()
                .map(|at| format!("`{}`", read[*at].0.name))
                .collect();
            let problem = Problem::error(
                WHICH_TAB,
                format!(
                    "several sheets of the workbook have an address column: {}",
                    names.join(", ")
                ),
            );
            Err(problem
                .fix(format!(
                    "name the one that is meant: --sheet \"{}\"",
                    read[with_header[0]].0.name
                ))
                .into())
        }
        [at] => Ok(read.swap_remove(at)),
        [] if read.is_empty() => Err(empty().into()),
        [] => Ok(read.swap_remove(0)),
    }
}

fn no_such_tab(wanted: &str, names: &[String]) -> Problem {
    let shown: Vec<String> = names
        .iter()
        .take(12)
        .map(|name| format!("`{name}`"))
        .collect();
    let problem = Problem::error(
        NO_SUCH_TAB,
        format!(
            "the workbook has no sheet `{wanted}`; it has {}",
            shown.join(", ")
        ),
    );
    match nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => problem
            .fix(format!("did you mean --sheet \"{near}\"?"))
            .suggest(near),
        None => problem.fix("copy the sheet's name out of the workbook"),
    }
}

/// A cell that shows a name and links to an address holds the address, for the column of addresses.
fn with_link(row: Row, column: Option<usize>, links: &HashMap<(u32, u32), String>) -> Row {
    let Some(column) = column.filter(|_| !links.is_empty()) else {
        return row;
    };
    let place = (
        u32::try_from(row.number - 1).unwrap_or(u32::MAX),
        column as u32,
    );
    match links.get(&place) {
        Some(link) if !row.cell(column).contains('@') => {
            let cells = (0..row.found()).map(|at| {
                if at == column {
                    link.as_str()
                } else {
                    row.cell(at)
                }
            });
            Row::new(row.number, row.line, row.width(), cells)
        }
        _ => row,
    }
}
