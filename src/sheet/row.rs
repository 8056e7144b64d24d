//! One row of a sheet: its number, its line, and its cells in one buffer.
//!
//! Must not know what the cells mean.

use super::{Kinds, addresses};
use memchr::memchr;

/// What the reader noticed about the record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A cell spans lines that are rows of the sheet: its quotation mark was not closed where the cell ends.
    SwallowedRows,
    /// A quoted text stands beside another text in one cell: a delimiter or a quotation mark is missing.
    TextBesideQuote,
    /// The same, because quotation marks inside the cell are written with a backslash.
    BackslashQuote,
    /// An empty pair of quotation marks stands before a value; it was left out on reading.
    EmptyQuotes,
    /// Cells that begin with `=` are formulas of a workbook that does not hold their results.
    NotComputed,
}

/// Where a row stands in the sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// In the table: it is a person's row.
    #[default]
    Table,
    /// Above the header, with an address in it.
    AboveHeader,
    /// It divides the sheet: a text of its own, with addresses below it.
    Divides,
    /// It is a header with other columns.
    OtherHeader,
    /// Below a row that divides the sheet, or that is another header.
    Below { row: u64 },
}

impl Place {
    /// Whether the row is read under the header.
    pub fn is_in_table(self) -> bool {
        self == Self::Table
    }
}

/// A row. The buffer can be filled again, so that reading a million rows does not allocate a million times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The number that a spreadsheet program shows beside it.
    pub number: u64,
    /// The physical line on which the record begins.
    pub line: u64,
    pub flaw: Option<Flaw>,
    pub place: Place,
    /// Whether nothing stands in the row before it.
    pub after_blank: bool,
    /// Whether there are quotation marks around a cell beyond the header or around the last one under it. Then the
    /// delimiters of the row were meant to divide it.
    pub quoted: bool,
    text: String,
    /// Of the bytes in `text`.
    kinds: Kinds,
    ends: Vec<usize>,
    width: usize,
}

impl Row {
    /// A row out of cells; `width` is the number of columns that the header has.
    pub fn new<'a>(
        number: u64,
        line: u64,
        width: usize,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut row = Self::default();
        row.begin(number, line, width);
        for cell in cells {
            row.push(cell);
        }
        row
    }

    pub(super) fn begin(&mut self, number: u64, line: u64, width: usize) {
        self.number = number;
        self.line = line;
        self.flaw = None;
        self.place = Place::Table;
        self.after_blank = false;
        self.quoted = false;
        self.width = width;
        self.clear_cells();
    }

    pub(super) fn clear_cells(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.kinds = Kinds::default();
    }

    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.kinds |= Kinds::of(cell);
        self.ends.push(self.text.len());
    }

    /// Becomes a copy of another row, under a header of this width.
    pub(super) fn copy(&mut self, other: &Row, width: usize) {
        self.begin(other.number, other.line, width);
        self.flaw = other.flaw;
        self.after_blank = other.after_blank;
        self.quoted = other.quoted;
        self.fill(&other.text, &other.ends);
    }

    /// All cells at once; `ends` must lie on character boundaries of `text`.
    pub(super) fn fill(&mut self, text: &str, ends: &[usize]) {
        self.text.push_str(text);
        self.kinds |= Kinds::of(text);
        self.ends.extend_from_slice(ends);
    }

    /// The number of columns that the header has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many cells the record really has.
    pub fn found(&self) -> usize {
        self.ends.len()
    }

    /// The cell in a column, empty where the record is too short.
    pub fn cell(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else {
            return "";
        };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..end]
    }

    /// One cell for each column of the header.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.width).map(|column| self.cell(column))
    }

    /// The cells that have no header above them and are not empty, with their columns.
    pub fn extra(&self) -> impl Iterator<Item = (usize, &str)> {
        (self.width..self.found())
            .map(|column| (column, self.cell(column)))
            .filter(|(_, cell)| !cell.trim().is_empty())
    }

    /// All cells without anything between them, for questions about any of them.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The kinds of bytes in all cells together.
    pub fn kinds(&self) -> Kinds {
        self.kinds
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// All cells with something in them, also those that no header stands above.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.found())
            .map(|column| (column, self.cell(column).trim()))
            .filter(|(_, cell)| !cell.is_empty())
    }

    /// The cells with an at sign in them, with their columns.
    pub fn cells_with_at(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let column = self.next_with_at(next)?;
            next = column + 1;
            Some((column, self.cell(column)))
        })
    }

    /// The first column from this one on with an at sign in its cell.
    fn next_with_at(&self, from: usize) -> Option<usize> {
        if self.kinds.has(Kinds::NOT_ASCII) {
            return (from..self.found()).find(|column| addresses::has_at_sign(self.cell(*column)));
        }
        if !self.kinds.has(Kinds::AT_SIGN) {
            return None;
        }
        let start = from
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied())?;
        let at = start + memchr(b'@', &self.text.as_bytes()[start..])?;
        let behind = self.ends.get(from..)?.iter().position(|end| *end > at)?;
        Some(from + behind)
    }

    /// How many addresses it mentions.
    pub fn addresses(&self) -> u64 {
        self.cells_with_at()
            .map(|(_, cell)| addresses::count(cell))
            .sum()
    }

    /// Whether one of its cells holds an address.
    pub fn holds_address(&self) -> bool {
        self.cells_with_at().any(|(_, cell)| addresses::holds(cell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_padded_to_the_header_and_the_rest_is_extra() {
        let row = Row::new(2, 2, 3, ["a", "", "c", " ", "e"]);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "", "c"]);
        assert_eq!(row.extra().collect::<Vec<_>>(), [(4, "e")]);
        let short = Row::new(3, 3, 3, ["a"]);
        assert_eq!(short.cells().collect::<Vec<_>>(), ["a", "", ""]);
        assert_eq!(short.found(), 1);
    }

    #[test]
    fn cells_with_an_at_sign_are_found_by_their_columns() {
        for cells in [
            ["", "a@b.co", "x", "c@d.org, e@f.net", ""],
            ["@", "@", "", "@", "@"],
            ["", "ü@b.co", "x", "c＠d.org", ""],
            ["", "", "", "", ""],
        ] {
            let row = Row::new(2, 2, 5, cells);
            let found: Vec<(usize, &str)> = row.cells_with_at().collect();
            let expected: Vec<(usize, &str)> = cells
                .into_iter()
                .enumerate()
                .filter(|(_, cell)| cell.contains(['@', '＠']))
                .collect();
            assert_eq!(found, expected);
        }
    }
}
