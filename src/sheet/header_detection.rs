//! Finds the header and the delimiter in the head of a sheet.
//!
//! Must not read past the head, and must not choose between two delimiters that both fit.

use super::{
    Field, Flaw, Row, SheetOptions, addresses, aliases,
    catalogue::DELIMITER_UNCLEAR,
    columns,
    dialect::LineEnd,
    formula,
    records::{Broken, Records, Stopped},
};
use crate::{own_files::FileKind, problem::Problem};

/// A header further down than this is not looked for.
const HEADER_WITHIN: usize = 20;
/// The portal's example row is the first row below its header, or the second.
const EXAMPLE_WITHIN: usize = 2;
/// The domains that Microsoft uses in examples.
const EXAMPLE_DOMAINS: [&str; 2] = ["@fabrikam.com", "@contoso.com"];
/// How many records of the head are compared.
const SAMPLE: usize = 50;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A record of the head.
#[derive(Debug, Clone)]
pub(super) struct HeadRecord {
    pub row: u64,
    pub line: u64,
    pub cells: Vec<String>,
    pub flaw: Option<Flaw>,
}

impl HeadRecord {
    fn holds(&self, column: usize) -> bool {
        self.cells
            .get(column)
            .is_some_and(|cell| addresses::holds(cell))
    }

    fn is_filled(&self, column: usize) -> bool {
        self.cells
            .get(column)
            .is_some_and(|cell| !cell.trim().is_empty())
    }

    /// The columns whose cells hold addresses; a header has none.
    fn holding(&self) -> impl Iterator<Item = usize> {
        (0..self.cells.len()).filter(|column| self.holds(*column))
    }

    fn filled(&self) -> usize {
        (0..self.cells.len())
            .filter(|column| self.is_filled(*column))
            .count()
    }
}

/// The head of a sheet, read with one delimiter.
#[derive(Debug)]
pub(super) struct Reading {
    pub delimiter: u8,
    pub evidence: String,
    pub records: Vec<HeadRecord>,
    /// The index of the header in `records`, if there is one.
    pub header: Option<usize>,
    pub stopped: Option<Stopped>,
}

/// The example rows of Microsoft's bulk-invite template, in records that begin with its header:
/// `Example: lstokes@fabrikam.com`, in any language.
pub(super) fn examples(
    records: &[HeadRecord],
    email: Option<usize>,
) -> impl Iterator<Item = &HeadRecord> {
    let portal = records.first().is_some_and(|header| {
        header
            .cells
            .iter()
            .any(|name| aliases::portal_name(name).is_some())
    });
    let below = if portal { EXAMPLE_WITHIN } else { 0 };
    records.iter().skip(1).take(below).filter(move |record| {
        let cell = email.and_then(|column| record.cells.get(column));
        let parts = cell.and_then(|cell| cell.split_once([':', '：']));
        parts.is_some_and(|(word, address)| {
            let address = address.trim().to_ascii_lowercase();
            !word.contains('@')
                && EXAMPLE_DOMAINS
                    .iter()
                    .any(|domain| address.ends_with(domain))
        })
    })
}

/// The options that decide where the header is and what the delimiter is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub delimiter: Option<u8>,
    pub header_row: Option<u64>,
    pub map: &'a [(Field, String)],
}

impl<'a> Asked<'a> {
    pub(super) fn of(options: &'a SheetOptions) -> Self {
        Self {
            delimiter: options.delimiter,
            header_row: options.header_row,
            map: &options.map,
        }
    }

    /// In a file of our own the header is the first row, wherever it was in the sheet that the file came from.
    fn in_view_of(self, first: Option<&HeadRecord>) -> Self {
        let ours = first.filter(|first| FileKind::of(&first.cells).is_some());
        Self {
            header_row: ours.map(|first| first.row).or(self.header_row),
            ..self
        }
    }

    /// Whether a row may be the header, or stand below it.
    fn takes(&self, row: u64) -> bool {
        self.header_row.is_none_or(|wanted| row >= wanted)
    }
}

/// Finds the header in the rows of a workbook.
pub(super) fn in_rows<'a>(rows: impl Iterator<Item = &'a Row>, asked: Asked<'_>) -> Reading {
    let mut records = rows.filter(|row| !row.is_blank()).map(|row| HeadRecord {
        row: row.number,
        line: row.line,
        cells: (0..row.found())
            .map(|column| row.cell(column).to_owned())
            .collect(),
        flaw: None,
    });
    let first = records.next();
    let asked = asked.in_view_of(first.as_ref());
    let records = first
        .into_iter()
        .chain(records)
        .filter(|record| asked.takes(record.row))
        .take(SAMPLE)
        .collect();
    let mut reading = Reading {
        delimiter: b',',
        evidence: "a workbook".to_owned(),
        records,
        header: None,
        stopped: None,
    };
    reading.find_header(asked);
    reading
}

