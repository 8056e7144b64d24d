//! Opens a sheet: finds its encoding, delimiter and header in the first bytes.
//!
//! Must not read more of a text file than its head. A workbook is read as a whole.

use super::{
    Dialect, Refused, SheetOptions, Stretches,
    bytes::{Bytes, Stamp},
    catalogue::{NO_SUCH_TAB, NOT_A_FILE, NOT_TEXT, PERHAPS_UTF8, UNKNOWN_ENCODING},
    encoding,
    header_detection::{self, Asked},
    open_header::header,
    opened::{Body, Opened, Purpose},
    sheet_errors::{cannot_read, empty, first_row_too_large, no_header, not_text},
    stopped,
};
use crate::problem::Problem;
use std::path::Path;

/// How many bytes the head of a text file has.
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

pub(super) fn open(
    path: &Path,
    options: &SheetOptions,
    purpose: Purpose,
) -> Result<Opened, Refused> {
    let (head, whole, stamp) = read_head(path)?;
    if head.starts_with(b"PK\x03\x04") {
        return super::open_workbook::open(path, stamp, options, purpose);
    }
    match not_text(&head) {
        Some(kind) => Err(kind.into()),
        None => open_text(path, &head, whole, stamp, options, purpose),
    }
}

fn open_text(
    path: &Path,
    head: &[u8],
    whole: bool,
    stamp: Stamp,
    options: &SheetOptions,
    purpose: Purpose,
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
    let first = || (purpose == Purpose::Table && !reading.records.is_empty()).then_some(0);
    let Some(at) = reading.header.or_else(perhaps).or_else(first) else {
        if let Some(stopped) = &reading.stopped {
            return Err(stopped::problem(stopped, None, charset, path).into());
        }
        // Not even one record fits into the head.
        let stopped = if reading.records.is_empty() && !whole {
            stopped::first_record(path, charset, reading.delimiter)
                .or_else(|| Some(first_row_too_large()))
        } else {
            None
        };
        return Err(stopped.map_or_else(|| no_header(&reading, options), Refused::from));
    };
    let (mut header, mut hints) = header(&reading, at, options, purpose)?;
    header.delimiter = Some(reading.delimiter);
    // A single-byte encoding reads each umlaut of UTF-8 as two odd letters, and no error shows it.
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
