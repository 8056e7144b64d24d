//! One row of a sheet: its place and its cells, in one buffer.
//!
//! Must not know what the cells mean.

/// What the reader noticed about the record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A quotation mark closes in the middle of a cell that spans lines: it has probably swallowed rows.
    SwallowedRows,
    /// Cells that begin with `=` are formulas of a workbook that does not hold their results.
    NotComputed,
}

/// A row. The buffer can be filled again, so that reading a million rows does not allocate a million times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The number that a spreadsheet program shows beside it.
    pub number: u64,
    /// The physical line on which the record begins.
    pub line: u64,
    pub flaw: Option<Flaw>,
    /// Whether quotation marks stand around a cell beyond the header or the last one under it: whoever wrote them knew
    /// that a delimiter divides.
    pub quoted: bool,
    text: String,
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
        self.quoted = false;
        self.width = width;
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Becomes a copy of another row, under a header of this width.
    pub(super) fn copy(&mut self, other: &Row, width: usize) {
        self.begin(other.number, other.line, width);
        self.flaw = other.flaw;
        self.quoted = other.quoted;
        self.fill(&other.text, &other.ends);
    }

    /// All cells at once; `ends` must lie on character boundaries of `text`.
    pub(super) fn fill(&mut self, text: &str, ends: &[usize]) {
        self.text.push_str(text);
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

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
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
}