/// Whether a byte can be a delimiter: it must not be part of a word or an address, or a quotation mark.
fn may_divide(byte: u8) -> bool {
    (byte.is_ascii_punctuation() || byte == b'\t') && !b"@.-_+'`\"".contains(&byte)
}

/// The delimiter that an Excel `sep=` line names.
pub(super) fn sep_line(head: &[u8]) -> Option<u8> {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let line = head[..end].trim_ascii();
    let line = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""))
        .unwrap_or(line);
    match line {
        // A letter would divide words, and an at sign would divide addresses.
        [s, e, p, b'=', delimiter]
            if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" && may_divide(*delimiter) =>
        {
            Some(*delimiter)
        }
        [s, e, p, b'=']
            if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" && head[..end].ends_with(b"\t") =>
        {
            Some(b'\t')
        }
        _ => None,
    }
}

pub(super) fn line_end(head: &[u8]) -> LineEnd {
    match head.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(at) if head[at] == b'\n' => LineEnd::Lf,
        Some(at) if head.get(at + 1) == Some(&b'\n') => LineEnd::CrLf,
        Some(_) => LineEnd::Cr,
        None => LineEnd::Lf,
    }
}

/// Reads the head; `whole` when the head is the whole sheet.
pub(super) fn read(head: &[u8], whole: bool, asked: Asked<'_>) -> Result<Reading, Box<Problem>> {
    let sep = sep_line(head);
    if let Some(delimiter) = asked.delimiter.or(sep) {
        let mut reading = divide(head, whole, delimiter, sep.is_some(), asked);
        reading.evidence = match asked.delimiter {
            Some(_) => "named with --delimiter".to_owned(),
            None => "named by the sheet's `sep=` line".to_owned(),
        };
        return Ok(reading);
    }
    let mut readings: Vec<Reading> = DELIMITERS
        .into_iter()
        .map(|delimiter| divide(head, whole, delimiter, false, asked))
        .collect();
    let fits = |reading: &Reading| {
        let header = reading.header.map(|at| &reading.records[at].cells);
        header.is_some_and(|names| names.len() > 1 && columns::has_address(names, asked.map))
    };
    let fitting: Vec<usize> = (0..readings.len())
        .filter(|at| fits(&readings[*at]))
        .collect();
    match fitting[..] {
        [at] => Ok(readings.swap_remove(at)),
        [] => {
            // No delimiter gives several columns with an address column by name: the sheet has one column, or the cells
            // decide.
            let at = (0..readings.len())
                .max_by_key(|at| {
                    let reading = &readings[*at];
                    (
                        reading.header.is_some(),
                        reading.columns() > 1 && reading.holding() > 0,
                        reading.holding(),
                        reading.regular(),
                        usize::MAX - at,
                    )
                })
                .unwrap_or(0);
            let mut reading = readings.swap_remove(at);
            if reading.header.is_some() && reading.columns() == 1 {
                "the sheet has one column".clone_into(&mut reading.evidence);
            }
            Ok(reading)
        }
        [first, second, ..] => Err(Box::new(unclear(&readings[first], &readings[second]))),
    }
}

impl Reading {
    fn find_header(&mut self, asked: Asked<'_>) {
        self.header = match asked.header_row {
            Some(row) => self.records.iter().position(|record| record.row == row),
            None => self.header_by_name(asked),
        };
    }

    /// The first row with the name of an address column and addresses below it; else the row above the first addresses;
    /// else the first row with such a name. A row that holds an address is never the header.
    fn header_by_name(&self, asked: Asked<'_>) -> Option<usize> {
        let near = self.records.iter().take(HEADER_WITHIN);
        let named: Vec<usize> = near
            .enumerate()
            .filter(|(_, record)| {
                columns::has_address(&record.cells, asked.map) && record.holding().next().is_none()
            })
            .map(|(at, _)| at)
            .collect();
        let holds_below = |at: &usize| {
            let columns = columns::address_columns(&self.records[*at].cells, asked.map);
            let below = &self.records[at + 1..];
            columns
                .iter()
                .any(|column| below.iter().any(|record| record.holds(*column)))
        };
        let mapped = asked.map.iter().any(|(field, _)| *field == Field::Email);
        let by_cells = || self.header_by_cells().filter(|_| !mapped);
        let sure = named.iter().copied().find(holds_below);
        sure.or_else(by_cells).or(named.first().copied())
    }

