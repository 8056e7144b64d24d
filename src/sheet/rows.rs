//! The rows of a sheet as a stream.
//!
//! Must not hold more than one row, and must not know what the cells mean.

use super::bytes::Bytes;
use super::encoding::{Charset, Text};
use super::find;
use super::records::{Record, Records};
use super::stopped;
use super::{Field, Header, Problem, Row, Sheet};
use std::path::Path;

/// Reads the rows below the header. An `Err` is a problem of the whole sheet, and the last item.
pub struct Rows {
    sheet: Sheet,
    records: Records<Text>,
    begun: bool,
    ended: bool,
}

impl Rows {
    pub(super) fn new(sheet: Sheet, bytes: Bytes) -> Self {
        let text = Text::new(bytes, sheet.charset());
        Self {
            records: Records::new(text, sheet.dialect().delimiter),
            sheet,
            begun: false,
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
        let as_problem = |stopped| {
            let (charset, path) = (sheet.charset(), sheet.path());
            Box::new(stopped::problem(&stopped, Some(header), charset, path))
        };
        if !self.begun {
            self.begun = true;
            if sheet.dialect().sep_line {
                self.records.skip_first_line().map_err(as_problem)?;
            }
        }
        loop {
            let Some(record) = self.records.next().map_err(as_problem)? else {
                sheet.same_as_before(self.records.source().hash())?;
                return Ok(false);
            };
            if record.row <= header.row || record.is_blank() || is_example(header, &record) {
                continue;
            }
            row.begin(record.row, record.line, header.names.len());
            row.flaw = record.flaw;
            // Only a cell that begins with an apostrophe can be one that was made safe.
            if record.text.contains('\'') {
                record.cells().for_each(|cell| row.push(undo_escape(cell)));
            } else {
                row.fill(record.text, record.ends);
            }
            return Ok(true);
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

/// A cell that a spreadsheet would have run as a formula is written with an apostrophe before it.
fn undo_escape(cell: &str) -> &str {
    let Some(rest) = cell.strip_prefix('\'') else {
        return cell;
    };
    let dangerous = rest
        .trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r']);
    if dangerous { rest } else { cell }
}

/// The portal's template has an example below its header: `Example: lstokes@fabrikam.com`, in any language.
fn is_example(header: &Header, record: &Record<'_>) -> bool {
    if !header.portal || record.row > header.row + find::EXAMPLE_WITHIN {
        return false;
    }
    let Some(column) = header.column_of(Field::Email) else {
        return false;
    };
    let cell = record.cells().nth(column).unwrap_or("").trim();
    let Some((word, address)) = cell.split_once([':', '：']) else {
        return false;
    };
    !word.contains('@') && !word.eq_ignore_ascii_case("mailto") && address.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cells_that_were_made_safe_lose_an_apostrophe() {
        let cells = ["'=1+1", "''=1", "'t Hooft", "O'Brien", "'", "=1"].map(undo_escape);
        assert_eq!(cells, ["=1+1", "'=1", "'t Hooft", "O'Brien", "'", "=1"]);
    }
}
