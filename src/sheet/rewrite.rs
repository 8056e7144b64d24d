//! Writes a sheet again with some cells changed. Everything else stays as it is, byte by byte.
//!
//! Must not decide what is changed, and must not lose a row.

use super::{
    Refused, Row, Sheet,
    bytes::Bytes,
    catalogue::UNDECODABLE,
    encoding::{Charset, Text},
    formula,
    opened::Body,
    records::{Record, Records},
    rows::fill,
    sheet_errors::cannot_read,
    stopped,
};
use crate::problem::Problem;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// What is to be changed in a row.
#[derive(Debug, Default)]
pub struct Repair {
    pub cells: Vec<(usize, String)>,
    /// Whether the cells beyond the header have become part of a repaired cell.
    pub drop_extra: bool,
}

/// Why a sheet was not written.
#[derive(Debug)]
pub enum NotWritten {
    Sheet(Refused),
    Io(io::Error),
}

impl From<io::Error> for NotWritten {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Problem> for NotWritten {
    fn from(problem: Problem) -> Self {
        Self::Sheet(problem.into())
    }
}

/// Asks for each row below the header what is to be changed, and gives the number of changed cells. A workbook
/// becomes CSV; `rewrite_rows` lets it stay a workbook.
pub fn rewrite(
    sheet: &Sheet,
    repair: &mut dyn FnMut(&Row) -> Repair,
    out: &mut dyn Write,
) -> Result<u64, NotWritten> {
    match sheet.body() {
        Body::Text(charset) => rewrite_text(sheet, *charset, repair, out),
        Body::Workbook { .. } => rewrite_as_csv(sheet, repair, out),
    }
}

/// Takes a row's number and its cells.
type PutRow<'p> = dyn FnMut(u64, &[Cow<'_, str>]) -> io::Result<()> + 'p;

/// The same for a workbook, whose rows are handed out whole, each with its number; there is nothing to hand out of
/// a text file, which is kept letter by letter.
pub(crate) fn rewrite_rows(
    sheet: &Sheet,
    repair: &mut dyn FnMut(&Row) -> Repair,
    put: &mut PutRow<'_>,
) -> Result<u64, NotWritten> {
    let Body::Workbook { rows, .. } = sheet.body() else {
        return Ok(0);
    };
    let header = sheet.header();
    let mut row = Row::default();
    let mut changed = 0;
    for held in rows.iter() {
        row.copy(held, header.names.len());
        let repair = if header.has_below(held.number) {
            repair(&row)
        } else {
            Repair::default()
        };
        changed += repair.cells.len() as u64;
        let cells = (0..held.found()).map(|column| {
            let repaired = repair.cells.iter().find(|(at, _)| *at == column);
            formula::make_safe(repaired.map_or(held.cell(column), |(_, text)| text))
        });
        put(held.number, &cells.collect::<Vec<_>>())?;
    }
    Ok(changed)
}

fn rewrite_text(
    sheet: &Sheet,
    charset: Charset,
    repair: &mut dyn FnMut(&Row) -> Repair,
    out: &mut dyn Write,
) -> Result<u64, NotWritten> {
    let (bytes, _) =
        Bytes::open(sheet.path()).map_err(|error| cannot_read(sheet.path(), &error))?;
    let (header, dialect) = (sheet.header(), sheet.dialect());
    let mut records = Records::new(Text::new(bytes, charset), dialect.delimiter);
    let mut out = Encoded { out, charset };
    let mut row = Row::default();
    let mut changed = 0;
    out.byte_order_mark()?;
    if dialect.sep_line {
        records
            .skip_first_line()
            .map_err(|stopped| stopped::problem(&stopped, Some(header), charset, sheet.path()))?;
        out.write(records.raw())?;
    }
    loop {
        let next = records.next();
        let Some(record) = next
            .map_err(|stopped| stopped::problem(&stopped, Some(header), charset, sheet.path()))?
        else {
            out.write(records.gap())?;
            sheet
                .state()
                .same_as_before(records.source().hash())
                .map_err(|problem| *problem)?;
            return Ok(changed);
        };
        let mut repaired = None;
        if header.has_below(record.row) && !record.is_blank() {
            fill(&mut row, &record, header.names.len());
            let repair = repair(&row);
            changed += repair.cells.len() as u64;
            if !repair.cells.is_empty() {
                repaired = Some(line(
                    &record,
                    &repair,
                    header.names.len(),
                    dialect.delimiter,
                ));
            }
        }
        out.write(records.gap())?;
        match repaired {
            None => out.write(records.raw())?,
            Some(line) => {
                out.write(line.as_bytes())?;
                let ending = records.raw().len() - records.raw().trim_ascii_end().len();
                let raw = records.raw();
                // The record's own line end; an LF behind a CR comes with the next gap.
                if ending > 0 && matches!(raw.last(), Some(b'\n' | b'\r')) {
                    out.write(&raw[raw.len() - 1..])?;
                }
            }
        }
    }
}

