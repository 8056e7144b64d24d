//! What the results need of a sheet: its columns, its format and its rows, as plain data for every kind of sheet.
//!
//! Must not read anything.

/// A column of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// False for a column that this program wrote into an earlier file.
    pub keep: bool,
}

/// How the sheet is written, so that our files are written in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub columns: Vec<Column>,
    pub delimiter: u8,
    /// Whether a byte order mark comes first. We always write UTF-8: set it as well for a sheet in
    /// another encoding, so that spreadsheet programs recognise ours.
    pub bom: bool,
    pub line_end: &'static str,
    /// Whether an Excel `sep=` line comes before the header.
    pub sep_line: bool,
}

/// One row of the sheet, read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// The number that a spreadsheet program shows beside it.
    pub number: u64,
    /// The address of the row; empty if it is not valid.
    pub email: String,
    /// Whether somebody with that address asked to be forgotten: an outcome without an address may be this row's.
    pub is_forgotten: bool,
    /// One for each column of the layout; missing ones count as empty.
    pub cells: Vec<String>,
    /// Cells without a heading, or under a heading that is probably wrong. They are written after all other cells, so
    /// that reading the file again finds the same mistake.
    pub loose: Vec<String>,
    /// The row as a to-fix file has it, if that differs.
    pub repaired: Option<Repaired>,
}

/// A row with the certain repairs made. Doubtful cells are loose, so that reading the file finds the mistake again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    pub cells: Vec<String>,
    pub loose: Vec<String>,
}

impl SheetRow {
    fn written(&self) -> RowCells<'_> {
        RowCells {
            cells: &self.cells,
            loose: &self.loose,
        }
    }

    fn to_fix(&self) -> RowCells<'_> {
        match &self.repaired {
            Some(Repaired { cells, loose }) => RowCells { cells, loose },
            None => self.written(),
        }
    }
}

/// The cells of one row in one of the two files.
#[derive(Clone, Copy, Default)]
struct RowCells<'r> {
    cells: &'r [String],
    loose: &'r [String],
}

impl Layout {
    /// The names of the columns that are kept, in order.
    pub(super) fn kept_names(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|column| column.keep)
            .map(|column| column.name.as_str())
    }

    /// The cells below them in the results, empty where the row is too short or missing; then the loose cells.
    pub(super) fn cells<'a>(&'a self, row: Option<&'a SheetRow>) -> impl Iterator<Item = &'a str> {
        self.cells_of(row.map(SheetRow::written).unwrap_or_default(), &[])
    }

    /// The same in a to-fix file; our own columns stand before the loose cells.
    pub(super) fn cells_to_fix<'a>(
        &'a self,
        row: Option<&'a SheetRow>,
        ours: &'a [&'a str],
    ) -> impl Iterator<Item = &'a str> {
        self.cells_of(row.map(SheetRow::to_fix).unwrap_or_default(), ours)
    }

    fn cells_of<'a>(
        &'a self,
        row: RowCells<'a>,
        between: &'a [&'a str],
    ) -> impl Iterator<Item = &'a str> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.keep)
            .map(move |(i, _)| row.cells.get(i).map_or("", String::as_str))
            .chain(between.iter().copied())
            .chain(row.loose.iter().map(String::as_str))
    }
}