    /// The first row that has a text above an address.
    fn header_by_cells(&self) -> Option<usize> {
        let near = &self.records[..self.records.len().min(HEADER_WITHIN)];
        near.iter().enumerate().find_map(|(at, record)| {
            record.holding().find_map(|column| {
                let above = |least: usize| {
                    near[..at].iter().position(|above| {
                        above.is_filled(column)
                            && above.filled() >= least
                            && above.holding().next().is_none()
                    })
                };
                above(2).or_else(|| above(1))
            })
        })
    }

    /// The header if no row has the name of an address column and no address is among the compared rows: the first row
    /// with the most cells. Addresses may come further down, and then all rows decide which column holds them.
    pub(super) fn perhaps_header(&self) -> Option<usize> {
        if self.records.len() < SAMPLE || self.stopped.is_some() || self.holding() > 0 {
            return None;
        }
        let near = self.records.iter().take(HEADER_WITHIN);
        let most = near.clone().map(HeadRecord::filled).max()?;
        near.clone().position(|record| record.filled() == most)
    }

    /// How many cells hold addresses; with a wrong delimiter, no cell is an address alone.
    fn holding(&self) -> usize {
        self.records
            .iter()
            .map(|record| record.holding().count())
            .sum()
    }

    /// The number of columns, when there is a header.
    fn columns(&self) -> usize {
        self.header.map_or(0, |at| self.records[at].cells.len())
    }

    /// How many records have as many cells as the first one, if that is more than one.
    fn regular(&self) -> usize {
        match self.records.first().map(|first| first.cells.len()) {
            Some(width) if width > 1 => self
                .records
                .iter()
                .filter(|record| record.cells.len() == width)
                .count(),
            _ => 0,
        }
    }
}

pub(crate) fn delimiter_word(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tab".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

fn divide(head: &[u8], whole: bool, delimiter: u8, sep: bool, mut asked: Asked<'_>) -> Reading {
    let mut reader = Records::new(head, delimiter);
    let mut reading = Reading {
        delimiter,
        evidence: String::new(),
        records: Vec::new(),
        header: None,
        stopped: None,
    };
    if sep {
        // This cannot fail, because the head is in memory.
        let _ = reader.skip_first_line();
    }
    let mut begun = false;
    // Whether the last record may go on beyond the head.
    let mut cut = false;
    loop {
        match reader.next() {
            Ok(None) => {
                cut = !whole;
                break;
            }
            Ok(Some(record)) => {
                if record.is_blank() {
                    continue;
                }
                let record = HeadRecord {
                    row: record.row,
                    line: record.line,
                    cells: record
                        .cells()
                        .map(|cell| formula::undo(cell).into_owned())
                        .collect(),
                    flaw: record.flaw,
                };
                if !std::mem::replace(&mut begun, true) {
                    asked = asked.in_view_of(Some(&record));
                }
                if asked.takes(record.row) {
                    reading.records.push(record);
                }
                if reading.records.len() > SAMPLE {
                    break;
                }
            }
            Err(stopped) => {
                // A record that is cut at the end of the head is not an error of the sheet.
                let ours = whole || matches!(stopped.why, Broken::Undecodable { .. });
                reading.stopped = ours.then_some(stopped);
                break;
            }
        }
    }
    if cut {
        reading.records.pop();
    }
    reading.find_header(asked);
    if let Some(at) = reading.header {
        let width = reading.records[at].cells.len();
        let below = &reading.records[at + 1..];
        let same = below
            .iter()
            .filter(|record| record.cells.len() == width)
            .count();
        if !below.is_empty() {
            reading.evidence = format!(
                "{same} of the first {} rows have {width} cells, like the header",
                below.len()
            );
        }
    }
    reading
}

fn unclear(first: &Reading, second: &Reading) -> Problem {
    let (a, b) = (
        delimiter_word(first.delimiter),
        delimiter_word(second.delimiter),
    );
    Problem::error(
        DELIMITER_UNCLEAR,
        format!(
            "the header can be read with {a} ({} columns) and with {b} ({} columns)",
            first.columns(),
            second.columns()
        ),
    )
    .fix("name the delimiter that is meant: --delimiter \",\" or \";\" or \"tab\" or \"|\"")
}
