//! The rows of a sheet as a stream.
//!
//! Must not hold more than one row, and must not know what the cells mean.

use super::bytes::Bytes;
use super::encoding::{Charset, Text};
use super::formula;
use super::records::{Record, Records};
use super::stopped;
use super::{Problem, Row, Sheet};
use std::path::Path;
use std::sync::Arc;

/// Reads the rows below the header. An `Err` is a problem of the whole sheet, and the last item.
pub struct Rows {
    sheet: Sheet,
    from: From,
    ended: bool,
}

enum From {
    Text {
        records: Box<Records<Text>>,
        charset: Charset,
        begun: bool,
    },
    Workbook {
        rows: Arc<[Row]>,
        next: usize,
    },
}

impl Rows {
    pub(super) fn of_text(sheet: Sheet, charset: Charset, bytes: Bytes) -> Self {
        let records = Records::new(Text::new(bytes, charset), sheet.dialect().delimiter);
        let from = From::Text {
            records: Box::new(records),
            charset,
            begun: false,
        };
        Self {
            sheet,
            from,
            ended: false,
        }
    }

    pub(super) fn of_workbook(sheet: Sheet, rows: Arc<[Row]>) -> Self {
        Self {
            sheet,
            from: From::Workbook { rows, next: 0 },
            ended: false,
        }
    }

    /// Reads the next row into `row`, whose buffer is used again; false at the end.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, Box<Problem>> {
        if self.ended {
            return Ok(false);
        }
        let read = self.advance(row);
        self.ended = !matches!(read, Ok(true));
        read
    }

    fn advance(&mut self, row: &mut Row) -> Result<bool, Box<Problem>> {
        let sheet = &self.sheet;
        let header = sheet.header();
        match &mut self.from {
            From::Workbook { rows, next } => {
                while let Some(held) = rows.get(*next) {
                    *next += 1;
                    if header.has_below(held.number) && !held.is_blank() {
                        row.copy(held, header.names.len());
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            From::Text {
                records,
                charset,
                begun,
            } => {
                let charset = *charset;
                let as_problem = |stopped| {
                    Box::new(stopped::problem(
                        &stopped,
                        Some(header),
                        charset,
                        sheet.path(),
                    ))
                };
                if !std::mem::replace(begun, true) && sheet.dialect().sep_line {
                    records.skip_first_line().map_err(as_problem)?;
                }
                loop {
                    let Some(record) = records.next().map_err(as_problem)? else {
                        sheet.same_as_before(records.source().hash())?;
                        return Ok(false);
                    };
                    if header.has_below(record.row) && !record.is_blank() {
                        fill(row, &record, header.names.len());
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Why not even the first record of a file can be read.
    pub(super) fn first_stop(path: &Path, charset: Charset, delimiter: u8) -> Option<Problem> {
        let (bytes, _) = Bytes::open(path).ok()?;
        let mut records = Records::new(Text::new(bytes, charset), delimiter);
        let stopped = records.next().err()?;
        Some(stopped::problem(&stopped, None, charset, path))
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = Row::default();
        match self.read(&mut row) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(problem) => Some(Err(*problem)),
        }
    }
}

pub(super) fn fill(row: &mut Row, record: &Record<'_>, width: usize) {
    row.begin(record.row, record.line, width);
    row.flaw = record.flaw;
    row.quoted = record.ends.len() > width && record.quotes_from(width.saturating_sub(1));
    // Only a cell that begins with an apostrophe can be one that was made safe.
    if record.text.contains('\'') {
        record
            .cells()
            .for_each(|cell| row.push(formula::undo(cell)));
    } else {
        row.fill(record.text, record.ends);
    }
}
