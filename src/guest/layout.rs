//! Which column of a sheet holds which field.
//!
//! Must not look at what the cells say.

use crate::sheet::{Field, Header, Row};

pub(super) struct Layout {
    pub names: Vec<String>,
    columns: [Option<usize>; Field::COUNT],
    /// None in a workbook.
    pub delimiter: Option<char>,
}

impl Layout {
    pub fn new(header: &Header) -> Self {
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

    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns[field as usize]
    }

    /// The columns that have a meaning.
    pub fn used(&self) -> impl Iterator<Item = usize> {
        self.columns.into_iter().flatten()
    }

    /// The cell of a field without the spaces around it, where there is something in it.
    pub fn cell<'r>(&self, row: &'r Row, field: Field) -> Option<(usize, &'r str)> {
        let column = self.column(field)?;
        let cell = row.cell(column).trim();
        (!cell.is_empty()).then_some((column, cell))
    }
}
