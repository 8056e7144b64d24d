//! The rows of a sheet as a stream.
//!
//! Must not hold more than a few rows, and must not know what the cells mean.

use super::{
    Flaw, Kinds, Place, Row,
    bytes::Bytes,
    encoding::{Charset, Text},
    formula,
    records::{Record, Records},
    state::{HeadersAgain, State},
    stopped,
    table_end::{self, Seen, Shape},
};
use crate::problem::Problem;
use std::{collections::VecDeque, sync::Arc};

/// How many rows are read ahead to find out whether addresses follow a row that perhaps divides the sheet.
const LOOK_AHEAD: usize = 32;

/// Reads the rows of the sheet: those below the header, and those above it that hold an address. An `Err` is a problem
/// of the whole sheet, and the last item.
pub struct Rows {
    sheet: Arc<State>,
    from: From,
    shape: Shape,
    /// The number of the last row with something in it.
    last: u64,
    /// Rows that were read ahead, and how the reading went on.
    ahead: VecDeque<Row>,
    after: Option<Result<bool, Box<Problem>>>,
    ended: bool,
    /// Addresses in rows that are not people: titles, the header, the template's example.
    passed_over: u64,
    again: HeadersAgain,
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
    pub(super) fn of_text(sheet: Arc<State>, charset: Charset, bytes: Bytes) -> Self {
        let records = Records::new(Text::new(bytes, charset), sheet.opened.dialect.delimiter);
        let from = From::Text {
            records: Box::new(records),
            charset,
            begun: false,
        };
        Self::new(sheet, from)
    }

    pub(super) fn of_workbook(sheet: Arc<State>, rows: Arc<[Row]>) -> Self {
        Self::new(sheet, From::Workbook { rows, next: 0 })
    }

    fn new(sheet: Arc<State>, from: From) -> Self {
        Self {
            shape: Shape::new(&sheet.opened.header),
            sheet,
            from,
            last: 0,
            ahead: VecDeque::new(),
            after: None,
            ended: false,
            passed_over: 0,
            again: HeadersAgain::default(),
        }
    }

    /// Addresses in the rows that were left out so far.
    pub(super) fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Reads the next row into `row`, whose buffer is used again; false at the end.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, Box<Problem>> {
        if let Some(next) = self.ahead.pop_front() {
            *row = next;
            return Ok(true);
        }
        if self.ended {
            return Ok(false);
        }
        let read = match self.after.take() {
            Some(after) => after,
            None => self.place_next(row),
        };
        self.ended = !matches!(read, Ok(true));
        if matches!(read, Ok(false)) {
            self.sheet.was_read_to_its_end(&self.again);
        }
        read
    }

    /// The next row with its place. One that perhaps divides the sheet has its place only when it is known whether
    /// addresses follow.
    fn place_next(&mut self, row: &mut Row) -> Result<bool, Box<Problem>> {
        let Some(seen) = self.see_next(row)? else {
            return Ok(false);
        };
        if seen == Seen::PerhapsDivides {
            while self.ahead.len() < LOOK_AHEAD {
                let mut next = Row::default();
                match self.see_next(&mut next) {
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        self.after = Some(Ok(false));
                        break;
                    }
                    Err(problem) => {
                        self.after = Some(Err(problem));
                        break;
                    }
                }
                let below = next.place;
                self.ahead.push_back(next);
                if !below.is_in_table() {
                    row.place = Place::Divides;
                    self.ahead.iter_mut().for_each(|row| row.place = below);
                    break;
                }
            }
        }
        Ok(true)
    }

    /// The next row; a header that comes again is left out, and told when all rows were read.
    fn see_next(&mut self, row: &mut Row) -> Result<Option<Seen>, Box<Problem>> {
        loop {
            if !self.advance(row)? {
                return Ok(None);
            }
            if row.place == Place::AboveHeader {
                return Ok(Some(Seen::Row));
            }
            match self.shape.see(row) {
                Seen::SameHeader => {
                    if self.again.rows.rows() == 0 {
                        self.again.first_line = row.line;
                    }
                    self.again.rows.add(row.number);
                }
                seen => return Ok(Some(seen)),
            }
        }
    }

    fn advance(&mut self, row: &mut Row) -> Result<bool, Box<Problem>> {
        let sheet = &self.sheet;
        let header = &sheet.opened.header;
        let width = header.names.len();
        match &mut self.from {
            From::Workbook { rows, next } => {
                while let Some(held) = rows.get(*next) {
                    *next += 1;
                    if held.is_blank() {
                        continue;
                    }
                    let above = held.number < header.row && held.holds_address();
                    if above || header.has_below(held.number) {
                        row.copy(held, width);
                        if above {
                            row.place = Place::AboveHeader;
                        }
                        return Ok(true);
                    }
                    self.passed_over += held.addresses();
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
                        &sheet.path,
                    ))
                };
                if !std::mem::replace(begun, true) && sheet.opened.dialect.sep_line {
                    records.skip_first_line().map_err(as_problem)?;
                }
                loop {
                    let Some(record) = records.next().map_err(as_problem)? else {
                        sheet.same_as_before(records.source().hash())?;
                        return Ok(false);
                    };
                    if record.is_blank() {
                        continue;
                    }
                    let after_blank = record.row > self.last + 1;
                    self.last = record.row;
                    let below = header.has_below(record.row);
                    if !below && record.row >= header.row {
                        self.passed_over += record.addresses();
                        continue;
                    }
                    fill(row, &record, width);
                    row.after_blank = after_blank;
                    if below {
                        if record.spans_lines && row.flaw.is_none() {
                            let delimiter = sheet.opened.dialect.delimiter;
                            if table_end::swallowed_lines(row, delimiter).next().is_some() {
                                row.flaw = Some(Flaw::SwallowedRows);
                            }
                        }
                        return Ok(true);
                    }
                    if row.holds_address() {
                        row.place = Place::AboveHeader;
                        return Ok(true);
                    }
                    self.passed_over += record.addresses();
                }
            }
        }
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
    // Only a cell with an apostrophe can have been made safe.
    row.fill(record.text, record.ends);
    if row.kinds().has(Kinds::APOSTROPHE) {
        row.clear_cells();
        record
            .cells()
            .for_each(|cell| row.push(&formula::undo(cell)));
    }
}