/// A record with its repaired cells.
fn line(record: &Record<'_>, repair: &Repair, width: usize, delimiter: u8) -> String {
    let mut cells: Vec<Cow<'_, str>> = record.cells().map(Cow::Borrowed).collect();
    if repair.drop_extra {
        cells.truncate(width);
    }
    for (column, text) in &repair.cells {
        if let Some(cell) = cells.get_mut(*column) {
            *cell = Cow::Owned(formula::make_safe(text).into_owned());
        }
    }
    join(cells.iter().map(AsRef::as_ref), delimiter)
}

fn join<'a>(cells: impl Iterator<Item = &'a str>, delimiter: u8) -> String {
    let delimiter = char::from(delimiter);
    let quoted = cells.map(|cell| {
        if cell.contains([delimiter, '"', '\n', '\r']) {
            Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
        } else {
            Cow::Borrowed(cell)
        }
    });
    quoted.collect::<Vec<_>>().join(&delimiter.to_string())
}

fn rewrite_as_csv(
    sheet: &Sheet,
    repair: &mut dyn FnMut(&Row) -> Repair,
    out: &mut dyn Write,
) -> Result<u64, NotWritten> {
    let mut next = 1;
    out.write_all(b"\xEF\xBB\xBF")?;
    rewrite_rows(sheet, repair, &mut |number, cells| {
        // Empty rows keep their place, so that the numbers stay.
        for _ in next..number {
            out.write_all(b"\r\n")?;
        }
        next = number + 1;
        out.write_all(join(cells.iter().map(AsRef::as_ref), b',').as_bytes())?;
        out.write_all(b"\r\n")
    })
}

/// Encodes text in the encoding of the sheet.
struct Encoded<'o> {
    out: &'o mut dyn Write,
    charset: Charset,
}

impl Encoded<'_> {
    fn byte_order_mark(&mut self) -> Result<(), NotWritten> {
        if self.charset.bom > 0 {
            self.write("\u{FEFF}".as_bytes())?;
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> Result<(), NotWritten> {
        let encoding = self.charset.encoding;
        if encoding == UTF_8 {
            return Ok(self.out.write_all(text)?);
        }
        let text = std::str::from_utf8(text).map_err(io::Error::other)?;
        if encoding == UTF_16LE || encoding == UTF_16BE {
            let bytes = |unit: u16| {
                if encoding == UTF_16LE {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            };
            let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
            return Ok(self.out.write_all(&bytes)?);
        }
        Ok(self.out.write_all(&encode(text, encoding)?)?)
    }
}

fn encode<'t>(text: &'t str, encoding: &'static Encoding) -> Result<Cow<'t, [u8]>, NotWritten> {
    match encoding.encode(text) {
        (bytes, _, false) => Ok(bytes),
        (_, _, true) => Err(Problem::error(
            UNDECODABLE,
            format!(
                "not every text of the sheet can be written in {}",
                encoding.name()
            ),
        )
        .fix("save the sheet as CSV UTF-8 first")
        .into()),
    }
}
