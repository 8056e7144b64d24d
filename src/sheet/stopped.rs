//! Why reading stopped, as a problem that a person can act on.
//!
//! Must not read the sheet further, apart from the bytes around the place.

use super::{
    bytes::Bytes,
    catalogue::{RECORD_TOO_LARGE, UNCLOSED_QUOTE, UNDECODABLE},
    encoding::{self, Charset, Text},
    header::Header,
    records::{Broken, Records, Stopped},
    sheet_errors::cannot_read,
};
use crate::problem::{Problem, shorten};
use encoding_rs::UTF_8;
use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// How far around an undecodable byte the bytes are looked at.
const AROUND: u64 = 32 * 1024;

/// Why not even the first record of a file can be read.
pub(super) fn first_record(path: &Path, charset: Charset, delimiter: u8) -> Option<Problem> {
    let (bytes, _) = Bytes::open(path).ok()?;
    let mut records = Records::new(Text::new(bytes, charset), delimiter);
    let stopped = records.next().err()?;
    Some(problem(&stopped, None, charset, path))
}

pub(super) fn problem(
    stopped: &Stopped,
    header: Option<&Header>,
    charset: Charset,
    path: &Path,
) -> Problem {
    let Stopped {
        row, line, column, ..
    } = *stopped;
    // Without a header the delimiter is not certain, so the column is not certain either.
    let name = header.map(|header| header.name(column));
    let named = |before: &str| {
        name.as_ref()
            .map_or_else(String::new, |name| format!("{before} column `{name}`"))
    };
    let problem = match &stopped.why {
        Broken::Io(error) => return cannot_read(path, error),
        Broken::Undecodable { offset, bytes } => {
            undecodable(*offset, bytes, charset, path, &named(", in"))
        }
        Broken::UnclosedQuote => Problem::error(
            UNCLOSED_QUOTE,
            format!(
                "the quotation mark that opens{} in row {row} (line {line}) is never closed",
                named("")
            ),
        )
        .fix("close it, or delete it; inside a quoted cell a quotation mark is written twice"),
        Broken::TooLarge => Problem::error(
            RECORD_TOO_LARGE,
            format!("row {row} (line {line}) has more than 1 MiB"),
        )
        .fix("look at that row: a missing line end or quotation mark is the usual cause"),
        Broken::TooManyCells => Problem::error(
            RECORD_TOO_LARGE,
            format!("row {row} (line {line}) has more than 16,384 cells"),
        )
        .fix("look at that row: a missing line end is the usual cause"),
    };
    let problem = problem.at(row, line);
    match name {
        Some(name) => problem.column(name),
        None => problem,
    }
}

fn undecodable(
    offset: u64,
    bytes: &[u8],
    charset: Charset,
    path: &Path,
    in_column: &str,
) -> Problem {
    let shown: Vec<String> = bytes
        .iter()
        .take(4)
        .map(|byte| format!("0x{byte:02X}"))
        .collect();
    let plural = if bytes.len() == 1 { "byte" } else { "bytes" };
    let problem = Problem::error(
        UNDECODABLE,
        format!(
            "{plural} {} at offset {offset}{in_column}: not text in {}",
            shown.join(" "),
            charset.encoding.name()
        ),
    );
    let save = "save the sheet as \"CSV UTF-8\" in the spreadsheet program";
    let Ok((around, at)) = bytes_around(path, offset) else {
        return problem.fix(save);
    };
    if charset.encoding != UTF_8 {
        return problem.fix(format!("{save}, or name another --encoding"));
    }
    if encoding::is_partly_utf8(&around) {
        return problem.fix(format!(
            "other rows are UTF-8 already, so no encoding reads them all: type the text of this row again, or {save}"
        ));
    }
    // The first and the last character may be cut.
    let Some(suggested) = encoding::suggestion(whole_lines(&around, at)) else {
        return problem.fix(format!(
            "{save}; it is in an old Mac or DOS encoding, or in several, and none that is offered here reads it cleanly"
        ));
    };
    let name = suggested.name().to_lowercase();
    let (read, _, _) = suggested.decode(cell_around(&around, at));
    let read = shorten(read.trim(), 60);
    problem
        .text(&read)
        .fix(format!(
            "{save}, or try --encoding {name}, which reads it as `{read}`"
        ))
        .suggest(name)
}

fn bytes_around(path: &Path, offset: u64) -> std::io::Result<(Vec<u8>, usize)> {
    let mut file = crate::files::open_given(path)?;
    let from = offset.saturating_sub(AROUND);
    file.seek(SeekFrom::Start(from))?;
    let mut around = Vec::new();
    file.take(2 * AROUND).read_to_end(&mut around)?;
    let at = ((offset - from) as usize).min(around.len());
    Ok((around, at))
}

/// The lines that are complete, and the one with the place in any case.
fn whole_lines(bytes: &[u8], at: usize) -> &[u8] {
    let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let cut = |from: usize| {
        bytes[..from]
            .iter()
            .position(ends)
            .map_or(0, |first| first + 1)
    };
    let start = if bytes.len() as u64 > AROUND {
        cut(at)
    } else {
        0
    };
    let end = bytes[at..]
        .iter()
        .rposition(ends)
        .map_or(bytes.len(), |last| at + last);
    &bytes[start..end]
}

/// The bytes of the cell, or what looks like it, on both sides of a place.
fn cell_around(bytes: &[u8], at: usize) -> &[u8] {
    let ends = |byte: &u8| matches!(byte, b',' | b';' | b'\t' | b'|' | b'"' | b'\n' | b'\r');
    let start = bytes[..at]
        .iter()
        .rposition(ends)
        .map_or(0, |before| before + 1);
    let end = bytes[at..]
        .iter()
        .position(ends)
        .map_or(bytes.len(), |after| at + after);
    &bytes[start..end]
}
