//! Which column of a sheet holds which field.
//!
//! Must not interpret the cells.

use super::marks;
use crate::sheet::{Field, Header, Row};

pub(super) struct Layout {
    pub names: Vec<String>,
    columns: [Option<usize>; Field::COUNT],
    /// None in a workbook.
    pub delimiter: Option<char>,
}

impl Layout {
    pub(super) fn new(header: &Header) -> Self {
        let mut columns = [None; Field::COUNT];
        for (field, column) in &header.mapping {
            columns[*field as usize] = Some(*column);
        }
        Self {
            names: header.names.clone(),
            columns,
            delimiter: header.delimiter.map(char::from),
        }
    }

    pub(super) fn column(&self, field: Field) -> Option<usize> {
        self.columns[field as usize]
    }

    /// The columns that have a meaning.
    pub(super) fn used(&self) -> impl Iterator<Item = usize> {
        self.columns.into_iter().flatten()
    }

    /// The cell of a field without spaces and text marks around it; none if it is empty.
    pub(super) fn cell<'r>(&self, row: &'r Row, field: Field) -> Option<(usize, &'r str)> {
        let column = self.column(field)?;
        let cell = row.cell(column);
        // Nearly every cell begins and ends with a letter or a digit, so there is nothing to remove.
        let (first, last) = (cell.as_bytes().first(), cell.as_bytes().last());
        if first.is_some_and(u8::is_ascii_alphanumeric)
            && last.is_some_and(u8::is_ascii_alphanumeric)
        {
            return Some((column, cell));
        }
        let cell = without_mark(field, cell.trim());
        (!cell.is_empty()).then_some((column, cell))
    }

    /// The cells with a text mark, and their values without it. Those of addresses are reported with other repairs.
    pub(super) fn marked<'r>(&self, row: &'r Row) -> impl Iterator<Item = (usize, &'r str)> {
        Field::ALL.iter().filter_map(move |field| {
            let column = self.column(*field)?;
            let cell = row.cell(column).trim();
            let plain = without_mark(*field, cell);
            (*field != Field::Email && plain.len() < cell.len()).then_some((column, plain))
        })
    }
}

/// A message may begin with a quotation, so only a single apostrophe counts as a text mark there.
fn without_mark(field: Field, cell: &str) -> &str {
    let plain = marks::strip(cell);
    let lone = || cell.starts_with('\'') && !plain.contains('\'') && plain.len() + 1 == cell.len();
    if field == Field::Message && !lone() {
        cell
    } else {
        plain
    }
}
