//! Divides text into records: quotation marks, delimiters, line ends, and the place of each record.
//!
//! Must not hold more than one record and one chunk, and must not know what a header is.

use super::{Flaw, addresses, quotes};
use csv_core::ReadRecordResult;
use memchr::memchr2;
use std::io;

/// No record is larger: without a bound, one unclosed quotation mark would read the whole file into memory.
pub(super) const MAX_RECORD: usize = 1024 * 1024;
/// As many columns as a spreadsheet program has.
const MAX_CELLS: usize = 16_384;

/// Where decoded text comes from.
pub(super) trait Fill {
    /// Appends more text; 0 at the end.
    fn fill(&mut self, window: &mut Vec<u8>) -> Result<usize, Broken>;
    /// The offset in the file of the first byte that `fill` gave.
    fn origin(&self) -> u64;
}

/// Text that is in memory already: the head of a sheet.
impl Fill for &[u8] {
    fn fill(&mut self, window: &mut Vec<u8>) -> Result<usize, Broken> {
        window.extend_from_slice(self);
        Ok(std::mem::take(self).len())
    }

    fn origin(&self) -> u64 {
        0
    }
}

/// Why reading cannot go on.
#[derive(Debug)]
pub(super) enum Broken {
    Io(io::Error),
    Undecodable { offset: u64, bytes: Vec<u8> },
    UnclosedQuote,
    TooLarge,
    TooManyCells,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Why reading cannot go on, and where.
#[derive(Debug)]
pub(super) struct Stopped {
    pub why: Broken,
    pub row: u64,
    /// The line on which the cell under way begins.
    pub line: u64,
    /// The index of the cell under way.
    pub column: usize,
}

#[derive(Debug)]
pub(super) struct Record<'a> {
    pub row: u64,
    pub line: u64,
    pub text: &'a str,
    pub ends: &'a [usize],
    pub flaw: Option<Flaw>,
    /// Whether a line ends inside one of its cells.
    pub spans_lines: bool,
    /// As it stands in the text, with the byte that ends it.
    raw: &'a [u8],
    delimiter: u8,
}

impl Record<'_> {
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = &self.text[start..*end];
            start = *end;
            cell
        })
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// How many addresses it mentions.
    pub(super) fn addresses(&self) -> u64 {
        self.cells().map(addresses::count).sum()
    }

    /// Whether quotation marks stand around a cell in this column or one after it.
    pub(super) fn quotes_from(&self, column: usize) -> bool {
        quotes::any_quoted_from(self.raw, self.delimiter, column)
    }
}

pub(super) struct Records<S> {
    source: S,
    delimiter: u8,
    parser: csv_core::Reader,
    window: Vec<u8>,
    /// The offset of the window's first byte in the decoded text.
    base: u64,
    /// Where the record under way begins in the window, and how far the parser has come.
    start: usize,
    at: usize,
    out: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    cells: usize,
    row: u64,
    line: u64,
    next_row: u64,
    next_line: u64,
    /// The last line ended with CR, so that an LF now belongs to it.
    after_cr: bool,
    /// The line ends between the record before and this one.
    gap: Vec<u8>,
}

impl<S: Fill> Records<S> {
    pub(super) fn new(source: S, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            window: Vec::new(),
            base: 0,
            start: 0,
            at: 0,
            out: vec![0; 4096],
            written: 0,
            ends: vec![0; 64],
            cells: 0,
            row: 0,
            line: 0,
            next_row: 1,
            next_line: 1,
            after_cr: false,
            gap: Vec::new(),
        }
    }

    /// The record as it stands in the text, with the byte that ends it; until the next one is asked for.
    pub(super) fn raw(&self) -> &[u8] {
        &self.window[self.start..self.at]
    }

    /// The line ends before the record, those of empty lines among them.
    pub(super) fn gap(&self) -> &[u8] {
        &self.gap
    }

    pub(super) fn source(&self) -> &S {
        &self.source
    }

    /// Leaves out the first physical line, which no spreadsheet program shows as a row.
    pub(super) fn skip_first_line(&mut self) -> Result<(), Stopped> {
        self.begin();
        while self.at < self.window.len() || self.fill()? {
            let byte = self.window[self.at];
            self.at += 1;
            if byte == b'\n' || byte == b'\r' {
                self.after_cr = byte == b'\r';
                self.next_line += 1;
                break;
            }
        }
        Ok(())
    }

    /// The next record that is not an empty line.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Stopped> {
        if !self.skip_empty_lines()? {
            return Ok(None);
        }
        self.begin();
        self.parse()?;
        let raw = &self.window[self.start..self.at];
        self.next_row = self.row + 1;
        self.after_cr = raw.last() == Some(&b'\r');
        let mut spans_lines = false;
        // Without quotation marks, a record is its cells with one byte behind each, and then it is one line. At the
        // end of the file the last of these bytes may be missing.
        let quoted = raw.len() > self.written + self.cells;
        let inside = match raw {
            [inside @ .., b'\n' | b'\r'] => inside,
            whole => whole,
        };
        self.next_line = self.line + 1;
        if quoted && memchr2(b'\n', b'\r', inside).is_some() {
            spans_lines = true;
            self.next_line += count_lines(inside);
        }
        self.finish(quotes::flaw(raw, self.delimiter), spans_lines)
            .map(Some)
    }

    fn begin(&mut self) {
        self.start = self.at;
        self.row = self.next_row;
        self.line = self.next_line;
        self.written = 0;
        self.cells = 0;
    }

    /// Reads more text; false at the end of the file.
    fn fill(&mut self) -> Result<bool, Stopped> {
        if self.start > 0 {
            self.window.drain(..self.start);
            self.base += self.start as u64;
            self.at -= self.start;
            self.start = 0;
        }
        match self.source.fill(&mut self.window) {
            Ok(added) => Ok(added > 0),
            Err(why) => Err(self.stopped(why)),
        }
    }

    /// Spreadsheet programs number empty lines too.
    fn skip_empty_lines(&mut self) -> Result<bool, Stopped> {
        self.gap.clear();
        loop {
            self.begin();
            if self.at == self.window.len() && !self.fill()? {
                return Ok(false);
            }
            match self.window[self.at] {
                b'\n' if self.after_cr => self.after_cr = false,
                byte @ (b'\n' | b'\r') => {
                    self.after_cr = byte == b'\r';
                    self.next_row += 1;
                    self.next_line += 1;
                }
                _ => return Ok(true),
            }
            self.gap.push(self.window[self.at]);
            self.at += 1;
        }
    }

    fn parse(&mut self) -> Result<(), Stopped> {
        loop {
            if self.at == self.window.len() {
                if self.at - self.start > MAX_RECORD {
                    return Err(self.too_large());
                }
                if !self.fill()? {
                    return self.parse_end();
                }
            }
            let (result, read, written, cells) = self.parser.read_record(
                &self.window[self.at..],
                &mut self.out[self.written..],
                &mut self.ends[self.cells..],
            );
            self.at += read;
            self.written += written;
            self.cells += cells;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => return Ok(()),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_CELLS => {
                    return Err(self.stopped(Broken::TooManyCells));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    /// The file has ended inside a record: a line end closes it, unless a quotation mark is open.
    fn parse_end(&mut self) -> Result<(), Stopped> {
        self.out.resize(self.written + 16, 0);
        self.ends.resize(self.cells + 16, 0);
        let (result, _, written, cells) = self.parser.read_record(
            b"\n",
            &mut self.out[self.written..],
            &mut self.ends[self.cells..],
        );
        if result != ReadRecordResult::Record {
            return Err(self.stopped(Broken::UnclosedQuote));
        }
        self.written += written;
        self.cells += cells;
        Ok(())
    }

    fn finish(&self, flaw: Option<Flaw>, spans_lines: bool) -> Result<Record<'_>, Stopped> {
        let ends = &self.ends[..self.cells];
        let text = match std::str::from_utf8(&self.out[..self.written]) {
            Ok(text) if ends.iter().all(|end| text.is_char_boundary(*end)) => text,
            _ => return Err(self.undecodable()),
        };
        Ok(Record {
            row: self.row,
            line: self.line,
            text,
            ends,
            flaw,
            spans_lines,
            raw: &self.window[self.start..self.at],
            delimiter: self.delimiter,
        })
    }

    fn undecodable(&self) -> Stopped {
        let raw = &self.window[self.start..self.at];
        let (valid, length) = match std::str::from_utf8(raw) {
            Ok(_) => (0, 0),
            Err(error) => (
                error.valid_up_to(),
                error.error_len().unwrap_or(raw.len() - error.valid_up_to()),
            ),
        };
        let mut stopped = self.stopped(Broken::Undecodable {
            offset: self.source.origin() + self.base + (self.start + valid) as u64,
            bytes: raw[valid..valid + length].to_vec(),
        });
        let good = std::str::from_utf8(&self.out[..self.written])
            .map_or_else(|error| error.valid_up_to(), |_| self.written);
        stopped.column = self.ends[..self.cells]
            .iter()
            .take_while(|end| **end <= good)
            .count();
        stopped.line = self.line + count_lines(&raw[..valid]);
        stopped
    }

    fn too_large(&self) -> Stopped {
        let cell = self.ends[..self.cells].last().copied().unwrap_or(0);
        // A cell can span lines only inside quotation marks.
        let quoted = self.out[cell..self.written]
            .iter()
            .any(|byte| matches!(byte, b'\n' | b'\r'));
        self.stopped(if quoted {
            Broken::UnclosedQuote
        } else {
            Broken::TooLarge
        })
    }

    fn stopped(&self, why: Broken) -> Stopped {
        let cell = self.ends[..self.cells].last().copied().unwrap_or(0);
        Stopped {
            why,
            row: self.row,
            line: self.line + count_lines(&self.out[..cell.min(self.written)]),
            column: self.cells,
        }
    }
}

/// How many bytes end a line; counted in small steps, which the processor does side by side.
fn line_ends(text: &[u8]) -> usize {
    let in_step = |step: &[u8]| -> u8 {
        step.iter()
            .map(|byte| u8::from(matches!(byte, b'\n' | b'\r')))
            .sum()
    };
    text.chunks(128)
        .map(|step| usize::from(in_step(step)))
        .sum()
}

/// CR, LF and CRLF each end one line.
fn count_lines(text: &[u8]) -> u64 {
    let pairs = text.windows(2).filter(|pair| pair == b"\r\n").count();
    (line_ends(text) - pairs) as u64
}
